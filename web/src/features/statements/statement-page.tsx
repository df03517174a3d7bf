import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { FileSpreadsheet, FileText, Send } from 'lucide-react';
import { useState } from 'react';
import { useRefusal } from '../../api/session.ts';
import { type StatementDetail, statementQuery } from '../../api/statements.ts';
import { AgingBar } from '../../components/aging-bar.tsx';
import { Button, buttonClass } from '../../components/button.tsx';
import { Card, Facts, Note, Page } from '../../components/page.tsx';
import { Empty, Failure, PageSkeleton } from '../../components/states.tsx';
import { StatusOf } from '../../components/status.tsx';
import { formatDay } from '../../format/dates.ts';
import { formatCount, formatMoney, isZero } from '../../format/money.ts';
import { kindWords as documentWords } from '../../format/states.ts';
import { kindWords } from './schedule.ts';
import { SendStatementDialog } from './send-dialog.tsx';
import { stateReason, statementState } from './state.ts';

/** One statement as it was on its date, with its PDF. */
export function StatementPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const statement = useQuery(statementQuery(id));
  if (statement.isPending) return <PageSkeleton />;
  if (statement.isError) return <Failure error={statement.error} retry={() => void statement.refetch()} />;
  return <StatementView statement={statement.data} />;
}

function StatementView({ statement }: { statement: StatementDetail }) {
  const refusal = useRefusal('statements.run');
  const [sending, setSending] = useState(false);
  const reason = stateReason(statement);
  const overdue = !isZero(statement.overdue.amount);
  return (
    <Page
      title={statement.number}
      beside={<StatusOf state={statementState(statement)} />}
      back={{ label: 'All statements', to: '/statements/all' }}
      lead={`${statement.customer.name}, as of ${formatDay(statement.asOf)}`}
      actions={
        <>
          <a href={`/v1/statements/${statement.id}/xlsx`} className={buttonClass('secondary')}>
            <FileSpreadsheet aria-hidden size={16} /> XLSX
          </a>
          <a href={`/v1/statements/${statement.id}/pdf`} target="_blank" rel="noreferrer" className={buttonClass('secondary')}>
            <FileText aria-hidden size={16} /> PDF
          </a>
          <Button
            variant="primary"
            icon={Send}
            blockedBecause={refusal ?? (statement.state === 'failed' ? 'Its PDF could not be drawn.' : undefined)}
            onClick={() => setSending(true)}
          >
            {statement.emailId ? 'Send again' : 'Send'}
          </Button>
        </>
      }
    >
      {reason && (
        <div className="mb-4">
          <Note tone="caution">{reason}</Note>
        </div>
      )}
      <div className="grid gap-5 lg:grid-cols-[minmax(0,1fr)_300px]">
        <div className="min-w-0 space-y-5">
          <Card>
            <p className="text-table text-muted">Total</p>
            <p className="figures text-figure font-semibold tracking-[-0.02em]">{formatMoney(statement.total)}</p>
            {overdue && <p className="figures text-table text-critical">{formatMoney(statement.overdue)} overdue on that day</p>}
            <div className="mt-4">
              <AgingBar value={statement.aging} />
            </div>
          </Card>
          <Card title={kindWords[statement.kind] ?? statement.kind} flush>
            {statement.kind === 'open_item' ? <OpenItems statement={statement} /> : <Movements statement={statement} />}
            {statement.left > 0 && <p className="px-4 py-3 text-table text-muted">and {formatCount(statement.left)} more, included in the total</p>}
          </Card>
        </div>
        <Card title="Details">
          <Facts
            items={[
              [
                'Customer',
                <Link key="customer" to={`/customers/${statement.customer.id}` as never} className="link [overflow-wrap:anywhere]">
                  {statement.customer.name}
                </Link>,
              ],
              ['Customer number', statement.customer.number],
              ['As of', formatDay(statement.asOf)],
              ['Movements from', statement.from && formatDay(statement.from)],
              ['Invoices', String(statement.invoiceCount)],
              [
                'Run',
                statement.runId && (
                  <Link key="run" to={`/statements/runs/${statement.runId}` as never} className="link">
                    {statement.ruleName ? `${statement.ruleName}, version ${statement.ruleVersion}` : 'Show'}
                  </Link>
                ),
              ],
              [
                'Sent to',
                statement.emailId && (
                  <Link key="mail" to={`/emails/${statement.emailId}` as never} className="link [overflow-wrap:anywhere]">
                    {statement.sentTo}
                  </Link>
                ),
              ],
            ]}
          />
        </Card>
      </div>
      {sending && <SendStatementDialog statement={statement} onClose={() => setSending(false)} />}
    </Page>
  );
}

