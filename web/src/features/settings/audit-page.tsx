import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ScrollText } from 'lucide-react';
import { useState } from 'react';
import { type AuditEvent, eventTypesQuery, listEvents } from '../../api/audit.ts';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { useSearchParams } from '../../app/search-params.ts';
import { Moment } from '../../components/date.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { SidePanel } from '../../components/dialog.tsx';
import { choiceFilter, dayFilter, FilterBar, splitRange } from '../../components/filters.tsx';
import { Facts, Page } from '../../components/page.tsx';
import { Empty } from '../../components/states.tsx';
import { formatMoment } from '../../format/dates.ts';
import { eventWords, subjectPath } from '../../format/events.ts';

const kinds = [
  { value: 'user', label: 'a user' },
  { value: 'api_key', label: 'an API key' },
  { value: 'payer', label: 'a payer' },
  { value: 'system', label: 'PayorCRM itself' },
];

const columns: Column<AuditEvent>[] = [
  { key: 'at', header: 'When', width: 190, phone: 'state', cell: (event) => <span className="figures">{formatMoment(event.occurredAt)}</span> },
  { key: 'who', header: 'Who', width: 200, phone: 'detail', cell: (event) => event.actor.name },
  { key: 'what', header: 'What', width: 240, grow: true, phone: 'lead', cell: (event) => <What event={event} /> },
  { key: 'ip', header: 'From', width: 140, cell: (event) => <span className="figures text-muted">{event.ip ?? '–'}</span> },
];

const named = ['number', 'name', 'subject', 'email', 'fileName'];

/** What happened, and to what where the event says so. */
function What({ event }: { event: AuditEvent }) {
  const { after } = event.data;
  const facts = { ...(typeof after === 'object' ? after : null), ...event.data } as Record<string, unknown>;
  const about = named.map((key) => facts[key]).find((value) => typeof value === 'string' && value !== '');
  return (
    <span className="block truncate">
      <span className="font-medium">{eventWords(event.type)}</span>
      {about !== undefined && <span className="text-muted"> · {String(about)}</span>}
    </span>
  );
}

/** Every change: who, what, before and after. */
export function AuditPage() {
  const [search, setSearch] = useSearchParams();
  const [shown, setShown] = useState<AuditEvent | null>(null);
  const { data: types = [] } = useQuery(eventTypesQuery);
  const [from, to] = splitRange(search['when']);
  const query = {
    limit: PAGE_SIZE,
    ...(search['type'] ? { type: search['type'] } : {}),
    ...(search['by'] ? { actorKind: search['by'] as 'user' } : {}),
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
  };
  const events = usePages(['events', query], (cursor, signal) => listEvents({ ...query, ...(cursor ? { cursor } : {}) }, signal));
  return (
    <Page title="Audit log" lead="Every change, kept for good. Nothing here can be edited." width="wide">
      <FilterBar
        noun="Changes"
        values={search}
        onChange={setSearch}
        filters={[
          choiceFilter(
            'type',
            'What',
            types.map((type) => ({ value: type, label: eventWords(type) })),
            (label) => `“${label}”`,
          ),
          choiceFilter('by', 'Who', kinds, (label) => `made by ${label}`),
          dayFilter('when', 'When', 'made'),
        ]}
      />
      <DataTable
        label="Changes"
        height="fill"
        rows={events.rows}
        rowId={(event) => event.id}
        columns={columns}
        onOpen={setShown}
        loading={events.loading}
        error={events.error}
        retry={events.retry}
        more={events.more}
        empty={
          <Empty icon={ScrollText} title="Nothing matches">
            Take a filter away to see more.
          </Empty>
        }
      />
      <SidePanel open={shown !== null} onClose={() => setShown(null)} title={shown ? eventWords(shown.type) : ''}>
        {shown && <EventDetail event={shown} />}
      </SidePanel>
    </Page>
  );
}

function EventDetail({ event }: { event: AuditEvent }) {
  const path = subjectPath(event.subjectType, event.subjectId);
  const { before, after, ...rest } = event.data;
  return (
    <div className="space-y-5">
      <Facts
        items={[
          ['When', <Moment key="when" value={event.occurredAt} />],
          ['Who', `${event.actor.name} (${kinds.find((kind) => kind.value === event.actor.kind)?.label ?? event.actor.kind})`],
          ['From', event.ip],
          [
            'About',
            path ? (
              <Link key="about" to={path} className="link">
                {eventWords(event.subjectType)}
              </Link>
            ) : (
              eventWords(event.subjectType)
            ),
          ],
        ]}
      />
      {(before !== undefined || after !== undefined) && (
        <div className="grid gap-3 sm:grid-cols-2">
          <Values title="Before" value={before} />
          <Values title="After" value={after} />
        </div>
      )}
      {Object.keys(rest).length > 0 && <Values title="Details" value={rest} />}
    </div>
  );
}

function Values({ title, value }: { title: string; value: unknown }) {
  return (
    <section>
      <h3 className="mb-1 text-label font-medium text-muted">{title}</h3>
      <pre className="overflow-x-auto rounded-md border border-border bg-surface p-3 font-mono text-label whitespace-pre-wrap [overflow-wrap:anywhere]">
        {value === undefined || value === null ? '–' : typeof value === 'string' ? value : JSON.stringify(value, null, 2)}
      </pre>
    </section>
  );
}
