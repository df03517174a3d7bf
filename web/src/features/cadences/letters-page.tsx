import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { FileText, MailOpen, MapPin, MoreHorizontal, Printer, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { changeAddress, type Letter, letterPdf, listLetters, makeBatch, waitingLettersQuery, withdrawLetter } from '../../api/cadences.ts';
import { newKey } from '../../api/client.ts';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { useRefusal } from '../../api/session.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { DayCell } from '../../components/date.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { TextArea, TextField } from '../../components/field.tsx';
import { Menu } from '../../components/menu.tsx';
import { Page } from '../../components/page.tsx';
import { Empty } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { plural } from '../../format/dates.ts';
import { ReminderTabs } from '../reminders/reminder-tabs.tsx';
import { PrintBatches } from './print-batches.tsx';

/** Letters that wait to be printed, and the batches in which others were. */
export function LettersPage() {
  const letters = usePages(['letters', 'waiting'], (cursor, signal) => listLetters({ state: 'waiting', batch: undefined, limit: PAGE_SIZE, cursor }, signal));
  const { data: waiting } = useQuery(waitingLettersQuery);
  const refusal = useRefusal('correspondence.write');
  const [address, setAddress] = useState<Letter | null>(null);
  const [withdrawing, setWithdrawing] = useState<Letter | null>(null);
  const { pending, print } = usePrint();
  return (
    <Page
      title="Invoice reminders"
      lead={waiting !== undefined ? `${plural(waiting, 'letter')} ${waiting === 1 ? 'waits' : 'wait'} to be printed.` : <span className="invisible">–</span>}
      tabs={<ReminderTabs />}
      actions={
        <Button
          icon={Printer}
          variant="primary"
          pending={pending}
          blockedBecause={refusal ?? (waiting ? undefined : 'No letter waits.')}
          onClick={() => void print()}
        >
          {waiting ? `Prepare ${plural(waiting, 'letter')} for printing` : 'Prepare for printing'}
        </Button>
      }
    >
      <div className="space-y-5">
        <section aria-label="Waiting">
          <p className="mb-2 text-table text-muted">What a letter says is fixed when it is prepared: what is paid by then is left out.</p>
          <DataTable
            label="Letters that wait"
            height="natural"
            rows={letters.rows}
            rowId={(row) => row.id}
            columns={columns(refusal, setAddress, setWithdrawing)}
            loading={letters.loading}
            error={letters.error}
            retry={letters.retry}
            more={letters.more}
            empty={
              <Empty icon={MailOpen} title="No letters wait">
                A cadence writes them by its letter steps. Here they are printed together.
              </Empty>
            }
          />
        </section>
        <PrintBatches />
      </div>
      {address && <AddressDialog letter={address} onClose={() => setAddress(null)} />}
      {withdrawing && <WithdrawDialog letter={withdrawing} onClose={() => setWithdrawing(null)} />}
    </Page>
  );
}

function usePrint() {
  const queries = useQueryClient();
  const [pending, setPending] = useState(false);
  const print = async () => {
    setPending(true);
    try {
      const { batch, withdrawn, withoutAddress } = await makeBatch(newKey());
      await Promise.all([queries.invalidateQueries({ queryKey: ['letters'] }), queries.invalidateQueries({ queryKey: ['print-batches'] })]);
      done(
        [
          batch ? `${plural(batch.letters, 'letter')} in batch ${batch.number}.` : 'Nothing was left to print.',
          withdrawn > 0 ? `${plural(withdrawn, 'letter')} withdrawn: nothing is left to ask for.` : '',
          withoutAddress > 0 ? `${plural(withoutAddress, 'letter')} without an address.` : '',
        ]
          .filter(Boolean)
          .join(' '),
      );
    } catch (error) {
      failed(error);
    } finally {
      setPending(false);
    }
  };
  return { pending, print };
}

const columns = (refusal: string | undefined, address: (letter: Letter) => void, withdraw: (letter: Letter) => void): Column<Letter>[] => [
  {
    key: 'number',
    header: 'Letter',
    width: 100,
    fixed: true,
    phone: 'detail',
    cell: (row) => (
      <a href={letterPdf(row.id)} target="_blank" rel="noreferrer" className="link figures" title="See it as it would be printed now">
        {row.number}
      </a>
    ),
  },
  {
    key: 'customer',
    header: 'Customer',
    width: 200,
    grow: true,
    fixed: true,
    phone: 'lead',
    cell: (row) => (
      <Link to={`/customers/${row.customer.id}` as never} title={row.customer.name} className="font-medium hover:underline">
        {row.customer.name}
      </Link>
    ),
  },
  {
    key: 'address',
    header: 'Address',
    width: 240,
    grow: true,
    phone: 'state',
    cell: (row) =>
      row.address.length > 0 ? (
        <span title={row.address.join(', ')} className="max-md:hidden">
          {row.address.join(', ')}
        </span>
      ) : (
        <Status tone="caution" icon="alert">
          No address
        </Status>
      ),
  },
  { key: 'cadence', header: 'Cadence', width: 160, cell: (row) => <span title={row.cadence?.name}>{row.cadence?.name ?? '–'}</span> },
  { key: 'invoices', header: 'Invoices', width: 90, align: 'end', cell: (row) => <span className="figures">{row.invoices}</span> },
  { key: 'written', header: 'Since', width: 100, cell: (row) => <DayCell value={row.writtenOn} /> },
  {
    key: 'actions',
    header: 'Actions',
    width: 84,
    phone: 'figure',
    cell: (row) => (
      <Menu
        trigger={<IconButton icon={MoreHorizontal} size="small" label={`Actions for ${row.number}`} />}
        actions={[
          { label: 'See as PDF', icon: FileText, onSelect: () => void window.open(letterPdf(row.id), '_blank', 'noreferrer') },
          { label: 'Change the address', icon: MapPin, onSelect: () => address(row), blockedBecause: refusal },
          { label: 'Withdraw', icon: Trash2, danger: true, onSelect: () => withdraw(row), blockedBecause: refusal },
        ]}
      />
    ),
  },
];

function AddressDialog({ letter, onClose }: { letter: Letter; onClose: () => void }) {
  const queries = useQueryClient();
  const [text, setText] = useState(letter.address.join('\n'));
  return (
    <FormDialog
      open
      onClose={onClose}
      title={`Where letter ${letter.number} goes`}
      lead={letter.customer.name}
      action="Save address"
      onSubmit={async () => {
        const lines = text
          .split('\n')
          .map((line) => line.trim())
          .filter(Boolean);
        await changeAddress(letter.id, lines.length > 0 ? lines : null);
        await queries.invalidateQueries({ queryKey: ['letters'] });
        done('Address saved.');
      }}
    >
      <TextArea
        label="Address"
        rows={5}
        maxLength={600}
        value={text}
        onChange={setText}
        help="The lines below the name, five at most. Empty: the address of the newest invoice."
      />
    </FormDialog>
  );
}

function WithdrawDialog({ letter, onClose }: { letter: Letter; onClose: () => void }) {
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  return (
    <FormDialog
      open
      onClose={onClose}
      danger
      title={`Withdraw letter ${letter.number}`}
      lead={`It is not printed. The cadence of ${letter.customer.name} goes on.`}
      action="Withdraw letter"
      blockedBecause={reason.trim() ? undefined : 'Write a reason first.'}
      onSubmit={async () => {
        await withdrawLetter(letter.id, reason.trim());
        await queries.invalidateQueries({ queryKey: ['letters'] });
        done(`Letter ${letter.number} withdrawn.`);
      }}
    >
      <TextField label="Reason" maxLength={500} value={reason} onChange={setReason} />
    </FormDialog>
  );
}
