import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { RefreshCw, RotateCcw, Undo2, Wallet } from 'lucide-react';
import { useState } from 'react';
import { newKey } from '../../api/client.ts';
import { attemptOfPaymentQuery, checkAttempt, refundPayment } from '../../api/payments.ts';
import { type PaymentDetail, paymentQuery, returnPayment, undoApplication } from '../../api/receivables.ts';
import { useRefusal } from '../../api/session.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { AmountField, TextField } from '../../components/field.tsx';
import { Card, Facts, Figure, Note, Page } from '../../components/page.tsx';
import { Empty, Failure, PageSkeleton } from '../../components/states.tsx';
import { StatusOf } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { formatDay, formatMoment } from '../../format/dates.ts';
import { formatAmount, formatMoney, isZero, lesser, parseAmount, subtract } from '../../format/money.ts';
import { methodWords, paymentState, refundState } from '../../format/states.ts';
import { ApplyToInvoicesDialog, useRefreshMoney } from '../receivables/apply-dialogs.tsx';
import { AttemptFacts, AttemptView, Refunds } from './attempt-view.tsx';

/** One payment: the amount, its state in plain words, where it went, every step of how it came. */
export function PaymentPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const payment = useQuery(paymentQuery(id));
  if (payment.isPending) return <PageSkeleton />;
  if (payment.isError) return <Failure error={payment.error} retry={() => void payment.refetch()} />;
  return <PaymentView payment={payment.data} />;
}

/** What the state means for the money. */
function explained(payment: PaymentDetail): string {
  if (payment.state === 'processing') return 'The money is on its way. A bank debit takes a few days and can still be returned.';
  if (payment.state === 'returned')
    return `The money went back${payment.returnedOn ? ` on ${formatDay(payment.returnedOn)}` : ''}; its invoices are open again.`;
  if (!isZero(payment.refunded.amount)) return `${formatMoney(payment.refunded)} of it was refunded.`;
  if (!isZero(payment.unapplied.amount)) return `${formatMoney(payment.unapplied)} is not applied to any invoice yet.`;
  return 'The money is here and fully applied.';
}

function PaymentView({ payment }: { payment: PaymentDetail }) {
  const attempt = useQuery({ ...attemptOfPaymentQuery(payment.id), enabled: payment.attemptId !== null });
  const [open, setOpen] = useState<'refund' | 'apply' | 'return' | null>(null);
  const queries = useQueryClient();
  const refresh = useRefreshMoney();
  const [checking, setChecking] = useState(false);
  const writing = useRefusal('receivables.write');
  const refunding = useRefusal('payments.refund');
  const refundable = subtract(payment.amount, payment.refunded);
  const unapplied = !isZero(payment.unapplied.amount);
  const check = async () => {
    if (!payment.attemptId) return;
    setChecking(true);
    try {
      await checkAttempt(payment.attemptId);
      await queries.invalidateQueries({ queryKey: ['payment', payment.id] });
      await refresh();
      done('Asked the gateway; what it said is shown.');
    } catch (error) {
      failed(error);
    } finally {
      setChecking(false);
    }
  };
  return (
    <Page
      title={`Payment ${payment.number}`}
      beside={<StatusOf state={paymentState(payment.state)} />}
      back={{ label: 'Payments', to: '/payments' }}
      lead={
        <Link to={`/customers/${payment.customer.id}` as never} className="link">
          {payment.customer.name}
        </Link>
      }
      actions={
        <>
          {payment.state === 'processing' && (
            <Button icon={RefreshCw} pending={checking} onClick={() => void check()}>
              Ask the gateway now
            </Button>
          )}
          {payment.attemptId === null && payment.state === 'settled' && (
            <Button icon={RotateCcw} blockedBecause={writing} onClick={() => setOpen('return')}>
              Mark as returned
            </Button>
          )}
          {payment.attemptId !== null && (
            <Button
              icon={Undo2}
              blockedBecause={
                refunding ??
                (payment.state !== 'settled'
                  ? 'Only money that has arrived can be refunded.'
                  : isZero(refundable.amount)
                    ? 'All of it was refunded.'
                    : undefined)
              }
              onClick={() => setOpen('refund')}
            >
              Refund
            </Button>
          )}
          {unapplied && (
            <Button variant="primary" icon={Wallet} blockedBecause={writing} onClick={() => setOpen('apply')}>
              Apply {formatMoney(payment.unapplied)}
            </Button>
          )}
        </>
      }
    >
      <div className="grid gap-5 lg:grid-cols-[minmax(0,1fr)_340px]">
        <div className="min-w-0 space-y-5">
          <Card>
            <div className="grid grid-cols-2 gap-4 sm:grid-cols-4">
              <div className="col-span-2 sm:col-span-1">
                <p className="text-table text-muted">Amount</p>
                <p className="figures text-figure font-semibold tracking-[-0.02em]">{formatMoney(payment.amount)}</p>
              </div>
              <Figure label="Applied">{formatMoney(payment.applied)}</Figure>
              <Figure label="Unapplied">{formatMoney(payment.unapplied)}</Figure>
              <Figure label="Refunded">{formatMoney(payment.refunded)}</Figure>
            </div>
            <p className="mt-3 border-t border-border pt-3">{explained(payment)}</p>
          </Card>
          <AppliedTo payment={payment} />
          {attempt.data && <Refunds refunds={attempt.data.refunds} />}
          {attempt.data && <AttemptView attempt={attempt.data} />}
        </div>
        <div className="min-w-0 space-y-5">
          <Card title="Details">
            <Facts
              items={[
                ['Received', formatDay(payment.receivedOn)],
                ['Method', methodWords[payment.method]],
                ['Reference', payment.reference],
                ['Note', payment.note],
                ['Returned', payment.returnedOn && formatDay(payment.returnedOn)],
                ['Returned because', payment.returnedReason],
                ['Recorded', formatMoment(payment.createdAt)],
              ]}
            />
          </Card>
          {attempt.data && <AttemptFacts attempt={attempt.data} />}
        </div>
      </div>
      {open === 'refund' && <RefundDialog payment={payment} onClose={() => setOpen(null)} />}
      {open === 'return' && <ReturnDialog payment={payment} onClose={() => setOpen(null)} />}
      {unapplied && (
        <ApplyToInvoicesDialog
          open={open === 'apply'}
          onClose={() => setOpen(null)}
          kind="payment"
          id={payment.id}
          available={payment.unapplied}
          customer={payment.customer}
        />
      )}
    </Page>
  );
}

