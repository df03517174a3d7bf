import { Link } from '@tanstack/react-router';
import { FileUp } from 'lucide-react';
import { listUploads, type Upload } from '../../api/intake.ts';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { useSearchParams } from '../../app/search-params.ts';
import { LinkButton } from '../../components/button.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { choiceFilter, FilterBar } from '../../components/filters.tsx';
import { Page } from '../../components/page.tsx';
import { Empty } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { formatMoment } from '../../format/dates.ts';
import { formatCount } from '../../format/money.ts';
import { ImportTabs } from './import-tabs.tsx';

export const sourceWords: Record<Upload['source'], string> = { api: 'API', file: 'File', cli: 'Command line' };

/** How an upload ended, in a word. */
export function UploadStatus({ upload }: { upload: Upload }) {
  if (upload.undoneAt) return <Status icon="back">Undone</Status>;
  if (!upload.finishedAt)
    return (
      <Status tone="accent" icon="waiting">
        Running
      </Status>
    );
  if (upload.failed > 0) return <Status tone="caution" icon="alert">{`${formatCount(upload.failed)} left out`}</Status>;
  return (
    <Status tone="positive" icon="done">
      Done
    </Status>
  );
}

const count = (value: number) => <span className={`figures ${value === 0 ? 'text-muted' : ''}`}>{formatCount(value)}</span>;

const columns: Column<Upload>[] = [
  {
    key: 'at',
    header: 'When',
    width: 200,
    fixed: true,
    phone: 'lead',
    cell: (row) => (
      <Link to={`/import/uploads/${row.id}` as never} className="figures font-medium hover:underline">
        {formatMoment(row.startedAt)}
      </Link>
    ),
  },
  { key: 'what', header: 'What', width: 110, phone: 'detail', cell: (row) => (row.kind === 'invoices' ? 'Invoices' : 'Customers') },
  {
    key: 'from',
    header: 'From',
    width: 240,
    grow: true,
    cell: (row) => <span title={row.fileName ?? undefined}>{row.fileName ?? sourceWords[row.source]}</span>,
  },
  { key: 'who', header: 'By', width: 160, cell: (row) => row.actorName },
  { key: 'state', header: 'Status', width: 130, phone: 'state', cell: (row) => <UploadStatus upload={row} /> },
  { key: 'created', header: 'New', width: 80, align: 'end', cell: (row) => count(row.created) },
  { key: 'updated', header: 'Changed', width: 84, align: 'end', cell: (row) => count(row.updated) },
  {
    key: 'rows',
    header: 'Rows',
    width: 90,
    align: 'end',
    phone: 'figure',
    cell: (row) => <span className="figures font-medium">{formatCount(row.received)}</span>,
  },
];

/** Every upload by API, command line or file, newest first. */
export function UploadsPage() {
  const [search, setSearch] = useSearchParams();
  const kind = search['kind'] === 'customers' || search['kind'] === 'invoices' ? search['kind'] : undefined;
  const uploads = usePages(['uploads', kind], (cursor, signal) => listUploads({ kind, limit: PAGE_SIZE, cursor }, signal));
  return (
    <Page title="Import" lead="Every upload by API, command line or file. Each can be undone where nothing happened since." tabs={<ImportTabs />}>
      <FilterBar
        noun="Uploads"
        values={search}
        onChange={setSearch}
        filters={[
          choiceFilter(
            'kind',
            'What',
            [
              { value: 'invoices', label: 'Invoices' },
              { value: 'customers', label: 'Customers' },
            ],
            (label) => `of ${label.toLowerCase()}`,
          ),
        ]}
      />
      <DataTable
        label="Uploads"
        height="fill"
        rows={uploads.rows}
        rowId={(row) => row.id}
        columns={columns}
        href={(row) => `/import/uploads/${row.id}`}
        loading={uploads.loading}
        error={uploads.error}
        retry={uploads.retry}
        more={uploads.more}
        empty={
          <Empty
            icon={FileUp}
            title={kind ? 'No such upload' : 'Nothing was uploaded yet'}
            action={
              <LinkButton to="/import" variant="primary">
                Import a file
              </LinkButton>
            }
          >
            Uploads of your accounting system through the API appear here too.
          </Empty>
        }
      />
    </Page>
  );
}
