import { useQuery, useQueryClient } from '@tanstack/react-query';
import { CreditCard, Landmark, Plus } from 'lucide-react';
import { useState } from 'react';
import { changeGateway, connectGateway, type Gateway, type GatewayAccount, gatewayAccountsQuery, gatewaysQuery } from '../../api/payments.ts';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { CopyText } from '../../components/copy.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { CheckField, SelectField, TextField } from '../../components/field.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { wholeNumber } from './policy-pages.tsx';
import { SettingsForm } from './settings-form.tsx';

type Rail = 'card' | 'bank';
const rails: readonly { rail: Rail; label: string; icon: typeof CreditCard }[] = [
  { rail: 'card', label: 'Cards', icon: CreditCard },
  { rail: 'bank', label: 'Bank accounts', icon: Landmark },
];

/** Which money can come in, through whom, and how long links live. */
export function PaymentSettingsPage() {
  const accounts = useQuery(gatewayAccountsQuery);
  const gateways = useQuery(gatewaysQuery);
  const [editing, setEditing] = useState<GatewayAccount | 'new' | null>(null);
  const refusal = useRefusal('settings.write');
  return (
    <Page
      title="Payments"
      width="narrow"
      actions={
        <Button
          variant="primary"
          icon={Plus}
          blockedBecause={refusal ?? (gateways.data?.length === 0 ? 'No gateway can be connected in this installation.' : undefined)}
          onClick={() => setEditing('new')}
        >
          Connect a gateway
        </Button>
      }
    >
      <div className="space-y-5">
        <Card title="Which money can come in">
          <ul className="grid gap-3 sm:grid-cols-2">
            {rails.map(({ rail, label, icon: Icon }) => {
              const through = accounts.data?.filter((account) => account.active && account.rails.includes(rail)) ?? [];
              return (
                <li key={rail} className="flex items-center gap-3 rounded-md border border-border p-3">
                  <Icon aria-hidden size={18} className="text-muted" />
                  <div className="min-w-0 flex-1">
                    <p className="font-medium">{label}</p>
                    <p className="truncate text-table text-muted">
                      {through.length > 0 ? `through ${through.map((account) => account.label).join(', ')}` : 'no gateway takes them'}
                    </p>
                  </div>
                  {through.length > 0 ? (
                    <Status tone="positive" icon="done">
                      On
                    </Status>
                  ) : (
                    <Status icon="none">Off</Status>
                  )}
                </li>
              );
            })}
          </ul>
        </Card>
        <Card title="Gateways" flush>
          {accounts.isPending && <LinesSkeleton lines={2} />}
          {accounts.isError && <Failure error={accounts.error} retry={() => void accounts.refetch()} />}
          {accounts.data?.length === 0 && (
            <Empty icon={CreditCard} title="No gateway connected">
              Without one, mails have no pay buttons; payments can still be recorded by hand.
            </Empty>
          )}
          <ul className="divide-y divide-border border-t border-border empty:border-0">
            {accounts.data?.map((account) => (
              <AccountRow key={account.id} account={account} edit={() => setEditing(account)} />
            ))}
          </ul>
        </Card>
        <LinkSettings />
      </div>
      {editing && gateways.data && (
        <GatewayDialog
          key={editing === 'new' ? 'new' : editing.id}
          account={editing === 'new' ? null : editing}
          gateways={gateways.data}
          onClose={() => setEditing(null)}
        />
      )}
    </Page>
  );
}

function AccountRow({ account, edit }: { account: GatewayAccount; edit: () => void }) {
  const refusal = useRefusal('settings.write');
  const queries = useQueryClient();
  const toggle = async () => {
    try {
      await changeGateway(account.id, { label: account.label, rails: account.rails, active: !account.active, settings: settingsOf(account) });
      await queries.invalidateQueries({ queryKey: ['gateway-accounts'] });
      done(account.active ? `${account.label} takes no new payments.` : `${account.label} takes payments again.`);
    } catch (error) {
      failed(error);
    }
  };
  return (
    <li className="space-y-3 px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-44">
          <p className="font-medium">{account.label}</p>
          <p className="text-table text-muted">
            {account.gateway} · {account.rails.map((rail) => (rail === 'card' ? 'cards' : 'bank accounts')).join(' and ')}
          </p>
        </div>
        {account.active ? (
          <Status tone="positive" icon="done">
            Active
          </Status>
        ) : (
          <Status icon="stopped">Switched off</Status>
        )}
        <Button size="small" blockedBecause={refusal} onClick={() => void toggle()}>
          {account.active ? 'Switch off' : 'Switch on'}
        </Button>
        <Button size="small" blockedBecause={refusal} onClick={edit}>
          Edit
        </Button>
      </div>
      <CopyText label="Address for the gateway’s messages (webhooks)" value={account.webhookUrl} />
    </li>
  );
}

