import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { sendTestMail } from '../../api/correspondence.ts';
import { useRefusal, useSession } from '../../api/session.ts';
import { generateDkim, removeDkim, saveSmtpUrl, type Secrets, secretsQuery } from '../../api/settings.ts';
import { Button } from '../../components/button.tsx';
import { CopyText } from '../../components/copy.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { CheckField, TextField } from '../../components/field.tsx';
import { Card, Facts, Note, Page } from '../../components/page.tsx';
import { InlineError } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { done } from '../../components/toast.tsx';
import { formatMoment } from '../../format/dates.ts';
import { SettingsForm } from './settings-form.tsx';

/** From whom mail comes, through which server, and how it is signed. */
export function MailPage() {
  return (
    <Page title="Mail" width="narrow">
      <div className="space-y-5">
        <SettingsForm
          title="Sender"
          read={({ mail }) => ({
            fromName: mail.fromName ?? '',
            fromAddress: mail.fromAddress ?? '',
            replyTo: mail.replyTo ?? '',
            trackOpens: mail.trackOpens,
          })}
          write={(draft) => ({
            mail: {
              fromName: draft.fromName.trim() || null,
              fromAddress: draft.fromAddress.trim() || null,
              replyTo: draft.replyTo.trim() || null,
              trackOpens: draft.trackOpens,
            },
          })}
        >
          {({ draft, set, error }) => (
            <>
              <div className="grid gap-4 sm:grid-cols-2">
                <TextField
                  label="Sender name"
                  optional
                  help="Else the company’s name."
                  value={draft.fromName}
                  error={error('mail.fromName')}
                  onChange={(fromName) => set({ fromName })}
                />
                <TextField
                  label="Sender address"
                  optional
                  help="Else the address of this installation."
                  type="email"
                  value={draft.fromAddress}
                  error={error('mail.fromAddress')}
                  onChange={(fromAddress) => set({ fromAddress })}
                />
              </div>
              <TextField
                label="Replies go to"
                optional
                help="Else to the sender address."
                type="email"
                value={draft.replyTo}
                error={error('mail.replyTo')}
                onChange={(replyTo) => set({ replyTo })}
              />
              <CheckField
                label="Note when a mail is opened"
                help="A small picture in the mail tells when it is shown. Weak evidence: many mail programs load it by themselves."
                checked={draft.trackOpens}
                onChange={(trackOpens) => set({ trackOpens })}
              />
            </>
          )}
        </SettingsForm>
        <MailServer />
        <TestMail />
        <Signature />
      </div>
    </Page>
  );
}

function useSecrets(): [Secrets, (next: Secrets, words: string) => void] {
  const { data } = useSuspenseQuery(secretsQuery);
  const queries = useQueryClient();
  return [
    data,
    (next, words) => {
      queries.setQueryData(secretsQuery.queryKey, next);
      done(words);
    },
  ];
}

function MailServer() {
  const [secrets, keep] = useSecrets();
  const [open, setOpen] = useState(false);
  const [url, setUrl] = useState('');
  const refusal = useRefusal('settings.write');
  const { set, server, updatedAt } = secrets.smtpUrl;
  return (
    <Card
      title="Mail server"
      lead="Mail goes through the server of this installation unless you set your own."
      actions={
        <>
          {set && (
            <Button
              size="small"
              blockedBecause={refusal}
              onClick={async () => keep(await saveSmtpUrl(null), 'Mail goes through the server of this installation again.')}
            >
              Use the installation’s server
            </Button>
          )}
          <Button size="small" blockedBecause={refusal} onClick={() => setOpen(true)}>
            {set ? 'Replace' : 'Set your own server'}
          </Button>
        </>
      }
    >
      <Facts
        items={[
          [
            'Own server',
            set ? (
              <Status key="set" tone="positive" icon="done">
                Set
              </Status>
            ) : (
              <Status key="unset" icon="none">
                Not set
              </Status>
            ),
          ],
          ['Server', server],
          ['Changed', updatedAt && formatMoment(updatedAt)],
        ]}
      />
      <FormDialog
        open={open}
        onClose={() => setOpen(false)}
        title="Set your own mail server"
        action="Save server"
        onSubmit={async () => keep(await saveSmtpUrl(url.trim()), 'Mail now goes through your own server.')}
        blockedBecause={url.trim() ? undefined : 'Write the address of the server first.'}
      >
        <TextField
          label="Address of the server"
          type="password"
          autoComplete="off"
          placeholder="smtps://user:password@mail.example.com:465"
          help="With user and password. It is stored encrypted and never shown again."
          value={url}
          onChange={setUrl}
        />
      </FormDialog>
    </Card>
  );
}

