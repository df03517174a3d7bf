import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Ban, Eye, FileText, Link2, RotateCw } from 'lucide-react';
import { useState } from 'react';
import { type EmailDetail, emailQuery, sendAgain, sentFileUrl, suppress } from '../../api/correspondence.ts';
import { attachmentsQuery } from '../../api/inbox.ts';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { FileList } from '../../components/file-list.tsx';
import { Card, Facts, Note, Page } from '../../components/page.tsx';
import { Empty, Failure, PageSkeleton } from '../../components/states.tsx';
import { Status, StatusOf } from '../../components/status.tsx';
import { done } from '../../components/toast.tsx';
import { formatMoment, plural } from '../../format/dates.ts';
import { formatMoney } from '../../format/money.ts';
import { emailKindWords, emailState } from '../../format/states.ts';
import { Attachments } from '../inbox/attachments.tsx';
import { MailFrame } from './mail-frame.tsx';

/** One mail: as the customer saw it, whether it arrived, and what shows that it was read. */
export function EmailPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const email = useQuery(emailQuery(id));
  if (email.isPending) return <PageSkeleton />;
  if (email.isError) return <Failure error={email.error} retry={() => void email.refetch()} />;
  return <EmailView email={email.data} />;
}

function ReplyFiles({ emailId }: { emailId: string }) {
  const files = useQuery(attachmentsQuery(emailId));
  return <Attachments messageId={emailId} files={files.data ?? []} />;
}

/** The files that went along: those that we have as they went, others as they would be today. */
function SentFiles({ email }: { email: EmailDetail }) {
  const { attachments } = email;
  if (attachments === null && email.kind === 'reply') return <ReplyFiles emailId={email.id} />;
  if (attachments === null)
    return email.sentAt && (email.kind === 'reminder' || email.kind === 'statement') ? (
      <p className="mt-3 text-label text-muted">Which files went along is not on record: it was sent before they were noted.</p>
    ) : null;
  if (attachments.length === 0) return null;
  return (
    <>
      <FileList
        files={attachments.map(({ name, sizeBytes, kept, again }, position) => ({
          name,
          sizeBytes,
          url: kept ? sentFileUrl(email.id, position) : again,
          note: kept ? undefined : again ? 'drawn again' : 'not kept',
        }))}
      />
      {attachments.some((file) => !file.kept && file.again) && (
        <p className="mt-1.5 text-label text-muted">
          What we drew for this mail alone is not kept. Drawn again, it may differ where the data has changed since.
        </p>
      )}
    </>
  );
}

const explained: Record<string, string> = {
  uncertain: 'The connection broke while the mail server was answering. It may have arrived. Send it again only if a second copy does no harm.',
  failed: 'The mail server refused it for good, or could not be reached for three days.',
  withdrawn: 'It was taken back before it was sent, because nothing was left to remind of or the address is suppressed.',
};

