import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import {
  Archive,
  ArchiveRestore,
  BellOff,
  BellRing,
  CreditCard,
  Landmark,
  Link2,
  MoreHorizontal,
  Pencil,
  Plus,
  Star,
  Tags,
  Trash2,
  Wallet,
} from 'lucide-react';
import { useState } from 'react';
import {
  archiveCustomer,
  changeContact,
  type Contact,
  type Customer,
  customerQuery,
  removeContact,
  restoreCustomer,
  resumeReminders,
} from '../../api/customers.ts';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { methodsQuery, type PaymentMethod, removeMethod } from '../../api/payments.ts';
import { type Aging, autoApply, customerAgingQuery, type InvoiceQuery, listDocuments } from '../../api/receivables.ts';
import { useRefusal, useSession } from '../../api/session.ts';
import { AgingBar } from '../../components/aging-bar.tsx';
import { Button, IconButton } from '../../components/button.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { Menu, type MenuAction } from '../../components/menu.tsx';
import { Card, Facts, Note, Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton, PageSkeleton } from '../../components/states.tsx';
import { Status, Tag } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { formatDay, plural, today } from '../../format/dates.ts';
import { formatList, formatMoney, isZero, type Money } from '../../format/money.ts';
import { methodLine } from '../payments/attempt-view.tsx';
import { RecordPaymentDialog } from '../payments/record-payment-dialog.tsx';
import { invoiceColumns, documentPath } from '../receivables/invoice-columns.tsx';
import { useRefreshMoney } from '../receivables/apply-dialogs.tsx';
import { PayLinkDialog } from '../receivables/pay-link-dialog.tsx';
import { TimelineCard } from '../reporting/timeline-card.tsx';
import { CategorizeDialog, ContactDialog, EditCustomerDialog, PauseDialog, useRefreshCustomers } from './customer-dialogs.tsx';
import { NextStep } from './next-step.tsx';

/** How they pay, what was said, what is next. */
export function CustomerPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const customer = useQuery(customerQuery(id));
  if (customer.isPending) return <PageSkeleton />;
  if (customer.isError) return <Failure error={customer.error} retry={() => void customer.refetch()} />;
  return <CustomerView customer={customer.data} />;
}

type Open = 'edit' | 'pause' | 'categories' | 'pay-link' | 'record' | 'archive' | null;

function CustomerView({ customer }: { customer: Customer }) {
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const aging = useQuery(customerAgingQuery(customer.id));
  const paused = customer.pausedUntil !== null && customer.pausedUntil >= today();
  return (
    <Page
      title={customer.name}
      beside={
        <>
          {customer.archivedAt && <Status icon="stopped">Archived</Status>}
          {paused && <Status tone="caution" icon="waiting">{`Reminders paused until ${formatDay(customer.pausedUntil ?? '')}`}</Status>}
          {customer.categories.map((category) => (
            <Tag key={category.id}>{category.name}</Tag>
          ))}
        </>
      }
      back={{ label: 'Customers', to: '/customers' }}
      lead={<span>{[customer.number, customer.companyCode && `company code ${customer.companyCode}`].filter(Boolean).join(' · ')}</span>}
      actions={<Actions customer={customer} paused={paused} aging={aging.data ?? []} open={setOpen} />}
    >
      <div className="grid gap-5 lg:grid-cols-[minmax(0,1fr)_340px]">
        <div className="min-w-0 space-y-5">
          <Balance customer={customer} aging={aging.data} failure={aging.error} />
          <Invoices customerId={customer.id} />
          <TimelineCard of="customers" id={customer.id} />
        </div>
        <div className="min-w-0 space-y-5">
          <NextStep customer={customer} paused={paused} />
          <Contacts customer={customer} />
          <Methods customer={customer} />
          <Card title="Details">
            <Facts
              items={[
                ['Company', customer.companyName],
                ['First name', customer.firstName],
                ['Last name', customer.lastName],
                [
                  'Phone',
                  customer.phone && (
                    <a key="phone" className="link" href={`tel:${customer.phone}`}>
                      {customer.phone}
                    </a>
                  ),
                ],
                ['Language', customer.language],
                ...Object.entries(customer.custom).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const),
              ]}
            />
          </Card>
        </div>
      </div>
      {open === 'edit' && <EditCustomerDialog open onClose={close} customer={customer} />}
      {open === 'pause' && <PauseDialog open onClose={close} customer={customer} />}
      {open === 'categories' && <CategorizeDialog open onClose={close} customers={[customer]} />}
      {open === 'pay-link' && <PayLinkDialog customer={customer} onClose={close} />}
      {open === 'archive' && <ArchiveDialog customer={customer} onClose={close} />}
      <RecordPaymentDialog open={open === 'record'} onClose={close} customer={customer} {...(aging.data?.[0] ? { currency: aging.data[0].currency } : {})} />
    </Page>
  );
}

