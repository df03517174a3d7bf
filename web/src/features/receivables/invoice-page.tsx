import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import {
  Ban,
  BellRing,
  BookmarkX,
  CreditCard,
  FileText,
  HandCoins,
  Link2,
  MessageSquareWarning,
  MoreHorizontal,
  ReceiptText,
  Undo2,
  Wallet,
} from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { type DocumentSource, documentQuery, type Invoice, undoApplication } from '../../api/receivables.ts';
import { useRefusal } from '../../api/session.ts';
import { Button, buttonClass, IconButton } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { Menu } from '../../components/menu.tsx';
import { Card, Facts, Figure, Page } from '../../components/page.tsx';
import { Empty, Failure, PageSkeleton } from '../../components/states.tsx';
import { StatusOf } from '../../components/status.tsx';
import { done } from '../../components/toast.tsx';
import { formatDay } from '../../format/dates.ts';
import { compareAmounts, formatAmount, formatMoney, isZero } from '../../format/money.ts';
import { documentState, kindWords } from '../../format/states.ts';
import { AgreementsCard } from '../collections/agreements-card.tsx';
import { HoldDialog } from '../collections/hold-dialog.tsx';
import { DisputeDialog } from '../collections/dispute-dialogs.tsx';
import { FilesCard } from '../collections/files-card.tsx';
import { Holds } from '../collections/holds.tsx';
import { PromiseDialog } from '../collections/promise-dialog.tsx';
import { TasksCard } from '../collections/tasks-card.tsx';
import { LastViewed } from '../inbox/last-viewed.tsx';
import { RecordPaymentDialog } from '../payments/record-payment-dialog.tsx';
import { TimelineCard } from '../reporting/timeline-card.tsx';
import { ApplyCreditDialog, ApplyToInvoicesDialog, useRefreshMoney } from './apply-dialogs.tsx';
import { VoidDialog, WriteOffDialog } from './document-dialogs.tsx';
import { PayLinkDialog } from './pay-link-dialog.tsx';
import { SendReminderDialog } from './send-reminder-dialog.tsx';

export const InvoicePage = () => <DocumentPage source="invoices" />;
export const CreditPage = () => <DocumentPage source="credits" />;

type Open = 'pay-link' | 'record' | 'credit' | 'write-off' | 'void' | 'apply' | 'remind' | 'promise' | 'dispute' | 'hold' | null;

/** One invoice or credit: what is open, what was applied, what happened, and every attribute that was uploaded. */
function DocumentPage({ source }: { source: DocumentSource }) {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const document = useQuery(documentQuery(source, id));
  if (document.isPending) return <PageSkeleton />;
  if (document.isError) return <Failure error={document.error} retry={() => void document.refetch()} />;
  return <DocumentView source={source} invoice={document.data} />;
}

function DocumentView({ source, invoice }: { source: DocumentSource; invoice: Invoice }) {
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const state = documentState(invoice);
  const isOpen = invoice.state === 'open';
  return (
    <Page
      title={`${kindWords[invoice.kind] ?? 'Document'} ${invoice.number}`}
      beside={<StatusOf state={state} />}
      back={{ label: 'Invoices', to: '/invoices' }}
      lead={
        <Link to={`/customers/${invoice.customer.id}` as never} className="link">
          {invoice.customer.name}
        </Link>
      }
      actions={<Actions source={source} invoice={invoice} open={setOpen} />}
    >
      <div className="grid gap-5 lg:grid-cols-[minmax(0,1fr)_340px]">
        <div className="min-w-0 space-y-5">
          {source === 'invoices' && isOpen && <Holds about={{ invoiceId: invoice.id }} />}
          <Summary source={source} invoice={invoice} />
          <Applications source={source} invoice={invoice} />
          <TimelineCard of="invoices" id={invoice.id} />
        </div>
        <div className="min-w-0 space-y-5">
          {source === 'invoices' && <Collecting invoice={invoice} />}
          <Attributes invoice={invoice} />
        </div>
      </div>
      <CollectingDialogs open={open} invoice={invoice} onClose={close} />
      {open === 'pay-link' && <PayLinkDialog customer={invoice.customer} documentIds={[invoice.id]} onClose={close} />}
      <RecordPaymentDialog open={open === 'record'} onClose={close} customer={invoice.customer} currency={invoice.open.currency} />
      {isOpen && source === 'invoices' && <ApplyCreditDialog open={open === 'credit'} onClose={close} invoice={invoice} />}
      {isOpen && source === 'credits' && (
        <ApplyToInvoicesDialog open={open === 'apply'} onClose={close} kind="credit" id={invoice.id} available={invoice.open} customer={invoice.customer} />
      )}
      {open === 'write-off' && <WriteOffDialog invoice={invoice} onClose={close} />}
      {open === 'void' && <VoidDialog documents={[invoice]} onClose={close} />}
    </Page>
  );
}

