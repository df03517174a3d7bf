import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import {
  forgetSender,
  type InboxInput,
  type InboxSettings,
  inboxSettingsQuery,
  type InboxTest,
  removeInbox,
  saveInbox,
  sendersQuery,
  testInbox,
} from '../../api/inbox.ts';
import { ApiProblem } from '../../api/problem.ts';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { CheckField, ErrorSummary, RadioField, TextArea, TextField } from '../../components/field.tsx';
import { Card, Note, Page } from '../../components/page.tsx';
import { InlineError } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { formatDay, formatMoment } from '../../format/dates.ts';
import { type MailRecipe, mailRecipes } from './mail-recipes.ts';
import { RecipeNotes, tlsChoices } from './mail-server-card.tsx';

const readingChoices = tlsChoices.map((one) => ({ ...one, help: one.help.replace('Nothing is sent', 'Nothing is read') }));

/** The mailbox that customers answer to. */
export function InboxSettingsPage() {
  return (
    <Page title="Inbox" width="narrow" lead="What customers answer is read from this mailbox and shown with your mails. Nothing in it is changed or deleted.">
      <div className="space-y-5">
        <Mailbox />
        <Senders />
      </div>
    </Page>
  );
}

interface Draft {
  host: string;
  port: string;
  user: string;
  password: string;
  tls: 'always' | 'opportunistic';
  folder: string;
  monthsBack: string;
  excluded: string;
  active: boolean;
}

const draftOf = ({ account, repliesGoTo }: InboxSettings): Draft => ({
  host: account?.host ?? '',
  port: String(account?.port ?? 993),
  user: account?.user ?? repliesGoTo ?? '',
  password: '',
  tls: account?.tls ?? 'always',
  folder: account?.folder ?? 'INBOX',
  monthsBack: String(account?.monthsBack ?? 3),
  excluded: account?.excludedDomains.join('\n') ?? '',
  active: account?.active ?? true,
});

/** TLS from the start on an unusual port was set through the API: it stays as long as the port does. */
const inputOf = (draft: Draft, account: InboxSettings['account']): InboxInput => ({
  ...(account && String(account.port) === draft.port ? { secure: account.secure } : {}),
  host: draft.host.trim(),
  port: Number(draft.port),
  user: draft.user.trim(),
  tls: draft.tls,
  folder: draft.folder.trim(),
  monthsBack: Number(draft.monthsBack),
  excludedDomains: draft.excluded.split(/[\s,;]+/).filter(Boolean),
  active: draft.active,
  ...(draft.password === '' ? {} : { password: draft.password }),
});

function missingIn(draft: Draft): string | undefined {
  if (draft.host.trim() === '') return 'Write the host first.';
  if (!/^\d{1,5}$/.test(draft.port)) return 'Write the port as a number.';
  if (draft.user.trim() === '') return 'Write the user first.';
  if (draft.folder.trim() === '') return 'Write the folder first.';
  return /^\d{1,2}$/.test(draft.monthsBack) ? undefined : 'Write the months as a number from 0 to 24.';
}

