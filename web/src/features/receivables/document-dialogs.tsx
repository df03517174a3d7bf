import { useState } from 'react';
import { type Invoice, type InvoiceRow, voidDocument, writeOff } from '../../api/receivables.ts';
import { FormDialog } from '../../components/dialog.tsx';
import { AmountField, TextField } from '../../components/field.tsx';
import { done } from '../../components/toast.tsx';
import { plural } from '../../format/dates.ts';
import { compareAmounts, formatAmount, formatList, formatMoney, isZero, lesser, parseAmount, totals } from '../../format/money.ts';
import { useRefreshMoney } from './apply-dialogs.tsx';

/** Gives up an open amount, in whole or in part. */
export function WriteOffDialog({ invoice, onClose }: { invoice: Invoice; onClose: () => void }) {
  const [text, setText] = useState(formatAmount(invoice.open));
  const [reason, setReason] = useState('');
  const refresh = useRefreshMoney();
  const amount = parseAmount(text, invoice.open.currency);
  const problem =
    amount === null || isZero(amount)
      ? 'Write an amount above zero.'
      : lesser(amount, invoice.open.amount) !== amount
        ? `Only ${formatMoney(invoice.open)} is open.`
        : undefined;
  const value = { amount: amount ?? '0', currency: invoice.open.currency };
  const whole = amount !== null && compareAmounts(amount, invoice.open.amount) === 0;
  return (
    <FormDialog
      open
      onClose={onClose}
      danger
      title={`Write off ${invoice.number}`}
      action={problem ? 'Write off' : `Write off ${formatMoney(value)}`}
      blockedBecause={problem ?? (reason.trim() ? undefined : 'Write a reason first.')}
      onSubmit={async () => {
        await writeOff(invoice.id, whole ? undefined : value, reason.trim());
        await refresh();
        done(`${formatMoney(value)} written off. It can be undone under “Payments and credits”.`);
      }}
    >
      <AmountField label="Amount" currency={invoice.open.currency} value={text} onChange={setText} error={problem} />
      <TextField label="Reason" value={reason} onChange={setReason} maxLength={500} help="Stays with the invoice and in the audit log." />
    </FormDialog>
  );
}

/** Takes documents out of what is owed. They stay in the history. */
export function VoidDialog({ documents, onClose, onDone }: { documents: readonly (Invoice | InvoiceRow)[]; onClose: () => void; onDone?: () => void }) {
  const [reason, setReason] = useState('');
  const refresh = useRefreshMoney();
  const one = documents.length === 1 ? documents[0] : undefined;
  const what = one ? one.number : plural(documents.length, 'invoice');
  const open = totals(documents.map((document) => document.open)).filter((sum) => !isZero(sum.amount));
  return (
    <FormDialog
      open
      onClose={onClose}
      danger
      title={`Void ${what}`}
      action={`Void ${what}`}
      blockedBecause={reason.trim() ? undefined : 'Write a reason first.'}
      onSubmit={async () => {
        for (const document of documents) await voidDocument(document.kind === 'invoice' ? 'invoices' : 'credits', document.id, reason.trim());
        await refresh();
        onDone?.();
        done(`${what} ${documents.length === 1 ? 'is' : 'are'} void.`);
      }}
    >
      <p>{open.length > 0 ? `${formatList(open)} will no longer be owed. ` : ''}Payments and credits applied become unapplied again. This cannot be undone.</p>
      <TextField label="Reason" value={reason} onChange={setReason} maxLength={500} />
    </FormDialog>
  );
}
