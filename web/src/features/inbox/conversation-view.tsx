import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowLeft, FileWarning, MailOpen, MoreHorizontal, ShieldAlert, UserRoundPlus, XCircle } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { assignConversation, type ConversationDetail, type ConversationMessage, conversationQuery, markConversation } from '../../api/inbox.ts';
import { useRefusal } from '../../api/session.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { Moment } from '../../components/date.tsx';
import { Menu } from '../../components/menu.tsx';
import { Failure, LinesSkeleton } from '../../components/states.tsx';
import { Status, StatusOf } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { emailKindWords, emailState } from '../../format/states.ts';
import { MailFrame } from '../correspondence/mail-frame.tsx';
import { AssignDialog } from './assign-dialog.tsx';
import { Attachments } from './attachments.tsx';
import { ReplyForm } from './reply-form.tsx';
import { StrangerFrame } from './stranger-frame.tsx';
import { useRefreshInbox } from './use-refresh-inbox.ts';

/** A conversation from its beginning: what we sent, what came back, and the answer under it. */
export function ConversationView({ id, onGone }: { id: string; onGone: () => void }) {
  const conversation = useQuery(conversationQuery(id));
  const refresh = useRefreshInbox();
  const maySee = useRefusal('correspondence.write') === undefined;
  const unread = (conversation.data?.unread ?? 0) > 0;
  const opened = useRef<string | null>(null);
  useEffect(() => {
    // opening it is reading it, once: marked as unread it stays so. Somebody who may only look leaves it as it is
    if (!unread || !maySee || opened.current === id) return;
    opened.current = id;
    markConversation(id, true).then(refresh, () => undefined);
  }, [id, unread, maySee, refresh]);
  if (conversation.isPending) return <LinesSkeleton lines={10} />;
  if (conversation.isError) return <Failure error={conversation.error} retry={() => void conversation.refetch()} />;
  return <Shown key={id} conversation={conversation.data} onGone={onGone} />;
}

function Shown({ conversation, onGone }: { conversation: ConversationDetail; onGone: () => void }) {
  const [assigning, setAssigning] = useState(false);
  const refresh = useRefreshInbox();
  const refusal = useRefusal('correspondence.write');
  const newest = conversation.messagesShown.findLast((message) => message.direction === 'in');
  const sender = newest?.from.address || 'an unknown address';
  const setAside = async (always: boolean) => {
    try {
      await assignConversation(conversation.id, null, always);
      await refresh();
      done(always ? `Mail from ${sender} is set aside from now on.` : 'Set aside.');
      onGone();
    } catch (error) {
      failed(error);
    }
  };
  const markUnread = async () => {
    try {
      await markConversation(conversation.id, false);
      await refresh();
      onGone();
    } catch (error) {
      failed(error);
    }
  };
  return (
    <article aria-label={conversation.subject || 'Conversation'} className="min-w-0">
      <header className="flex flex-wrap items-start justify-between gap-x-3 gap-y-2 border-b border-border pb-3">
        <div className="min-w-0">
          <Link
            to={'/emails/inbox' as never}
            search={((before: object) => before) as never}
            className="link mb-1 inline-flex items-center gap-1 text-table lg:hidden"
          >
            <ArrowLeft aria-hidden size={14} /> Inbox
          </Link>
          <h2 className="text-[18px] leading-6 font-semibold [overflow-wrap:anywhere]">{conversation.subject || '(no subject)'}</h2>
          <p className="text-muted">
            {conversation.customer ? (
              <Link to={`/customers/${conversation.customer.id}` as never} className="link">
                {conversation.customer.name}
              </Link>
            ) : conversation.setAside ? (
              'Set aside: of no customer'
            ) : (
              'Of no customer yet'
            )}
          </p>
        </div>
        <div className="flex items-center gap-2">
          <Button
            size="small"
            icon={UserRoundPlus}
            blockedBecause={refusal}
            onClick={() => setAssigning(true)}
            variant={conversation.customer ? 'secondary' : 'primary'}
          >
            {conversation.customer ? 'Other customer' : 'Assign'}
          </Button>
          <Menu
            trigger={<IconButton icon={MoreHorizontal} size="small" variant="secondary" label="More for this conversation" />}
            actions={[
              { label: 'Mark as unread', icon: MailOpen, onSelect: () => void markUnread(), blockedBecause: refusal },
              { label: 'Set aside', icon: XCircle, onSelect: () => void setAside(false), blockedBecause: refusal },
              { label: 'Always set this sender aside', icon: XCircle, onSelect: () => void setAside(true), blockedBecause: refusal },
            ]}
          />
        </div>
      </header>
      <ol className="space-y-4 py-4">
        {conversation.messagesShown.map((message) => (
          <li key={message.id}>
            <Message message={message} />
          </li>
        ))}
      </ol>
      {conversation.canReplyTo && <ReplyForm conversation={conversation} />}
      {assigning && <AssignDialog conversation={conversation} sender={sender} onClose={() => setAssigning(false)} onDone={refresh} />}
    </article>
  );
}