/** What is shown of the settings; secrets are left out, so that they keep their value. */
const settingsOf = (account: GatewayAccount): Record<string, string> =>
  Object.fromEntries(account.settings.filter((field) => field.value !== null).map((field) => [field.name, field.value as string]));

function GatewayDialog({ account, gateways, onClose }: { account: GatewayAccount | null; gateways: readonly Gateway[]; onClose: () => void }) {
  const [chosen, setChosen] = useState(account?.gateway ?? gateways[0]?.id ?? '');
  const gateway = gateways.find((entry) => entry.id === chosen);
  const [label, setLabel] = useState(account?.label ?? gateway?.label ?? '');
  const [taken, setTaken] = useState<readonly Rail[]>(account?.rails ?? gateway?.rails ?? []);
  const [values, setValues] = useState<Record<string, string>>(account ? settingsOf(account) : {});
  const queries = useQueryClient();
  const isSet = (name: string) => account?.settings.find((field) => field.name === name)?.isSet ?? false;
  const empty = gateway?.form.find((field) => field.required && !values[field.name]?.trim() && !isSet(field.name));
  const missing = !label.trim()
    ? 'Write a name first.'
    : taken.length === 0
      ? 'Tick cards, bank accounts or both.'
      : empty
        ? `“${empty.label}” is missing.`
        : undefined;
  return (
    <FormDialog
      open
      onClose={onClose}
      title={account ? `Edit ${account.label}` : 'Connect a gateway'}
      lead="The credentials are tried before they are saved."
      action={account ? 'Try and save' : 'Try and connect'}
      blockedBecause={missing}
      onSubmit={async () => {
        const settings = Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim() !== ''));
        const body = { label: label.trim(), rails: [...taken], active: account?.active ?? true, settings };
        if (account) await changeGateway(account.id, body);
        else await connectGateway(chosen, body);
        await queries.invalidateQueries({ queryKey: ['gateway-accounts'] });
        done(`${label.trim()} is connected.`);
      }}
    >
      {!account && (
        <SelectField label="Gateway" value={chosen} onChange={setChosen} choices={gateways.map((entry) => ({ value: entry.id, label: entry.label }))} />
      )}
      <TextField label="Name" help="How your team calls it." value={label} onChange={setLabel} maxLength={100} />
      <fieldset className="space-y-2">
        <legend className="mb-1.5 text-table font-medium">Takes</legend>
        {rails
          .filter(({ rail }) => gateway?.rails.includes(rail))
          .map(({ rail, label: name }) => (
            <CheckField
              key={rail}
              label={name}
              checked={taken.includes(rail)}
              onChange={(on) => setTaken(on ? [...taken, rail] : taken.filter((entry) => entry !== rail))}
            />
          ))}
      </fieldset>
      {gateway?.form.map((field) => (
        <TextField
          key={field.name}
          label={field.label}
          optional={!field.required}
          type={field.kind === 'secret' ? 'password' : field.kind === 'url' ? 'url' : 'text'}
          autoComplete="off"
          help={field.kind === 'secret' && isSet(field.name) ? `${field.help} It is set; leave it empty to keep it.` : field.help}
          value={values[field.name] ?? ''}
          onChange={(value) => setValues({ ...values, [field.name]: value })}
        />
      ))}
    </FormDialog>
  );
}

function LinkSettings() {
  return (
    <SettingsForm
      title="Links and confirmations"
      read={({ payments }) => ({
        linkDays: String(payments.linkDays),
        confirmHours: String(payments.confirmHours),
        applyBankOnSubmission: payments.applyBankOnSubmission,
      })}
      write={(draft) => {
        const linkDays = wholeNumber(draft.linkDays, 1, 365);
        const confirmHours = wholeNumber(draft.confirmHours, 1, 168);
        if (linkDays === null) return 'Pay links: write a whole number from 1 to 365.';
        if (confirmHours === null) return 'Confirmations: write a whole number from 1 to 168.';
        return { payments: { linkDays, confirmHours, applyBankOnSubmission: draft.applyBankOnSubmission } };
      }}
    >
      {({ draft, set, error }) => (
        <>
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField
              label="Pay links in mails are good for"
              inputMode="numeric"
              suffix="days"
              value={draft.linkDays}
              error={error('payments.linkDays')}
              onChange={(linkDays) => set({ linkDays })}
            />
            <TextField
              label="Confirmation links are good for"
              inputMode="numeric"
              suffix="hours"
              value={draft.confirmHours}
              error={error('payments.confirmHours')}
              onChange={(confirmHours) => set({ confirmHours })}
            />
          </div>
          <CheckField
            label="A bank payment closes its invoices when it is submitted"
            help="Without the tick they close when the money has settled, after a few days. A returned payment opens them again."
            checked={draft.applyBankOnSubmission}
            onChange={(applyBankOnSubmission) => set({ applyBankOnSubmission })}
          />
        </>
      )}
    </SettingsForm>
  );
}
