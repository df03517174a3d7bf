import { useQuery } from '@tanstack/react-query';
import { Download, FileText, FileUp, Paperclip } from 'lucide-react';
import { useCallback, useState } from 'react';
import { categoriesQuery } from '../../api/customers.ts';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { exportList } from '../../api/reporting.ts';
import { type DocumentSource, type InvoiceTotals, type InvoiceQuery, type InvoiceRow, invoiceTotalsQuery, listDocuments } from '../../api/receivables.ts';
import { useSession } from '../../api/session.ts';
import { type SearchParams, useSearchParams } from '../../app/search-params.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { useColumns } from '../../components/columns.tsx';
import { DataTable, type Sort } from '../../components/data-table.tsx';
import { amountFilter, choiceFilter, dayFilter, FilterBar, splitRange } from '../../components/filters.tsx';
import { Menu } from '../../components/menu.tsx';
import { Page, Tabs } from '../../components/page.tsx';
import { Empty } from '../../components/states.tsx';
import { failed } from '../../components/toast.tsx';
import { formatCount, formatList } from '../../format/money.ts';
import { documentPath, invoiceColumns } from './invoice-columns.tsx';
import { SelectedInvoices } from './selected-invoices.tsx';

type State = NonNullable<InvoiceQuery['state']>;

interface View {
  key: string;
  label: string;
  state: State;
  source: DocumentSource;
}

const views: readonly [View, ...View[]] = [
  { key: 'open', label: 'Open', state: 'open', source: 'invoices' },
  { key: 'overdue', label: 'Overdue', state: 'overdue', source: 'invoices' },
  { key: 'closed', label: 'Paid', state: 'closed', source: 'invoices' },
  { key: 'void', label: 'Void', state: 'void', source: 'invoices' },
  { key: 'all', label: 'All', state: 'all', source: 'invoices' },
  { key: 'credits', label: 'Credits', state: 'open', source: 'credits' },
];

/** Who owes what, since when. Opens on what is open, largest first. */
export function InvoicesPage() {
  const { tenant } = useSession();
  const [search, setSearch] = useSearchParams();
  const { data: categories = [] } = useQuery(categoriesQuery);
  const [selected, setSelected] = useState<ReadonlyMap<string, InvoiceRow>>(new Map());
  const { columns, choice } = useColumns('invoices', invoiceColumns(tenant.currency));
  const view = views.find(({ key }) => key === search['view']) ?? views[0];
  const amountSortable = view.state === 'open' || view.state === 'overdue';
  const sortText = search['sort'] ?? (amountSortable ? '-amount' : '-due');
  const sort: Sort = { key: sortText.replace(/^-/, ''), descending: sortText.startsWith('-') };
  const query = queryOf(search, view.state, sortText as InvoiceQuery['sort']);
  const invoices = usePages(['invoices', view.source, query], (cursor, signal) => listDocuments(view.source, { ...query, limit: PAGE_SIZE, cursor }, signal));
  const sum = useQuery({ ...invoiceTotalsQuery(query), enabled: view.source === 'invoices' });
  const changeSearch = useCallback((text: string) => setSearch({ q: text || undefined }), [setSearch]);
  const download = (format: 'csv' | 'xlsx') => void exportList(view.source === 'credits' ? 'credit-memos' : 'invoices', format, query).catch(failed);
  const filtered = ['q', 'due', 'open', 'category'].some((key) => search[key]);
  const shownColumns = amountSortable ? columns : columns.map((column) => (column.sort === 'amount' ? { ...column, sort: undefined as never } : column));
  return (
    <Page
      title="Invoices"
      width="wide"
      lead={<TotalsLine totals={view.source === 'invoices' ? sum.data : undefined} state={view.state} />}
      actions={
        <>
          <LinkButton to="/invoices/files" icon={Paperclip}>
            Shared files
          </LinkButton>
          <Menu
            trigger={<Button icon={Download}>Export</Button>}
            actions={[
              { label: 'As CSV', onSelect: () => download('csv') },
              { label: 'As Excel workbook', onSelect: () => download('xlsx') },
            ]}
          />
          <LinkButton to="/import" icon={FileUp} variant="primary">
            Import
          </LinkButton>
        </>
      }
      tabs={
        <Tabs
          label="Views"
          items={views.map((item) => ({
            label: item.label,
            to: '/invoices',
            search: { ...search, view: item.key === 'open' ? undefined : item.key, sort: undefined },
            active: item === view,
          }))}
        />
      }
    >
      <FilterBar
        noun="Invoices"
        values={search}
        onChange={setSearch}
        search={{ value: search['q'] ?? '', onChange: changeSearch, placeholder: 'Invoice number' }}
        filters={[
          dayFilter('due', 'Due date', 'due'),
          amountFilter('open', 'Open balance', 'an open balance', tenant.currency),
          choiceFilter(
            'category',
            'Customer category',
            categories.map((category) => ({ value: category.id, label: category.name })),
            (label) => `of customers in ${label}`,
          ),
        ]}
        trailing={choice}
      />
      <DataTable
        label="Invoices"
        height="fill"
        rows={invoices.rows}
        rowId={(row) => row.id}
        columns={shownColumns}
        href={documentPath}
        sort={sort}
        onSort={(next) => setSearch({ sort: `${next.descending ? '-' : ''}${next.key}` })}
        selection={{ rows: selected, change: setSelected }}
        loading={invoices.loading}
        error={invoices.error}
        retry={invoices.retry}
        more={invoices.more}
        total={view.source === 'invoices' && sum.data && !sum.data.capped ? sum.data.count : undefined}
        empty={<NoInvoices filtered={filtered} view={view} />}
      />
      <SelectedInvoices rows={selected} clear={() => setSelected(new Map())} />
    </Page>
  );
}

function queryOf(search: SearchParams, state: State, sort: InvoiceQuery['sort']): InvoiceQuery {
  const [dueFrom, dueTo] = splitRange(search['due']);
  const [minAmount, maxAmount] = splitRange(search['open']);
  return { state, sort, number: search['q'], dueFrom, dueTo, minAmount, maxAmount, categoryId: search['category'] };
}

function TotalsLine({ totals: sum, state }: { totals: InvoiceTotals | undefined; state: State }) {
  if (!sum) return <span className="invisible">–</span>;
  const count = `${sum.capped ? 'More than ' : ''}${formatCount(sum.count)} ${sum.count === 1 ? 'invoice' : 'invoices'}`;
  const settled = state === 'closed' || state === 'void' || sum.sums.length === 0;
  return (
    <span className="figures">
      {settled ? count : `${count} · ${formatList(sum.sums.map((entry) => entry.amount))} ${state === 'overdue' ? 'overdue' : 'open'}`}
    </span>
  );
}

function NoInvoices({ filtered, view }: { filtered: boolean; view: View }) {
  if (filtered)
    return (
      <Empty icon={FileText} title="No invoice matches">
        Take a filter away, or look in “All”.
      </Empty>
    );
  if (view.source === 'credits')
    return (
      <Empty icon={FileText} title="No open credits">
        Credit memos and payments on account that are not yet applied stand here.
      </Empty>
    );
  if (view.state === 'overdue')
    return (
      <Empty icon={FileText} title="Nothing is overdue">
        Every open invoice is still within its terms.
      </Empty>
    );
  return (
    <Empty
      icon={FileText}
      title="No invoices here"
      action={
        <LinkButton to="/import" icon={FileUp} variant="primary">
          Import invoices
        </LinkButton>
      }
    >
      Import a CSV, Excel or JSON file, or let your accounting system upload them through the API.
    </Empty>
  );
}
