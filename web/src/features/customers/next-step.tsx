import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Customer } from '../../api/customers.ts';
import { customerDecisionsQuery, upcomingQuery, whyQuery, type Why } from '../../api/reminders.ts';
import { SidePanel } from '../../components/dialog.tsx';
import { Card } from '../../components/page.tsx';
import { Failure, LinesSkeleton } from '../../components/states.tsx';
import { Status, StatusOf } from '../../components/status.tsx';
import { formatDay, formatMoment, plural } from '../../format/dates.ts';
import { formatMoney } from '../../format/money.ts';
import { outcomeState, wouldDo } from '../../format/states.ts';

/** What the reminders will do next with this customer, what they did last, and why. */
export function NextStep({ customer, paused }: { customer: Customer; paused: boolean }) {
  const upcoming = useQuery(upcomingQuery);
  const decisions = useQuery(customerDecisionsQuery(customer.id));
  const [asking, setAsking] = useState(false);
  const next = upcoming.data?.customers.find((entry) => entry.customerId === customer.id);
  const last = decisions.data?.[0];
  const blocked = customer.archivedAt
    ? 'The customer is archived: no reminders.'
    : paused
      ? `Reminders are paused until ${formatDay(customer.pausedUntil ?? '')}${customer.pausedReason ? `: ${customer.pausedReason}` : '.'}`
      : customer.contacts.length === 0
        ? 'There is no address to write to.'
        : null;
  return (
    <Card
      title="Next step"
      actions={
        <button type="button" onClick={() => setAsking(true)} className="link rounded text-table font-medium">
          Why?
        </button>
      }
    >
      {upcoming.isPending ? (
        <LinesSkeleton lines={2} />
      ) : (
        <p>
          {blocked ??
            (next && upcoming.data
              ? `A reminder of ${plural(next.invoices, 'invoice')} over ${formatMoney(next.amount)} goes out ${formatMoment(upcoming.data.nextRunAt)}.`
              : upcoming.data?.activeRules === 0
                ? 'No reminder rule is on.'
                : 'The next run has no reminder for this customer.')}
        </p>
      )}
      {last && (
        <p className="mt-2 flex flex-wrap items-center gap-x-2 gap-y-1 border-t border-border pt-2 text-table text-muted">
          <StatusOf state={outcomeState(last.outcome, last.rule.channel, last.emailState)} />
          <span>
            {formatDay(last.day)} by{' '}
            <Link to={`/reminders/rules/${last.rule.id}` as never} className="link">
              {last.rule.name}
            </Link>
            : {last.text}
          </span>
        </p>
      )}
      <WhyPanel customer={customer} open={asking} onClose={() => setAsking(false)} />
    </Card>
  );
}

type WhyRule = Why['items'][number]['rules'][number];

/** Every rule with what it asked of this customer, what held, and what was decided. */
function WhyPanel({ customer, open, onClose }: { customer: Customer; open: boolean; onClose: () => void }) {
  const why = useQuery({ ...whyQuery(customer.number, undefined), enabled: open });
  const found = why.data?.find((item) => item.customer.id === customer.id);
  return (
    <SidePanel
      open={open}
      onClose={onClose}
      title={`Why ${customer.name} is or is not reminded today`}
      lead="Each rule with its conditions, by today’s data, and what was decided."
    >
      {why.isPending && <LinesSkeleton lines={6} />}
      {why.isError && <Failure error={why.error} retry={() => void why.refetch()} />}
      {found && (
        <ul className="divide-y divide-border">
          {found.rules.map((rule) => (
            <WhyRow key={rule.ruleId} rule={rule} />
          ))}
        </ul>
      )}
    </SidePanel>
  );
}

function WhyRow({ rule }: { rule: WhyRule }) {
  const matched = rule.matched.length > 0;
  return (
    <li className="py-3">
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <Link to={`/reminders/rules/${rule.ruleId}` as never} className="font-medium hover:underline">
            {rule.name}
          </Link>
          <p className="text-table text-muted">{rule.sentence}</p>
        </div>
        {rule.active ? (
          matched ? (
            <Status tone="positive" icon="done">
              Matches
            </Status>
          ) : (
            <Status icon="none">No match</Status>
          )
        ) : (
          <Status icon="none">Off</Status>
        )}
      </div>
      {rule.decisions.map((decision) => (
        <p key={decision.decidedAt + decision.day} className="mt-1.5 text-table">
          <span className="font-medium">{formatDay(decision.day)}:</span>{' '}
          {outcomeState(decision.outcome, rule.channel, decision.emailState).words.toLowerCase()}. {decision.text}.{' '}
          {decision.emailId && (
            <Link to={`/emails/${decision.emailId}` as never} className="link">
              Show the mail
            </Link>
          )}
        </p>
      ))}
      {rule.active && rule.wouldBe && (
        <p className="mt-1.5 text-table">
          A run now would {wouldDo[rule.wouldBe.outcome] ?? rule.wouldBe.outcome}. {rule.wouldBe.text}.
        </p>
      )}
      {matched && (
        <p className="mt-1.5 text-table text-muted">
          Invoices: {rule.matched.slice(0, 8).join(', ')}
          {rule.matched.length > 8 ? ` and ${rule.matched.length - 8} more` : ''}
        </p>
      )}
      {!matched && (
        <ul className="mt-1.5 space-y-0.5 text-table text-muted">
          {rule.conditions.map((condition) => (
            <li key={condition.about + condition.field + condition.asked}>
              {condition.held ? '✓' : '✗'} {condition.asked}
              {!condition.held &&
                condition.values[0] &&
                `: ${condition.values[0].invoice ? `${condition.values[0].invoice} has ` : 'it is '}${condition.values[0].value}`}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