function EmailView({ email }: { email: EmailDetail }) {
  const [open, setOpen] = useState<'again' | 'suppress' | null>(null);
  const [shown, setShown] = useState<'html' | 'text'>('html');
  const queries = useQueryClient();
  const refusal = useRefusal('correspondence.write');
  const state = emailState(email.state);
  return (
    <Page
      title={email.subject ?? emailKindWords[email.kind] ?? 'Mail'}
      beside={<StatusOf state={state} />}
      back={{ label: 'E-mails', to: '/emails' }}
      lead={`To ${[email.to, ...email.cc].join(', ')}`}
      actions={
        <>
          <Button icon={Ban} blockedBecause={refusal} onClick={() => setOpen('suppress')}>
            Stop mail to this address
          </Button>
          {email.canSendAgain && (
            <Button variant="primary" icon={RotateCw} blockedBecause={refusal} onClick={() => setOpen('again')}>
              Send again
            </Button>
          )}
        </>
      }
    >
      {explained[email.state] && (
        <div className="mb-5">
          <Note tone="caution">
            {explained[email.state]}
            {email.reason && ` Reason: ${email.reason}.`}
          </Note>
        </div>
      )}
      <div className="grid gap-5 lg:grid-cols-[minmax(0,1fr)_340px]">
        <Card
          title="As the customer saw it"
          actions={
            <div role="group" aria-label="Part of the mail" className="flex rounded-md bg-sunken p-0.5">
              {(['html', 'text'] as const).map((part) => (
                <button
                  key={part}
                  type="button"
                  aria-pressed={shown === part}
                  onClick={() => setShown(part)}
                  className="h-7 rounded px-2.5 text-table text-muted aria-pressed:bg-raised aria-pressed:font-medium aria-pressed:text-text aria-pressed:shadow-raised"
                >
                  {part === 'html' ? 'Mail' : 'Text part'}
                </button>
              ))}
            </div>
          }
        >
          {email.html === null ? (
            <Empty title="Not written yet">It is put together at the moment of sending, so that amounts are of that moment.</Empty>
          ) : shown === 'html' ? (
            <MailFrame html={email.html} title={`Mail: ${email.subject ?? ''}`} />
          ) : (
            <pre className="overflow-x-auto rounded-md border border-border bg-surface p-4 font-mono text-label whitespace-pre-wrap [overflow-wrap:anywhere]">
              {email.text}
            </pre>
          )}
          <SentFiles email={email} />
        </Card>
        <div className="min-w-0 space-y-5">
          <Bounces email={email} />
          <Views email={email} />
          {email.invoices.length > 0 && (
            <Card title="Invoices in it" flush>
              <ul className="divide-y divide-border border-t border-border">
                {email.invoices.map((invoice) => (
                  <li key={invoice.id} className="flex items-center justify-between gap-3 px-4 py-2.5">
                    <Link to={`/invoices/${invoice.id}` as never} className="min-w-0 font-medium [overflow-wrap:anywhere] hover:underline">
                      {invoice.number}
                    </Link>
                    <span className="figures">{formatMoney(invoice.open)}</span>
                  </li>
                ))}
              </ul>
            </Card>
          )}
          <Card title="Delivery">
            <Facts
              items={[
                ['Kind', emailKindWords[email.kind]],
                [
                  'Customer',
                  email.customer && (
                    <Link key="customer" to={`/customers/${email.customer.id}` as never} className="link">
                      {email.customer.name}
                    </Link>
                  ),
                ],
                [
                  'Run',
                  email.runId && (
                    <Link key="run" to={`/reminders/runs/${email.runId}` as never} className="link">
                      The run that decided it
                    </Link>
                  ),
                ],
                [
                  'Template',
                  email.templateId && (
                    <Link key="template" to={`/emails/templates/${email.templateId}` as never} className="link">
                      Show the template
                    </Link>
                  ),
                ],
                ['Sent', email.sentAt && formatMoment(email.sentAt)],
                ['Next try', email.nextTryAt && formatMoment(email.nextTryAt)],
                ['Tries', String(email.tries)],
                ['Server said', email.serverAnswer],
                [
                  'Message-ID',
                  email.messageId && (
                    <code key="id" className="font-mono text-label">
                      {email.messageId}
                    </code>
                  ),
                ],
              ]}
            />
            {Object.keys(email.headers).length > 0 && (
              <details className="mt-3 text-table">
                <summary className="link w-fit rounded">Headers</summary>
                <pre className="mt-2 overflow-x-auto rounded-md border border-border bg-surface p-3 font-mono text-label whitespace-pre-wrap [overflow-wrap:anywhere]">
                  {Object.entries(email.headers)
                    .map(([name, value]) => `${name}: ${value}`)
                    .join('\n')}
                </pre>
              </details>
            )}
          </Card>
        </div>
      </div>
      <FormDialog
        open={open === 'again'}
        onClose={() => setOpen(null)}
        title="Send this mail again"
        action="Send 1 mail"
        onSubmit={async () => {
          await sendAgain(email.id);
          await queries.invalidateQueries({ queryKey: ['email', email.id] });
          await queries.invalidateQueries({ queryKey: ['emails'] });
          done(`On its way to ${email.to} again.`);
        }}
      >
        <p>{email.state === 'uncertain' ? `${email.to} may get it twice.` : `It goes to ${email.to} with today’s amounts.`}</p>
      </FormDialog>
      <SuppressDialog address={email.to} open={open === 'suppress'} onClose={() => setOpen(null)} />
    </Page>
  );
}

