import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { beginTotp, changePassword, confirmTotp, disableTotp, endOtherSessions, endSession, renameMe, sessionsQuery } from '../../api/identity.ts';
import { useSession } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { CopyText } from '../../components/copy.tsx';
import { Moment } from '../../components/date.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { Card, Facts, Page } from '../../components/page.tsx';
import { InlineError, LinesSkeleton } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { plural } from '../../format/dates.ts';

/** One's own name, password, second step and sessions. */
export function SecurityPage() {
  return (
    <Page title="Password and sessions" width="narrow">
      <div className="space-y-5">
        <Person />
        <Password />
        <TwoStep />
        <Sessions />
      </div>
    </Page>
  );
}

function Person() {
  const { user } = useSession();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState(user.name);
  return (
    <Card
      title="You"
      actions={
        <Button size="small" onClick={() => setOpen(true)}>
          Change name
        </Button>
      }
    >
      <Facts
        items={[
          ['Name', user.name],
          ['E-mail', user.email],
          [
            'Role',
            <span key="role" className="capitalize">
              {user.role}
            </span>,
          ],
        ]}
      />
      <FormDialog
        open={open}
        onClose={() => setOpen(false)}
        title="Change your name"
        action="Save"
        blockedBecause={name.trim() ? undefined : 'Write a name first.'}
        onSubmit={async () => {
          await renameMe(name.trim());
          await queries.invalidateQueries({ queryKey: ['session'] });
          done('Name changed.');
        }}
      >
        <TextField label="Name" value={name} onChange={setName} autoFocus />
      </FormDialog>
    </Card>
  );
}

function Password() {
  const [draft, setDraft] = useState({ currentPassword: '', newPassword: '' });
  const [problem, setProblem] = useState<unknown>(null);
  const [pending, setPending] = useState(false);
  const missing = draft.currentPassword && draft.newPassword ? undefined : 'Write both passwords first.';
  const submit = async () => {
    setPending(true);
    setProblem(null);
    try {
      await changePassword(draft);
      setDraft({ currentPassword: '', newPassword: '' });
      done('Password changed. Your other sessions have ended.');
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <Card title="Password" lead="Changing it ends your other sessions.">
      <form
        className="max-w-sm space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!missing) void submit();
        }}
      >
        <InlineError error={problem} />
        <TextField
          label="Current password"
          type="password"
          autoComplete="current-password"
          value={draft.currentPassword}
          onChange={(currentPassword) => setDraft({ ...draft, currentPassword })}
        />
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          help="At least 12 characters; a few words are good."
          value={draft.newPassword}
          onChange={(newPassword) => setDraft({ ...draft, newPassword })}
        />
        <Button type="submit" variant="primary" pending={pending} blockedBecause={missing}>
          Change password
        </Button>
      </form>
    </Card>
  );
}

