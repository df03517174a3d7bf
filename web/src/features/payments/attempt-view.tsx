import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Ban, Check, CircleDashed, Clock, Hourglass, type LucideIcon, Send, ShieldAlert, Undo2, Webhook } from 'lucide-react';
import { type Attempt, type AttemptDetail, checkRefund, type Refund } from '../../api/payments.ts';
import { Button } from '../../components/button.tsx';
import { Card, Facts } from '../../components/page.tsx';
import { StatusOf } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { Timeline, type TimelineEntry } from '../../components/timeline.tsx';
import { formatMoment } from '../../format/dates.ts';
import { eventWords } from '../../format/events.ts';
import { formatMoney, type Money } from '../../format/money.ts';
import { attemptState, refundState } from '../../format/states.ts';

/** `Visa ending 4242`, `Bank account ending 6789`. */
export function methodLine({ method, rail }: Pick<Attempt, 'method' | 'rail'>): string {
  if (!method) return rail === 'card' ? 'New card' : 'New bank account';
  const brand = method.brand ? method.brand.charAt(0).toUpperCase() + method.brand.slice(1) : null;
  return `${brand ?? (rail === 'card' ? 'Card' : 'Bank account')} ending ${method.last4}`;
}

interface Look {
  icon: LucideIcon;
  tone?: TimelineEntry['tone'];
  words: string;
}

const steps: Record<string, Look> = {
  created: { icon: CircleDashed, words: 'Recorded, before anything was sent' },
  submitted: { icon: Send, words: 'Sent to the gateway' },
  requires_action: { icon: ShieldAlert, tone: 'caution', words: 'The bank wants the payer to confirm' },
  processing: { icon: Hourglass, words: 'Accepted; the money is on its way' },
  settled: { icon: Check, tone: 'positive', words: 'Succeeded' },
  failed: { icon: Ban, tone: 'critical', words: 'Declined' },
  canceled: { icon: Ban, words: 'Not carried out; nothing was charged' },
  returned: { icon: Undo2, tone: 'critical', words: 'Returned by the bank' },
  unknown: { icon: Clock, tone: 'caution', words: 'No clear answer; it is being looked up, never repeated' },
  still_unknown: { icon: Clock, tone: 'caution', words: 'Looked up: not known yet' },
  ignored: { icon: Webhook, words: 'News that changed nothing' },
  booked: { icon: Check, tone: 'positive', words: 'Payment recorded and applied' },
  needs_attention: { icon: ShieldAlert, tone: 'critical', words: 'A person should look at this' },
  refund_created: { icon: Undo2, words: 'Refund recorded' },
  refund_submitted: { icon: Send, words: 'Refund sent to the gateway' },
  refund_succeeded: { icon: Check, tone: 'positive', words: 'Refund succeeded' },
  refund_pending: { icon: Hourglass, words: 'Refund accepted; the money is on its way back' },
  refund_failed: { icon: Ban, tone: 'critical', words: 'Refund refused' },
  refund_unknown: { icon: Clock, tone: 'caution', words: 'Refund: no clear answer; it is being looked up' },
};

const sources: Record<string, string> = {
  charge: 'by the gateway’s answer',
  lookup: 'by asking the gateway',
  webhook: 'by the gateway’s message',
  return: 'when the payer came back',
  cancel: 'when it was canceled',
  sweep: 'by the regular check',
};

function stepDetail(detail: Record<string, unknown>): string {
  const parts: string[] = [];
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);
  const failure = detail['failure'] as { message?: string; gatewayCode?: string; returnCode?: string } | undefined;
  const unapplied = detail['unapplied'] as Money | undefined;
  const source = text(detail['source']);
  if (source) parts.push(sources[source] ?? source);
  if (failure?.message) parts.push(failure.message);
  const code = text(failure?.returnCode) ?? text(failure?.gatewayCode);
  if (code) parts.push(`code ${code}`);
  for (const name of ['why', 'reason', 'because', 'ref']) {
    const value = text(detail[name]);
    if (value) parts.push(name === 'ref' ? value : value.replaceAll('_', ' '));
  }
  if (detail['amount'] && typeof detail['amount'] === 'object') parts.push(formatMoney(detail['amount'] as Money));
  if (unapplied && /[1-9]/.test(unapplied.amount)) parts.push(`${formatMoney(unapplied)} stays unapplied`);
  return parts.join(' · ');
}

