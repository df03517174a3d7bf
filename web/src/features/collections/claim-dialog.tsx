import { useState } from 'react';
import { claimPaid } from '../../api/collections.ts';
import { newKey } from '../../api/client.ts';
import { FormDialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { done } from '../../components/toast.tsx';
import { addDays, formatDay, today } from '../../format/dates.ts';
import { useRefreshCollections } from './refresh.ts';

/** The customer says that it is paid already: reminders wait for some days while the money is looked for. */
export function ClaimDialog({
  customer,
  invoice,
  onClose,
}: {
  customer: { id: string; name: string };
  invoice?: { id: string; number: string };
  onClose: () => void;
}) {
  const [until, setUntil] = useState(addDays(today(), 7));
  const [note, setNote] = useState('');
  const [key] = useState(newKey);
  const refresh = useRefreshCollections();
  const wrong = /^\d{4}-\d{2}-\d{2}$/.test(until) && until >= today() ? undefined : 'Choose today or a later day.';
  return (
    <FormDialog
      open
      onClose={onClose}
      title={invoice ? `${invoice.number} is paid already, says the customer` : `${customer.name} says that all is paid`}
      action={wrong ? 'Hold reminders' : `Hold until ${formatDay(until)}`}
      blockedBecause={wrong}
      onSubmit={async () => {
        await claimPaid(customer.id, { kind: 'claimed_paid', until, note: note.trim() || null, ...(invoice ? { invoiceIds: [invoice.id] } : {}) }, key);
        await refresh();
        done(`Reminders held until ${formatDay(until)}.`);
      }}
    >
      <TextField label="Hold reminders until" type="date" min={today()} value={until} onChange={setUntil} error={wrong} />
      <TextField label="Note" optional maxLength={2000} value={note} onChange={setNote} placeholder="Transfer of 3 March, reference 4711" />
    </FormDialog>
  );
}
