import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Mail } from 'lucide-react';
import { useCallback } from 'react';
import { type Email, type EmailQuery, emailCountsQuery, listEmails } from '../../api/correspondence.ts';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { useSearchParams } from '../../app/search-params.ts';
import { useColumns } from '../../components/columns.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Moment } from '../../components/date.tsx';
import { choiceFilter, FilterBar } from '../../components/filters.tsx';
import { Page } from '../../components/page.tsx';
import { Empty } from '../../components/states.tsx';
import { Status, StatusOf } from '../../components/status.tsx';
import { plural } from '../../format/dates.ts';
import { emailKindWords, emailState } from '../../format/states.ts';
import { EmailTabs } from './email-tabs.tsx';

const all: Column<Email>[] = [
  {
    key: 'subject',
    header: 'Subject',
    width: 220,
    grow: true,
    fixed: true,
    phone: 'lead',
    cell: (row) => (
      <Link to={`/emails/${row.id}` as never} title={row.subject ?? undefined} className="font-medium hover:underline">
        {row.subject ?? emailKindWords[row.kind]}
      </Link>
    ),
  },
  {
    key: 'to',
    header: 'To',
    width: 180,
    phone: 'detail',
    cell: (row) => (
      <span title={[row.to, ...row.cc].join(', ')}>
        {row.to}
        {row.cc.length > 0 && <span className="text-muted"> +{row.cc.length}</span>}
      </span>
    ),
  },
  {
    key: 'customer',
    header: 'Customer',
    width: 170,
    cell: (row) =>
      row.customer ? (
        <Link to={`/customers/${row.customer.id}` as never} title={row.customer.name} className="hover:underline">
          {row.customer.name}
        </Link>
      ) : (
        <span className="text-muted">–</span>
      ),
  },
  { key: 'kind', header: 'Kind', width: 172, cell: (row) => emailKindWords[row.kind] },
  {
    key: 'state',
    header: 'Status',
    width: 140,
    phone: 'state',
    cell: (row) =>
      row.bounced ? (
        <Status tone="critical" icon="alert">
          {row.bounced === 'hard' ? 'Came back' : 'Came back for now'}
        </Status>
      ) : (
        <StatusOf state={emailState(row.state)} />
      ),
  },
  { key: 'reason', header: 'Reason', width: 200, hidden: true, cell: (row) => <span title={row.reason ?? undefined}>{row.reason ?? '–'}</span> },
  {
    key: 'at',
    header: 'When',
    width: 120,
    phone: 'figure',
    cell: (row) => (
      <span className="text-muted">
        <Moment value={row.sentAt ?? row.createdAt} both={false} />
      </span>
    ),
  },
];

const states = [
  { value: 'bounced', label: 'Came back' },
  ...['sent', 'ready', 'failed', 'uncertain', 'withdrawn'].map((state) => ({ value: state, label: emailState(state).words })),
];
const kinds = Object.entries(emailKindWords).map(([value, label]) => ({ value, label }));

/** Every mail that went out or should have, newest first. */
export function EmailsPage() {
  const [search, setSearch] = useSearchParams();
  const { columns, choice } = useColumns('emails', all);
  const { data: counts } = useQuery(emailCountsQuery);
  const query: EmailQuery = {
    state: search['state'] === 'bounced' ? undefined : (search['state'] as EmailQuery['state']),
    bounced: search['state'] === 'bounced' ? 'true' : undefined,
    kind: search['kind'] as EmailQuery['kind'],
    runId: search['run'],
    search: search['q'],
  };
  const emails = usePages(['emails', query], (cursor, signal) => listEmails({ ...query, limit: PAGE_SIZE, cursor }, signal));
  const changeSearch = useCallback((text: string) => setSearch({ q: text || undefined }), [setSearch]);
  const filtered = ['q', 'state', 'kind', 'run'].some((key) => search[key]);
  const words =
    counts &&
    [
      counts.waiting > 0 && `${counts.waiting} waiting`,
      counts.failed > 0 && `${counts.failed} not delivered`,
      counts.uncertain > 0 && `${plural(counts.uncertain, 'needs', 'need')} you: perhaps sent`,
    ]
      .filter(Boolean)
      .join(' · ');
  return (
    <Page title="E-mails" width="wide" lead={words || 'Reminders, confirmations and receipts, as their readers saw them.'} tabs={<EmailTabs />}>
      <FilterBar
        noun="Mails"
        values={search}
        onChange={setSearch}
        search={{ value: search['q'] ?? '', onChange: changeSearch, placeholder: 'Address' }}
        filters={[
          choiceFilter('state', 'Status', states, (label) => `that are “${label.toLowerCase()}”`),
          choiceFilter('kind', 'Kind', kinds, (label) => `of the kind “${label.toLowerCase()}”`),
          ...(search['run'] ? [choiceFilter('run', 'Run', [{ value: search['run'], label: 'this run' }], () => 'of one reminder run')] : []),
        ]}
        trailing={choice}
      />
      <DataTable
        label="Mails"
        height="fill"
        rows={emails.rows}
        rowId={(row) => row.id}
        columns={columns}
        href={(row) => `/emails/${row.id}`}
        loading={emails.loading}
        error={emails.error}
        retry={emails.retry}
        more={emails.more}
        empty={
          filtered ? (
            <Empty icon={Mail} title="No mail matches">
              Take a filter away to see more.
            </Empty>
          ) : (
            <Empty icon={Mail} title="No mail yet">
              Reminders appear here as soon as a rule sends them.
            </Empty>
          )
        }
      />
    </Page>
  );
}
