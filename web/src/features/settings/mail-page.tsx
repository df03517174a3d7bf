import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useRefusal } from '../../api/session.ts';
import { generateDkim, removeDkim, type Secrets, secretsQuery, settingsQuery } from '../../api/settings.ts';
import { Button } from '../../components/button.tsx';
import { CopyText } from '../../components/copy.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { CheckField, TextField } from '../../components/field.tsx';
import { Card, Facts, Page } from '../../components/page.tsx';
import { Status } from '../../components/status.tsx';
import { done } from '../../components/toast.tsx';
import { formatMoment } from '../../format/dates.ts';
import { DomainCheckCard } from './domain-check-card.tsx';
import { MailServerCard } from './mail-server-card.tsx';
import { SettingsForm } from './settings-form.tsx';

/** From whom mail comes, through which server, and how it is signed. */
export function MailPage() {
  return (
    <Page title="Mail server" width="narrow">
      <div className="space-y-5">
        <SettingsForm
          title="Sender"
          read={({ mail }) => ({
            fromName: mail.fromName ?? '',
            fromAddress: mail.fromAddress ?? '',
            replyTo: mail.replyTo ?? '',
            trackOpens: mail.trackOpens,
            fallback: mail.fallback,
          })}
          write={(draft) => ({
            mail: {
              fromName: draft.fromName.trim() || null,
              fromAddress: draft.fromAddress.trim() || null,
              replyTo: draft.replyTo.trim() || null,
              trackOpens: draft.trackOpens,
              fallback: draft.fallback,
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
              <CheckField
                label="Use the server of this installation while your own fails"
                help="Mail goes on; receivers may trust it less, because it comes from another server. Administrators hear of it either way."
                checked={draft.fallback}
                onChange={(fallback) => set({ fallback })}
              />
            </>
          )}
        </SettingsForm>
        <MailServerCard />
        <Signature />
        <DomainCheckCard />
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

function Signature() {
  const [secrets, keep] = useSecrets();
  const { data: settings } = useSuspenseQuery(settingsQuery);
  const [open, setOpen] = useState(false);
  const [removing, setRemoving] = useState(false);
  const [domain, setDomain] = useState(settings.mail.fromAddress?.split('@')[1] ?? '');
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
            <Button size="small" blockedBecause={refusal} onClick={() => setRemoving(true)}>
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
      <FormDialog
        open={removing}
        onClose={() => setRemoving(false)}
        danger
        title="Take the DKIM keys away"
        action="Take away"
        onSubmit={async () => keep(await removeDkim(), 'The keys were taken away; mail is no longer signed.')}
      >
        <p>Mail is no longer signed. The keys are deleted and do not come back: for a signature you make new ones and publish their records.</p>
      </FormDialog>
    </Card>
  );
}
