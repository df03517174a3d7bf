import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { AlertTriangle, ArrowDownRight, ArrowUpRight, Banknote, BellOff, CheckCircle2, CreditCard, FileUp, Mail, MailX, Scale, Undo2 } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { upcomingQuery } from '../../api/reminders.ts';
import { type Dashboard, dashboardQuery, exportList } from '../../api/reporting.ts';
import { AgingBar } from '../../components/aging-bar.tsx';
import { Button, LinkButton } from '../../components/button.tsx';
import { Card, Figure, Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton, PageSkeleton, Skeleton } from '../../components/states.tsx';
import { failed } from '../../components/toast.tsx';
import { formatMoment, plural, relativeMoment } from '../../format/dates.ts';
import { Alarms } from '../reminders/alarms.tsx';
import { outgoing, sendsNothing } from '../reminders/outgoing.ts';
import { compareAmounts, formatCount, formatList, formatMoney, isZero, type Money } from '../../format/money.ts';

const CollectedChart = lazy(() => import('./collected-chart.tsx'));

type Figures = Dashboard['currencies'][number];

/** Are we being paid, and what needs me? */
export function DashboardPage() {
  const dashboard = useQuery(dashboardQuery);
  if (dashboard.isPending) return <PageSkeleton />;
  if (dashboard.isError) return <Failure error={dashboard.error} retry={() => void dashboard.refetch()} />;
  const { data } = dashboard;
  const shown = data.currencies.filter((entry, index) => index === 0 || !isZero(entry.open) || !isZero(entry.collectedThisMonth));
  const main = shown[0];
  const nothing = main && shown.every((entry) => entry.openCount === 0) && shown.every((entry) => entry.collected.every((month) => isZero(month.amount)));
  return (
    <Page title="Dashboard">
      <Alarms className="mb-5" />
      {nothing && <Welcome />}
      <div className="grid gap-5 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="min-w-0 space-y-5">
          {shown.map((entry) => (
            <CurrencyCard key={entry.currency} figures={entry} single={shown.length === 1} />
          ))}
          {main && <Collected figures={main} at={data.figuresAt} />}
        </div>
        <div className="min-w-0 space-y-5">
          <NeedsYou items={data.attention} />
          <NextReminders />
        </div>
      </div>
    </Page>
  );
}

function Welcome() {
  return (
    <div className="mb-5 rounded-lg border border-border bg-raised">
      <Empty
        icon={FileUp}
        title="Start with your open invoices"
        action={
          <>
            <LinkButton to="/import" icon={FileUp} variant="primary">
              Import invoices
            </LinkButton>
            <LinkButton to="/settings/api-keys">Connect your accounting system</LinkButton>
          </>
        }
      >
        Import customers and invoices, switch a reminder rule on, and payments come in from the mails.
      </Empty>
    </div>
  );
}

function CurrencyCard({ figures, single }: { figures: Figures; single: boolean }) {
  const money = (amount: string): Money => ({ amount, currency: figures.currency });
  return (
    <Card>
      <div className="mb-5 flex flex-wrap items-start justify-between gap-4">
        <div className="min-w-0">
          <p className="text-table text-muted">Overdue{single ? '' : `, ${figures.currency}`}</p>
          <p className="figures text-[clamp(24px,7.2vw,34px)] leading-10 font-semibold tracking-[-0.02em] [overflow-wrap:anywhere]">
            <Link to="/invoices" search={{ view: 'overdue' } as never} className="rounded hover:underline">
              {formatMoney(money(figures.overdue))}
            </Link>
          </p>
          <Trend figures={figures} />
        </div>
        <div className="flex min-w-0 flex-wrap gap-x-8 gap-y-3">
          <Figure label="Open" note={plural(figures.openCount, 'invoice')}>
            {formatMoney(money(figures.open))}
          </Figure>
          <Figure label="DSO" note="days sales outstanding">
            {figures.dso === null ? '–' : `${Math.round(figures.dso)} days`}
          </Figure>
        </div>
      </div>
      <AgingBar
        value={{
          current: money(figures.aging.current),
          days1To30: money(figures.aging.days1To30),
          days31To60: money(figures.aging.days31To60),
          days61To90: money(figures.aging.days61To90),
          over90: money(figures.aging.over90),
        }}
      />
      {!isZero(figures.credits) && (
        <p className="mt-3 text-table text-muted">{formatMoney(money(figures.credits))} of credits and unapplied cash stand against this.</p>
      )}
    </Card>
  );
}