/** What collectors agreed about the invoice, what they have to do, and what goes along with its mails. */
const Collecting = ({ invoice }: { invoice: Invoice }) => (
  <>
    <AgreementsCard about={{ invoiceId: invoice.id }} />
    <TasksCard customer={invoice.customer} invoice={invoice} />
    <FilesCard invoice={invoice} />
  </>
);

function CollectingDialogs({ open, invoice, onClose }: { open: Open; invoice: Invoice; onClose: () => void }) {
  if (open === 'remind') return <SendReminderDialog customer={invoice.customer} invoiceIds={[invoice.id]} onClose={onClose} />;
  if (open === 'promise') return <PromiseDialog customer={invoice.customer} invoices={[invoice]} amount={invoice.open} onClose={onClose} />;
  if (open === 'dispute') return <DisputeDialog invoice={invoice} onClose={onClose} />;
  if (open === 'hold') return <HoldDialog customer={invoice.customer} invoice={invoice} onClose={onClose} />;
  return null;
}

function Actions({ source, invoice, open }: { source: DocumentSource; invoice: Invoice; open: (what: Open) => void }) {
  const writing = useRefusal('receivables.write');
  const mailing = useRefusal('correspondence.write');
  const reminding = useRefusal('reminders.send');
  const collecting = useRefusal('collections.write');
  const notOpen = invoice.state === 'open' ? undefined : invoice.state === 'void' ? 'It is void.' : 'Nothing is open.';
  const pdf = (
    <a href={`/v1/invoices/${invoice.id}/pdf`} target="_blank" rel="noreferrer" className={buttonClass('secondary')}>
      <FileText aria-hidden size={16} />
      PDF
    </a>
  );
  const voiding = {
    label: 'Void',
    icon: Ban,
    danger: true,
    onSelect: () => open('void'),
    blockedBecause: writing ?? (invoice.state === 'void' ? 'It is void already.' : undefined),
  };
  if (source === 'credits') {
    return (
      <>
        {pdf}
        <Button variant="primary" icon={Wallet} blockedBecause={writing ?? notOpen} onClick={() => open('apply')}>
          Apply to invoices
        </Button>
        <Menu trigger={<IconButton icon={MoreHorizontal} variant="secondary" label="More actions" />} actions={[voiding]} />
      </>
    );
  }
  return (
    <>
      {pdf}
      <Button icon={Link2} blockedBecause={mailing ?? notOpen} onClick={() => open('pay-link')}>
        Pay link
      </Button>
      <Button variant="primary" icon={CreditCard} blockedBecause={writing ?? notOpen} onClick={() => open('record')}>
        Record payment
      </Button>
      <Menu
        trigger={<IconButton icon={MoreHorizontal} variant="secondary" label="More actions" />}
        actions={[
          { label: 'Send reminder', icon: BellRing, onSelect: () => open('remind'), blockedBecause: reminding ?? notOpen },
          { label: 'Promise to pay', icon: HandCoins, onSelect: () => open('promise'), blockedBecause: collecting ?? notOpen },
          { label: 'Dispute', icon: MessageSquareWarning, onSelect: () => open('dispute'), blockedBecause: collecting ?? notOpen },
          { label: 'Paid already or in a plan', icon: ReceiptText, onSelect: () => open('hold'), blockedBecause: collecting ?? notOpen },
          { label: 'Apply a credit', icon: Wallet, onSelect: () => open('credit'), blockedBecause: writing ?? notOpen },
          { label: 'Write off', icon: BookmarkX, onSelect: () => open('write-off'), blockedBecause: writing ?? notOpen },
          voiding,
        ]}
      />
    </>
  );
}

