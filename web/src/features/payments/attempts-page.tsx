import { Link } from '@tanstack/react-router';
import { CreditCard } from 'lucide-react';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { type Attempt, type AttemptQuery, listAttempts } from '../../api/payments.ts';
import { useSession } from '../../api/session.ts';
import { useSearchParams } from '../../app/search-params.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Moment } from '../../components/date.tsx';
import { choiceFilter, FilterBar } from '../../components/filters.tsx';
import { AmountCell } from '../../components/money.tsx';
import { Page } from '../../components/page.tsx';
import { Empty } from '../../components/states.tsx';
import { StatusOf } from '../../components/status.tsx';
import { attemptState } from '../../format/states.ts';
import { methodLine } from './attempt-view.tsx';
import { PaymentTabs } from './payment-tabs.tsx';

const states = ['settled', 'processing', 'failed', 'returned', 'requires_action', 'unknown', 'canceled'] as const;

const columns = (currency: string): Column<Attempt>[] => [
  { key: 'at', header: 'When', width: 190, fixed: true, phone: 'detail', cell: (row) => <Moment value={row.createdAt} both={false} /> },
  {
    key: 'customer',
    header: 'Customer',
    width: 220,
    grow: true,
    phone: 'lead',
    cell: (row) => (
      <Link to={`/customers/${row.customerId}` as never} title={row.customerName} className="hover:underline">
        {row.customerName}
      </Link>
    ),
  },
  { key: 'state', header: 'Status', width: 190, phone: 'state', cell: (row) => <StatusOf state={attemptState(row.state)} /> },
  { key: 'why', header: 'Reason', width: 220, grow: true, cell: (row) => <span title={row.failure?.message}>{row.failure?.message ?? '–'}</span> },
  { key: 'method', header: 'With', width: 170, cell: (row) => methodLine(row) },
  {
    key: 'amount',
    header: `Amount, ${currency}`,
    width: 140,
    align: 'end',
    fixed: true,
    phone: 'figure',
    cell: (row) => <AmountCell value={row.amount} currency={currency} className="font-medium" />,
  },
];

/** Every try to collect through a gateway, the declined ones too. */
export function AttemptsPage() {
  const { tenant } = useSession();
  const [search, setSearch] = useSearchParams();
  const query: AttemptQuery = { state: search['state'] as AttemptQuery['state'], rail: search['rail'] as AttemptQuery['rail'] };
  const attempts = usePages(['attempts', query], (cursor, signal) => listAttempts({ ...query, limit: PAGE_SIZE, cursor }, signal));
  return (
    <Page title="Payments" width="wide" lead="Each press on a pay button is one try, kept with every step." tabs={<PaymentTabs />}>
      <FilterBar
        noun="Tries"
        values={search}
        onChange={setSearch}
        filters={[
          choiceFilter(
            'state',
            'Status',
            states.map((state) => ({ value: state, label: attemptState(state).words })),
            (label) => `that are “${label.toLowerCase()}”`,
          ),
          choiceFilter(
            'rail',
            'With',
            [
              { value: 'card', label: 'Card' },
              { value: 'bank', label: 'Bank account' },
            ],
            (label) => `with a ${label.toLowerCase()}`,
          ),
        ]}
      />
      <DataTable
        label="Tries to collect"
        height="fill"
        rows={attempts.rows}
        rowId={(row) => row.id}
        columns={columns(tenant.currency)}
        href={(row) => `/payments/attempts/${row.id}`}
        loading={attempts.loading}
        error={attempts.error}
        retry={attempts.retry}
        more={attempts.more}
        empty={
          <Empty icon={CreditCard} title={search['state'] || search['rail'] ? 'No try matches' : 'Nobody has paid from a mail yet'}>
            When a customer presses a pay button, what happens is recorded here step by step.
          </Empty>
        }
      />
    </Page>
  );
}
