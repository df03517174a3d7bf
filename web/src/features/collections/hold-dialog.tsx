import { useState } from 'react';
import { placeHold } from '../../api/collections.ts';
import { newKey } from '../../api/client.ts';
import { FormDialog } from '../../components/dialog.tsx';
import { RadioField, TextField } from '../../components/field.tsx';
import { done } from '../../components/toast.tsx';
import { addDays, formatDay, today } from '../../format/dates.ts';
import { useRefreshCollections } from './refresh.ts';

const reasons = [
  { value: 'claimed_paid', label: 'Paid already, says the customer', help: 'Reminders wait while the money is looked for.' },
  { value: 'payment_plan', label: 'In a payment plan', help: 'They pay in parts, as was agreed.' },
  { value: 'autopay', label: 'Paid automatically', help: 'By a standing order or a direct debit.' },
] as const;

interface HoldDialogProps {
  customer: { id: string; name: string };
  invoice?: { id: string; number: string };
  onClose: () => void;
}

/** A person knows why nobody should be reminded: who says to have paid for some days, others until it is released. */
export function HoldDialog({ customer, invoice, onClose }: HoldDialogProps) {
  const [kind, setKind] = useState<(typeof reasons)[number]['value']>('claimed_paid');
  const [until, setUntil] = useState(addDays(today(), 7));
  const [note, setNote] = useState('');
  const [key] = useState(newKey);
  const refresh = useRefreshCollections();
  const claimed = kind === 'claimed_paid';
  const open = until === '' && !claimed;
  const wrong = open || (/^\d{4}-\d{2}-\d{2}$/.test(until) && until >= today()) ? undefined : 'Choose today or a later day.';
  return (
    <FormDialog
      open
      onClose={onClose}
      title={`Hold reminders ${invoice ? `about ${invoice.number}` : `to ${customer.name}`}`}
      action={wrong || open ? 'Hold reminders' : `Hold until ${formatDay(until)}`}
      blockedBecause={wrong}
      onSubmit={async () => {
        const about = invoice ? { invoiceIds: [invoice.id] } : {};
        await placeHold(customer.id, { kind, until: open ? null : until, note: note.trim() || null, ...about }, key);
        await refresh();
        done(open ? 'Reminders held until somebody releases them.' : `Reminders held until ${formatDay(until)}.`);
      }}
    >
      <RadioField
        label="Because"
        value={kind}
        onChange={(value) => {
          setKind(value as typeof kind);
          setUntil(value === 'claimed_paid' ? addDays(today(), 7) : '');
        }}
        choices={reasons}
      />
      <TextField
        label="Hold reminders until"
        type="date"
        min={today()}
        optional={!claimed}
        help={claimed ? undefined : 'Empty: until somebody releases it.'}
        value={until}
        onChange={setUntil}
        error={wrong}
      />
      <TextField label="Note" optional maxLength={2000} value={note} onChange={setNote} placeholder="Transfer of 3 March, reference 4711" />
    </FormDialog>
  );
}
