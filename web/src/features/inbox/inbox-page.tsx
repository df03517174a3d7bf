import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { Inbox, RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { type Box, type Conversation, fetchMailNow, inboxCountsQuery, listConversations } from '../../api/inbox.ts';
import { usePages } from '../../api/pages.ts';
import { useRefusal } from '../../api/session.ts';
import { useSearchParams } from '../../app/search-params.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { Moment } from '../../components/date.tsx';
import { TextField } from '../../components/field.tsx';
import { Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { done, failed } from '../../components/toast.tsx';
import { EmailTabs } from '../correspondence/email-tabs.tsx';
import { ConversationView } from './conversation-view.tsx';
import { useRefreshInbox } from './use-refresh-inbox.ts';

const boxes: { box: Box; label: string }[] = [
  { box: 'customers', label: 'Customers' },
  { box: 'unread', label: 'Unread' },
  { box: 'unmatched', label: 'Of no customer yet' },
  { box: 'set_aside', label: 'Set aside' },
];

/** What customers answered: the list, and beside it the conversation. */
export function InboxPage() {
  const { id } = useParams({ strict: false }) as { id?: string };
  const [search, setSearch] = useSearchParams();
  const box = boxes.find((one) => one.box === search['box'])?.box ?? 'customers';
  const sender = search['q'];
  const list = usePages(['inbox', 'list', box, sender], (cursor, signal) => listConversations({ box, sender, cursor }, signal));
  const counts = useQuery(inboxCountsQuery);
  const navigate = useNavigate();
  const gone = () => void navigate({ to: '/emails/inbox' as never, search: ((before: object) => before) as never });
  return (
    <Page title="E-mails" width="wide" lead="What customers answer, with the mail that it answers." tabs={<EmailTabs />} actions={<LookNow />}>
      <div className="grid gap-5 lg:grid-cols-[minmax(320px,400px)_minmax(0,1fr)]">
        <div className={`min-w-0 ${id ? 'max-lg:hidden' : ''}`}>
          <nav aria-label="Boxes" className="mb-3 flex flex-wrap gap-1">
            {boxes.map((one) => {
              const count = one.box === 'unread' ? counts.data?.unread : one.box === 'unmatched' ? counts.data?.unmatched : undefined;
              return (
                <button
                  key={one.box}
                  type="button"
                  aria-pressed={one.box === box}
                  onClick={() => setSearch({ box: one.box === 'customers' ? undefined : one.box })}
                  className="h-8 rounded-full border border-border px-3 text-table text-muted hover:text-text aria-pressed:border-transparent aria-pressed:bg-accent-soft aria-pressed:font-medium aria-pressed:text-accent max-lg:h-10"
                >
                  {one.label}
                  {count ? ` (${count})` : ''}
                </button>
              );
            })}
          </nav>
          <TextField
            label="Sender"
            type="search"
            placeholder="Beginning of the address"
            className="mb-3"
            value={sender ?? ''}
            onChange={(q) => setSearch({ q: q || undefined })}
          />
          <List list={list} box={box} filtered={Boolean(sender)} current={id} />
        </div>
        <div className={`min-w-0 ${id ? '' : 'max-lg:hidden'}`}>
          {id ? (
            <ConversationView id={id} onGone={gone} />
          ) : (
            <div className="rounded-lg border border-border bg-raised">
              <Empty icon={Inbox} title="No conversation chosen">
                Choose one on the left to read it and to answer.
              </Empty>
            </div>
          )}
        </div>
      </div>
    </Page>
  );
}

function List({ list, box, filtered, current }: { list: ReturnType<typeof usePages<Conversation>>; box: Box; filtered: boolean; current: string | undefined }) {
  const settings = useRefusal('settings.read') === undefined;
  if (list.error !== undefined) return <Failure error={list.error} retry={list.retry} />;
  if (list.loading) return <LinesSkeleton lines={8} />;
  if (list.rows.length === 0)
    return (
      <div className="rounded-lg border border-border bg-raised">
        {filtered ? (
          <Empty icon={Inbox} title="No sender matches">
            Write another beginning of the address.
          </Empty>
        ) : box === 'customers' ? (
          <Empty icon={Inbox} title="No answer yet" action={settings ? <LinkButton to="/settings/inbox">Set the mailbox</LinkButton> : undefined}>
            When a mailbox is set, what customers answer to your mails appears here.
          </Empty>
        ) : (
          <Empty icon={Inbox} title="Nothing here">
            {box === 'unread'
              ? 'Everything is read.'
              : box === 'unmatched'
                ? 'Every mail has its customer.'
                : 'Newsletters and what you take out of the queue land here.'}
          </Empty>
        )}
      </div>
    );
  return (
    <>
      <ul
        aria-label="Conversations"
        className="relative divide-y divide-border overflow-hidden rounded-lg border border-border bg-raised lg:max-h-[calc(100dvh-270px)] lg:overflow-y-auto"
      >
        {list.rows.map((row) => (
          <li key={row.id}>
            <Row row={row} current={row.id === current} />
          </li>
        ))}
      </ul>
      {list.more.available && (
        <div className="mt-3">
          <Button size="small" pending={list.more.loading} onClick={list.more.load}>
            Show earlier
          </Button>
        </div>
      )}
    </>
  );
}

function Row({ row, current }: { row: Conversation; current: boolean }) {
  const unread = row.unread > 0;
  return (
    <Link
      to={`/emails/inbox/${row.id}` as never}
      search={((before: object) => before) as never}
      aria-current={current ? 'page' : undefined}
      className="block px-4 py-2.5 outline-offset-[-2px] hover:bg-sunken aria-[current=page]:bg-accent-soft"
    >
      <span className="flex items-baseline justify-between gap-3">
        <span className={`min-w-0 truncate ${unread ? 'font-semibold' : 'font-medium'}`}>
          {unread && <span className="mr-1.5 inline-block size-2 rounded-full bg-accent-fill align-middle" />}
          {row.with || row.customer?.name || 'Unknown sender'}
          {unread && <span className="sr-only"> (unread)</span>}
        </span>
        <span className="shrink-0 text-label text-muted">
          <Moment value={row.lastAt} both={false} />
        </span>
      </span>
      <span className={`block truncate text-table ${unread ? 'font-medium' : ''}`}>
        {row.subject || '(no subject)'}
        {row.messages > 1 && <span className="font-normal text-muted"> ({row.messages})</span>}
      </span>
      <span className="block truncate text-table text-muted">
        {row.lastDirection === 'out' ? 'You: ' : ''}
        {row.snippet || 'No text'}
      </span>
      {row.customer && row.with !== row.customer.name && <span className="block truncate text-label text-muted">{row.customer.name}</span>}
    </Link>
  );
}

function LookNow() {
  const [pending, setPending] = useState(false);
  const refusal = useRefusal('correspondence.write');
  const refresh = useRefreshInbox();
  const look = async () => {
    setPending(true);
    try {
      await fetchMailNow();
      await refresh();
      done('Looking for new mail.');
    } catch (error) {
      failed(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <Button icon={RefreshCw} pending={pending} blockedBecause={refusal} onClick={() => void look()}>
      Look for new mail
    </Button>
  );
}
