import { Link } from '@tanstack/react-router';
import type { Statement } from '../../api/statements.ts';
import type { Column } from '../../components/data-table.tsx';
import { AmountCell } from '../../components/money.tsx';
import { StatusOf } from '../../components/status.tsx';
import { formatDay } from '../../format/dates.ts';
import { formatCount } from '../../format/money.ts';
import { stateReason, statementState } from './state.ts';

const number: Column<Statement> = {
  key: 'number',
  header: 'Number',
  width: 120,
  fixed: true,
  phone: 'lead',
  cell: (row) => (
    <Link to={`/statements/${row.id}` as never} className="figures font-medium hover:underline">
      {row.number}
    </Link>
  ),
};
const customer: Column<Statement> = {
  key: 'customer',
  header: 'Customer',
  width: 160,
  grow: true,
  phone: 'detail',
  cell: (row) => (
    <Link to={`/customers/${row.customer.id}` as never} title={row.customer.name} className="hover:underline">
      {row.customer.name}
    </Link>
  ),
};
const asOf: Column<Statement> = { key: 'asOf', header: 'As of', width: 120, cell: (row) => <span className="figures">{formatDay(row.asOf)}</span> };
const state: Column<Statement> = { key: 'state', header: 'Status', width: 160, phone: 'state', cell: (row) => <StatusOf state={statementState(row)} /> };
const why: Column<Statement> = {
  key: 'why',
  header: 'Why',
  width: 160,
  grow: true,
  cell: (row) => {
    const reason = stateReason(row);
    return reason ? <span title={reason}>{reason}</span> : <span className="text-muted">–</span>;
  },
};
const sentTo: Column<Statement> = {
  key: 'to',
  header: 'Sent to',
  width: 190,
  grow: true,
  cell: (row) =>
    row.emailId && row.sentTo ? (
      <Link to={`/emails/${row.emailId}` as never} title={row.sentTo} className="hover:underline">
        {row.sentTo}
      </Link>
    ) : (
      <span className="text-muted">–</span>
    ),
};
const invoices: Column<Statement> = {
  key: 'invoices',
  header: 'Invoices',
  width: 80,
  align: 'end',
  cell: (row) => <span className="figures">{formatCount(row.invoiceCount)}</span>,
};
const total = (currency: string): Column<Statement> => ({
  key: 'total',
  header: `Total, ${currency}`,
  width: 130,
  align: 'end',
  fixed: true,
  phone: 'figure',
  cell: (row) => <AmountCell value={row.total} currency={currency} className="font-medium" />,
});

export const runColumns = (currency: string): Column<Statement>[] => [number, customer, state, why, sentTo, invoices, total(currency)];
export const listColumns = (currency: string): Column<Statement>[] => [number, customer, asOf, state, sentTo, invoices, total(currency)];
