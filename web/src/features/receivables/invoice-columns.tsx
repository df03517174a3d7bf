import { Link } from '@tanstack/react-router';
import type { InvoiceRow } from '../../api/receivables.ts';
import { DayCell } from '../../components/date.tsx';
import type { Column } from '../../components/data-table.tsx';
import { AmountCell } from '../../components/money.tsx';
import { StatusOf } from '../../components/status.tsx';
import { documentState, kindWords } from '../../format/states.ts';

/** Where an invoice or a credit is shown. */
export const documentPath = (row: { id: string; kind: string }): string => (row.kind === 'invoice' ? `/invoices/${row.id}` : `/credits/${row.id}`);

/** The columns of every list of invoices; `currency` is named once in the headings. */
export function invoiceColumns(currency: string, options: { customer: boolean } = { customer: true }): Column<InvoiceRow>[] {
  const columns: Column<InvoiceRow>[] = [
    {
      key: 'number',
      header: 'Number',
      width: 150,
      sort: 'number',
      fixed: true,
      phone: options.customer ? 'detail' : 'lead',
      cell: (row) => (
        <Link to={documentPath(row) as never} title={row.number} className="font-medium hover:underline">
          {row.number}
        </Link>
      ),
    },
    {
      key: 'customer',
      header: 'Customer',
      width: 240,
      grow: true,
      phone: 'lead',
      cell: (row) => (
        <Link to={`/customers/${row.customer.id}` as never} title={row.customer.name} className="hover:underline">
          {row.customer.name}
        </Link>
      ),
    },
    { key: 'state', header: 'Status', width: 160, phone: 'state', cell: (row) => <StatusOf state={documentState(row)} /> },
    { key: 'due', header: 'Due', width: 110, sort: 'due', cell: (row) => <DayCell value={row.dueOn} /> },
    { key: 'issued', header: 'Invoice date', width: 110, hidden: true, cell: (row) => <DayCell value={row.issuedOn} /> },
    { key: 'kind', header: 'Kind', width: 130, hidden: true, cell: (row) => kindWords[row.kind] ?? row.kind },
    { key: 'type', header: 'Document type', width: 120, hidden: true, cell: (row) => row.documentType ?? '–' },
    { key: 'reference', header: 'Reference', width: 140, hidden: true, cell: (row) => row.reference1 ?? '–' },
    { key: 'company', header: 'Company code', width: 110, hidden: true, cell: (row) => row.companyCode || '–' },
    {
      key: 'amount',
      header: `Amount, ${currency}`,
      width: 140,
      align: 'end',
      cell: (row) => <AmountCell value={row.total} currency={currency} className="text-muted" />,
    },
    {
      key: 'open',
      header: `Open, ${currency}`,
      width: 140,
      align: 'end',
      sort: 'amount',
      fixed: true,
      phone: 'figure',
      cell: (row) => <AmountCell value={row.open} currency={currency} className="font-medium" />,
    },
  ];
  return options.customer
    ? columns
    : columns
        .filter((column) => column.key !== 'customer')
        .map((column) => (column.key === 'number' ? { ...column, grow: true } : column.key === 'due' ? { ...column, phone: 'detail' as const } : column));
}