function AppliedTo({ payment }: { payment: PaymentDetail }) {
  const refresh = useRefreshMoney();
  const refusal = useRefusal('receivables.write');
  const [undoing, setUndoing] = useState<PaymentDetail['applications'][number] | null>(null);
  return (
    <Card title="Applied to" flush>
      {payment.applications.length === 0 ? (
        <Empty title="Not applied to any invoice">
          {payment.state === 'returned' ? 'The payment was returned.' : 'Apply it to the invoices that it pays.'}
        </Empty>
      ) : (
        <ul className="divide-y divide-border border-t border-border">
          {payment.applications.map((application) => {
            const past = application.undone || application.reversesId !== null;
            return (
              <li key={application.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
                <div className="min-w-0 flex-1 basis-40">
                  <Link to={`/invoices/${application.invoiceId}` as never} className="font-medium [overflow-wrap:anywhere] hover:underline">
                    {application.invoiceNumber}
                  </Link>
                  <p className="text-table text-muted">
                    {formatDay(application.appliedOn)}
                    {application.reversesId !== null ? ' · taken back' : application.undone ? ' · undone later' : ''}
                    {application.reason && ` · ${application.reason}`}
                  </p>
                </div>
                <span className={`figures ${past ? 'text-muted' : 'font-medium'}`}>{formatAmount(application.amount)}</span>
                {past ? (
                  <span aria-hidden className="w-8" />
                ) : (
                  <IconButton
                    icon={Undo2}
                    size="small"
                    label={`Unapply from ${application.invoiceNumber}`}
                    blockedBecause={refusal}
                    onClick={() => refusal === undefined && setUndoing(application)}
                  />
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
          title={`Unapply ${formatMoney(undoing.amount)} from ${undoing.invoiceNumber}`}
          action={`Unapply ${formatMoney(undoing.amount)}`}
          onSubmit={async () => {
            await undoApplication(undoing.id);
            await refresh();
            done(`${undoing.invoiceNumber} is open again by ${formatMoney(undoing.amount)}.`);
          }}
        >
          <p>The invoice is open again by this amount, and the money lies unapplied until you apply it anew.</p>
        </FormDialog>
      )}
    </Card>
  );
}

function RefundDialog({ payment, onClose }: { payment: PaymentDetail; onClose: () => void }) {
  const most = subtract(payment.amount, payment.refunded);
  const [text, setText] = useState(formatAmount(most));
  const [reason, setReason] = useState('');
  const [key] = useState(newKey);
  const refresh = useRefreshMoney();
  const amount = parseAmount(text, most.currency);
  const problem =
    amount === null || isZero(amount)
      ? 'Write an amount above zero.'
      : lesser(amount, most.amount) !== amount
        ? `At most ${formatMoney(most)} can be refunded.`
        : undefined;
  const value = { amount: amount ?? '0', currency: most.currency };
  return (
    <FormDialog
      open
      onClose={onClose}
      danger
      title={`Refund ${payment.customer.name}`}
      action={problem ? 'Refund' : `Refund ${formatMoney(value)}`}
      blockedBecause={problem}
      onSubmit={async () => {
        const refund = await refundPayment(payment.id, value, reason.trim(), key);
        await refresh();
        done(
          refund.state === 'succeeded'
            ? `${formatMoney(value)} refunded.`
            : `Refund of ${formatMoney(value)}: ${refundState(refund.state).words.toLowerCase()}.`,
        );
      }}
    >
      <Note>The money goes back the way it came. The newest applications are undone, so their invoices open again. A refund cannot be taken back.</Note>
      <AmountField label="Amount" currency={most.currency} value={text} onChange={setText} error={problem} help={`${formatMoney(most)} can be refunded.`} />
      <TextField label="Reason" optional value={reason} onChange={setReason} maxLength={500} placeholder="Damaged in transit" />
    </FormDialog>
  );
}

function ReturnDialog({ payment, onClose }: { payment: PaymentDetail; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const refresh = useRefreshMoney();
  return (
    <FormDialog
      open
      onClose={onClose}
      danger
      title={`Mark ${formatMoney(payment.amount)} as returned`}
      action="Mark as returned"
      blockedBecause={reason.trim() ? undefined : 'Write a reason first.'}
      onSubmit={async () => {
        await returnPayment(payment.id, reason.trim());
        await refresh();
        done('Marked as returned; its invoices are open again.');
      }}
    >
      <p>For a check that bounced or a transfer that was called back. The invoices that it paid are open again.</p>
      <TextField label="Reason" value={reason} onChange={setReason} maxLength={500} placeholder="Check bounced" />
    </FormDialog>
  );
}
