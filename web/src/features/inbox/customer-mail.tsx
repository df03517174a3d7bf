import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowDownLeft, ArrowUpRight } from 'lucide-react';
import { type CustomerMail as Mail, mailFactsQuery, readCustomerMail } from '../../api/inbox.ts';
import { usePages } from '../../api/pages.ts';
import { Button } from '../../components/button.tsx';
import { Moment } from '../../components/date.tsx';
import { Card, Note } from '../../components/page.tsx';
import { Failure, LinesSkeleton } from '../../components/states.tsx';
import { Status, StatusOf } from '../../components/status.tsx';
import { formatMoment } from '../../format/dates.ts';
import { emailKindWords, emailState } from '../../format/states.ts';

/** Mail of both directions, when the customer last looked at an invoice, and which addresses do not work. */
export function CustomerMail({ customerId }: { customerId: string }) {
  const mail = usePages(['inbox', 'customer', customerId], (cursor, signal) => readCustomerMail(customerId, cursor, signal));
  const facts = useQuery(mailFactsQuery(customerId));
  const seen = facts.data?.views;
  return (
    <Card title="Mail" flush lead={seen && viewWords(seen)}>
      {facts.data?.bounces.map((bounce) => (
        <div key={bounce.address} className="px-4 pb-3">
          <Note tone={bounce.grade === 'hard' ? 'critical' : 'caution'}>
            Mail to {bounce.address} {bounce.grade === 'hard' ? 'does not arrive' : 'came back for now'}
            {bounce.detail && `: ${bounce.detail}`}
          </Note>
        </div>
      ))}
      {mail.loading && (
        <div className="px-4 pb-4">
          <LinesSkeleton lines={3} />
        </div>
      )}
      {mail.error !== undefined && <Failure error={mail.error} retry={mail.retry} />}
      {!mail.loading && mail.error === undefined && mail.rows.length === 0 && (
        <p className="px-4 pb-4 text-table text-muted">No mail yet. What you send and what they answer appears here.</p>
      )}
      {mail.rows.length > 0 && (
        <ul className="divide-y divide-border border-t border-border">
          {mail.rows.map((row) => (
            <li key={row.id}>
              <Row row={row} />
            </li>
          ))}
        </ul>
      )}
      {mail.more.available && (
        <div className="border-t border-border px-4 py-3">
          <Button size="small" pending={mail.more.loading} onClick={mail.more.load}>
            Show earlier
          </Button>
        </div>
      )}
    </Card>
  );
}

/** "Last looked at an invoice …", from strong evidence; without it what weak evidence says. */
export function viewWords(seen: { lastStrongAt: string | null; lastWeakAt: string | null }): string {
  if (seen.lastStrongAt) return `Last looked at an invoice ${formatMoment(seen.lastStrongAt)}`;
  if (seen.lastWeakAt) return `A mail was shown ${formatMoment(seen.lastWeakAt)}; nobody opened a link or PDF`;
  return 'Nobody has opened a link or PDF yet';
}

function Row({ row }: { row: Mail }) {
  const incoming = row.direction === 'in';
  const Icon = incoming ? ArrowDownLeft : ArrowUpRight;
  const to = row.conversationId ? `/emails/inbox/${row.conversationId}` : `/emails/${row.id}`;
  return (
    <Link to={to as never} className="flex items-start gap-2.5 px-4 py-2.5 outline-offset-[-2px] hover:bg-sunken">
      <Icon aria-hidden size={15} className={`mt-0.5 shrink-0 ${incoming ? 'text-accent' : 'text-muted'}`} />
      <span className="min-w-0 flex-1">
        <span className={`block truncate ${row.unread ? 'font-semibold' : 'font-medium'}`}>
          <span className="sr-only">{incoming ? 'Received: ' : 'Sent: '}</span>
          {row.subject || emailKindWords[row.kind as keyof typeof emailKindWords] || '(no subject)'}
        </span>
        <span className="block truncate text-table text-muted">{incoming ? `${row.who}: ${row.snippet || 'no text'}` : `To ${row.who}`}</span>
      </span>
      <span className="flex shrink-0 flex-col items-end gap-0.5 text-label text-muted">
        <Moment value={row.at} both={false} />
        {row.bounced ? (
          <Status tone="critical" icon="alert">
            Came back
          </Status>
        ) : incoming ? (
          row.kind === 'auto_reply' && <Status icon="none">Automatic</Status>
        ) : (
          row.state !== 'sent' && <StatusOf state={emailState(row.state as Parameters<typeof emailState>[0])} />
        )}
      </span>
    </Link>
  );
}