const matchedWords: Record<string, string> = {
  address: 'matched by the sender’s address',
  quote: 'matched by a link of ours in it',
  rule: 'matched by your rule for this sender',
  person: 'assigned by a colleague',
};

function Message({ message }: { message: ConversationMessage }) {
  const incoming = message.direction === 'in';
  return (
    <section
      aria-label={incoming ? `From ${message.from.name || message.from.address}` : 'From us'}
      className={`min-w-0 rounded-lg border border-border p-3 sm:p-4 ${incoming ? 'bg-raised' : 'bg-sunken sm:ml-8'}`}
    >
      <header className="mb-2 flex flex-wrap items-start justify-between gap-x-3 gap-y-1">
        <div className="min-w-0">
          <p className="[overflow-wrap:anywhere]">
            <span className="font-medium">{incoming ? message.from.name || message.from.address || 'Unknown sender' : message.from.name || 'Us'}</span>{' '}
            {incoming && message.from.name && <span className="text-muted">{message.from.address}</span>}
            {!incoming && <span className="text-muted">{emailKindWords[message.kind as keyof typeof emailKindWords] ?? message.kind}</span>}
          </p>
          <p className="text-label text-muted [overflow-wrap:anywhere]">
            To {[...message.to, ...message.cc].join(', ') || 'nobody named'}
            {message.matchedBy && matchedWords[message.matchedBy] && ` · ${matchedWords[message.matchedBy]}`}
          </p>
        </div>
        <div className="flex items-center gap-2 text-table text-muted">
          {message.kind === 'auto_reply' && <Status icon="none">Automatic reply</Status>}
          {message.bounced ? (
            <Status tone="critical" icon="alert">
              {message.bounced === 'hard' ? 'Came back' : 'Came back for now'}
            </Status>
          ) : (
            !incoming && message.state !== 'sent' && <StatusOf state={emailState(message.state as Parameters<typeof emailState>[0])} />
          )}
          <Moment value={message.at} both={false} />
        </div>
      </header>
      {message.authentic === false && (
        <p className="mb-2 flex items-start gap-1.5 text-table text-caution">
          <ShieldAlert aria-hidden size={15} className="mt-0.5 shrink-0" />
          The receiving server says that this sender may be forged. Do not act on it without asking.
        </p>
      )}
      {!message.complete && (
        <p className="mb-2 flex items-start gap-1.5 text-table text-caution">
          <FileWarning aria-hidden size={15} className="mt-0.5 shrink-0" />
          Too large or too nested to be brought in whole. Read it in your mail program.
        </p>
      )}
      <Body message={message} />
      <Attachments messageId={message.id} files={message.attachments} more={message.moreAttachments} />
    </section>
  );
}

/** What we sent is folded: staff know it. */
function Body({ message }: { message: ConversationMessage }) {
  const text = <p className="whitespace-pre-wrap [overflow-wrap:anywhere]">{message.text || <span className="text-muted">No text.</span>}</p>;
  if (message.direction === 'in') return message.html ? <StrangerFrame html={message.html} title={`Mail from ${message.from.address}`} /> : text;
  if (message.kind === 'reply') return text;
  return (
    <details>
      <summary className="link w-fit rounded text-table">{message.subject || 'Show the mail'}</summary>
      <div className="mt-2">{message.html ? <MailFrame html={message.html} title={`Mail: ${message.subject}`} /> : text}</div>
    </details>
  );
}
