import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { FileSpreadsheet, Library, Play, Plus } from 'lucide-react';
import { useState } from 'react';
import { type RuleList, statementRulesQuery } from '../../api/statements.ts';
import { useRefusal } from '../../api/session.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { formatDay, plural } from '../../format/dates.ts';
import { RuleTable } from '../reminders/rule-table.tsx';
import { SamplesDialog } from '../reminders/samples-dialog.tsx';
import { statementRules } from './rule-kind.ts';
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
        {rules.data && rules.data.items.length > 0 && <RuleTable kind={statementRules} rules={rules.data.items} />}
      </Card>
      {running && <RunStatementsDialog rules={rules.data?.items ?? []} onClose={() => setRunning(false)} />}
      <SamplesDialog kind={statementRules} open={samples} onClose={() => setSamples(false)} rules={rules.data?.items ?? []} />
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