function Summary({ source, invoice }: { source: DocumentSource; invoice: Invoice }) {
  const charges = compareAmounts(invoice.total.amount, invoice.amount.amount) !== 0;
  return (
    <Card>
      <div className="grid grid-cols-2 gap-4 sm:grid-cols-4">
        <div className="col-span-2 sm:col-span-1">
          <p className="text-table text-muted">{source === 'credits' ? 'Left to apply' : 'Open'}</p>
          <p className="figures text-figure font-semibold tracking-[-0.02em]">{formatMoney(invoice.open)}</p>
        </div>
        <Figure label={charges ? 'Total with charges' : 'Total'} note={charges ? `${formatMoney(invoice.amount)} as issued` : undefined}>
          {formatMoney(invoice.total)}
        </Figure>
        <Figure label="Issued">{formatDay(invoice.issuedOn)}</Figure>
        <Figure label="Due" note={invoice.state === 'open' && source === 'invoices' ? documentState(invoice).words : undefined}>
          {formatDay(invoice.dueOn)}
        </Figure>
      </div>
      {source === 'invoices' && (
        <div className="mt-3">
          <LastViewed invoiceId={invoice.id} />
        </div>
      )}
    </Card>
  );
}

const sourceWords: Record<string, string> = {
  payment: 'Payment',
  credit_memo: 'Credit memo',
  source_system: 'Accounting system',
  write_off: 'Write-off',
  void: 'Void',
};

