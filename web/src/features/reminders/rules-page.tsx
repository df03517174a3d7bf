import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { BellRing, Copy, Library, Pencil, Plus, Send, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { type Rule, rulesQuery } from '../../api/reminders.ts';
import { useRefusal } from '../../api/session.ts';
import { useSearchParams } from '../../app/search-params.ts';
import { Button, buttonClass, IconButton, LinkButton } from '../../components/button.tsx';
import { useMedia } from '../../components/media.ts';
import { DayCell } from '../../components/date.tsx';
import { Switch, TextField } from '../../components/field.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { Alarms } from './alarms.tsx';
import { Heartbeat } from './heartbeat.tsx';
import { ReminderTabs } from './reminder-tabs.tsx';
import { DeleteRuleDialog, useRuleActions } from './rule-actions.tsx';
import { RunNowDialog } from './run-now-dialog.tsx';
import { SamplesDialog } from './samples-dialog.tsx';

/** The rules in their order: which are on, what each says, when it was asked last and will be asked next. */
export function RulesPage() {
  const rules = useQuery(rulesQuery);
  const [search, setSearch] = useSearchParams();
  const [samplesOpen, setSamplesOpen] = useState(false);
  const writing = useRefusal('reminders.write');
  const running = useRefusal('reminders.run');
  const active = rules.data?.items.filter((rule) => rule.active).length ?? 0;
  const noneActive = rules.data && active === 0 ? 'Switch a rule on first.' : undefined;
  return (
    <Page
      title="Invoice reminders"
      lead={<Heartbeat />}
      actions={
        <>
          <Button icon={Library} blockedBecause={writing} onClick={() => setSamplesOpen(true)}>
            Samples
          </Button>
          <Button icon={Send} blockedBecause={running ?? noneActive} onClick={() => setSearch({ run: 'true' })}>
            Run now
          </Button>
          {writing === undefined && (
            <LinkButton to="/reminders/rules/$id" params={{ id: 'new' }} icon={Plus} variant="primary">
              New rule
            </LinkButton>
          )}
        </>
      }
      tabs={<ReminderTabs />}
    >
      <Alarms className="mb-4" />
      <Card flush>
        {rules.isPending && <LinesSkeleton lines={7} />}
        {rules.isError && <Failure error={rules.error} retry={() => void rules.refetch()} />}
        {rules.data?.items.length === 0 && (
          <Empty
            icon={BellRing}
            title="No rules yet"
            action={
              <Button blockedBecause={writing} onClick={() => setSamplesOpen(true)}>
                Start from a sample
              </Button>
            }
          >
            A rule says which customers are reminded of which invoices, and with which mail.
          </Empty>
        )}
        {rules.data && rules.data.items.length > 0 && <RuleTable rules={rules.data.items} />}
      </Card>
      <RunNowDialog open={search['run'] !== undefined} onClose={() => setSearch({ run: undefined })} />
      <SamplesDialog open={samplesOpen} onClose={() => setSamplesOpen(false)} rules={rules.data?.items ?? []} />
    </Page>
  );
}

/** From how many rules on a search is worth its place. */
const MANY = 12;

function RuleTable({ rules }: { rules: readonly Rule[] }) {
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
            <RuleCard key={rule.id} rule={rule} />
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
              <RuleRow key={rule.id} rule={rule} />
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

const RuleRow = ({ rule }: { rule: Rule }) => (
  <tr className="align-top [&>td]:px-2 [&>td]:py-3">
    <td className="pl-4!">
      <RuleSwitch rule={rule} />
    </td>
    <td className="min-w-0">
      <RuleWords rule={rule} />
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
      <RuleButtons rule={rule} />
    </td>
  </tr>
);

/** The same on a phone. */
const RuleCard = ({ rule }: { rule: Rule }) => (
  <li className="px-4 py-3">
    <div className="flex items-start gap-3">
      <RuleSwitch rule={rule} />
      <div className="min-w-0 flex-1">
        <RuleWords rule={rule} />
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
        <RuleButtons rule={rule} />
      </div>
    </div>
  </li>
);

function RuleSwitch({ rule }: { rule: Rule }) {
  const refusal = useRefusal('reminders.write');
  const actions = useRuleActions(rule);
  return (
    <Switch
      checked={rule.active}
      label={`${rule.name}: ${rule.active ? 'on' : 'off'}`}
      onChange={(active) => void actions.set(active)}
      blockedBecause={refusal}
    />
  );
}

const RuleWords = ({ rule }: { rule: Rule }) => (
  <>
    <Link to={`/reminders/rules/${rule.id}` as never} className="font-medium [overflow-wrap:anywhere] hover:underline">
      {rule.name}
    </Link>
    <p title={rule.sentence} className="mt-0.5 line-clamp-3 text-table text-muted [overflow-wrap:anywhere]">
      {rule.sentence}
    </p>
  </>
);

const TemplateLink = ({ rule }: { rule: Rule }) => (
  <Link to={`/emails/templates/${rule.templateId}` as never} className="hover:underline">
    {rule.templateName}
  </Link>
);

const NextRun = ({ rule }: { rule: Rule }) => (rule.active ? <DayCell value={rule.nextRunOn} /> : <span className="text-muted">Off</span>);

function RuleButtons({ rule }: { rule: Rule }) {
  const refusal = useRefusal('reminders.write');
  const actions = useRuleActions(rule);
  const [removing, setRemoving] = useState(false);
  return (
    <>
      <Link
        to={`/reminders/rules/${rule.id}` as never}
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
      <DeleteRuleDialog rule={rule} open={removing} onClose={() => setRemoving(false)} remove={actions.remove} />
    </>
  );
}
