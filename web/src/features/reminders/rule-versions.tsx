import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { SidePanel } from '../../components/dialog.tsx';
import { Note } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { failed } from '../../components/toast.tsx';
import { formatMoment } from '../../format/dates.ts';
import { wordDifference } from './difference.ts';
import type { RuleKind, SavedRule, SavedVersion } from './rule-kind.ts';

interface RuleVersionsProps<R extends SavedRule> {
  kind: RuleKind<R>;
  rule: R;
  open: boolean;
  onClose: () => void;
  dirty: boolean;
  restore: (version: number) => Promise<void>;
}

/** Every version of a rule with what changed in it, in words; an older one can be brought back. */
export function RuleVersions<R extends SavedRule>({ kind, rule, open, onClose, dirty, restore }: RuleVersionsProps<R>) {
  const versions = useQuery({ queryKey: ['rule-versions', rule.id], queryFn: () => kind.versions(rule.id), enabled: open });
  const refusal = useRefusal(kind.permission);
  const rows = versions.data ?? [];
  return (
    <SidePanel open={open} onClose={onClose} title={`Versions of “${rule.name}”`} lead={kind.versionsLead}>
      {versions.isPending && <LinesSkeleton lines={6} />}
      {versions.isError && <Failure error={versions.error} retry={() => void versions.refetch()} />}
      {dirty && rows.length > 1 && <Note tone="caution">There are changes that are not saved. Restoring a version drops them.</Note>}
      {versions.data?.length === 0 && <Empty title="No versions yet">The first is written with the next change.</Empty>}
      <ol className="divide-y divide-border">
        {rows.map((version, index) => (
          <VersionRow
            key={version.version + version.savedAt}
            version={version}
            before={rows[index + 1]}
            current={version.version === rule.version}
            refusal={refusal}
            restore={async () => {
              await restore(version.version);
              onClose();
            }}
          />
        ))}
      </ol>
    </SidePanel>
  );
}

interface VersionRowProps {
  version: SavedVersion;
  before: SavedVersion | undefined;
  current: boolean;
  refusal: string | undefined;
  restore: () => Promise<void>;
}

function VersionRow({ version, before, current, refusal, restore }: VersionRowProps) {
  const [pending, setPending] = useState(false);
  return (
    <li className="py-3">
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <p className="flex flex-wrap items-center gap-2 font-medium">
            Version {version.version}
            {current && (
              <Status tone="accent" icon="done">
                Now
              </Status>
            )}
          </p>
          <p className="text-table text-muted">
            {formatMoment(version.savedAt)}, {version.savedBy}
          </p>
        </div>
        {!current && (
          <Button
            size="small"
            pending={pending}
            blockedBecause={refusal}
            aria-label={`Restore version ${version.version}`}
            onClick={() => {
              setPending(true);
              void restore()
                .catch(failed)
                .finally(() => setPending(false));
            }}
          >
            Restore
          </Button>
        )}
      </div>
      <VersionChanges version={version} before={before} />
    </li>
  );
}

/** The sentence with what was taken out and put in; name and switch in words of their own. */
function VersionChanges({ version, before }: { version: SavedVersion; before: SavedVersion | undefined }) {
  if (!before) return <p className="mt-1.5 text-table [overflow-wrap:anywhere]">{version.sentence}</p>;
  const switched = version.active !== before.active;
  const renamed = version.name !== before.name;
  const reworded = version.sentence !== before.sentence;
  return (
    <div className="mt-1.5 space-y-1 text-table [overflow-wrap:anywhere]">
      {switched && <p>{version.active ? 'Switched on.' : 'Switched off.'}</p>}
      {renamed && (
        <p>
          Renamed: <Words before={before.name} after={version.name} />
        </p>
      )}
      {reworded && (
        <p>
          <Words before={before.sentence} after={version.sentence} />
        </p>
      )}
      {!switched && !renamed && !reworded && <p className="text-muted">Saved without a change that can be read in the sentence.</p>}
    </div>
  );
}

function Words({ before, after }: { before: string; after: string }) {
  return wordDifference(before, after).map((piece, index) => {
    if (piece.kind === 'same') return <span key={index}>{piece.text}</span>;
    const Element = piece.kind === 'added' ? 'ins' : 'del';
    return (
      <span key={index}>
        {piece.text.startsWith(' ') && ' '}
        <span className="sr-only">{piece.kind === 'added' ? 'added: ' : 'removed: '}</span>
        <Element className={`rounded px-0.5 ${piece.kind === 'added' ? 'bg-positive-soft text-positive no-underline' : 'bg-critical-soft text-critical'}`}>
          {piece.text.trim()}
        </Element>
      </span>
    );
  });
}