const head = 'border-b border-border px-4 py-2 text-left text-label font-medium text-muted';
const cell = 'px-4 py-2.5 align-top';

function OpenItems({ statement }: { statement: StatementDetail }) {
  if (statement.lines.length === 0) return <Empty title="Nothing was open">On that day the customer owed nothing.</Empty>;
  return (
    <div className="overflow-x-auto">
      <table className="w-full text-table">
        <thead>
          <tr>
            <th className={head}>Number</th>
            <th className={head}>Date</th>
            <th className={head}>Due</th>
            <th className={`${head} text-right`}>Amount</th>
            <th className={`${head} text-right`}>Open</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-border">
          {statement.lines.map((line) => (
            <tr key={line.id}>
              <td className={`${cell} min-w-32 [overflow-wrap:anywhere]`}>
                {line.kind === 'invoice' ? (
                  <Link to={`/invoices/${line.id}` as never} className="font-medium hover:underline">
                    {line.number}
                  </Link>
                ) : (
                  <>
                    {line.number}
                    <span className="block text-muted">{line.kind === 'payment' ? 'Payment not yet applied' : documentWords[line.kind]}</span>
                  </>
                )}
                {line.customer && <span className="block text-muted">{line.customer}</span>}
              </td>
              <td className={`${cell} figures whitespace-nowrap`}>{formatDay(line.issuedOn)}</td>
              <td className={`${cell} figures whitespace-nowrap`}>{line.dueOn ? formatDay(line.dueOn) : '–'}</td>
              <td className={`${cell} figures text-right whitespace-nowrap`}>{formatMoney(line.amount)}</td>
              <td className={`${cell} figures text-right font-medium whitespace-nowrap`}>{formatMoney(line.open)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Movements({ statement }: { statement: StatementDetail }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it the keyboard cannot scroll a wide table
    <section className="overflow-x-auto" tabIndex={0} aria-label="Movements">
      <table className="w-full text-table">
        <thead>
          <tr>
            <th className={head}>Date</th>
            <th className={head}>What</th>
            <th className={`${head} text-right`}>Amount</th>
            <th className={`${head} text-right`}>Balance</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-border">
          <tr>
            <td className={`${cell} figures whitespace-nowrap`}>{statement.from ? formatDay(statement.from) : ''}</td>
            <td className={cell}>Balance brought forward</td>
            <td className={cell} />
            <td className={`${cell} figures text-right font-medium whitespace-nowrap`}>{statement.opening && formatMoney(statement.opening)}</td>
          </tr>
          {statement.movements.map((one, index) => (
            // a movement has no id of its own, and the list never changes
            <tr key={index}>
              <td className={`${cell} figures whitespace-nowrap`}>{formatDay(one.on)}</td>
              <td className={`${cell} min-w-40 [overflow-wrap:anywhere]`}>
                {[one.text, one.number].filter(Boolean).join(' ')}
                {one.customer && <span className="block text-muted">{one.customer}</span>}
              </td>
              <td className={`${cell} figures text-right whitespace-nowrap`}>{formatMoney(one.amount)}</td>
              <td className={`${cell} figures text-right font-medium whitespace-nowrap`}>{formatMoney(one.balance)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