/** The change against 30 days ago, in words; more overdue is worse. */
function Trend({ figures }: { figures: Figures }) {
  if (figures.overdueChange === null) return <p className="mt-1 text-table text-muted">Nothing was overdue 30 days ago</p>;
  const direction = compareAmounts(figures.overdue, figures.overdue30DaysAgo);
  const before = formatMoney({ amount: figures.overdue30DaysAgo, currency: figures.currency });
  if (direction === 0) return <p className="mt-1 text-table text-muted">The same as 30 days ago</p>;
  const Arrow = direction > 0 ? ArrowUpRight : ArrowDownRight;
  return (
    <p className="figures mt-1 flex items-center gap-1 text-table">
      <span className={`flex items-center gap-0.5 font-medium ${direction > 0 ? 'text-critical' : 'text-positive'}`}>
        <Arrow aria-hidden size={15} />
        {formatCount(Math.round(Math.abs(figures.overdueChange)))} % {direction > 0 ? 'more' : 'less'}
      </span>
      <span className="text-muted">than 30 days ago ({before})</span>
    </p>
  );
}

function Collected({ figures, at }: { figures: Figures; at: string }) {
  const money = (amount: string): Money => ({ amount, currency: figures.currency });
  return (
    <Card
      title="Collected"
      lead={`As of ${formatMoment(at)}`}
      actions={
        <Button size="small" onClick={() => void exportList('aging', 'xlsx').catch(failed)}>
          Export aging
        </Button>
      }
    >
      <div className="mb-4 flex flex-wrap gap-x-10 gap-y-3">
        <Figure label="This month">{formatMoney(money(figures.collectedThisMonth))}</Figure>
        <Figure label="Last month">{formatMoney(money(figures.collectedLastMonth))}</Figure>
      </div>
      <Suspense fallback={<Skeleton className="h-48" />}>
        <CollectedChart months={figures.collected} currency={figures.currency} />
      </Suspense>
    </Card>
  );
}

type Attention = Dashboard['attention'][number];

const attention: Record<Attention['kind'], { icon: typeof Mail; words: (item: Attention) => string; path: (item: Attention) => string }> = {
  payment_failed: {
    icon: CreditCard,
    words: (item) => `Payment declined${item.text ? `: ${item.text}` : ''}`,
    path: (item) => `/payments/attempts/${item.id}`,
  },
  payment_returned: { icon: Undo2, words: (item) => `Payment returned${item.text ? `: ${item.text}` : ''}`, path: (item) => `/payments/${item.id}` },
  payment_unknown: { icon: AlertTriangle, words: () => 'The outcome of a payment is not known yet', path: (item) => `/payments/attempts/${item.id}` },
  address_bounced: {
    icon: MailX,
    words: (item) => `Mail to ${item.text} bounced`,
    path: (item) => (item.customer ? `/customers/${item.customer.id}` : '/emails/suppressed'),
  },
  reminder_held: {
    icon: BellOff,
    words: (item) => `${item.customer ? 'Reminder' : 'Reminders'} held back: ${item.text.charAt(0).toLowerCase()}${item.text.slice(1)}`,
    path: (item) => (item.customer ? `/customers/${item.customer.id}` : `/reminders/runs/${item.id}`),
  },
  mail_uncertain: { icon: Mail, words: (item) => `A mail to ${item.text} was perhaps not sent`, path: (item) => `/emails/${item.id}` },
  upload_failed: { icon: FileUp, words: (item) => `Upload, ${item.text}`, path: (item) => `/import/uploads/${item.id}` },
  cash_unapplied: { icon: Banknote, words: (item) => `Payment ${item.text} is not fully applied`, path: (item) => `/payments/${item.id}` },
  ledger_mismatch: {
    icon: Scale,
    words: () => 'A balance does not equal its applications',
    path: (item) => (item.customer ? `/customers/${item.customer.id}` : '/settings/audit'),
  },
};

