import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CreditCard, Download, Plus } from 'lucide-react';
import { useCallback } from 'react';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { listPayments, type Payment, type PaymentQuery, paymentTotalsQuery } from '../../api/receivables.ts';
import { exportList } from '../../api/reporting.ts';
import { useRefusal, useSession } from '../../api/session.ts';
import { useSearchParams } from '../../app/search-params.ts';
import { Button } from '../../components/button.tsx';
import { useColumns } from '../../components/columns.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { DayCell } from '../../components/date.tsx';
import { choiceFilter, dayFilter, FilterBar, splitRange } from '../../components/filters.tsx';
import { Menu } from '../../components/menu.tsx';
import { AmountCell } from '../../components/money.tsx';
import { Page } from '../../components/page.tsx';
import { Empty } from '../../components/states.tsx';
import { StatusOf } from '../../components/status.tsx';
import { failed } from '../../components/toast.tsx';
import { formatCount, formatList, isZero } from '../../format/money.ts';
import { methodWords, paymentState } from '../../format/states.ts';
import { PaymentTabs } from './payment-tabs.tsx';
import { RecordPaymentDialog } from './record-payment-dialog.tsx';

export function paymentColumns(currency: string): Column<Payment>[] {
  return [
    {
      key: 'number',
      header: 'Payment',
      width: 116,
      fixed: true,
      phone: 'detail',
      cell: (row) => (
        <Link to={`/payments/${row.id}` as never} className="font-medium hover:underline">
          {row.number}
        </Link>
      ),
    },
    {
      key: 'customer',
      header: 'Customer',
      width: 140,
      grow: true,
      phone: 'lead',
      cell: (row) => (
        <Link to={`/customers/${row.customer.id}` as never} title={row.customer.name} className="hover:underline">
          {row.customer.name}
        </Link>
      ),
    },
    { key: 'state', header: 'Status', width: 164, phone: 'state', cell: (row) => <StatusOf state={paymentState(row.state)} /> },
    { key: 'received', header: 'Received', width: 100, sort: 'received', cell: (row) => <DayCell value={row.receivedOn} /> },
    { key: 'method', header: 'Method', width: 110, cell: (row) => methodWords[row.method] },
    { key: 'reference', header: 'Reference', width: 122, cell: (row) => <span title={row.reference ?? undefined}>{row.reference ?? '–'}</span> },
    {
      key: 'unapplied',
      header: `Unapplied, ${currency}`,
      width: 126,
      align: 'end',
      cell: (row) => (
        <AmountCell value={row.unapplied} currency={currency} className={isZero(row.unapplied.amount) ? 'text-muted' : 'font-medium text-caution'} />
      ),
    },
    {
      key: 'refunded',
      header: `Refunded, ${currency}`,
      width: 130,
      align: 'end',
      hidden: true,
      cell: (row) => <AmountCell value={row.refunded} currency={currency} />,
    },
    {
      key: 'amount',
      header: `Amount, ${currency}`,
      width: 126,
      align: 'end',
      fixed: true,
      phone: 'figure',
      cell: (row) => <AmountCell value={row.amount} currency={currency} className="font-medium" />,
    },
  ];
}

const states = ['processing', 'settled', 'returned'].map((state) => ({ value: state, label: paymentState(state).words }));
const methods = Object.entries(methodWords).map(([value, label]) => ({ value, label }));

/** Money received, newest first. */
export function PaymentsPage() {
  const { tenant } = useSession();
  const [search, setSearch] = useSearchParams();
  const { columns, choice } = useColumns('payments', paymentColumns(tenant.currency));
  const refusal = useRefusal('receivables.write');
  const [receivedFrom, receivedTo] = splitRange(search['received']);
  const sort = search['sort'] === 'received' ? 'received' : '-received';
  const query: PaymentQuery = {
    sort,
    number: search['q'],
    state: search['state'] as PaymentQuery['state'],
    method: search['method'] as PaymentQuery['method'],
    unapplied: search['unapplied'] ? 'true' : undefined,
    receivedFrom,
    receivedTo,
  };
  const payments = usePages(['payments', query], (cursor, signal) => listPayments({ ...query, limit: PAGE_SIZE, cursor }, signal));
  const { data: sum } = useQuery(paymentTotalsQuery(query));
  const changeSearch = useCallback((text: string) => setSearch({ q: text || undefined }), [setSearch]);
  const filtered = ['q', 'state', 'method', 'unapplied', 'received'].some((key) => search[key]);
  const record = (
    <Button variant="primary" icon={Plus} blockedBecause={refusal} onClick={() => setSearch({ record: 'true' })}>
      Record a payment
    </Button>
  );
  return (
    <Page
      title="Payments"
      width="wide"
      lead={
        sum ? (
          <span className="figures">{`${sum.capped ? 'More than ' : ''}${formatCount(sum.count)} ${sum.count === 1 ? 'payment' : 'payments'}${sum.sums.length > 0 ? ` · ${formatList(sum.sums.map((entry) => entry.amount))}` : ''}`}</span>
        ) : (
          <span className="invisible">–</span>
        )
      }
      actions={
        <>
          <Menu
            trigger={<Button icon={Download}>Export</Button>}
            actions={[
              { label: 'As CSV', onSelect: () => void exportList('payments', 'csv', query).catch(failed) },
              { label: 'As Excel workbook', onSelect: () => void exportList('payments', 'xlsx', query).catch(failed) },
            ]}
          />
          {record}
        </>
      }
      tabs={<PaymentTabs />}
    >
      <FilterBar
        noun="Payments"
        values={search}
        onChange={setSearch}
        search={{ value: search['q'] ?? '', onChange: changeSearch, placeholder: 'Payment number' }}
        filters={[
          choiceFilter('state', 'Status', states, (label) => `that are “${label.toLowerCase()}”`),
          choiceFilter('method', 'Method', methods, (label) => `by ${label.toLowerCase()}`),
          choiceFilter('unapplied', 'Unapplied', [{ value: 'true', label: 'With money not yet applied' }], () => 'with money not yet applied'),
          dayFilter('received', 'Received', 'received'),
        ]}
        trailing={choice}
      />
      <DataTable
        label="Payments"
        height="fill"
        rows={payments.rows}
        rowId={(row) => row.id}
        columns={columns}
        href={(row) => `/payments/${row.id}`}
        sort={{ key: 'received', descending: sort === '-received' }}
        onSort={(next) => setSearch({ sort: next.descending ? undefined : 'received' })}
        loading={payments.loading}
        error={payments.error}
        retry={payments.retry}
        more={payments.more}
        total={sum && !sum.capped ? sum.count : undefined}
        empty={
          filtered ? (
            <Empty icon={CreditCard} title="No payment matches">
              Take a filter away to see more.
            </Empty>
          ) : (
            <Empty icon={CreditCard} title="No payments yet" action={record}>
              Payments made from a mail’s pay buttons appear here by themselves.
            </Empty>
          )
        }
      />
      <RecordPaymentDialog open={search['record'] !== undefined} onClose={() => setSearch({ record: undefined })} />
    </Page>
  );
}
