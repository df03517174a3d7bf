import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Download, FileUp, Tags, UserPlus, Users } from 'lucide-react';
import { useCallback, useState } from 'react';
import { categoriesQuery } from '../../api/customers.ts';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { type CustomerQuery, type CustomerRow, customerTotalsQuery, listCustomers } from '../../api/receivables.ts';
import { exportList } from '../../api/reporting.ts';
import { useRefusal, useSession } from '../../api/session.ts';
import { useSearchParams } from '../../app/search-params.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { useColumns } from '../../components/columns.tsx';
import { type Column, DataTable, type Sort } from '../../components/data-table.tsx';
import { DayCell } from '../../components/date.tsx';
import { choiceFilter, FilterBar } from '../../components/filters.tsx';
import { Menu } from '../../components/menu.tsx';
import { AmountCell } from '../../components/money.tsx';
import { Page } from '../../components/page.tsx';
import { SelectionBar } from '../../components/selection-bar.tsx';
import { Empty } from '../../components/states.tsx';
import { Status, Tag } from '../../components/status.tsx';
import { failed } from '../../components/toast.tsx';
import { formatDayShort, today } from '../../format/dates.ts';
import { formatCount, formatMoney, isZero, type Money, totals } from '../../format/money.ts';
import { CategorizeDialog, NewCustomerDialog } from './customer-dialogs.tsx';

const isPaused = (row: { pausedUntil: string | null }): boolean => row.pausedUntil !== null && row.pausedUntil >= today();

function balanceOf(row: CustomerRow, currency: string, part: 'open' | 'overdue'): Money {
  const balance = row.balances.find((entry) => entry.open.currency === currency) ?? row.balances[0];
  return balance?.[part] ?? { amount: '0.00', currency };
}

function customerColumns(currency: string): Column<CustomerRow>[] {
  return [
    {
      key: 'name',
      header: 'Customer',
      width: 170,
      grow: true,
      sort: 'name',
      fixed: true,
      phone: 'lead',
      cell: (row) => (
        <Link to={`/customers/${row.id}` as never} title={row.name} className="font-medium hover:underline">
          {row.name}
        </Link>
      ),
    },
    { key: 'number', header: 'Number', width: 96, phone: 'detail', cell: (row) => row.number },
    {
      key: 'email',
      header: 'E-mail',
      width: 150,
      grow: true,
      cell: (row) =>
        row.email ? (
          <span title={row.email}>{row.email}</span>
        ) : (
          <Status tone="caution" icon="alert">
            No address
          </Status>
        ),
    },
    {
      key: 'categories',
      header: 'Categories',
      width: 150,
      cell: (row) => (
        <span className="flex gap-1 overflow-hidden">
          {row.categories.slice(0, 2).map((category) => (
            <Tag key={category.id}>{category.name}</Tag>
          ))}
          {row.categories.length > 2 && <span className="text-muted">+{row.categories.length - 2}</span>}
        </span>
      ),
    },
    {
      key: 'reminders',
      header: 'Reminders',
      width: 130,
      phone: 'state',
      cell: (row) =>
        row.archivedAt ? (
          <Status icon="stopped">Archived</Status>
        ) : isPaused(row) ? (
          <Status tone="caution" icon="waiting">{`Paused until ${formatDayShort(row.pausedUntil ?? '')}`}</Status>
        ) : (
          <>
            <span className="text-muted max-md:hidden">On</span>
            <PhoneOverdue value={balanceOf(row, currency, 'overdue')} currency={currency} />
          </>
        ),
    },
    {
      key: 'oldest',
      header: 'Oldest due',
      width: 110,
      hidden: true,
      cell: (row) => <DayCell value={row.balances.find((entry) => entry.open.currency === currency)?.oldestDueOn} />,
    },
    {
      key: 'overdue',
      header: `Overdue, ${currency}`,
      width: 128,
      align: 'end',
      sort: 'overdue',
      cell: (row) => (
        <AmountCell
          value={balanceOf(row, currency, 'overdue')}
          currency={currency}
          className={isZero(balanceOf(row, currency, 'overdue').amount) ? 'text-muted' : ''}
        />
      ),
    },
    {
      key: 'open',
      header: `Open, ${currency}`,
      width: 128,
      align: 'end',
      sort: 'balance',
      fixed: true,
      phone: 'figure',
      cell: (row) => <AmountCell value={balanceOf(row, currency, 'open')} currency={currency} className="font-medium" />,
    },
  ];
}

/** On a phone, where the column of what is overdue has no place, its figure stands under what is open. */
function PhoneOverdue({ value, currency }: { value: Money; currency: string }) {
  if (isZero(value.amount)) return null;
  return (
    <span className="text-critical md:hidden">
      <AmountCell value={value} currency={currency} /> overdue
    </span>
  );
}

const statuses = [
  { value: 'archived', label: 'archived' },
  { value: 'all', label: 'active or archived' },
];
const owing = [
  { value: 'overdue', label: 'something overdue' },
  { value: 'open', label: 'something open' },
  { value: 'credit', label: 'a credit' },
];

