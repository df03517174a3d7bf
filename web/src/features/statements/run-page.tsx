import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { FileArchive, MoreHorizontal, Printer, RotateCw } from 'lucide-react';
import { useEffect, useState } from 'react';
import { download } from '../../api/client.ts';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { useRefusal, useSession } from '../../api/session.ts';
import { listRunStatements, retryStatementRun, type StatementRunDetail, statementRunQuery, underWay } from '../../api/statements.ts';
import { useSearchParams } from '../../app/search-params.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { choiceFilter, FilterBar } from '../../components/filters.tsx';
import { Menu } from '../../components/menu.tsx';
import { Card, Figure, Note, Page } from '../../components/page.tsx';
import { Empty, Failure, PageSkeleton } from '../../components/states.tsx';
import { StatusOf } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { formatDay, formatDayShort, formatMoment, plural } from '../../format/dates.ts';
import { formatCount, formatList } from '../../format/money.ts';
import { runState } from '../../format/states.ts';
import { runColumns } from './columns.tsx';
import { runKind } from './runs-page.tsx';

/** One run: how far it is, what it made for whom, what failed, and trying that again. */
export function StatementRunPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const { tenant } = useSession();
  const run = useQuery(statementRunQuery(id));
  const [search, setSearch] = useSearchParams();
  const trouble = search['trouble'] === 'true' ? ('true' as const) : undefined;
  const statements = usePages(['statement-run', id, 'statements', trouble], (cursor, signal) =>
    listRunStatements(id, { limit: PAGE_SIZE, cursor, trouble }, signal),
  );
  const queries = useQueryClient();
  const moving = run.data ? underWay(run.data) : false;
  const sent = run.data?.progress.mails.sent;
  useEffect(() => {
    // rows follow when the run comes to rest
    if (!moving && sent !== undefined) void queries.invalidateQueries({ queryKey: ['statement-run', id, 'statements'] });
  }, [moving, sent, id, queries]);
  if (run.isPending) return <PageSkeleton />;
  if (run.isError) return <Failure error={run.error} retry={() => void run.refetch()} />;
  return (
    <Page
      title={`Statements as of ${formatDay(run.data.asOf)}`}
      beside={<StatusOf state={runState(run.data.state)} />}
      back={{ label: 'Runs', to: '/statements/runs' }}
      lead={`${run.data.rules.map((rule) => rule.name).join(', ')}. ${runKind(run.data)}, ${formatMoment(run.data.startedAt)}`}
      actions={<Actions run={run.data} />}
      width="wide"
    >
      <Summary run={run.data} />
      <FilterBar
        noun="Statements"
        values={search}
        onChange={setSearch}
        filters={[choiceFilter('trouble', 'Trouble', [{ value: 'true', label: 'need a look' }], (label) => `that ${label}`)]}
      />
      <DataTable
        label="Statements"
        height="fill"
        rows={statements.rows}
        rowId={(row) => row.id}
        columns={runColumns(tenant.currency)}
        href={(row) => `/statements/${row.id}`}
        loading={statements.loading}
        error={statements.error}
        retry={statements.retry}
        more={statements.more}
        empty={
          <Empty title={trouble ? 'Nothing needs a look' : 'No customer was selected'}>
            {trouble ? 'Every statement of this run was made and sent.' : 'None of the rules selected an open invoice on this day.'}
          </Empty>
        }
      />
    </Page>
  );
}

