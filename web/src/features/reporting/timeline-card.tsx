import { Link } from '@tanstack/react-router';
import {
  Ban,
  BellOff,
  CircleDot,
  CreditCard,
  Eye,
  FileText,
  FileUp,
  HandCoins,
  ListChecks,
  ListOrdered,
  Mail,
  MailOpen,
  MessageSquareWarning,
  PauseCircle,
  Pencil,
  ReceiptText,
  StickyNote,
  Tags,
  Undo2,
  UserRound,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { usePages } from '../../api/pages.ts';
import { readTimeline, type TimelineItem } from '../../api/reporting.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { Timeline, type TimelineEntry } from '../../components/timeline.tsx';
import { formatDay } from '../../format/dates.ts';
import { eventWords, subjectPath } from '../../format/events.ts';
import { formatMoney, type Money } from '../../format/money.ts';
import { emailKindWords, emailState } from '../../format/states.ts';
import { holdWords } from '../collections/words.ts';

/** What happened with an invoice or a customer, newest first. */
export function TimelineCard({ of, id }: { of: 'invoices' | 'customers'; id: string }) {
  const timeline = usePages(['timeline', of, id], (cursor, signal) => readTimeline(of, id, cursor, signal));
  return (
    <Card title="Timeline">
      {timeline.loading && <LinesSkeleton />}
      {timeline.error !== undefined && <Failure error={timeline.error} retry={timeline.retry} />}
      {!timeline.loading && timeline.error === undefined && timeline.rows.length === 0 && (
        <Empty title="Nothing has happened yet">Uploads, reminders, openings and payments appear here.</Empty>
      )}
      <Timeline entries={timeline.rows.filter(isTold).map(entryOf)} />
      {timeline.more.available && (
        <Button size="small" pending={timeline.more.loading} onClick={timeline.more.load}>
          Show earlier
        </Button>
      )}
    </Card>
  );
}

/** A mail is told by itself, with its subject; the event that records its sending says no more. */
const isTold = (item: TimelineItem): boolean =>
  !(item.kind === 'event' && item.type.startsWith('email.')) || item.type === 'email.received' || item.type === 'email.bounced';

type Data = Record<string, unknown>;
const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
const isMoney = (value: unknown): value is Money =>
  typeof value === 'object' && value !== null && 'amount' in value && 'currency' in value && typeof value.amount === 'string';
const moneyOf = (data: Data): string | null => (isMoney(data['amount']) ? formatMoney(data['amount']) : null);

interface Look {
  icon: TimelineEntry['icon'];
  tone?: TimelineEntry['tone'];
  words: string;
}

const looks: Record<string, Look> = {
  'upload.recorded': { icon: FileUp, words: 'Uploaded' },
  'invoice.recorded': { icon: FileText, words: 'Invoice recorded' },
  'credit_memo.recorded': { icon: FileText, words: 'Credit memo recorded' },
  'document.changed': { icon: Pencil, words: 'Changed by an upload' },
  'invoice.voided': { icon: Ban, tone: 'caution', words: 'Invoice voided' },
  'invoice.written_off': { icon: Ban, tone: 'caution', words: 'Written off' },
  'application.payment': { icon: CreditCard, tone: 'positive', words: 'Paid' },
  'application.credit_memo': { icon: CreditCard, tone: 'positive', words: 'Credit applied' },
  'application.source_system': { icon: CreditCard, tone: 'positive', words: 'Paid, says the accounting system' },
  'application.write_off': { icon: Ban, tone: 'caution', words: 'Written off' },
  'application.void': { icon: Ban, tone: 'caution', words: 'Voided' },
  'application.undone': { icon: Undo2, tone: 'caution', words: 'Taken back' },
  'payment.received': { icon: CreditCard, tone: 'positive', words: 'Payment received' },
  'payment.settled': { icon: CreditCard, tone: 'positive', words: 'Payment settled' },
  'payment.returned': { icon: Undo2, tone: 'critical', words: 'Payment returned by the bank' },
  'payment.refunded': { icon: Undo2, tone: 'caution', words: 'Payment refunded' },
  'payment.failed': { icon: CreditCard, tone: 'critical', words: 'Payment declined' },
  'payment_confirmation.requested': { icon: Mail, words: 'Payment started from a mail' },
  'customer.reminders_paused': { icon: BellOff, words: 'Reminders paused' },
  'customer.reminders_resumed': { icon: BellOff, words: 'Reminders on again' },
  'customer.categorized': { icon: Tags, words: 'Categories changed' },
  'hold.placed': { icon: PauseCircle, tone: 'caution', words: 'Reminders held' },
  'hold.released': { icon: PauseCircle, words: 'Hold released' },
  'promise.made': { icon: HandCoins, words: 'Promised to pay' },
  'promise.kept': { icon: HandCoins, tone: 'positive', words: 'Promise kept' },
  'promise.broken': { icon: HandCoins, tone: 'critical', words: 'Promise broken' },
  'promise.withdrawn': { icon: HandCoins, words: 'Promise withdrawn' },
  'dispute.opened': { icon: MessageSquareWarning, tone: 'caution', words: 'Disputed' },
  'dispute.credited': { icon: MessageSquareWarning, tone: 'positive', words: 'Dispute resolved to a credit' },
  'dispute.rejected': { icon: MessageSquareWarning, words: 'Dispute rejected' },
  'cadence.customer_joined': { icon: ListOrdered, words: 'Came into a cadence' },
  'cadence.customer_started': { icon: ListOrdered, words: 'Started in the cadence' },
  'cadence.customer_paused': { icon: ListOrdered, words: 'Paused in the cadence' },
  'cadence.customer_left': { icon: ListOrdered, words: 'Left the cadence' },
  'manual_step.began': { icon: ListOrdered, words: 'The cadence gave a step to do' },
  'manual_step.done': { icon: ListOrdered, tone: 'positive', words: 'Step of the cadence done' },
  'manual_step.skipped': { icon: ListOrdered, words: 'Step of the cadence skipped' },
  'manual_step.timed_out': { icon: ListOrdered, tone: 'caution', words: 'Nobody did the step in time: the cadence goes on' },
  'manual_step.ended': { icon: ListOrdered, words: 'Step of the cadence ended' },
  'letter.written': { icon: MailOpen, words: 'Letter written' },
  'letter.address_changed': { icon: MailOpen, words: 'Address of the letter changed' },
  'letter.printed': { icon: MailOpen, words: 'Letter printed' },
  'letter.withdrawn': { icon: MailOpen, tone: 'caution', words: 'Letter withdrawn' },
  'task.created': { icon: ListChecks, words: 'Task added' },
  'task.done': { icon: ListChecks, tone: 'positive', words: 'Task done' },
  'task.skipped': { icon: ListChecks, words: 'Task skipped' },
  'note.added': { icon: StickyNote, words: 'Note' },
  'payer.claimed_paid': { icon: ReceiptText, tone: 'caution', words: 'The customer says: I already paid' },
  'payer.wrong_person': { icon: UserRound, tone: 'caution', words: 'The reader says: this is not me' },
  'reminder.sent_by_hand': { icon: Mail, words: 'Reminder sent by hand' },
  'email.received': { icon: Mail, tone: 'positive', words: 'They wrote' },
  'email.bounced': { icon: Mail, tone: 'critical', words: 'A mail came back' },
  'email.pixel': { icon: Eye, words: 'Mail perhaps opened' },
  'email.link': { icon: Eye, tone: 'positive', words: 'Link in the mail opened' },
  'email.pdf': { icon: Eye, tone: 'positive', words: 'Invoice PDF viewed' },
};

function lookOf(item: TimelineItem): Look {
  const known = looks[item.type];
  if (known) return known;
  if (item.kind === 'email') {
    const state = emailState(String(item.data['state']));
    const kind = emailKindWords[String(item.data['mailKind'])] ?? 'Mail';
    return { icon: Mail, tone: state.tone === 'critical' || state.tone === 'caution' ? state.tone : 'neutral', words: `${kind}: ${state.words.toLowerCase()}` };
  }
  return { icon: item.subjectType === 'customer' ? UserRound : CircleDot, words: eventWords(item.type) };
}

function detailOf(item: TimelineItem): string {
  const { data } = item;
  const parts: (string | null)[] = [];
  if (item.kind === 'email') parts.push(text(data['subject']), text(data['to']) && `to ${data['to']}`, data['state'] === 'sent' ? null : text(data['reason']));
  else if (item.type === 'email.pixel') parts.push('Weak evidence: many mail programs load pictures by themselves');
  else if (item.type === 'document.changed') parts.push(changes(data));
  else
    parts.push(
      item.type === 'hold.placed' ? (holdWords[data['kind'] as keyof typeof holdWords] ?? null) : null,
      text(data['number']),
      item.type.startsWith('email.') ? (text(data['address']) ?? text(data['from'])) : null,
      item.type.startsWith('email.') ? (text(data['subject']) ?? text(data['detail'])) : null,
      text(data['file']),
      text(data['title']),
      text(data['text']),
      text(data['note']),
      text(data['reference']),
      text(data['reason']),
      text(data['outcome']),
      passed(data),
      text(data['until']) && `until ${formatDay(String(data['until']))}`,
    );
  if (item.actor) parts.push(`by ${item.actor.name}`);
  return parts.filter(Boolean).join(' · ');
}

/** What a manager passed when a reminder was sent by hand. */
const passed = (data: Data): string | null =>
  Array.isArray(data['passed']) && data['passed'].length > 0 ? `all the same: ${data['passed'].join('; ')}` : null;

/** `due_on: 2026-03-01 → 2026-03-15`. */
function changes(data: Data): string {
  const before = (data['before'] ?? {}) as Data;
  const after = (data['after'] ?? {}) as Data;
  return Object.keys(after)
    .slice(0, 4)
    .map((field) => `${eventWords(field)}: ${String(before[field] ?? '–')} → ${String(after[field] ?? '–')}`)
    .join(', ');
}

function entryOf(item: TimelineItem): TimelineEntry {
  const look = lookOf(item);
  const amount = moneyOf(item.data);
  const path = item.subjectType && item.subjectId ? subjectPath(item.subjectType, item.subjectId) : null;
  const words: ReactNode = amount ? (
    <>
      {look.words} <span className="figures font-medium">{amount}</span>
    </>
  ) : (
    look.words
  );
  return {
    id: `${item.kind}${item.id}`,
    at: item.at,
    icon: look.icon,
    tone: look.tone ?? 'neutral',
    title:
      path && item.subjectType !== 'customer' ? (
        <Link to={path as never} className="hover:underline">
          {words}
        </Link>
      ) : (
        words
      ),
    detail: detailOf(item),
  };
}
