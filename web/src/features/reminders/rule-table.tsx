import { Link } from '@tanstack/react-router';
import { Copy, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useRefusal } from '../../api/session.ts';
import { buttonClass, IconButton } from '../../components/button.tsx';
import { DayCell } from '../../components/date.tsx';
import { Switch, TextField } from '../../components/field.tsx';
import { useMedia } from '../../components/media.ts';
import { Empty } from '../../components/states.tsx';
import { DeleteRuleDialog, useRuleActions } from './rule-actions.tsx';
import type { RuleKind, SavedRule } from './rule-kind.ts';

interface RuleProps<R extends SavedRule> {
  kind: RuleKind<R>;
  rule: R;
}

/** From how many rules on a search is worth its place. */
const MANY = 12;

interface RuleTableProps<R extends SavedRule> {
  kind: RuleKind<R>;
  rules: readonly R[];
}

/** The rules in their order: active, name and sentence, template, last run, next run, edit, duplicate, delete. */
export function RuleTable<R extends SavedRule>({ kind, rules }: RuleTableProps<R>) {
  const narrow = useMedia('(max-width: 1023px)');
  const [wanted, setWanted] = useState('');
  const words = wanted.trim().toLowerCase();
  const shown = rules.filter((rule) => `${rule.name} ${rule.sentence} ${rule.templateName}`.toLowerCase().includes(words));
  return (
    <>
      {rules.length >= MANY && (
        <div className="border-b border-border px-4 py-3">
          <TextField
            label={`Find one of ${rules.length} rules`}
            className="max-w-80"
            type="search"
            placeholder="Words of its name or sentence"
            value={wanted}
            onChange={setWanted}
          />
        </div>
      )}
      {shown.length === 0 && <Empty title="No rule has these words">The name, the sentence and the template are searched.</Empty>}
      {shown.length > 0 && narrow && (
        <ul className="divide-y divide-border">
          {shown.map((rule) => (
            <RuleCard key={rule.id} kind={kind} rule={rule} />
          ))}
        </ul>
      )}
      {shown.length > 0 && !narrow && (
        <table aria-label="Rules" className="w-full">
          <thead>
            <tr className="text-left text-label text-muted [&>th]:border-b [&>th]:border-border [&>th]:px-2 [&>th]:py-2 [&>th]:font-medium">
              <th className="w-20 pl-4!">Active</th>
              <th>Rule</th>
              <th className="w-44">Template</th>
              <th className="w-24">Last run</th>
              <th className="w-24">Next run</th>
              <th className="w-32">
                <span className="sr-only">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody className="divide-y divide-border">
            {shown.map((rule) => (
              <RuleRow key={rule.id} kind={kind} rule={rule} />
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

const RuleRow = <R extends SavedRule>({ kind, rule }: RuleProps<R>) => (
  <tr className="align-top [&>td]:px-2 [&>td]:py-3">
    <td className="pl-4!">
      <RuleSwitch kind={kind} rule={rule} />
    </td>
    <td className="min-w-0">
      <RuleWords kind={kind} rule={rule} />
    </td>
    <td className="text-table [overflow-wrap:anywhere]">
      <TemplateLink rule={rule} />
    </td>
    <td className="text-table">
      <DayCell value={rule.lastRunOn} />
    </td>
    <td className="text-table">
      <NextRun rule={rule} />
    </td>
    <td className="py-1.5! pr-3! text-right whitespace-nowrap">
      <RuleButtons kind={kind} rule={rule} />
    </td>
  </tr>
);

/** The same on a phone. */
const RuleCard = <R extends SavedRule>({ kind, rule }: RuleProps<R>) => (
  <li className="px-4 py-3">
    <div className="flex items-start gap-3">
      <RuleSwitch kind={kind} rule={rule} />
      <div className="min-w-0 flex-1">
        <RuleWords kind={kind} rule={rule} />
      </div>
    </div>
    <div className="mt-1 flex items-end justify-between gap-2 pl-12 text-table">
      <p className="min-w-0 text-muted [overflow-wrap:anywhere]">
        <TemplateLink rule={rule} />
        <br />
        Last run: <DayCell value={rule.lastRunOn} />
        <br />
        Next run: <NextRun rule={rule} />
      </p>
      <div className="-mr-2 flex">
        <RuleButtons kind={kind} rule={rule} />
      </div>
    </div>
  </li>
);

function RuleSwitch<R extends SavedRule>({ kind, rule }: RuleProps<R>) {
  const refusal = useRefusal(kind.permission);
  const actions = useRuleActions(kind, rule);
  return (
    <Switch
      checked={rule.active}
      label={`${rule.name}: ${rule.active ? 'on' : 'off'}`}
      onChange={(active) => void actions.set(active)}
      blockedBecause={refusal}
    />
  );
}

const RuleWords = <R extends SavedRule>({ kind, rule }: RuleProps<R>) => (
  <>
    <Link to={`${kind.pages}/${rule.id}` as never} className="font-medium [overflow-wrap:anywhere] hover:underline">
      {rule.name}
    </Link>
    <p title={rule.sentence} className="mt-0.5 line-clamp-3 text-table text-muted [overflow-wrap:anywhere]">
      {rule.sentence}
    </p>
  </>
);

const TemplateLink = ({ rule }: { rule: SavedRule }) => (
  <Link to={`/emails/templates/${rule.templateId}` as never} className="hover:underline">
    {rule.templateName}
  </Link>
);

const NextRun = ({ rule }: { rule: SavedRule }) => (rule.active ? <DayCell value={rule.nextRunOn} /> : <span className="text-muted">Off</span>);

function RuleButtons<R extends SavedRule>({ kind, rule }: RuleProps<R>) {
  const refusal = useRefusal(kind.permission);
  const actions = useRuleActions(kind, rule);
  const [removing, setRemoving] = useState(false);
  return (
    <>
      <Link
        to={`${kind.pages}/${rule.id}` as never}
        aria-label={`Edit ${rule.name}`}
        title="Edit and test"
        className={`${buttonClass('quiet', 'small')} aspect-square px-0!`}
      >
        <Pencil aria-hidden size={16} />
      </Link>
      <IconButton
        icon={Copy}
        size="small"
        label={`Duplicate ${rule.name}`}
        blockedBecause={refusal}
        onClick={() => refusal === undefined && void actions.copy()}
      />
      <IconButton
        icon={Trash2}
        size="small"
        label={`Delete ${rule.name}`}
        blockedBecause={refusal}
        onClick={() => refusal === undefined && setRemoving(true)}
      />
      <DeleteRuleDialog name={rule.name} words={kind.deleting} open={removing} onClose={() => setRemoving(false)} remove={actions.remove} />
    </>
  );
}
