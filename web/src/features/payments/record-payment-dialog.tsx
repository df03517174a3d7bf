import { useState } from 'react';
import { newKey } from '../../api/client.ts';
import { recordPayment } from '../../api/receivables.ts';
import { useSession } from '../../api/session.ts';
import { FormDialog } from '../../components/dialog.tsx';
import { AmountField, SelectField, TextField } from '../../components/field.tsx';
import { LinesSkeleton } from '../../components/states.tsx';
import { done } from '../../components/toast.tsx';
import { today } from '../../format/dates.ts';
import { formatMoney, isZero, type Money, parseAmount } from '../../format/money.ts';
import { methodWords } from '../../format/states.ts';
import { CustomerPicker, type PickedCustomer } from '../customers/customer-picker.tsx';
import { AmountLines, useAmountLines, useOpenInvoices } from '../receivables/amount-lines.tsx';
import { useRefreshMoney } from '../receivables/apply-dialogs.tsx';

interface RecordPaymentProps {
  open: boolean;
  onClose: () => void;
  /** Known when it is opened from a customer or an invoice. */
  customer?: PickedCustomer;
  currency?: string;
}

type Method = 'check' | 'transfer' | 'cash' | 'card' | 'bank' | 'other';
const methods: readonly Method[] = ['transfer', 'check', 'cash', 'card', 'bank', 'other'];

/** Money that came outside of PayorCRM: a check, a transfer. */
export function RecordPaymentDialog({ open, onClose, customer: known, currency: knownCurrency }: RecordPaymentProps) {
  const { tenant } = useSession();
  const [picked, setPicked] = useState<PickedCustomer | null>(null);
  const [draft, setDraft] = useState({
    amount: '',
    currency: knownCurrency ?? tenant.currency,
    method: 'transfer' as Method,
    receivedOn: today(),
    reference: '',
    note: '',
  });
  const [key, setKey] = useState(newKey);
  const customer = known ?? picked;
  const set = (change: Partial<typeof draft>) => setDraft({ ...draft, ...change });
  const amountText = parseAmount(draft.amount, draft.currency);
  const amount: Money | null = amountText === null || isZero(amountText) ? null : { amount: amountText, currency: draft.currency };
  const invoices = useOpenInvoices(open ? customer?.id : undefined, draft.currency);
  const lines = useAmountLines(amount, invoices.data ?? []);
  const refresh = useRefreshMoney();
  const missing = !customer
    ? 'Choose the customer first.'
    : !amount
      ? 'Write the amount first.'
      : !draft.receivedOn
        ? 'Choose the day on which it came.'
        : lines.problem;
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      width="wide"
      title="Record a payment"
      lead="For money that came outside of PayorCRM. Nothing is charged."
      action={amount ? `Record ${formatMoney(amount)}` : 'Record payment'}
      blockedBecause={missing}
      onSubmit={async () => {
        if (!customer || !amount) return;
        const payment = await recordPayment(
          {
            customerId: customer.id,
            amount,
            method: draft.method,
            receivedOn: draft.receivedOn,
            reference: draft.reference.trim() || null,
            note: draft.note.trim() || null,
            applications: lines.applications,
            autoApply: false,
          },
          key,
        );
        setKey(newKey());
        setDraft({ ...draft, amount: '', reference: '', note: '' });
        await refresh();
        done(
          `${formatMoney(payment.amount)} of ${customer.name} recorded${isZero(payment.unapplied.amount) ? '' : `; ${formatMoney(payment.unapplied)} stays unapplied`}.`,
        );
      }}
    >
      {known ? null : <CustomerPicker value={picked} onChange={setPicked} />}
      <div className="grid gap-4 sm:grid-cols-3">
        <AmountField
          label="Amount"
          currency={draft.currency}
          value={draft.amount}
          onChange={(text) => set({ amount: text })}
          error={draft.amount.trim() && amountText === null ? `Write an amount in ${draft.currency}.` : undefined}
        />
        <SelectField
          label="Method"
          value={draft.method}
          onChange={(method) => set({ method: method as Method })}
          choices={methods.map((method) => ({ value: method, label: methodWords[method] ?? method }))}
        />
        <TextField label="Received on" type="date" max={today()} value={draft.receivedOn} onChange={(receivedOn) => set({ receivedOn })} />
      </div>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label="Reference" optional placeholder="Check 2041" maxLength={200} value={draft.reference} onChange={(reference) => set({ reference })} />
        <TextField label="Note" optional maxLength={1000} value={draft.note} onChange={(note) => set({ note })} />
      </div>
      {customer &&
        amount &&
        (invoices.isPending ? (
          <LinesSkeleton lines={3} />
        ) : (
          <AmountLines lines={lines} invoices={invoices.data ?? []} currency={draft.currency} rest="stays unapplied" />
        ))}
      {lines.problem && <p className="text-label font-medium text-critical">{lines.problem}</p>}
    </FormDialog>
  );
}