function Applications({ source, invoice }: { source: DocumentSource; invoice: Invoice }) {
  const [undoing, setUndoing] = useState<Invoice['applications'][number] | null>(null);
  const [reason, setReason] = useState('');
  const refresh = useRefreshMoney();
  const refusal = useRefusal('receivables.write');
  return (
    <Card title={source === 'credits' ? 'Applied to' : 'Payments and credits'} flush>
      {invoice.applications.length === 0 ? (
        <Empty title="Nothing applied yet">
          {source === 'credits' ? 'Apply the credit to open invoices of this customer.' : 'A payment or a credit that is applied to this invoice stands here.'}
        </Empty>
      ) : (
        <ul className="divide-y divide-border border-t border-border">
          {invoice.applications.map((application) => {
            const path =
              source === 'credits'
                ? `/invoices/${application.invoiceId}`
                : application.paymentId
                  ? `/payments/${application.paymentId}`
                  : application.creditId
                    ? `/credits/${application.creditId}`
                    : null;
            const words = source === 'credits' ? application.invoiceNumber : (sourceWords[application.source] ?? application.source);
            const canUndo = !application.undone && application.reversesId === null && ['payment', 'credit_memo', 'write_off'].includes(application.source);
            return (
              <li key={application.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
                <div className="min-w-0 flex-1 basis-40">
                  {path ? (
                    <Link to={path as never} className="font-medium hover:underline">
                      {words}
                    </Link>
                  ) : (
                    <span className="font-medium">{words}</span>
                  )}
                  <p className="text-table text-muted">
                    {formatDay(application.appliedOn)}
                    {application.reversesId !== null ? ' · taken back' : application.undone ? ' · undone later' : ''}
                    {application.provisional && ' · until the accounting system confirms it'}
                    {application.reason && ` · ${application.reason}`}
                  </p>
                </div>
                <span className={`figures ${application.undone || application.reversesId ? 'text-muted' : 'font-medium'}`}>
                  {formatAmount(application.amount)}
                </span>
                {canUndo ? (
                  <IconButton
                    icon={Undo2}
                    size="small"
                    label={`Undo ${formatMoney(application.amount)}`}
                    blockedBecause={refusal}
                    onClick={() => refusal === undefined && setUndoing(application)}
                  />
                ) : (
                  <span aria-hidden className="w-8" />
                )}
              </li>
            );
          })}
        </ul>
      )}
      {undoing && (
        <FormDialog
          open
          onClose={() => setUndoing(null)}
          danger
          title={`Undo ${formatMoney(undoing.amount)}`}
          action={`Undo ${formatMoney(undoing.amount)}`}
          onSubmit={async () => {
            await undoApplication(undoing.id, reason.trim() || undefined);
            await refresh();
            setReason('');
            done(`${formatMoney(undoing.amount)} is open again.`);
          }}
        >
          <p>
            {undoing.invoiceNumber} is open again by {formatMoney(undoing.amount)}
            {undoing.source === 'write_off' ? '.' : '; the money lies unapplied.'}
          </p>
          <TextField label="Reason" optional value={reason} onChange={setReason} maxLength={500} />
        </FormDialog>
      )}
    </Card>
  );
}

const addressParts = ['name', 'attention', 'line1', 'line2', 'line3', 'city', 'state', 'postalCode', 'country'];

/** An address as it is written on a letter; parts that we do not know come last. */
function addressText(address: Record<string, unknown> | null): string | null {
  if (!address) return null;
  const names = [...addressParts, ...Object.keys(address).filter((name) => !addressParts.includes(name))];
  const lines = names.map((name) => address[name]).filter((value): value is string | number => typeof value === 'string' || typeof value === 'number');
  return lines.length > 0 ? lines.join(', ') : null;
}

function Attributes({ invoice }: { invoice: Invoice }) {
  const custom = Object.entries(invoice.custom ?? {}).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const);
  const uploaded: (readonly [string, ReactNode])[] = [
    ['Company code', invoice.companyCode],
    ['Line item', invoice.lineItem],
    ['Accounting document', invoice.accountingNumber],
    ['Document type', invoice.documentType],
    ['Posting key', invoice.postingKey],
    ['Debit or credit', invoice.debitCredit],
    ['Fiscal year', invoice.fiscalYear],
    ['Fiscal period', invoice.fiscalPeriod],
    ['Profit center', invoice.profitCenter],
    ['Local amount', invoice.localAmount],
    ['Reason code', invoice.reasonCode],
    ['Reason', invoice.reasonText],
    ['Status there', invoice.sourceStatus],
    [
      'Last upload',
      invoice.uploadId && (
        <Link key="upload" to={`/import/uploads/${invoice.uploadId}` as never} className="link">
          Show the upload
        </Link>
      ),
    ],
    ...custom,
  ];
  return (
    <>
      <Card title="Details">
        <Facts
          items={[
            ['Customer number', invoice.customer.number],
            ['Customer name', invoice.customerName && invoice.customerName !== invoice.customer.name ? invoice.customerName : null],
            ['Invoice date', invoice.invoicedOn && formatDay(invoice.invoicedOn)],
            ['Posted', invoice.postedOn && formatDay(invoice.postedOn)],
            ['Closed', invoice.closedOn && formatDay(invoice.closedOn)],
            ['Payment terms', invoice.paymentTerms],
            ['Text', invoice.itemText],
            ['Reference 1', invoice.reference1],
            ['Reference 2', invoice.reference2],
            ['Reference document', invoice.referenceDocument],
            ['Sold to', invoice.soldTo],
            ['Bill to', addressText(invoice.billAddress)],
            ['Ship to', addressText(invoice.shipAddress)],
          ]}
        />
      </Card>
      {uploaded.some(([, value]) => value) && (
        <Card title="From the accounting system">
          <Facts items={uploaded} />
          {isZero(invoice.total.amount) && <p className="mt-2 text-table text-muted">The accounting system gave an amount of zero.</p>}
        </Card>
      )}
    </>
  );
}