function Mailbox() {
  const { data } = useSuspenseQuery(inboxSettingsQuery);
  const queries = useQueryClient();
  const refusal = useRefusal('settings.write');
  const saved = draftOf(data);
  const [draft, setDraft] = useState(saved);
  const [recipe, setRecipe] = useState<MailRecipe | null>(null);
  const [removing, setRemoving] = useState(false);
  const [pending, setPending] = useState<'save' | 'test' | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [result, setResult] = useState<InboxTest | null>(null);
  const errors = problem instanceof ApiProblem ? problem.errors : [];
  const errorOf = (field: string) => errors.find((entry) => entry.field === field || entry.field === `account.${field}`)?.message;
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const missing = missingIn(draft);
  const dirty = JSON.stringify(draft) !== JSON.stringify(saved) || data.account === null;
  const keep = (next: InboxSettings) => {
    queries.setQueryData(inboxSettingsQuery.queryKey, next);
    setDraft(draftOf(next));
  };
  const run = async (what: 'save' | 'test', work: () => Promise<void>) => {
    setPending(what);
    setProblem(null);
    setResult(null);
    try {
      await work();
    } catch (refused) {
      setProblem(refused);
    } finally {
      setPending(null);
    }
  };
  const save = () =>
    run('save', async () => {
      keep(await saveInbox(inputOf(draft, data.account)));
      done(draft.active ? 'Saved. The mailbox is read now.' : 'Saved. The mailbox is not read.');
    });
  const blocked = refusal ?? missing;
  return (
    <Card
      title="Mailbox"
      lead={data.fetchedAt ? `Last read ${formatMoment(data.fetchedAt)}.` : undefined}
      actions={
        data.account && (
          <Button size="small" blockedBecause={refusal} onClick={() => setRemoving(true)}>
            Read no more
          </Button>
        )
      }
    >
      {data.failing && (
        <div className="mb-4">
          <Note tone="critical">
            It cannot be read since {formatMoment(data.failing.since)}: {data.failing.answer}
          </Note>
        </div>
      )}
      {data.repliesGoTo && (
        <p className="mb-4 text-table text-muted">
          Answers to your mails go to <span className="font-medium text-text">{data.repliesGoTo}</span>: set the mailbox of that address, or change “Replies go
          to” under Mail server.
        </p>
      )}
      <fieldset className="mb-4">
        <legend className="mb-1.5 text-table font-medium">Start from</legend>
        <div className="flex flex-wrap gap-2">
          {mailRecipes.map(
            (one) =>
              one.imap && (
                <Button
                  key={one.name}
                  size="small"
                  aria-pressed={recipe?.name === one.name}
                  onClick={() => {
                    setRecipe(one);
                    set({ host: one.imap!.host, port: String(one.imap!.port), tls: 'always' });
                  }}
                >
                  {one.name}
                </Button>
              ),
          )}
        </div>
      </fieldset>
      {recipe?.imap && <RecipeNotes notes={recipe.imap.notes} />}
      <form
        noValidate
        className="max-w-xl space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (blocked === undefined && dirty && pending === null) void save();
        }}
      >
        {errors.length > 0 && <ErrorSummary errors={errors.map((error) => error.message)} />}
        {problem !== null && errors.length === 0 && <InlineError error={problem} />}
        <div className="grid gap-4 sm:grid-cols-[minmax(0,1fr)_112px]">
          <TextField
            label="Host"
            placeholder="imap.example.com"
            autoComplete="off"
            value={draft.host}
            error={errorOf('host')}
            onChange={(host) => set({ host })}
          />
          <TextField label="Port" inputMode="numeric" value={draft.port} error={errorOf('port')} onChange={(port) => set({ port })} />
        </div>
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField label="User" autoComplete="off" value={draft.user} error={errorOf('user')} onChange={(user) => set({ user })} />
          <TextField
            label="Password"
            type="password"
            autoComplete="new-password"
            help={data.account?.passwordSet ? 'Set. Leave it empty to keep it.' : 'Stored encrypted, never shown again.'}
            value={draft.password}
            error={errorOf('password')}
            onChange={(password) => set({ password })}
          />
        </div>
        <RadioField label="TLS" value={draft.tls} onChange={(tls) => set({ tls: tls as Draft['tls'] })} choices={readingChoices} />
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField label="Folder" value={draft.folder} error={errorOf('folder')} onChange={(folder) => set({ folder })} />
          <TextField
            label="Months back"
            inputMode="numeric"
            help="How old mail may be that is brought in at first; 0 to 24."
            value={draft.monthsBack}
            error={errorOf('monthsBack')}
            onChange={(monthsBack) => set({ monthsBack })}
          />
        </div>
        <TextArea
          label="Domains to leave out"
          optional
          rows={3}
          help="One in a line, such as newsletter.example. Mail from them, and from domains below them, is not brought in."
          value={draft.excluded}
          error={errors.find((entry) => entry.field.includes('excludedDomains'))?.message}
          onChange={(excluded) => set({ excluded })}
        />
        <CheckField label="Read this mailbox" checked={draft.active} onChange={(active) => set({ active })} />
        <div className="flex flex-wrap gap-2">
          <Button type="submit" variant="primary" pending={pending === 'save'} blockedBecause={blocked ?? (dirty ? undefined : 'Nothing has changed yet.')}>
            Save mailbox
          </Button>
          <Button
            pending={pending === 'test'}
            blockedBecause={blocked}
            onClick={() => void run('test', async () => setResult(await testInbox(dirty ? inputOf(draft, data.account) : null)))}
          >
            Test it
          </Button>
        </div>
      </form>
      <div aria-live="polite" className="mt-4">
        {result && <TestAnswer result={result} />}
      </div>
      <FormDialog
        open={removing}
        onClose={() => setRemoving(false)}
        danger
        title="Read this mailbox no more"
        action="Read no more"
        onSubmit={async () => {
          keep(await removeInbox());
          done('The mailbox is read no more.');
        }}
      >
        <p>What was read stays. Its password is deleted here; the mailbox itself is not touched.</p>
      </FormDialog>
    </Card>
  );
}