function Actions({ run }: { run: StatementRunDetail }) {
  const queries = useQueryClient();
  const refusal = useRefusal('statements.run');
  const [pending, setPending] = useState(false);
  const { retryable } = run.progress;
  const fetchFile = (path: 'statements.zip' | 'print.pdf', held: boolean) => () =>
    void download(`/v1/statement-runs/${run.id}/${path}`, held ? { held: 'true' } : {}, `Statements ${run.asOf}.${path.slice(-3)}`).catch(failed);
  const retry = async () => {
    setPending(true);
    try {
      const { retried } = await retryStatementRun(run.id);
      await queries.invalidateQueries({ queryKey: ['statement-run', run.id] });
      const parts = [retried.statements > 0 ? plural(retried.statements, 'statement') : '', retried.mails > 0 ? plural(retried.mails, 'mail') : ''].filter(
        Boolean,
      );
      done(parts.length > 0 ? `Trying ${parts.join(' and ')} again.` : 'There is still nobody to write to: add an address first.');
    } catch (error) {
      failed(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <>
      {retryable > 0 && (
        <Button
          icon={RotateCw}
          pending={pending}
          blockedBecause={refusal ?? (run.state === 'running' ? 'The run is still under way.' : undefined)}
          onClick={() => void retry()}
        >
          Try {formatCount(retryable)} again
        </Button>
      )}
      <Button icon={FileArchive} blockedBecause={run.statements === 0 ? 'The run has no statements.' : undefined} onClick={fetchFile('statements.zip', false)}>
        ZIP
      </Button>
      <Button icon={Printer} blockedBecause={run.statements === 0 ? 'The run has no statements.' : undefined} onClick={fetchFile('print.pdf', false)}>
        Print PDF
      </Button>
      {run.progress.held > 0 && (
        <Menu
          trigger={<IconButton icon={MoreHorizontal} variant="secondary" label="More downloads" />}
          actions={[
            { label: `Print the ${formatCount(run.progress.held)} without mail`, icon: Printer, onSelect: fetchFile('print.pdf', true) },
            { label: `ZIP of the ${formatCount(run.progress.held)} without mail`, icon: FileArchive, onSelect: fetchFile('statements.zip', true) },
          ]}
        />
      )}
    </>
  );
}

function Summary({ run }: { run: StatementRunDetail }) {
  const { progress } = run;
  const { mails } = progress;
  const caughtUp = run.days.filter((day) => day !== run.asOf);
  const notSent = mails.failed + mails.uncertain + mails.withdrawn;
  const all = run.statements;
  const settled = run.mails ? mails.sent + notSent + progress.held + progress.failed : progress.drawn + progress.failed;
  return (
    <div className="mb-4 space-y-3">
      <Card>
        <div className="grid grid-cols-2 gap-4 sm:grid-cols-5">
          <Figure label="Statements">{formatCount(all)}</Figure>
          <Figure label="Over">{run.amounts.length > 0 ? formatList(run.amounts) : '–'}</Figure>
          <Figure label="Mails sent">{formatCount(mails.sent)}</Figure>
          <Figure label="No mail">{formatCount(progress.held)}</Figure>
          <Figure label="Failed">{formatCount(progress.failed + notSent)}</Figure>
        </div>
        {all > 0 && underWay(run) && <Progress done={Math.min(settled, all)} all={all} />}
        {run.holds.length > 0 && (
          <ul className="mt-3 border-t border-border pt-3 text-table text-muted">
            {run.holds.map((hold) => (
              <li key={hold.reason}>
                {plural(hold.count, 'statement')} without mail: {hold.text}
              </li>
            ))}
          </ul>
        )}
      </Card>
      {!run.mails && <Note>These statements were made for paper: nobody is written to. Print them, or take them as a ZIP.</Note>}
      {caughtUp.length > 0 && <Note>It made up for {caughtUp.map(formatDayShort).join(', ')}, on which no run took place.</Note>}
      {progress.waiting && (
        <Note tone="caution">
          To be tried again by itself: {plural(progress.waiting.count, 'mail')}. {progress.waiting.reason}
        </Note>
      )}
      {mails.uncertain > 0 && (
        <Note tone="caution">
          {plural(mails.uncertain, 'mail')} may have arrived: the connection broke before the mail server answered. “Try again” sends{' '}
          {mails.uncertain === 1 ? 'it' : 'them'} once more.
        </Note>
      )}
    </div>
  );
}

function Progress({ done: settled, all }: { done: number; all: number }) {
  return (
    <div className="mt-3 border-t border-border pt-3">
      <div
        role="progressbar"
        aria-label="Progress of the run"
        aria-valuemin={0}
        aria-valuemax={all}
        aria-valuenow={settled}
        className="h-2 overflow-hidden rounded-full bg-sunken"
      >
        <div className="h-full rounded-full bg-accent-fill" style={{ width: `${(settled / all) * 100}%` }} />
      </div>
      <p className="figures mt-1.5 text-table text-muted">
        {formatCount(settled)} of {formatCount(all)} done
      </p>
    </div>
  );
}
