import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Copy, FileSpreadsheet, Library, Pencil, Play, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { addStatementSample, type RuleList, type StatementRule, statementRulesQuery, statementSamplesQuery } from '../../api/statements.ts';
import { useRefusal } from '../../api/session.ts';
import { Button, buttonClass, IconButton, LinkButton } from '../../components/button.tsx';
import { DayCell } from '../../components/date.tsx';
import { Dialog, FormDialog } from '../../components/dialog.tsx';
import { Switch } from '../../components/field.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { done, failed } from '../../components/toast.tsx';
import { formatDay, plural } from '../../format/dates.ts';
import { useStatementRuleActions } from './rule-actions.ts';
import { RunStatementsDialog } from './run-dialog.tsx';
import { StatementTabs } from './statement-tabs.tsx';

/** The statement rules in their order: which are on, what each says, when it runs next. */
export function StatementRulesPage() {
  const rules = useQuery(statementRulesQuery);
  const [samples, setSamples] = useState(false);
  const [running, setRunning] = useState(false);
  const writing = useRefusal('statements.write');
  const sending = useRefusal('statements.run');
  return (
    <Page
      title="Statements"
      lead={rules.data ? <RunLine list={rules.data} /> : <span className="invisible">–</span>}
      actions={
        <>
          <Button icon={Library} blockedBecause={writing} onClick={() => setSamples(true)}>
            Samples
          </Button>
          <Button
            icon={Play}
            blockedBecause={sending ?? (rules.data?.items.length === 0 ? 'There is no rule yet.' : undefined)}
            onClick={() => setRunning(true)}
          >
            Run now
          </Button>
          {writing === undefined && (
            <LinkButton to="/statements/rules/$id" params={{ id: 'new' }} icon={Plus} variant="primary">
              New rule
            </LinkButton>
          )}
        </>
      }
      tabs={<StatementTabs />}
    >
      <Card flush>
        {rules.isPending && <LinesSkeleton lines={4} />}
        {rules.isError && <Failure error={rules.error} retry={() => void rules.refetch()} />}
        {rules.data?.items.length === 0 && (
          <Empty
            icon={FileSpreadsheet}
            title="No rules yet"
            action={
              <Button blockedBecause={writing} onClick={() => setSamples(true)}>
                Start from a sample
              </Button>
            }
          >
            A rule says which customers get a statement, and on which days.
          </Empty>
        )}
        <ul className="divide-y divide-border">
          {rules.data?.items.map((rule) => (
            <RuleRow key={rule.id} rule={rule} />
          ))}
        </ul>
      </Card>
      {running && <RunStatementsDialog rules={rules.data?.items ?? []} onClose={() => setRunning(false)} />}
      <SamplesDialog open={samples} onClose={() => setSamples(false)} />
    </Page>
  );
}

function RunLine({ list }: { list: Pick<RuleList, 'items' | 'lastRun'> }) {
  const next = list.items
    .flatMap((rule) => rule.nextRunOn ?? [])
    .sort()
    .at(0);
  return (
    <>
      {next ? `Next statements on ${formatDay(next)}.` : 'No rule is on, so no statements go out by themselves.'}{' '}
      {list.lastRun && (
        <Link to={`/statements/runs/${list.lastRun.id}` as never} className="link">
          Last run as of {formatDay(list.lastRun.asOf)}: {plural(list.lastRun.statements, 'statement')}
        </Link>
      )}
    </>
  );
}

function RuleRow({ rule }: { rule: StatementRule }) {
  const refusal = useRefusal('statements.write');
  const actions = useStatementRuleActions(rule);
  const [removing, setRemoving] = useState(false);
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-1 px-4 py-3 sm:flex-nowrap">
      <div className="pt-0.5">
        <Switch
          checked={rule.active}
          label={`${rule.name}: ${rule.active ? 'on' : 'off'}`}
          onChange={(active) => void actions.set(active)}
          blockedBecause={refusal}
        />
      </div>
      <div className="min-w-0 flex-1">
        <Link to={`/statements/rules/${rule.id}` as never} className="font-medium [overflow-wrap:anywhere] hover:underline">
          {rule.name}
        </Link>
        <p className="mt-0.5 text-table text-muted [overflow-wrap:anywhere]">{rule.sentence}</p>
      </div>
      <dl className="grid shrink-0 grid-cols-2 gap-x-5 text-table max-sm:order-4 max-sm:w-full max-sm:pl-12 sm:w-52">
        <div>
          <dt className="text-label text-muted">Last run</dt>
          <dd>
            <DayCell value={rule.lastRunOn} />
          </dd>
        </div>
        <div>
          <dt className="text-label text-muted">Next run</dt>
          <dd>{rule.active ? <DayCell value={rule.nextRunOn} /> : <span className="text-muted">Off</span>}</dd>
        </div>
      </dl>
      <div className="flex shrink-0">
        <Link
          to={`/statements/rules/${rule.id}` as never}
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
      </div>
      <FormDialog open={removing} onClose={() => setRemoving(false)} danger title={`Delete “${rule.name}”`} action="Delete rule" onSubmit={actions.remove}>
        <p>It leaves the list and makes no statements any more. Those that it made stay. To stop it for a while, switch it off instead.</p>
      </FormDialog>
    </li>
  );
}

function SamplesDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const samples = useQuery({ ...statementSamplesQuery, enabled: open });
  const queries = useQueryClient();
  const [adding, setAdding] = useState<string | null>(null);
  const add = async (key: string) => {
    setAdding(key);
    try {
      const rule = await addStatementSample(key);
      await queries.invalidateQueries({ queryKey: ['statement-rules'] });
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
      {samples.isError && <Failure error={samples.error} />}
      <ul className="divide-y divide-border">
        {samples.data?.map((sample) => (
          <li key={sample.key} className="flex items-center gap-3 py-2.5">
            <div className="min-w-0 flex-1">
              <p className="font-medium">{sample.name}</p>
              {sample.categories.length > 0 && <p className="text-table text-muted">Uses the category {sample.categories.join(', ')}</p>}
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
