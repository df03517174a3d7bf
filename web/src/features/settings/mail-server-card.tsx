import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiProblem } from '../../api/problem.ts';
import { useRefusal, useSession } from '../../api/session.ts';
import { type MailServer, type MailServerInput, mailServerQuery, type MailTest, removeMailServer, saveMailServer, testMailServer } from '../../api/settings.ts';
import { Button } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { ErrorSummary, RadioField, TextField } from '../../components/field.tsx';
import { Card, Note } from '../../components/page.tsx';
import { InlineError } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { done } from '../../components/toast.tsx';
import { formatDay, formatMoment, plural } from '../../format/dates.ts';
import { type MailRecipe, mailRecipes } from './mail-recipes.ts';

interface Draft {
  host: string;
  port: string;
  user: string;
  password: string;
  tls: 'always' | 'opportunistic';
}

const draftOf = (own: MailServer['own']): Draft => ({
  host: own?.host ?? '',
  port: String(own?.port ?? 587),
  user: own?.user ?? '',
  password: '',
  tls: own?.tls ?? 'always',
});

/** TLS from the start on an unusual port was set through the API: it stays as long as the port does. */
const inputOf = (draft: Draft, own: MailServer['own']): MailServerInput => ({
  ...(own && String(own.port) === draft.port ? { secure: own.secure } : {}),
  host: draft.host.trim(),
  port: Number(draft.port),
  user: draft.user.trim() || null,
  tls: draft.tls,
  ...(draft.password === '' ? {} : { password: draft.password }),
});

export const tlsChoices = [
  { value: 'always', label: 'Always on', help: 'Nothing is sent without TLS and a certificate that is right.' },
  { value: 'opportunistic', label: 'Opportunistic', help: 'TLS where the server offers it, whatever its certificate; else unencrypted.' },
];

/** The company's own mail server, with recipes, and a test that shows each step's answer. */
export function MailServerCard() {
  const { data } = useSuspenseQuery(mailServerQuery);
  const queries = useQueryClient();
  const refusal = useRefusal('settings.write');
  const saved = draftOf(data.own);
  const [draft, setDraft] = useState(saved);
  const [recipe, setRecipe] = useState<MailRecipe | null>(null);
  const [removing, setRemoving] = useState(false);
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const errors = problem instanceof ApiProblem ? problem.errors : [];
  const errorOf = (field: string) => errors.find((entry) => entry.field === field)?.message;
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const dirty = JSON.stringify(draft) !== JSON.stringify(saved);
  const missing = draft.host.trim() === '' ? 'Write the host first.' : /^\d{1,5}$/.test(draft.port) ? undefined : 'Write the port as a number.';
  const keep = async (work: () => Promise<MailServer>, words: string) => {
    setPending(true);
    setProblem(null);
    try {
      const next = await work();
      queries.setQueryData(mailServerQuery.queryKey, next);
      void queries.invalidateQueries({ queryKey: ['secrets'] });
      setDraft(draftOf(next.own));
      done(words);
    } catch (refused) {
      setProblem(refused);
    } finally {
      setPending(false);
    }
  };
  return (
    <Card
      title="Mail server"
      lead={data.own ? 'Mail goes through your own server.' : 'Mail goes through the server of this installation unless you set your own.'}
      actions={
        data.own && (
          <Button size="small" blockedBecause={refusal} onClick={() => setRemoving(true)}>
            Use the installation’s server
          </Button>
        )
      }
    >
      <Health server={data} />
      <fieldset className="mb-4">
        <legend className="mb-1.5 text-table font-medium">Start from</legend>
        <div className="flex flex-wrap gap-2">
          {mailRecipes.map((one) => (
            <Button
              key={one.name}
              size="small"
              aria-pressed={recipe?.name === one.name}
              onClick={() => {
                setRecipe(one);
                set({ host: one.smtp.host, port: String(one.smtp.port), tls: 'always' });
              }}
            >
              {one.name}
            </Button>
          ))}
        </div>
      </fieldset>
      {recipe && <RecipeNotes notes={recipe.smtp.notes} />}
      <form
        noValidate
        className="max-w-xl space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (refusal === undefined && missing === undefined && dirty)
            void keep(() => saveMailServer(inputOf(draft, data.own)), 'Mail now goes through your own server.');
        }}
      >
        {errors.length > 0 && <ErrorSummary errors={errors.map((error) => error.message)} />}
        {problem !== null && errors.length === 0 && <InlineError error={problem} />}
        <div className="grid gap-4 sm:grid-cols-[minmax(0,1fr)_112px]">
          <TextField
            label="Host"
            placeholder="smtp.example.com"
            autoComplete="off"
            value={draft.host}
            error={errorOf('host')}
            onChange={(host) => set({ host })}
          />
          <TextField label="Port" inputMode="numeric" value={draft.port} error={errorOf('port')} onChange={(port) => set({ port })} />
        </div>
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField label="User" optional autoComplete="off" value={draft.user} error={errorOf('user')} onChange={(user) => set({ user })} />
          <TextField
            label="Password"
            type="password"
            autoComplete="new-password"
            help={data.own?.passwordSet ? 'Set. Leave it empty to keep it.' : 'Stored encrypted, never shown again.'}
            value={draft.password}
            error={errorOf('password')}
            onChange={(password) => set({ password })}
          />
        </div>
        <RadioField label="TLS" value={draft.tls} onChange={(tls) => set({ tls: tls as Draft['tls'] })} choices={tlsChoices} />
        <div className="flex flex-wrap gap-2">
          <Button type="submit" variant="primary" pending={pending} blockedBecause={refusal ?? missing ?? (dirty ? undefined : 'Nothing has changed yet.')}>
            Save server
          </Button>
          {dirty && (
            <Button variant="quiet" onClick={() => setDraft(saved)}>
              Discard changes
            </Button>
          )}
        </div>
      </form>
      <FormDialog
        open={removing}
        onClose={() => setRemoving(false)}
        danger
        title="Use the installation’s server"
        action="Use the installation’s server"
        onSubmit={() => keep(removeMailServer, 'Mail goes through the server of this installation again.')}
      >
        <p>Host, user and password of your own server are deleted here.</p>
      </FormDialog>
      <Test draft={dirty && missing === undefined ? inputOf(draft, data.own) : null} possible={dirty ? missing : undefined} />
    </Card>
  );
}

