import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { Archive, ArchiveRestore, BellOff, BellRing, CreditCard, HandCoins, Link2, MoreHorizontal, Pencil, ReceiptText, Tags, Wallet } from 'lucide-react';
import { useState } from 'react';
import { archiveCustomer, type Customer, customerQuery, restoreCustomer, resumeReminders } from '../../api/customers.ts';
import { type Aging, autoApply, customerAgingQuery } from '../../api/receivables.ts';
import { useRefusal, useSession } from '../../api/session.ts';
import { AgingBar } from '../../components/aging-bar.tsx';
import { Button, IconButton } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { Menu, type MenuAction } from '../../components/menu.tsx';
import { Card, Facts, Page } from '../../components/page.tsx';
import { Failure, LinesSkeleton, PageSkeleton } from '../../components/states.tsx';
import { Status, Tag } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { formatDay, plural, today } from '../../format/dates.ts';
import { formatList, formatMoney, isZero, type Money } from '../../format/money.ts';
import { CustomerCadence } from '../cadences/customer-cadence.tsx';
import { AgreementsCard } from '../collections/agreements-card.tsx';
import { HoldDialog } from '../collections/hold-dialog.tsx';
import { Holds } from '../collections/holds.tsx';
import { NotesCard } from '../collections/notes-card.tsx';
import { PromiseDialog } from '../collections/promise-dialog.tsx';
import { TasksCard } from '../collections/tasks-card.tsx';
import { CustomerMail } from '../inbox/customer-mail.tsx';
import { RecordPaymentDialog } from '../payments/record-payment-dialog.tsx';
import { useRefreshMoney } from '../receivables/apply-dialogs.tsx';
import { PayLinkDialog } from '../receivables/pay-link-dialog.tsx';
import { TimelineCard } from '../reporting/timeline-card.tsx';
import { CustomerStatements } from '../statements/customer-statements.tsx';
import { ContactsCard } from './contacts-card.tsx';
import { CategorizeDialog, EditCustomerDialog, PauseDialog, useRefreshCustomers } from './customer-dialogs.tsx';
import { CustomerInvoices } from './customer-invoices.tsx';
import { MethodsCard } from './methods-card.tsx';
import { NextStep } from './next-step.tsx';
import { ParentCard } from './parent-card.tsx';
import { languageName } from '../../format/languages.ts';

/** How they pay, what was said, what is next. */
export function CustomerPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const customer = useQuery(customerQuery(id));
  if (customer.isPending) return <PageSkeleton />;
  if (customer.isError) return <Failure error={customer.error} retry={() => void customer.refetch()} />;
  return <CustomerView customer={customer.data} />;
}

type Open = 'edit' | 'pause' | 'categories' | 'pay-link' | 'record' | 'archive' | 'promise' | 'hold' | null;

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
          <Holds about={{ customerId: customer.id }} />
          <Balance customer={customer} aging={aging.data} failure={aging.error} />
          <CustomerInvoices customer={customer} />
          <TasksCard customer={customer} />
          <NotesCard customerId={customer.id} />
          <CustomerMail customerId={customer.id} />
          <TimelineCard of="customers" id={customer.id} />
        </div>
        <div className="min-w-0 space-y-5">
          <NextStep customer={customer} paused={paused} />
          <AgreementsCard about={{ customerId: customer.id }} />
          <CustomerCadence customer={customer} />
          <ContactsCard customer={customer} />
          <ParentCard customer={customer} />
          <CustomerStatements customer={customer} hasChildren={(customer.children?.length ?? 0) > 0} />
          <MethodsCard customer={customer} />
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
                ['Language', customer.language && languageName(customer.language)],
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
      {open === 'promise' && aging.data?.[0] && (
        <PromiseDialog customer={customer} amount={{ amount: aging.data[0].open, currency: aging.data[0].currency }} onClose={close} />
      )}
      {open === 'hold' && <HoldDialog customer={customer} onClose={close} />}
      {open === 'archive' && <ArchiveDialog customer={customer} onClose={close} />}
      <RecordPaymentDialog open={open === 'record'} onClose={close} customer={customer} {...(aging.data?.[0] ? { currency: aging.data[0].currency } : {})} />
    </Page>
  );
}

function Actions({ customer, paused, aging, open }: { customer: Customer; paused: boolean; aging: readonly Aging[]; open: (what: Open) => void }) {
  const writing = useRefusal('customers.write');
  const money = useRefusal('receivables.write');
  const mailing = useRefusal('correspondence.write');
  const collecting = useRefusal('collections.write');
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
    { label: 'Promise to pay', icon: HandCoins, onSelect: () => open('promise'), blockedBecause: collecting ?? (owes ? undefined : 'Nothing is open.') },
    {
      label: 'Paid already or in a plan',
      icon: ReceiptText,
      onSelect: () => open('hold'),
      blockedBecause: collecting ?? (owes ? undefined : 'Nothing is open.'),
    },
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