function SuppressDialog({ address, open, onClose }: { address: string; open: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      danger
      title={`Stop mail to ${address}`}
      action="Stop mail"
      onSubmit={async () => {
        await suppress(address, null);
        await queries.invalidateQueries({ queryKey: ['suppressions'] });
        done(`No more mail goes to ${address}.`);
      }}
    >
      <p>No mail of any kind goes to this address until you lift it under “Suppressed”.</p>
    </FormDialog>
  );
}

/** Addresses at which it did not arrive, and what was said. */
function Bounces({ email }: { email: EmailDetail }) {
  if (email.bounces.length === 0) return null;
  return (
    <Card title="It came back" flush>
      <ul className="divide-y divide-border border-t border-border">
        {email.bounces.map((bounce) => (
          <li key={`${bounce.address}${bounce.source}`} className="px-4 py-2.5">
            <div className="flex flex-wrap items-center justify-between gap-2">
              <span className="min-w-0 font-medium [overflow-wrap:anywhere]">{bounce.address}</span>
              <Status tone={bounce.grade === 'hard' ? 'critical' : 'caution'} icon="alert">
                {bounce.grade === 'hard' ? 'Does not exist' : 'For the moment'}
              </Status>
            </div>
            <p className="text-table text-muted [overflow-wrap:anywhere]">
              {bounce.source === 'smtp' ? 'The mail server refused it' : 'A delivery report came back'}
              {bounce.detail && `: ${bounce.detail}`}
            </p>
            <p className="text-label text-muted">{formatMoment(bounce.at)}</p>
          </li>
        ))}
      </ul>
    </Card>
  );
}

const viewWords = { pixel: 'The mail was shown', pdf: 'An invoice PDF was opened', link: 'A link was opened' };
const viewIcons = { pixel: Eye, pdf: FileText, link: Link2 };
const grades = {
  strong: ['positive', 'done', 'Strong evidence'],
  weak: ['neutral', 'none', 'Weak evidence'],
  machine: ['neutral', 'stopped', 'A machine'],
} as const;

function Views({ email }: { email: EmailDetail }) {
  return (
    <Card title="Was it read?" flush>
      {email.views.length === 0 ? (
        <p className="px-4 pb-4 text-table text-muted">Nothing shows it yet. Many people read mail without loading pictures.</p>
      ) : (
        <ul className="max-h-72 divide-y divide-border overflow-y-auto border-t border-border">
          {email.views.map((view, index) => {
            const Icon = viewIcons[view.kind];
            const [tone, icon, words] = grades[view.grade];
            return (
              <li key={`${view.at}${index}`} className="flex items-start gap-2.5 px-4 py-2.5" title={view.userAgent ?? undefined}>
                <Icon aria-hidden size={15} className="mt-0.5 shrink-0 text-muted" />
                <div className="min-w-0 flex-1">
                  <p>{viewWords[view.kind]}</p>
                  <p className="text-label text-muted">{formatMoment(view.at)}</p>
                </div>
                <Status tone={tone} icon={icon}>
                  {words}
                </Status>
              </li>
            );
          })}
        </ul>
      )}
      {email.views.some((view) => view.grade === 'machine') && (
        <p className="border-t border-border px-4 py-2 text-label text-muted">
          {plural(email.views.filter((view) => view.grade === 'machine').length, 'look was', 'looks were')} by a mail scanner or a prefetcher, not by a person.
        </p>
      )}
    </Card>
  );
}