function Actions({ customer, paused, aging, open }: { customer: Customer; paused: boolean; aging: readonly Aging[]; open: (what: Open) => void }) {
  const writing = useRefusal('customers.write');
  const money = useRefusal('receivables.write');
  const mailing = useRefusal('correspondence.write');
  const refresh = useRefreshCustomers();
  const refreshMoney = useRefreshMoney();
  const owes = aging.some((entry) => !isZero(entry.open));
  const credits = aging.filter((entry) => !isZero(entry.credits) && !isZero(entry.open));
  const act = (work: () => Promise<unknown>, words: string) => async () => {
    try {
      await work();
      await refresh();
      done(words);
    } catch (error) {
      failed(error);
    }
  };
  const applyAllCredits = async () => {
    try {
      const applied: Money[] = [];
      for (const entry of credits) applied.push((await autoApply(customer.id, entry.currency)).applied);
      await refreshMoney();
      done(`${formatList(applied)} applied to the oldest invoices.`);
    } catch (error) {
      failed(error);
    }
  };
  const actions: MenuAction[] = [
    { label: 'Edit', icon: Pencil, onSelect: () => open('edit'), blockedBecause: writing },
    { label: 'Categories', icon: Tags, onSelect: () => open('categories'), blockedBecause: writing },
    paused
      ? { label: 'Resume reminders', icon: BellRing, onSelect: act(() => resumeReminders(customer.id), 'Reminders are on again.'), blockedBecause: writing }
      : { label: 'Pause reminders', icon: BellOff, onSelect: () => open('pause'), blockedBecause: writing },
    ...(credits.length > 0
      ? [{ label: 'Apply credits to the oldest invoices', icon: Wallet, onSelect: () => void applyAllCredits(), blockedBecause: money }]
      : []),
    customer.archivedAt
      ? {
          label: 'Bring back',
          icon: ArchiveRestore,
          onSelect: act(() => restoreCustomer(customer.id), `${customer.name} is back in the lists.`),
          blockedBecause: writing,
        }
      : { label: 'Archive', icon: Archive, danger: true, onSelect: () => open('archive'), blockedBecause: writing },
  ];
  return (
    <>
      <Button icon={Link2} blockedBecause={mailing ?? (owes ? undefined : 'Nothing is open.')} onClick={() => open('pay-link')}>
        Pay link
      </Button>
      <Button variant="primary" icon={CreditCard} blockedBecause={money} onClick={() => open('record')}>
        Record payment
      </Button>
      <Menu trigger={<IconButton icon={MoreHorizontal} variant="secondary" label="More actions" />} actions={actions} />
    </>
  );
}