function TwoStep() {
  const { user } = useSession();
  const queries = useQueryClient();
  const [setUp, setSetUp] = useState<{ secret: string; qrSvg: string } | null>(null);
  const [turningOff, setTurningOff] = useState(false);
  const [code, setCode] = useState('');
  const [password, setPassword] = useState('');
  const refresh = () => queries.invalidateQueries({ queryKey: ['session'] });
  return (
    <Card
      title="Two-step sign-in"
      lead="A code of an authenticator app beside the password."
      actions={
        user.totp ? (
          <Button size="small" onClick={() => setTurningOff(true)}>
            Turn off
          </Button>
        ) : (
          <Button size="small" onClick={() => void beginTotp().then(setSetUp, failed)}>
            Set up
          </Button>
        )
      }
    >
      {user.totp ? (
        <Status tone="positive" icon="done">
          On
        </Status>
      ) : (
        <Status icon="none">Off</Status>
      )}
      <FormDialog
        open={setUp !== null}
        onClose={() => setSetUp(null)}
        title="Set up two-step sign-in"
        action="Turn on"
        blockedBecause={/^\d{6}$/.test(code.trim()) ? undefined : 'Write the six digits that the app shows.'}
        onSubmit={async () => {
          await confirmTotp(code.trim());
          setCode('');
          await refresh();
          done('Two-step sign-in is on.');
        }}
      >
        <p>Scan this with an authenticator app, then write the code that it shows.</p>
        {setUp && (
          <img
            alt="QR code for the authenticator app"
            className="size-44 rounded-md bg-white p-2"
            src={`data:image/svg+xml;utf8,${encodeURIComponent(setUp.qrSvg)}`}
          />
        )}
        <CopyText label="Or type this secret" value={setUp?.secret ?? ''} />
        <TextField label="Code" inputMode="numeric" autoComplete="one-time-code" maxLength={6} value={code} onChange={setCode} />
      </FormDialog>
      <FormDialog
        open={turningOff}
        onClose={() => setTurningOff(false)}
        danger
        title="Turn off two-step sign-in"
        action="Turn off"
        blockedBecause={password ? undefined : 'Write your password first.'}
        onSubmit={async () => {
          await disableTotp(password);
          setPassword('');
          await refresh();
          done('Two-step sign-in is off.');
        }}
      >
        <TextField label="Password" type="password" autoComplete="current-password" value={password} onChange={setPassword} />
      </FormDialog>
    </Card>
  );
}

/** `Chrome on Windows` out of what a browser says of itself. */
function browserWords(userAgent: string | null): string {
  if (!userAgent) return 'Unknown browser';
  const browser = /Edg\//.test(userAgent)
    ? 'Edge'
    : /Firefox\//.test(userAgent)
      ? 'Firefox'
      : /Chrom/.test(userAgent)
        ? 'Chrome'
        : /Safari\//.test(userAgent)
          ? 'Safari'
          : 'A browser';
  const system = /iPhone|iPad/.test(userAgent)
    ? 'iOS'
    : /Android/.test(userAgent)
      ? 'Android'
      : /Windows/.test(userAgent)
        ? 'Windows'
        : /Mac OS/.test(userAgent)
          ? 'macOS'
          : /Linux/.test(userAgent)
            ? 'Linux'
            : '';
  return system ? `${browser} on ${system}` : browser;
}

function Sessions() {
  const sessions = useQuery(sessionsQuery);
  const queries = useQueryClient();
  const end = async (work: () => Promise<unknown>, words: (answer: unknown) => string) => {
    try {
      const answer = await work();
      await queries.invalidateQueries({ queryKey: ['sessions'] });
      done(words(answer));
    } catch (error) {
      failed(error);
    }
  };
  const others = (sessions.data?.length ?? 0) > 1;
  return (
    <Card
      title="Where you are signed in"
      flush
      actions={
        <Button
          size="small"
          blockedBecause={others ? undefined : 'This is your only session.'}
          onClick={() => void end(endOtherSessions, (answer) => `${plural((answer as { ended: number }).ended, 'session')} ended.`)}
        >
          End all others
        </Button>
      }
    >
      {sessions.isPending && <LinesSkeleton lines={2} />}
      <ul className="divide-y divide-border border-t border-border">
        {sessions.data?.map((session) => (
          <li key={session.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3">
            <div className="min-w-0 flex-1 basis-48">
              <p className="font-medium" title={session.userAgent ?? undefined}>
                {browserWords(session.userAgent)}
              </p>
              <p className="text-table text-muted">
                {session.ip ?? 'unknown address'} · seen <Moment value={session.lastSeenAt} both={false} />
              </p>
            </div>
            {session.current ? (
              <Status tone="positive" icon="done">
                This session
              </Status>
            ) : (
              <Button
                size="small"
                onClick={() =>
                  void end(
                    () => endSession(session.id),
                    () => 'Session ended.',
                  )
                }
              >
                End
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}
