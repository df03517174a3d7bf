import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ChevronLeft, ChevronRight, CircleHelp } from 'lucide-react';
import { type FormEvent, useEffect, useState } from 'react';
import { type WhyItem, whyOnQuery } from '../../api/proof.ts';
import { useSearchParams } from '../../app/search-params.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { TextField } from '../../components/field.tsx';
import { Card, Note, Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { StatusOf } from '../../components/status.tsx';
import { addDays, formatDay, formatMoment, plural, today } from '../../format/dates.ts';
import { formatMoney } from '../../format/money.ts';
import { outcomeAhead, outcomeState, type Shown } from '../../format/states.ts';
import { ReminderTabs } from '../reminders/reminder-tabs.tsx';

type Rule = WhyItem['rules'][number];

/** For any customer, invoice and day: each rule with its conditions and values as they were, and the decision. */
export function WhyPage() {
  const [search, setSearch] = useSearchParams();
  const { customer = '', invoice } = search;
  const on = search['on'] ?? today();
  const found = useQuery({ ...whyOnQuery(customer, on, invoice), enabled: customer !== '' });
  return (
    <Page title="Invoice reminders" lead="Why a customer was reminded on a day, or was not." tabs={<ReminderTabs />}>
      <Ask
        customer={customer}
        invoice={invoice ?? ''}
        on={on}
        onAsk={(values) => setSearch({ customer: values.customer, invoice: values.invoice || undefined, on: values.on })}
      />
      {customer === '' ? (
        <Card>
          <Empty icon={CircleHelp} title="Which customer, and which day?">
            Write a customer’s number. For a day that had its run you see what was decided then, with the values of that moment, whatever changed since.
          </Empty>
        </Card>
      ) : (
        <>
          {found.isPending && <LinesSkeleton lines={8} />}
          {found.isError && (
            <Card>
              <Failure error={found.error} what="There is no answer" />
            </Card>
          )}
          {found.data?.map((item) => (
            <Answer key={item.customer.id} item={item} />
          ))}
        </>
      )}
    </Page>
  );
}

interface Asked {
  customer: string;
  invoice: string;
  on: string;
}

function Ask({ onAsk, ...given }: Asked & { onAsk: (values: Asked) => void }) {
  const [values, setValues] = useState<Asked>(given);
  const key = `${given.customer}|${given.invoice}|${given.on}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address was changed from elsewhere
  useEffect(() => setValues(given), [key]);
  const move = (days: number) => onAsk({ ...values, on: addDays(values.on, days) });
  return (
    <form
      className="mb-4 flex flex-wrap items-end gap-3"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        if (values.customer.trim()) onAsk({ ...values, customer: values.customer.trim(), invoice: values.invoice.trim() });
      }}
    >
      <TextField
        className="w-44 max-sm:w-full"
        label="Customer number"
        value={values.customer}
        maxLength={64}
        onChange={(customer) => setValues({ ...values, customer })}
      />
      <TextField
        className="w-56 max-sm:w-full"
        label="Invoice number"
        optional
        value={values.invoice}
        maxLength={64}
        onChange={(invoice) => setValues({ ...values, invoice })}
      />
      <div className="flex items-end gap-1">
        <IconButton icon={ChevronLeft} label="The day before" onClick={() => move(-1)} />
        <TextField className="w-40" label="Day" type="date" required value={values.on} onChange={(on) => on && setValues({ ...values, on })} />
        <IconButton icon={ChevronRight} label="The day after" onClick={() => move(1)} />
      </div>
      <Button type="submit" variant="primary" icon={CircleHelp} blockedBecause={values.customer.trim() === '' ? 'Write the number of a customer.' : undefined}>
        Why?
      </Button>
    </form>
  );
}

const noDecision: Record<string, Shown> = {
  not_matched: { tone: 'neutral', icon: 'none', words: 'No match' },
  not_active: { tone: 'neutral', icon: 'none', words: 'Off' },
  not_asked: { tone: 'neutral', icon: 'none', words: 'Not asked' },
  no_run: { tone: 'neutral', icon: 'waiting', words: 'No run' },
};

const weight: Record<Rule['answer']['code'], number> = { send: 0, merged: 1, held: 2, no_run: 3, not_matched: 4, not_asked: 5, not_active: 6 };

/** What happened, or what would. Of a run that waits nothing has happened yet. */
function answerOf({ answer, channel, decisions }: Rule, runs: WhyItem['runs']): Shown {
  const decision = decisions.find((one) => one.outcome === answer.code);
  const waits = decision !== undefined && runs.some((run) => run.id === decision.runId && run.state === 'waiting');
  if (answer.code in noDecision) return noDecision[answer.code]!;
  if (!decision && answer.code === 'held') return { ...outcomeState('held'), words: 'Would be held back' };
  return decision && !waits ? outcomeState(answer.code, channel, decision.emailState) : outcomeAhead(answer.code, channel);
}

function Answer({ item }: { item: WhyItem }) {
  const rules = item.rules.toSorted((a, b) => weight[a.answer.code] - weight[b.answer.code]);
  const off = rules.filter((rule) => rule.answer.code === 'not_active');
  const on = rules.filter((rule) => rule.answer.code !== 'not_active');
  return (
    <section aria-label={item.customer.name} className="mb-6 space-y-4">
      <div>
        <h2 className="text-[16px] font-semibold">
          <Link to={`/customers/${item.customer.id}` as never} className="[overflow-wrap:anywhere] hover:underline">
            {item.customer.name}
          </Link>{' '}
          on {formatDay(item.on)}
        </h2>
        <p className="text-muted">
          {plural(item.openInvoices, 'open invoice')}
          {item.invoice ? ` of number ${item.invoice.number}` : ''}. {sourceOf(item)}
        </p>
      </div>
      {item.invoice?.text && <Note>{`${item.invoice.number}: ${item.invoice.text}.`}</Note>}
      {item.byHand.map((mail) => (
        <Note key={mail.emailId}>
          {mail.sentBy} sent a{' '}
          <Link to={`/emails/${mail.emailId}` as never} className="link">
            reminder of {mail.invoices.join(', ')}
          </Link>{' '}
          to {mail.to} by hand at {formatMoment(mail.sentAt)}
          {mail.passed.length > 0 ? `, although: ${mail.passed.join('; ').toLowerCase()}.` : '.'}
        </Note>
      ))}
      {on.map((rule) => (
        <RuleCard key={rule.ruleId} rule={rule} runs={item.runs} />
      ))}
      {on.length === 0 && <Note>No rule was on.</Note>}
      {off.length > 0 && on.length > 0 && <p className="text-table text-muted">Rules that were off: {off.map((rule) => rule.name).join(', ')}.</p>}
    </section>
  );
}

function sourceOf(item: WhyItem): React.ReactNode {
  const run = item.runs.findLast((one) => one.kind === 'daily') ?? item.runs.at(-1);
  if (run)
    return (
      <>
        As the{' '}
        <Link to={`/reminders/runs/${run.id}` as never} className="link">
          run of {formatMoment(run.plannedAt)}
        </Link>{' '}
        saw it.
      </>
    );
  return item.asOf === null
    ? 'No run has been for this day: as things stand now.'
    : `No run answered for this day. As things stood at ${formatMoment(item.asOf)}.`;
}

function RuleCard({ rule, runs }: { rule: Rule; runs: WhyItem['runs'] }) {
  return (
    <Card>
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h3 className="font-semibold">
            <Link to={`/reminders/rules/${rule.ruleId}` as never} className="[overflow-wrap:anywhere] hover:underline">
              {rule.name}
            </Link>
          </h3>
          <p className="text-table text-muted [overflow-wrap:anywhere]">
            {rule.sentence} Version {rule.version}
            {rule.cadence ? ', a step of a cadence' : ''}.
          </p>
        </div>
        <StatusOf state={answerOf(rule, runs)} />
      </div>
      <p className="mt-2">{rule.answer.text}.</p>
      {rule.decisions.map((decision) => (
        <p key={decision.decidedAt + decision.amount.currency} className="mt-1 text-table text-muted">
          Decided {formatMoment(decision.decidedAt)} over {formatMoney(decision.amount)}.{' '}
          {decision.emailId && (
            <Link to={`/emails/${decision.emailId}` as never} className="link">
              Show the mail
            </Link>
          )}
        </p>
      ))}
      <Conditions rule={rule} />
    </Card>
  );
}

const SHOWN_VALUES = 6;

function Conditions({ rule }: { rule: Rule }) {
  const first = (invoice: string) => (rule.matched.includes(invoice) ? 0 : 1);
  return (
    <div className="mt-3">
      <table className="w-full table-fixed text-table [overflow-wrap:anywhere]">
        <caption className="sr-only">Conditions of {rule.name} and the values they met</caption>
        <thead>
          <tr className="text-left text-label text-muted">
            <th scope="col" className="w-8 py-1 font-medium">
              <span className="sr-only">Met</span>
            </th>
            <th scope="col" className="w-[38%] py-1 pr-3 font-medium">
              Condition
            </th>
            <th scope="col" className="py-1 font-medium">
              Value then
            </th>
          </tr>
        </thead>
        <tbody>
          {rule.conditions.map((condition) => {
            const values =
              condition.about === 'customer' ? condition.values.slice(0, 1) : condition.values.toSorted((a, b) => first(a.invoice) - first(b.invoice));
            return (
              <tr key={condition.about + condition.field + condition.asked} className="border-t border-border align-top">
                <td className={`py-1.5 ${condition.held ? 'text-positive' : 'text-critical'}`}>
                  <span aria-hidden>{condition.held ? '✓' : '✗'}</span>
                  <span className="sr-only">{condition.held ? 'met' : 'not met'}</span>
                </td>
                <td className="py-1.5 pr-3">
                  {condition.field} <span className="font-medium">{condition.asked}</span>
                </td>
                <td className="py-1.5">
                  {values.length === 0 && <span className="text-muted">no open invoice</span>}
                  <ul>
                    {values.slice(0, SHOWN_VALUES).map((value) => (
                      <li key={value.invoice} className={value.held ? '' : 'text-muted'}>
                        {condition.about === 'invoice' && <span className="figures">{value.invoice}: </span>}
                        {value.value}
                      </li>
                    ))}
                  </ul>
                  {values.length > SHOWN_VALUES && <span className="text-muted">and {plural(values.length - SHOWN_VALUES, 'more invoice')}</span>}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
