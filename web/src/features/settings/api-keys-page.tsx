import { useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { type ApiKey, apiKeysQuery, createApiKey, revokeApiKey } from '../../api/identity.ts';
import { type Role, useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { CopyText } from '../../components/copy.tsx';
import { Moment } from '../../components/date.tsx';
import { Dialog, FormDialog } from '../../components/dialog.tsx';
import { RadioField, TextField } from '../../components/field.tsx';
import { Card, Note, Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { done } from '../../components/toast.tsx';
import { roleChoices } from './users-page.tsx';

/** Programs that upload and read. A secret is shown once, when it is made. */
export function ApiKeysPage() {
  const keys = useQuery(apiKeysQuery);
  const queries = useQueryClient();
  const refusal = useRefusal('settings.write');
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const [made, setMade] = useState<{ name: string; apiKey: string; apiSecret: string } | null>(null);
  const [draft, setDraft] = useState({ name: '', role: 'manager' as Role });
  const refresh = () => queries.invalidateQueries({ queryKey: ['api-keys'] });
  const make = (
    <Button variant="primary" icon={Plus} blockedBecause={refusal} onClick={() => setMaking(true)}>
      New API key
    </Button>
  );
  return (
    <Page
      title="API keys"
      lead={
        <>
          Programs send them as the headers api_key and api_secret.{' '}
          <a className="link" href="/docs">
            Read the API’s description
          </a>
        </>
      }
      actions={make}
    >
      <Card flush>
        {keys.isPending && <LinesSkeleton />}
        {keys.isError && <Failure error={keys.error} retry={() => void keys.refetch()} />}
        {keys.data?.length === 0 && (
          <Empty icon={KeyRound} title="No API keys yet">
            Make one to upload invoices and customers from your accounting system.
          </Empty>
        )}
        <ul className="divide-y divide-border">
          {keys.data?.map((key) => (
            <li key={key.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3">
              <div className="min-w-0 flex-1 basis-52">
                <p className="truncate font-medium">{key.name}</p>
                <code className="font-mono text-label text-muted">{key.apiKey}</code>
              </div>
              <span className="w-28 capitalize">{key.role}</span>
              <span className="w-40 text-table text-muted">
                {key.lastUsedAt ? (
                  <>
                    Used <Moment value={key.lastUsedAt} both={false} />
                  </>
                ) : (
                  'Never used'
                )}
              </span>
              {key.revokedAt ? (
                <Status icon="stopped">Revoked</Status>
              ) : (
                <Button size="small" blockedBecause={refusal} onClick={() => setRevoking(key)}>
                  Revoke
                </Button>
              )}
            </li>
          ))}
        </ul>
      </Card>
      <FormDialog
        open={making}
        onClose={() => setMaking(false)}
        title="New API key"
        action="Make the key"
        blockedBecause={draft.name.trim() ? undefined : 'Write a name first.'}
        onSubmit={async () => {
          setMade(await createApiKey({ ...draft, name: draft.name.trim() }));
          setDraft({ name: '', role: 'manager' });
          await refresh();
        }}
      >
        <TextField label="Name" help="What uses it, such as “Nightly upload”." value={draft.name} onChange={(name) => setDraft({ ...draft, name })} autoFocus />
        <RadioField label="Role" value={draft.role} onChange={(role) => setDraft({ ...draft, role: role as Role })} choices={roleChoices} />
      </FormDialog>
      <Dialog
        open={made !== null}
        onClose={() => setMade(null)}
        title={`“${made?.name}” is ready`}
        footer={
          <Button variant="primary" onClick={() => setMade(null)}>
            I have stored both
          </Button>
        }
      >
        <div className="space-y-4">
          <Note tone="caution">The secret is shown this once. Store it now; we keep only its hash.</Note>
          <CopyText label="api_key" value={made?.apiKey ?? ''} />
          <CopyText label="api_secret" value={made?.apiSecret ?? ''} />
        </div>
      </Dialog>
      <FormDialog
        open={revoking !== null}
        onClose={() => setRevoking(null)}
        danger
        title={`Revoke “${revoking?.name}”`}
        action="Revoke key"
        onSubmit={async () => {
          if (!revoking) return;
          await revokeApiKey(revoking.id);
          await refresh();
          done(`“${revoking.name}” revoked.`);
        }}
      >
        <p>Whatever uses it is refused from its next request on. This cannot be undone.</p>
      </FormDialog>
    </Page>
  );
}
