import { useState } from 'react';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { type InvoiceQuery, type InvoiceRow, listDocuments } from '../../api/receivables.ts';
import { useSession } from '../../api/session.ts';
import { DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/states.tsx';
import { invoiceColumns, documentPath } from '../receivables/invoice-columns.tsx';
import { SelectedInvoices } from '../receivables/selected-invoices.tsx';

const views = [
  { key: 'open', label: 'Open' },
  { key: 'closed', label: 'Paid' },
  { key: 'all', label: 'All' },
  { key: 'credits', label: 'Credits' },
] as const;

/** The customer's invoices and credits; ticked ones can be asked for by a reminder. */
export function CustomerInvoices({ customer }: { customer: { id: string; name: string } }) {
  const { tenant } = useSession();
  const [selected, setSelected] = useState<ReadonlyMap<string, InvoiceRow>>(new Map());
  const [view, setView] = useState<(typeof views)[number]['key']>('open');
  const source = view === 'credits' ? 'credits' : 'invoices';
  const query: InvoiceQuery = { customerId: customer.id, state: view === 'credits' ? 'all' : view, sort: view === 'open' ? 'due' : '-due' };
  const invoices = usePages(['invoices', source, query], (cursor, signal) => listDocuments(source, { ...query, limit: PAGE_SIZE, cursor }, signal));
  return (
    <section aria-label="Invoices">
      <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
        <h2 className="font-semibold">Invoices</h2>
        <div role="group" aria-label="Which invoices" className="flex rounded-md bg-sunken p-0.5">
          {views.map((item) => (
            <button
              key={item.key}
              type="button"
              aria-pressed={view === item.key}
              onClick={() => {
                setView(item.key);
                setSelected(new Map());
              }}
              className="h-7 rounded px-2.5 text-table text-muted aria-pressed:bg-raised aria-pressed:font-medium aria-pressed:text-text aria-pressed:shadow-raised max-sm:h-10"
            >
              {item.label}
            </button>
          ))}
        </div>
      </div>
      <DataTable
        label="Invoices"
        rows={invoices.rows}
        rowId={(row) => row.id}
        columns={invoiceColumns(tenant.currency, { customer: false }).filter((column) => !column.hidden)}
        href={documentPath}
        {...(view === 'credits' ? {} : { selection: { rows: selected, change: setSelected } })}
        loading={invoices.loading}
        error={invoices.error}
        retry={invoices.retry}
        more={invoices.more}
        empty={
          <Empty title={view === 'open' ? 'Nothing is open' : view === 'credits' ? 'No credits' : 'No invoices here'}>
            {view === 'open' ? 'Paid invoices are under “Paid”.' : 'They arrive with an upload or an import.'}
          </Empty>
        }
      />
      <SelectedInvoices rows={selected} clear={() => setSelected(new Map())} />
    </section>
  );
}