/** A mail of this moment through the settings as they are, and what the server answered. */
function TestMail() {
  const { user } = useSession();
  const refusal = useRefusal('settings.write');
  const [to, setTo] = useState(user.email);
  const [pending, setPending] = useState(false);
  const [answer, setAnswer] = useState<{ delivered: boolean; answer: string } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const send = async () => {
    setPending(true);
    setError(null);
    setAnswer(null);
    try {
      setAnswer(await sendTestMail(to.trim()));
    } catch (problem) {
      setError(problem);
    } finally {
      setPending(false);
    }
  };
  return (
    <Card title="Try it" lead="Sends a mail now and says what the mail server answered.">
      <form
        className="flex max-w-xl flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (refusal === undefined && to.trim()) void send();
        }}
      >
        <TextField label="To" type="email" className="min-w-56 flex-1" value={to} onChange={setTo} />
        <Button type="submit" pending={pending} blockedBecause={refusal ?? (to.trim() ? undefined : 'Write an address first.')}>
          Send a test mail
        </Button>
      </form>
      <div aria-live="polite" className="mt-3">
        <InlineError error={error} />
        {answer && (
          <Note tone={answer.delivered ? 'positive' : 'critical'}>
            {answer.delivered ? 'The mail server took it' : 'It was not taken'}: {answer.answer}
          </Note>
        )}
      </div>
    </Card>
  );
}

function Signature() {
  const [secrets, keep] = useSecrets();
  const [open, setOpen] = useState(false);
  const [domain, setDomain] = useState('');
  const [selector, setSelector] = useState('payorcrm');
  const refusal = useRefusal('settings.write');
  const { dkim } = secrets;
  return (
    <Card
      title="DKIM signature"
      lead="Signed mail is far less likely to be taken for spam."
      actions={
        <>
          {dkim.set && (
            <Button size="small" blockedBecause={refusal} onClick={async () => keep(await removeDkim(), 'The keys were taken away; mail is no longer signed.')}>
              Take away
            </Button>
          )}
          <Button size="small" blockedBecause={refusal} onClick={() => setOpen(true)}>
            {dkim.set ? 'Make new keys' : 'Make keys'}
          </Button>
        </>
      }
    >
      <Facts
        items={[
          [
            'Signature',
            dkim.set ? (
              <Status key="set" tone="positive" icon="done">
                Set
              </Status>
            ) : (
              <Status key="unset" icon="none">
                Not set
              </Status>
            ),
          ],
          ['Domain', dkim.domain],
          ['Changed', dkim.updatedAt && formatMoment(dkim.updatedAt)],
        ]}
      />
      {dkim.records.length > 0 && (
        <div className="mt-4 space-y-3">
          <p className="text-table text-muted">Publish these records in the DNS of {dkim.domain}:</p>
          {dkim.records.map((record) => (
            <div key={record.name} className="space-y-2 rounded-md border border-border bg-surface p-3 text-table">
              <CopyText label={`${record.type} record`} value={record.name} />
              <CopyText label="Value" value={record.value} />
            </div>
          ))}
        </div>
      )}
      <FormDialog
        open={open}
        onClose={() => setOpen(false)}
        title="Make DKIM keys"
        lead="The private keys stay here, encrypted. You get the records to publish."
        action="Make keys"
        onSubmit={async () => keep(await generateDkim(domain.trim(), selector.trim()), 'Keys made. Publish the records to finish.')}
        blockedBecause={domain.trim() && selector.trim() ? undefined : 'Write the domain and the selector first.'}
      >
        <TextField label="Domain" placeholder="example.com" help="Of the sender address." value={domain} onChange={setDomain} />
        <TextField label="Selector" help="Tells these keys from others of the domain." value={selector} onChange={setSelector} />
      </FormDialog>
    </Card>
  );
}
