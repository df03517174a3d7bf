import { Ban, BellRing, Link2, Paperclip } from 'lucide-react';
import { useState } from 'react';
import type { InvoiceRow } from '../../api/receivables.ts';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { SelectionBar } from '../../components/selection-bar.tsx';
import { formatMoney, totals } from '../../format/money.ts';
import { ChooseFileDialog } from '../collections/files-card.tsx';
import { VoidDialog } from './document-dialogs.tsx';
import { PayLinkDialog } from './pay-link-dialog.tsx';
import { SendReminderDialog } from './send-reminder-dialog.tsx';
import { SendRemindersDialog } from './send-reminders-dialog.tsx';

/** Each is looked at before anything is sent. */
const MAX_CUSTOMERS = 50;

/** What can be done with the invoices that are ticked. */
export function SelectedInvoices({ rows, clear }: { rows: ReadonlyMap<string, InvoiceRow>; clear: () => void }) {
  const [open, setOpen] = useState<'pay-link' | 'void' | 'remind' | 'file' | null>(null);
  const close = () => setOpen(null);
  const list = [...rows.values()];
  const writing = useRefusal('receivables.write');
  const mailing = useRefusal('correspondence.write');
  const reminding = useRefusal('reminders.send');
  const sharing = useRefusal('collections.write');
  const payable = list.filter((row) => row.kind === 'invoice' && row.state === 'open');
  const customer = payable[0]?.customer;
  const others = payable.some((row) => row.customer.id !== customer?.id);
  const mixed = others || payable.some((row) => row.open.currency !== payable[0]?.open.currency);
  const none = payable.length === 0 ? 'None of these is an open invoice.' : undefined;
  const noLink = none ?? (mixed ? 'Choose invoices of one customer and currency.' : undefined);
  const byCustomer = [...Map.groupBy(payable, (row) => row.customer.id).values()];
  const addressees = byCustomer.map((mine) => ({ customer: mine[0]!.customer, invoiceIds: mine.map((row) => row.id) }));
  const noMail = none ?? (addressees.length > MAX_CUSTOMERS ? `Choose invoices of ${MAX_CUSTOMERS} customers at most.` : undefined);
  const voidable = list.filter((row) => row.state !== 'void');
  return (
    <SelectionBar
      count={rows.size}
      noun={['invoice', 'invoices']}
      totals={
        list.length > 0
          ? `${totals(list.map((row) => row.open))
              .map(formatMoney)
              .join(' + ')} open`
          : ''
      }
      clear={clear}
    >
      <Button size="small" icon={BellRing} blockedBecause={reminding ?? noMail} onClick={() => setOpen('remind')}>
        Send reminder
      </Button>
      <Button size="small" icon={Link2} blockedBecause={mailing ?? noLink} onClick={() => setOpen('pay-link')}>
        Pay link
      </Button>
      <Button size="small" icon={Paperclip} blockedBecause={sharing} onClick={() => setOpen('file')}>
        Add a file
      </Button>
      <Button
        size="small"
        icon={Ban}
        blockedBecause={writing ?? (voidable.length === 0 ? 'These are void already.' : undefined)}
        onClick={() => setOpen('void')}
      >
        Void
      </Button>
      {open === 'remind' && customer && !others && (
        <SendReminderDialog customer={customer} invoiceIds={payable.map((row) => row.id)} onClose={close} onDone={clear} />
      )}
      {open === 'remind' && others && <SendRemindersDialog addressees={addressees} onClose={close} onDone={clear} />}
      {open === 'pay-link' && customer && <PayLinkDialog customer={customer} documentIds={payable.map((row) => row.id)} onClose={close} />}
      {open === 'file' && <ChooseFileDialog invoices={list} onClose={close} />}
      {open === 'void' && <VoidDialog documents={voidable} onClose={close} onDone={clear} />}
    </SelectionBar>
  );
}