function ArchiveDialog({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const refresh = useRefreshCustomers();
  return (
    <FormDialog
      open
      onClose={onClose}
      danger
      title={`Archive ${customer.name}`}
      action="Archive customer"
      onSubmit={async () => {
        await archiveCustomer(customer.id);
        await refresh();
        done(`${customer.name} archived.`, async () => {
          await restoreCustomer(customer.id);
          await refresh();
        });
      }}
    >
      <p>The customer leaves the lists and gets no reminders. Nothing is deleted, and it can be brought back.</p>
    </FormDialog>
  );
}

function Balance({ customer, aging, failure }: { customer: Customer; aging: readonly Aging[] | undefined; failure: unknown }) {
  const { tenant } = useSession();
  if (failure)
    return (
      <Card>
        <Failure error={failure} />
      </Card>
    );
  if (!aging)
    return (
      <Card>
        <LinesSkeleton lines={3} />
      </Card>
    );
  const shown =
    aging.length > 0
      ? aging
      : [
          {
            currency: tenant.currency,
            current: '0.00',
            days1To30: '0.00',
            days31To60: '0.00',
            days61To90: '0.00',
            over90: '0.00',
            open: '0.00',
            overdue: '0.00',
            credits: '0.00',
            openCount: 0,
            oldestDueOn: null,
          },
        ];
  return (
    <>
      {shown.map((entry) => {
        const money = (amount: string): Money => ({ amount, currency: entry.currency });
        const overdue = !isZero(entry.overdue);
        return (
          <Card key={entry.currency}>
            <div className="mb-4 flex flex-wrap items-end gap-x-8 gap-y-2">
              <div>
                <p className="text-table text-muted">Open{shown.length > 1 ? `, ${entry.currency}` : ''}</p>
                <p className="figures text-figure font-semibold tracking-[-0.02em]">{formatMoney(money(entry.open))}</p>
              </div>
              <p className="figures pb-1.5 text-muted">
                {entry.openCount === 0 ? `${customer.name} owes nothing` : `${plural(entry.openCount, 'open invoice')}; `}
                {entry.openCount > 0 &&
                  (overdue ? <span className="font-medium text-critical">{formatMoney(money(entry.overdue))} overdue</span> : 'nothing overdue')}
                {overdue && entry.oldestDueOn && `, the oldest due ${formatDay(entry.oldestDueOn)}`}
                {!isZero(entry.credits) && `; ${formatMoney(money(entry.credits))} credit not applied`}
              </p>
            </div>
            <AgingBar
              value={{
                current: money(entry.current),
                days1To30: money(entry.days1To30),
                days31To60: money(entry.days31To60),
                days61To90: money(entry.days61To90),
                over90: money(entry.over90),
              }}
            />
          </Card>
        );
      })}
    </>
  );
}

const views = [
  { key: 'open', label: 'Open' },
  { key: 'closed', label: 'Paid' },
  { key: 'all', label: 'All' },
  { key: 'credits', label: 'Credits' },
] as const;

function Invoices({ customerId }: { customerId: string }) {
  const { tenant } = useSession();
  const [view, setView] = useState<(typeof views)[number]['key']>('open');
  const source = view === 'credits' ? 'credits' : 'invoices';
  const query: InvoiceQuery = { customerId, state: view === 'credits' ? 'all' : view, sort: view === 'open' ? 'due' : '-due' };
  const invoices = usePages(['invoices', source, query], (cursor, signal) => listDocuments(source, { ...query, limit: PAGE_SIZE, cursor }, signal));
  return (
    <section aria-label="Invoices">
      <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
        <h2 className="font-semibold">Invoices</h2>
        <div role="group" aria-label="Which invoices" className="flex rounded-md bg-sunken p-0.5">
          {views.map((item) => (
            <button
              key={item.key}
              type="button"
              aria-pressed={view === item.key}
              onClick={() => setView(item.key)}
              className="h-7 rounded px-2.5 text-table text-muted aria-pressed:bg-raised aria-pressed:font-medium aria-pressed:text-text aria-pressed:shadow-raised max-sm:h-10"
            >
              {item.label}
            </button>
          ))}
        </div>
      </div>
      <DataTable
        label="Invoices"
        rows={invoices.rows}
        rowId={(row) => row.id}
        columns={invoiceColumns(tenant.currency, { customer: false }).filter((column) => !column.hidden)}
        href={documentPath}
        loading={invoices.loading}
        error={invoices.error}
        retry={invoices.retry}
        more={invoices.more}
        empty={
          <Empty title={view === 'open' ? 'Nothing is open' : view === 'credits' ? 'No credits' : 'No invoices here'}>
            {view === 'open' ? 'Paid invoices are under “Paid”.' : 'They arrive with an upload or an import.'}
          </Empty>
        }
      />
    </section>
  );
}

function Contacts({ customer }: { customer: Customer }) {
  const [editing, setEditing] = useState<Contact | 'new' | null>(null);
  const [removing, setRemoving] = useState<Contact | null>(null);
  const refusal = useRefusal('customers.write');
  const refresh = useRefreshCustomers();
  const makePrimary = async (contact: Contact) => {
    try {
      await changeContact(customer.id, contact.id, { isPrimary: true });
      await refresh();
      done(`Reminders now go to ${contact.email}.`);
    } catch (error) {
      failed(error);
    }
  };
  return (
    <Card
      title="Contacts"
      flush
      actions={
        <Button size="small" icon={Plus} blockedBecause={refusal} onClick={() => setEditing('new')}>
          Add
        </Button>
      }
    >
      {customer.contacts.length === 0 && (
        <div className="px-4 pb-4">
          <Note tone="caution">No e-mail address: this customer gets no reminders. Add a contact.</Note>
        </div>
      )}
      <ul className="divide-y divide-border border-t border-border">
        {customer.contacts.map((contact) => (
          <li key={contact.id} className="flex items-start gap-2 px-4 py-2.5">
            <div className="min-w-0 flex-1">
              <p className="truncate font-medium">{contact.name ?? contact.email}</p>
              {contact.name && (
                <a href={`mailto:${contact.email}`} className="link block truncate text-table">
                  {contact.email}
                </a>
              )}
              <p className="text-label text-muted">
                {contact.isPrimary ? 'Primary: gets the reminders' : contact.purpose === 'billing' ? 'Billing: gets a copy' : 'Gets no reminders'}
                {contact.phone && ` · ${contact.phone}`}
              </p>
            </div>
            <Menu
              trigger={<IconButton icon={MoreHorizontal} size="small" label={`Actions for ${contact.email}`} />}
              actions={[
                { label: 'Edit', icon: Pencil, onSelect: () => setEditing(contact), blockedBecause: refusal },
                ...(contact.isPrimary ? [] : [{ label: 'Make primary', icon: Star, onSelect: () => void makePrimary(contact), blockedBecause: refusal }]),
                { label: 'Remove', icon: Trash2, danger: true, onSelect: () => setRemoving(contact), blockedBecause: refusal },
              ]}
            />
          </li>
        ))}
      </ul>
      {editing && (
        <ContactDialog
          key={editing === 'new' ? 'new' : editing.id}
          open
          onClose={() => setEditing(null)}
          customer={customer}
          contact={editing === 'new' ? null : editing}
        />
      )}
      {removing && (
        <FormDialog
          open
          onClose={() => setRemoving(null)}
          danger
          title={`Remove ${removing.email}`}
          action="Remove contact"
          onSubmit={async () => {
            await removeContact(customer.id, removing.id);
            await refresh();
            done(`${removing.email} removed.`);
          }}
        >
          <p>
            {removing.isPrimary && customer.contacts.length > 1
              ? 'Reminders will go to another contact of this customer.'
              : customer.contacts.length === 1
                ? 'This is the only contact: the customer will get no reminders.'
                : 'Mails that were sent stay in the history.'}
          </p>
        </FormDialog>
      )}
    </Card>
  );
}

const methodName = (method: PaymentMethod): string => methodLine({ rail: method.rail, method });

function Methods({ customer }: { customer: Customer }) {
  const methods = useQuery(methodsQuery(customer.id));
  const [removing, setRemoving] = useState<PaymentMethod | null>(null);
  const refusal = useRefusal('customers.write');
  const refresh = useRefreshCustomers();
  return (
    <Card title="Payment methods" flush>
      {methods.isPending && <LinesSkeleton lines={2} />}
      {methods.data?.length === 0 && (
        <p className="px-4 pb-4 text-table text-muted">None saved. A card or bank account that a payer keeps on a pay page stands here.</p>
      )}
      <ul className="divide-y divide-border border-t border-border empty:border-0">
        {methods.data?.map((method) => (
          <li key={method.id} className="flex items-center gap-3 px-4 py-2.5">
            {method.rail === 'card' ? <CreditCard aria-hidden size={16} className="text-muted" /> : <Landmark aria-hidden size={16} className="text-muted" />}
            <div className="min-w-0 flex-1">
              <p>{methodName(method)}</p>
              <p className="text-label text-muted">
                {method.expMonth && method.expYear ? `Valid until ${String(method.expMonth).padStart(2, '0')}/${method.expYear}` : ''}
                {method.holderName ? `${method.expMonth ? ' · ' : ''}${method.holderName}` : ''}
              </p>
            </div>
            <IconButton
              icon={Trash2}
              size="small"
              label={`Forget ${methodName(method)}`}
              blockedBecause={refusal}
              onClick={() => refusal === undefined && setRemoving(method)}
            />
          </li>
        ))}
      </ul>
      {removing && (
        <FormDialog
          open
          onClose={() => setRemoving(null)}
          danger
          title={`Forget ${methodName(removing)}`}
          action="Forget it"
          onSubmit={async () => {
            await removeMethod(removing.id);
            await refresh();
            done(`${methodName(removing)} forgotten.`);
          }}
        >
          <p>Buttons in mails that pay with it stop working; the payer can use another method there.</p>
        </FormDialog>
      )}
    </Card>
  );
}
