import { useQueryClient } from '@tanstack/react-query';
import { MailX, Plus } from 'lucide-react';
import { useCallback, useState } from 'react';
import { allowAgain, listSuppressions, suppress, type Suppression } from '../../api/correspondence.ts';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { useRefusal } from '../../api/session.ts';
import { useSearchParams } from '../../app/search-params.ts';
import { Button } from '../../components/button.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Moment } from '../../components/date.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { FilterBar } from '../../components/filters.tsx';
import { Page } from '../../components/page.tsx';
import { Empty } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { done } from '../../components/toast.tsx';
import { EmailTabs } from './email-tabs.tsx';

const reasons = {
  bounce: ['critical', 'alert', 'Bounced'],
  opt_out: ['caution', 'stopped', 'Wants no reminders'],
  wrong_person: ['caution', 'stopped', 'Says: this is not me'],
  manual: ['neutral', 'stopped', 'Stopped by staff'],
} as const;

const columns = (lift: (row: Suppression) => void, refusal: string | undefined): Column<Suppression>[] => [
  {
    key: 'address',
    header: 'Address',
    width: 260,
    grow: true,
    fixed: true,
    phone: 'lead',
    cell: (row) => (
      <span className="font-medium" title={row.address}>
        {row.address}
      </span>
    ),
  },
  {
    key: 'reason',
    header: 'Reason',
    width: 180,
    phone: 'detail',
    cell: (row) => (
      <Status tone={reasons[row.reason][0]} icon={reasons[row.reason][1]}>
        {reasons[row.reason][2]}
      </Status>
    ),
  },
  { key: 'detail', header: 'Detail', width: 240, grow: true, cell: (row) => <span title={row.detail ?? undefined}>{row.detail ?? '–'}</span> },
  { key: 'since', header: 'Since', width: 140, cell: (row) => <Moment value={row.createdAt} both={false} /> },
  {
    key: 'lift',
    header: 'Action',
    width: 120,
    phone: 'state',
    cell: (row) => (
      <Button size="small" blockedBecause={refusal} onClick={() => lift(row)}>
        Allow again
      </Button>
    ),
  },
];

/** Addresses that get no mail, and why. */
export function SuppressedPage() {
  const [search, setSearch] = useSearchParams();
  const [adding, setAdding] = useState(false);
  const [lifting, setLifting] = useState<Suppression | null>(null);
  const [draft, setDraft] = useState({ address: '', detail: '' });
  const refusal = useRefusal('correspondence.write');
  const queries = useQueryClient();
  const rows = usePages(['suppressions', search['q']], (cursor, signal) => listSuppressions({ search: search['q'], limit: PAGE_SIZE, cursor }, signal));
  const changeSearch = useCallback((text: string) => setSearch({ q: text || undefined }), [setSearch]);
  const refresh = () => queries.invalidateQueries({ queryKey: ['suppressions'] });
  return (
    <Page
      title="E-mails"
      width="wide"
      lead="Bounced for good, opted out, or stopped by staff."
      tabs={<EmailTabs />}
      actions={
        <Button icon={Plus} blockedBecause={refusal} onClick={() => setAdding(true)}>
          Stop mail to an address
        </Button>
      }
    >
      <FilterBar
        noun="Addresses"
        filters={[]}
        values={search}
        onChange={setSearch}
        search={{ value: search['q'] ?? '', onChange: changeSearch, placeholder: 'Address' }}
      />
      <DataTable
        label="Addresses"
        height="fill"
        rows={rows.rows}
        rowId={(row) => row.address}
        columns={columns(setLifting, refusal)}
        loading={rows.loading}
        error={rows.error}
        retry={rows.retry}
        more={rows.more}
        empty={
          <Empty icon={MailX} title={search['q'] ? 'No address matches' : 'No address is suppressed'}>
            An address that bounces for good lands here by itself, so that no more mail goes to it.
          </Empty>
        }
      />
      <FormDialog
        open={adding}
        onClose={() => setAdding(false)}
        title="Stop mail to an address"
        action="Stop mail"
        blockedBecause={draft.address.trim() ? undefined : 'Write the address first.'}
        onSubmit={async () => {
          await suppress(draft.address.trim(), draft.detail.trim() || null);
          await refresh();
          done(`No more mail goes to ${draft.address.trim()}.`);
          setDraft({ address: '', detail: '' });
        }}
      >
        <TextField label="Address" type="email" value={draft.address} onChange={(address) => setDraft({ ...draft, address })} autoFocus />
        <TextField label="Why" optional value={draft.detail} onChange={(detail) => setDraft({ ...draft, detail })} maxLength={500} />
      </FormDialog>
      {lifting && (
        <FormDialog
          open
          onClose={() => setLifting(null)}
          title={`Allow mail to ${lifting.address}`}
          action="Allow mail again"
          onSubmit={async () => {
            await allowAgain(lifting.address);
            await refresh();
            done(`Mail to ${lifting.address} is allowed again.`, async () => {
              await suppress(lifting.address, lifting.detail);
              await refresh();
            });
          }}
        >
          <p>
            {lifting.reason === 'opt_out'
              ? 'This person asked for no reminders. Allow them only if they asked for it.'
              : lifting.reason === 'bounce'
                ? 'The mail server refused this address for good. If it still does, it comes back here.'
                : 'Mail to this address is sent again.'}
          </p>
        </FormDialog>
      )}
    </Page>
  );
}