function NeedsYou({ items }: { items: readonly Attention[] }) {
  return (
    <Card title="Needs you" flush>
      {items.length === 0 ? (
        <Empty icon={CheckCircle2} title="Nothing needs you">
          Declined payments, bounced addresses and held reminders appear here.
        </Empty>
      ) : (
        <ul className="max-h-[420px] divide-y divide-border overflow-y-auto border-t border-border">
          {items.map((item) => {
            const kind = attention[item.kind];
            return (
              <li key={item.kind + item.id}>
                <Link to={kind.path(item) as never} className="flex items-start gap-3 px-4 py-2.5 outline-offset-[-2px] hover:bg-sunken/60">
                  <kind.icon aria-hidden size={16} className="mt-0.5 shrink-0 text-caution" />
                  <span className="min-w-0 flex-1">
                    <span className="line-clamp-2 [overflow-wrap:anywhere]">{kind.words(item)}</span>
                    <span className="block truncate text-table text-muted">
                      {item.customer ? `${item.customer.name} · ` : ''}
                      {relativeMoment(item.at)}
                    </span>
                  </span>
                  {item.amount && <span className="figures shrink-0 font-medium">{formatMoney(item.amount)}</span>}
                </Link>
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}

function NextReminders() {
  const upcoming = useQuery(upcomingQuery);
  const { data } = upcoming;
  return (
    <Card
      title="What goes out next"
      {...(data && data.activeRules > 0 ? { lead: `${formatMoment(data.nextRunAt)}, if nothing is paid until then` } : {})}
      actions={
        <LinkButton to="/reminders" size="small">
          Rules
        </LinkButton>
      }
      flush
    >
      {upcoming.isPending && <LinesSkeleton lines={4} />}
      {upcoming.isError && <Failure error={upcoming.error} retry={() => void upcoming.refetch()} />}
      {data?.activeRules === 0 && (
        <Empty
          icon={BellOff}
          title="No reminder rule is on"
          action={
            <LinkButton to="/reminders" variant="primary">
              Choose rules
            </LinkButton>
          }
        >
          Switch one on and the run of the day writes to the customers that it selects.
        </Empty>
      )}
      {data && data.activeRules > 0 && (
        <>
          <p className="px-4 pb-3">
            <span className="font-medium">{sendsNothing(data) ? 'No reminder' : outgoing(data)}</span>
            {data.amounts.length > 0 && <span className="figures text-muted"> for {formatList(data.amounts)}</span>}
            {data.held > 0 && <span className="text-muted"> · {data.held} held back</span>}
          </p>
          <ul className="divide-y divide-border border-t border-border empty:border-0">
            {data.customers.slice(0, 6).map((entry) => (
              <li key={entry.customerId + entry.amount.currency} className="flex items-center justify-between gap-3 px-4 py-2">
                <Link to={`/customers/${entry.customerId}` as never} className="truncate hover:underline" title={entry.customerName}>
                  {entry.customerName}
                </Link>
                <span className="figures shrink-0">
                  {formatMoney(entry.amount)} <span className="text-muted">· {plural(entry.invoices, 'invoice')}</span>
                </span>
              </li>
            ))}
          </ul>
          {data.mails > 6 && <p className="border-t border-border px-4 py-2 text-table text-muted">and {formatCount(data.mails - 6)} more</p>}
        </>
      )}
    </Card>
  );
}