/** Everyone who owes or may owe, largest overdue first. */
export function CustomersPage() {
  const { tenant } = useSession();
  const [search, setSearch] = useSearchParams();
  const { data: categories = [] } = useQuery(categoriesQuery);
  const [selected, setSelected] = useState<ReadonlyMap<string, CustomerRow>>(new Map());
  const { columns, choice } = useColumns('customers', customerColumns(tenant.currency));
  const refusal = useRefusal('customers.write');
  const sortText = search['sort'] ?? '-overdue';
  const sort: Sort = { key: sortText.replace(/^-/, ''), descending: sortText.startsWith('-') };
  const query: CustomerQuery = {
    sort: sortText as CustomerQuery['sort'],
    q: search['q'],
    categoryId: search['category'] === 'none' ? undefined : search['category'],
    uncategorized: search['category'] === 'none' ? 'true' : undefined,
    status: search['status'] as CustomerQuery['status'],
    owing: search['owing'] as CustomerQuery['owing'],
    paused: search['paused'] ? 'true' : undefined,
  };
  const customers = usePages(['customers', query], (cursor, signal) => listCustomers({ ...query, limit: PAGE_SIZE, cursor }, signal));
  const changeSearch = useCallback((text: string) => setSearch({ q: text || undefined }), [setSearch]);
  const filtered = ['q', 'category', 'status', 'owing', 'paused'].some((key) => search[key]);
  const { data: total } = useQuery(customerTotalsQuery(query));
  const add = (
    <Button variant="primary" icon={UserPlus} blockedBecause={refusal} onClick={() => setSearch({ new: 'true' })}>
      New customer
    </Button>
  );
  return (
    <Page
      title="Customers"
      width="wide"
      lead={
        total ? (
          `${total.capped ? 'More than ' : ''}${formatCount(total.count)} ${total.count === 1 ? 'customer' : 'customers'}`
        ) : (
          <span className="invisible">–</span>
        )
      }
      actions={
        <>
          <Menu
            trigger={<Button icon={Download}>Export</Button>}
            actions={[
              { label: 'As CSV', onSelect: () => void exportList('customers', 'csv', query).catch(failed) },
              { label: 'As Excel workbook', onSelect: () => void exportList('customers', 'xlsx', query).catch(failed) },
            ]}
          />
          <LinkButton to="/customers/categories" icon={Tags}>
            Categories
          </LinkButton>
          {add}
        </>
      }
    >
      <FilterBar
        noun="Customers"
        values={search}
        onChange={setSearch}
        search={{ value: search['q'] ?? '', onChange: changeSearch, placeholder: 'Name or number' }}
        filters={[
          choiceFilter('owing', 'Balance', owing, (label) => `with ${label}`),
          choiceFilter(
            'category',
            'Category',
            [...categories.map((category) => ({ value: category.id, label: category.name })), { value: 'none', label: 'no category' }],
            (label) => (label === 'no category' ? 'in no category' : `in ${label}`),
          ),
          choiceFilter('paused', 'Reminders', [{ value: 'true', label: 'Paused' }], () => 'whose reminders are paused'),
          choiceFilter('status', 'Archived', statuses, (label) => `that are ${label}`),
        ]}
        trailing={choice}
      />
      <DataTable
        label="Customers"
        height="fill"
        rows={customers.rows}
        rowId={(row) => row.id}
        columns={columns}
        href={(row) => `/customers/${row.id}`}
        sort={sort}
        onSort={(next) => setSearch({ sort: `${next.descending ? '-' : ''}${next.key}` })}
        selection={{ rows: selected, change: setSelected }}
        loading={customers.loading}
        error={customers.error}
        retry={customers.retry}
        more={customers.more}
        total={total && !total.capped ? total.count : undefined}
        empty={
          filtered ? (
            <Empty icon={Users} title="No customer matches">
              Take a filter away, or search by another part of the name.
            </Empty>
          ) : (
            <Empty
              icon={Users}
              title="No customers yet"
              action={
                <>
                  <LinkButton to="/import" search={{ kind: 'customers' }} icon={FileUp} variant="primary">
                    Import customers
                  </LinkButton>
                  {add}
                </>
              }
            >
              Import a list, add one by hand, or let your accounting system upload them through the API.
            </Empty>
          )
        }
      />
      <Selected rows={selected} currency={tenant.currency} clear={() => setSelected(new Map())} />
      <NewCustomerDialog open={search['new'] !== undefined} onClose={() => setSearch({ new: undefined })} />
    </Page>
  );
}

function Selected({ rows, currency, clear }: { rows: ReadonlyMap<string, CustomerRow>; currency: string; clear: () => void }) {
  const [open, setOpen] = useState(false);
  const refusal = useRefusal('customers.write');
  const list = [...rows.values()];
  const sums = totals(list.flatMap((row) => (row.balances.length > 0 ? row.balances.map((entry) => entry.open) : [{ amount: '0.00', currency }])));
  return (
    <SelectionBar count={rows.size} noun={['customer', 'customers']} totals={`${sums.map(formatMoney).join(' + ')} open`} clear={clear}>
      <Button size="small" icon={Tags} blockedBecause={refusal} onClick={() => setOpen(true)}>
        Categorize
      </Button>
      {open && <CategorizeDialog open onClose={() => setOpen(false)} customers={list} />}
    </SelectionBar>
  );
}