function Health({ server }: { server: MailServer }) {
  if (server.failing)
    return (
      <div className="mb-4">
        <Note tone="critical">
          Your server cannot be used since {formatMoment(server.failing.since)}. It said: {server.failing.answer}
          {server.failing.sentOtherwise > 0 && ` ${plural(server.failing.sentOtherwise, 'mail')} went through the server of this installation meanwhile.`}
        </Note>
      </div>
    );
  if (server.installation === 'catches_all')
    return (
      <div className="mb-4">
        <Note>This is a demo: every mail stays on this machine, whatever server is set.</Note>
      </div>
    );
  if (server.own === null && server.installation === 'not_set')
    return (
      <div className="mb-4">
        <Note tone="caution">This installation has no server of its own: mail waits until you set yours.</Note>
      </div>
    );
  return null;
}

export function RecipeNotes({ notes }: { notes: readonly string[] }) {
  return (
    <ul className="mb-4 list-disc space-y-1 pl-5 text-table text-muted">
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}

const stepWords = {
  dns: 'Find the host',
  connect: 'Connect',
  greeting: 'Greeting',
  tls: 'Encrypt (TLS)',
  auth: 'Sign in',
  mail_from: 'Sender',
  rcpt: 'Recipient',
  sent: 'Hand over the mail',
} as const;

/** A mail of this moment through what is in the form, and what the server answered at each step. */
function Test({ draft, possible }: { draft: MailServerInput | null; possible: string | undefined }) {
  const { user } = useSession();
  const refusal = useRefusal('settings.write');
  const [to, setTo] = useState(user.email);
  const [pending, setPending] = useState(false);
  const [result, setResult] = useState<MailTest | null>(null);
  const [error, setError] = useState<unknown>(null);
  const send = async () => {
    setPending(true);
    setError(null);
    setResult(null);
    try {
      setResult(await testMailServer(to.trim(), draft));
    } catch (problem) {
      setError(problem);
    } finally {
      setPending(false);
    }
  };
  const blocked = refusal ?? possible ?? (to.trim() ? undefined : 'Write an address first.');
  return (
    <section aria-label="Test the mail server" className="mt-5 border-t border-border pt-4">
      <h3 className="font-medium">Test it</h3>
      <p className="mb-3 text-table text-muted">
        Sends a mail now{draft ? ' through what is written above' : ''} and shows what the server answers at each step.
      </p>
      <form
        className="flex max-w-xl flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (blocked === undefined && !pending) void send();
        }}
      >
        <TextField label="To" type="email" className="min-w-56 flex-1" value={to} onChange={setTo} />
        <Button type="submit" pending={pending} blockedBecause={blocked}>
          Send a test mail
        </Button>
      </form>
      <div aria-live="polite" className="mt-3">
        <InlineError error={error} />
        {result && <Steps result={result} />}
      </div>
    </section>
  );
}

function Steps({ result }: { result: MailTest }) {
  return (
    <ol className="divide-y divide-border rounded-md border border-border">
      {result.steps.map((step) => (
        <li key={step.step} className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1 px-3 py-2 sm:grid-cols-[150px_minmax(0,1fr)_auto]">
          <span>
            <Status tone={step.ok ? 'positive' : 'critical'} icon={step.ok ? 'done' : 'alert'}>
              {stepWords[step.step]}
            </Status>
          </span>
          <span className="min-w-0 text-table [overflow-wrap:anywhere] max-sm:order-last max-sm:col-span-2 sm:pt-0.5">
            {step.answer}
            {step.certificate && (
              <span className="block text-label text-muted">
                Certificate of {step.certificate.subject} by {step.certificate.issuer}, for {step.certificate.names.join(', ') || 'no host'},{' '}
                {formatDay(step.certificate.validFrom)} to {formatDay(step.certificate.validTo)}; {step.certificate.cipher}
              </span>
            )}
          </span>
          <span className="figures text-label text-muted sm:pt-0.5">{step.ms} ms</span>
        </li>
      ))}
    </ol>
  );
}