/** Every step of a try with its time, and the refunds that followed. */
export function AttemptView({ attempt }: { attempt: AttemptDetail }) {
  const entries = attempt.steps.map((step, index): TimelineEntry => {
    const look = steps[step.kind] ?? { icon: CircleDashed, words: eventWords(step.kind) };
    return { id: `${step.kind}${index}`, at: step.at, icon: look.icon, tone: look.tone ?? 'neutral', title: look.words, detail: stepDetail(step.detail) };
  });
  return (
    <Card title="Every step" lead="Newest first, in the company’s time.">
      <Timeline entries={entries.reverse()} seconds />
    </Card>
  );
}

export function AttemptFacts({ attempt }: { attempt: AttemptDetail }) {
  return (
    <Card title="Gateway">
      <Facts
        items={[
          ['Outcome', <StatusOf key="state" state={attemptState(attempt.state)} />],
          ['With', methodLine(attempt)],
          ['Gateway', attempt.gateway],
          [
            'Reference there',
            attempt.gatewayRef && (
              <code key="ref" className="font-mono text-label">
                {attempt.gatewayRef}
              </code>
            ),
          ],
          ['Said to us', attempt.failure?.message],
          ['Said to the payer', attempt.failure?.payerMessage],
          ['Code', attempt.failure?.returnCode ?? attempt.failure?.gatewayCode],
          ['Started', formatMoment(attempt.createdAt)],
          ['Finished', attempt.finishedAt && formatMoment(attempt.finishedAt)],
          ['Next look-up', attempt.nextCheckAt && formatMoment(attempt.nextCheckAt)],
        ]}
      />
    </Card>
  );
}

export function AttemptDocuments({ attempt }: { attempt: AttemptDetail }) {
  return (
    <Card title="Invoices asked for" flush>
      <ul className="divide-y divide-border border-t border-border">
        {attempt.documents.map((document) => (
          <li key={document.documentId} className="flex items-center justify-between gap-3 px-4 py-2.5">
            <Link to={`/invoices/${document.documentId}` as never} className="min-w-0 font-medium [overflow-wrap:anywhere] hover:underline">
              {document.number}
            </Link>
            <span className="figures">{formatMoney(document.amount)}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

export function Refunds({ refunds }: { refunds: readonly Refund[] }) {
  const queries = useQueryClient();
  const ask = async (refund: Refund) => {
    try {
      const next = await checkRefund(refund.id);
      await Promise.all(['payment', 'attempt', 'payments'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
      done(`The gateway says: ${refundState(next.state).words.toLowerCase()}.`);
    } catch (error) {
      failed(error);
    }
  };
  if (refunds.length === 0) return null;
  return (
    <Card title="Refunds" flush>
      <ul className="divide-y divide-border border-t border-border">
        {refunds.map((refund) => (
          <li key={refund.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5">
            <div className="min-w-0 flex-1">
              <p className="figures font-medium">{formatMoney(refund.amount)}</p>
              <p className="text-table text-muted">
                {formatMoment(refund.createdAt)} · {refund.requestedBy}
                {refund.reason && ` · ${refund.reason}`}
                {refund.failure && ` · ${refund.failure.message}`}
              </p>
            </div>
            {['submitted', 'pending', 'unknown'].includes(refund.state) && (
              <Button size="small" onClick={() => void ask(refund)}>
                Ask the gateway
              </Button>
            )}
            <StatusOf state={refundState(refund.state)} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