const steps = [
  ['address', 'Find the host'],
  ['connect', 'Connect'],
  ['tls', 'Encrypt (TLS)'],
  ['sign_in', 'Sign in'],
  ['folder', 'Open the folder'],
] as const;

/** Each step up to the one that failed, with what the server said. */
function TestAnswer({ result }: { result: InboxTest }) {
  const { certificate } = result;
  const last = result.failedAt === 'read' ? 'folder' : (result.failedAt ?? 'folder');
  const gone = steps.slice(0, steps.findIndex(([step]) => step === last) + 1).filter(([step]) => step !== 'tls' || certificate !== null || last === 'tls');
  return (
    <ol aria-label="Test of the mailbox" className="divide-y divide-border rounded-md border border-border">
      {gone.map(([step, words]) => {
        const ok = result.ok || step !== last;
        return (
          <li key={step} className="grid gap-x-4 gap-y-1 px-3 py-2 sm:grid-cols-[150px_minmax(0,1fr)]">
            <span>
              <Status tone={ok ? 'positive' : 'critical'} icon={ok ? 'done' : 'alert'}>
                {words}
              </Status>
            </span>
            <span className="min-w-0 text-table [overflow-wrap:anywhere] sm:pt-0.5">
              {step === last && result.answer}
              {step === 'tls' && certificate && (
                <>
                  {certificate.protocol}, certificate of {certificate.subject} by {certificate.issuer}, valid until {formatDay(certificate.validTo)}
                  {certificate.problem && `; ${certificate.problem}`}
                </>
              )}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

/** What colleagues said of senders with "always". */
function Senders() {
  const { data } = useQuery(sendersQuery);
  const queries = useQueryClient();
  const refusal = useRefusal('correspondence.write');
  if (!data || data.length === 0) return null;
  const forget = async (address: string) => {
    try {
      await forgetSender(address);
      await queries.invalidateQueries({ queryKey: sendersQuery.queryKey });
      done(`Mail from ${address} is matched as any other again.`);
    } catch (error) {
      failed(error);
    }
  };
  return (
    <Card title="Senders with a rule" lead="Said by a colleague with “always”." flush>
      <ul className="divide-y divide-border border-t border-border">
        {data.map((rule) => (
          <li key={rule.address} className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1 px-4 py-2.5">
            <div className="min-w-0">
              <p className="font-medium [overflow-wrap:anywhere]">{rule.address}</p>
              <p className="text-table text-muted">
                {rule.customer ? `Mail of ${rule.customer.name}` : 'Set aside'}; said by {rule.madeBy}
              </p>
            </div>
            <Button size="small" blockedBecause={refusal} onClick={() => void forget(rule.address)}>
              Forget
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  );
}
