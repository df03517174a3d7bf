import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { BellRing, Copy, Library, MoreHorizontal, Pencil, Plus, Send, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { addSample, duplicateRule, removeRule, type Rule, type RuleList, rulesQuery, samplesQuery, switchRule } from '../../api/reminders.ts';
import { useRefusal } from '../../api/session.ts';
import { useSearchParams } from '../../app/search-params.ts';
import { Button, IconButton, LinkButton } from '../../components/button.tsx';
import { Dialog, FormDialog } from '../../components/dialog.tsx';
import { Switch } from '../../components/field.tsx';
import { Menu } from '../../components/menu.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { done, failed } from '../../components/toast.tsx';
import { formatDay, formatMoment, plural, relativeMoment } from '../../format/dates.ts';
import { ReminderTabs } from './reminder-tabs.tsx';
import { RunNowDialog } from './run-now-dialog.tsx';

/** The rules in their order: which are on, what each says, when the next run is. */
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
      lead={rules.data ? <RunLine list={rules.data} active={active} /> : <span className="invisible">–</span>}
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
        <ul className="divide-y divide-border">
          {rules.data?.items.map((rule) => (
            <RuleRow key={rule.id} rule={rule} />
          ))}
        </ul>
      </Card>
      <RunNowDialog open={search['run'] !== undefined} onClose={() => setSearch({ run: undefined })} />
      <SamplesDialog open={samplesOpen} onClose={() => setSamplesOpen(false)} />
    </Page>
  );
}

function RunLine({ list, active }: { list: Pick<RuleList, 'lastRun' | 'nextRunAt'>; active: number }) {
  const next = active === 0 ? 'No rule is on, so nothing is sent.' : `Next run ${relativeMoment(list.nextRunAt)}, ${formatMoment(list.nextRunAt)}.`;
  return (
    <>
      {next}{' '}
      {list.lastRun && (
        <Link to={`/reminders/runs/${list.lastRun.id}` as never} className="link">
          Last run {relativeMoment(list.lastRun.startedAt)}: {plural(list.lastRun.mails, 'mail')}
        </Link>
      )}
    </>
  );
}

function RuleRow({ rule }: { rule: Rule }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const refusal = useRefusal('reminders.write');
  const [removing, setRemoving] = useState(false);
  const refresh = () => Promise.all([queries.invalidateQueries({ queryKey: ['rules'] }), queries.invalidateQueries({ queryKey: ['upcoming'] })]);
  const show = (active: boolean) =>
    queries.setQueryData(
      rulesQuery.queryKey,
      (list) => list && { ...list, items: list.items.map((entry) => (entry.id === rule.id ? { ...entry, active } : entry)) },
    );
  const set = async (active: boolean) => {
    // shown at once, and taken back when it is refused
    show(active);
    try {
      await switchRule(rule.id, active);
      await refresh();
      done(active ? `“${rule.name}” is on from today.` : `“${rule.name}” is off.`, () => set(!active));
    } catch (error) {
      show(!active);
      failed(error);
    }
  };
  const copy = async () => {
    try {
      const made = await duplicateRule(rule.id);
      await refresh();
      void navigate({ to: `/reminders/rules/${made.id}` as never });
    } catch (error) {
      failed(error);
    }
  };
  return (
    <li className="flex items-start gap-4 px-4 py-3">
      <div className="pt-0.5">
        <Switch checked={rule.active} label={`${rule.name}: ${rule.active ? 'on' : 'off'}`} onChange={(active) => void set(active)} blockedBecause={refusal} />
      </div>
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <Link to={`/reminders/rules/${rule.id}` as never} className="font-medium [overflow-wrap:anywhere] hover:underline">
            {rule.name}
          </Link>
          <span className="text-label text-muted">{rule.active ? `On${rule.activatedOn ? ` since ${formatDay(rule.activatedOn)}` : ''}` : 'Off'}</span>
        </p>
        <p className="text-table text-muted [overflow-wrap:anywhere]">{rule.sentence}</p>
      </div>
      <Menu
        trigger={<IconButton icon={MoreHorizontal} size="small" label={`Actions for ${rule.name}`} />}
        actions={[
          { label: 'Edit and test', icon: Pencil, onSelect: () => void navigate({ to: `/reminders/rules/${rule.id}` as never }) },
          { label: 'Copy', icon: Copy, onSelect: () => void copy(), blockedBecause: refusal },
          { label: 'Delete', icon: Trash2, danger: true, onSelect: () => setRemoving(true), blockedBecause: refusal },
        ]}
      />
      <FormDialog
        open={removing}
        onClose={() => setRemoving(false)}
        danger
        title={`Delete “${rule.name}”`}
        action="Delete rule"
        onSubmit={async () => {
          await removeRule(rule.id);
          await refresh();
          done(`“${rule.name}” deleted.`);
        }}
      >
        <p>It leaves the list and reminds nobody any more. What it decided stays on record.</p>
      </FormDialog>
    </li>
  );
}

function SamplesDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const samples = useQuery({ ...samplesQuery, enabled: open });
  const queries = useQueryClient();
  const [adding, setAdding] = useState<string | null>(null);
  const add = async (key: string) => {
    setAdding(key);
    try {
      const rule = await addSample(key);
      await queries.invalidateQueries({ queryKey: ['rules'] });
      await queries.invalidateQueries({ queryKey: ['categories'] });
      done(`“${rule.name}” added, switched off.`);
    } catch (error) {
      failed(error);
    } finally {
      setAdding(null);
    }
  };
  return (
    <Dialog open={open} onClose={onClose} title="Sample rules" lead="Each is added switched off, with the categories that it speaks of.">
      {samples.isPending && <LinesSkeleton />}
      <ul className="divide-y divide-border">
        {samples.data?.map((sample) => (
          <li key={sample.key} className="flex items-center gap-3 py-2.5">
            <div className="min-w-0 flex-1">
              <p className="font-medium">{sample.name}</p>
              {sample.categories.length > 0 && <p className="text-table text-muted">Uses the categories {sample.categories.join(', ')}</p>}
            </div>
            <Button size="small" pending={adding === sample.key} onClick={() => void add(sample.key)}>
              Add
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
