import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type Template, type TemplateVersion, versionQuery } from '../../api/templates.ts';
import { Button } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { Failure, InlineError, LinesSkeleton } from '../../components/states.tsx';
import { formatMoment } from '../../format/dates.ts';
import { MailFrame } from '../correspondence/mail-frame.tsx';
import { draftOf, type TemplateDraft, type TextDraft, textName } from './draft.ts';
import { useTextPreview } from './preview-card.tsx';

interface Props {
  template: Template;
  version: TemplateVersion;
  refusal: string | undefined;
  onClose: () => void;
  onRestore: () => Promise<void>;
}

/** An earlier version as its mails were, before it is restored. */
export function VersionDialog({ template, version, refusal, onClose, onRestore }: Props) {
  const kept = useQuery(versionQuery(template.id, version.version));
  return (
    <FormDialog
      open
      onClose={onClose}
      width="wide"
      title={`Version ${version.version} of “${template.name}”`}
      lead={`Replaced ${formatMoment(version.savedAt)} by ${version.savedBy}. Restored, it is saved as the newest; version ${template.version} is kept, and changes that were not saved are lost.`}
      action={`Restore version ${version.version}`}
      blockedBecause={refusal ?? (kept.data ? undefined : 'Look at it first.')}
      onSubmit={onRestore}
    >
      {kept.isPending && <LinesSkeleton lines={8} />}
      {kept.isError && <Failure error={kept.error} retry={() => void kept.refetch()} />}
      {kept.data && <Shown draft={draftOf(kept.data)} now={draftOf(template)} />}
    </FormDialog>
  );
}

const attachmentNames = { statement: 'statement summary', invoices: 'invoice PDFs', files: 'shared files' };
const attached = ({ attachments }: TemplateDraft): string =>
  (['statement', 'invoices', 'files'] as const)
    .filter((one) => attachments[one])
    .map((one) => attachmentNames[one])
    .join(', ') || 'none';

/** What else differs from what is in use. */
function differences(draft: TemplateDraft, now: TemplateDraft): [string, string][] {
  const rows: [string, string, string][] = [
    ['Name', draft.name, now.name],
    ['Copies to', draft.cc || 'nobody', now.cc || 'nobody'],
    ['Attachments', attached(draft), attached(now)],
    ['Texts', draft.texts.map(textName).join(', '), now.texts.map(textName).join(', ')],
  ];
  return rows.filter(([, then, today]) => then !== today).map(([what, then, today]) => [what, `${then} (now: ${today})`]);
}

function Shown({ draft, now }: { draft: TemplateDraft; now: TemplateDraft }) {
  const [current, setCurrent] = useState(0);
  const other = differences(draft, now);
  return (
    <>
      {other.length > 0 && (
        <dl className="grid gap-x-4 gap-y-1 sm:grid-cols-[auto_1fr]">
          {other.map(([what, words]) => (
            <div key={what} className="contents">
              <dt className="text-muted">{what}</dt>
              <dd className="[overflow-wrap:anywhere]">{words}</dd>
            </div>
          ))}
        </dl>
      )}
      {draft.texts.length > 1 && (
        <div role="group" aria-label="Texts of this version" className="flex flex-wrap gap-1">
          {draft.texts.map((text, index) => (
            <Button key={`${text.language} ${text.variant}`} size="small" aria-pressed={index === current} onClick={() => setCurrent(index)}>
              {textName(text, index)}
            </Button>
          ))}
        </div>
      )}
      <ShownText kind={draft.kind} text={draft.texts[current]!} />
    </>
  );
}

function ShownText({ kind, text }: { kind: TemplateDraft['kind']; text: TextDraft }) {
  const { data, error } = useTextPreview(kind, text, null);
  if (error) return <InlineError error={error} />;
  if (!data) return <LinesSkeleton lines={8} />;
  return (
    <div className="space-y-2">
      {data.findings.map((finding) => (
        <p key={finding.message} className="text-caution">
          {finding.message}
        </p>
      ))}
      <p className="[overflow-wrap:anywhere]">
        <span className="text-muted">Subject: </span>
        <span className="font-medium">{data.subject}</span>
      </p>
      {data.html && <MailFrame html={data.html} title="The mail of this version" />}
    </div>
  );
}
