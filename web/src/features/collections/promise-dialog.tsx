import { useState } from 'react';
import { makePromise, type Promised } from '../../api/collections.ts';
import { newKey } from '../../api/client.ts';
import { FormDialog } from '../../components/dialog.tsx';
import { AmountField, SelectField, TextArea, TextField } from '../../components/field.tsx';
import { done } from '../../components/toast.tsx';
import { addDays, formatDay, today } from '../../format/dates.ts';
import { formatAmount, formatMoney, isZero, type Money, parseAmount } from '../../format/money.ts';
import { useRefreshCollections } from './refresh.ts';
import { sourceWords } from './words.ts';

/** Takes down what a customer promised to pay: on one invoice, or on everything that is owed. */
export function PromiseDialog({
  customer,
  invoices,
  amount: owed,
  onClose,
}: {
  customer: { id: string; name: string };
  /** Left out: whatever the customer owes. */
  invoices?: readonly { id: string; number: string }[];
  amount: Money;
  onClose: () => void;
}) {
  const [text, setText] = useState(formatAmount(owed));
  const [on, setOn] = useState(addDays(today(), 7));
  const [source, setSource] = useState<Promised['source']>('phone');
  const [note, setNote] = useState('');
  const [key] = useState(newKey);
  const refresh = useRefreshCollections();
  const amount = parseAmount(text, owed.currency);
  const wrongAmount = amount === null || isZero(amount) ? 'Write an amount above zero.' : undefined;
  const wrongDay = /^\d{4}-\d{2}-\d{2}$/.test(on) && on >= today() ? undefined : 'Choose today or a later day.';
  const value = { amount: amount ?? '0', currency: owed.currency };
  return (
    <FormDialog
      open
      onClose={onClose}
      title={invoices ? `Promise to pay ${invoices.map((invoice) => invoice.number).join(', ')}` : `Promise to pay of ${customer.name}`}
      action={wrongAmount ? 'Save the promise' : `Save: ${formatMoney(value)}`}
      blockedBecause={wrongAmount ?? wrongDay}
      onSubmit={async () => {
        await makePromise(
          {
            customerId: customer.id,
            amount: value,
            promisedOn: on,
            source,
            note: note.trim() || null,
            ...(invoices ? { invoiceIds: invoices.map((one) => one.id) } : {}),
          },
          key,
        );
        await refresh();
        done(`Promise saved: ${formatMoney(value)} by ${formatDay(on)}. Reminders wait for it.`);
      }}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <AmountField label="Amount" currency={owed.currency} value={text} onChange={setText} error={wrongAmount} />
        <TextField label="Promised for" type="date" min={today()} value={on} onChange={setOn} error={wrongDay} />
      </div>
      <SelectField
        label="How it was promised"
        value={source}
        onChange={(next) => setSource(next as Promised['source'])}
        choices={Object.entries(sourceWords).map(([id, label]) => ({ value: id, label }))}
      />
      <TextArea label="Note" optional rows={2} maxLength={1000} value={note} onChange={setNote} />
      <p className="text-table text-muted">
        {invoices ? 'Reminders leave these invoices out' : 'Reminders leave all invoices of the customer out'} until the money is there, or the promise is
        broken: then a task opens.
      </p>
    </FormDialog>
  );
}
