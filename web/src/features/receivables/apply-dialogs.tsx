import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { newKey } from '../../api/client.ts';
import { applyCredit, applyPayment, type Invoice, listDocuments, listPayments } from '../../api/receivables.ts';
import { FormDialog } from '../../components/dialog.tsx';
import { AmountField, RadioField } from '../../components/field.tsx';
import { LinesSkeleton } from '../../components/states.tsx';
import { done } from '../../components/toast.tsx';
import { formatAmount, formatMoney, isZero, lesser, type Money, parseAmount } from '../../format/money.ts';
import { AmountLines, useAmountLines, useOpenInvoices } from './amount-lines.tsx';

/** Refreshes everything that shows a balance. */
export function useRefreshMoney(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await Promise.all(
      ['invoice', 'invoices', 'payment', 'payments', 'customer', 'customers', 'timeline', 'aging', 'dashboard'].map((key) =>
        queries.invalidateQueries({ queryKey: [key] }),
      ),
    );
  };
}

interface ApplyToInvoicesProps {
  open: boolean;
  onClose: () => void;
  kind: 'payment' | 'credit';
  id: string;
  available: Money;
  customer: { id: string; name: string };
}

/** Applies what is left of a payment or a credit to the customer's open invoices. */
export function ApplyToInvoicesDialog({ open, onClose, kind, id, available, customer }: ApplyToInvoicesProps) {
  const invoices = useOpenInvoices(open ? customer.id : undefined, available.currency);
  const lines = useAmountLines(available, invoices.data ?? []);
  const refresh = useRefreshMoney();
  const [key] = useState(newKey);
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      title={`Apply ${formatMoney(available)}`}
      lead={`To open invoices of ${customer.name}. The oldest come first; change the amounts as you like.`}
      action={`Apply ${formatMoney(lines.applied)}`}
      blockedBecause={lines.problem ?? (lines.applications.length === 0 ? 'Write an amount beside an invoice first.' : undefined)}
      onSubmit={async () => {
        await (kind === 'payment' ? applyPayment : applyCredit)(id, lines.applications, key);
        await refresh();
        done(`${formatMoney(lines.applied)} applied.`);
      }}
    >
      {invoices.isPending ? (
        <LinesSkeleton />
      ) : (
        <AmountLines lines={lines} invoices={invoices.data ?? []} currency={available.currency} rest="stays unapplied" />
      )}
      {lines.problem && <p className="text-label font-medium text-critical">{lines.problem}</p>}
    </FormDialog>
  );
}

interface Source {
  key: string;
  kind: 'payment' | 'credit';
  id: string;
  label: string;
  available: Money;
}

function useSources(invoice: Invoice, wanted: boolean) {
  return useQuery({
    queryKey: ['invoices', 'sources-of', invoice.customer.id, invoice.open.currency],
    enabled: wanted,
    queryFn: async ({ signal }): Promise<Source[]> => {
      const page = { customerId: invoice.customer.id, currency: invoice.open.currency, limit: 100, cursor: undefined };
      const credits = await listDocuments('credits', { ...page, state: 'open', sort: 'due' }, signal);
      const payments = await listPayments({ ...page, unapplied: 'true' }, signal);
      return [
        ...credits.items.map((credit) => ({
          key: `credit-${credit.id}`,
          kind: 'credit' as const,
          id: credit.id,
          label: `Credit ${credit.number}`,
          available: credit.open,
        })),
        ...payments.items.map((payment) => ({
          key: `payment-${payment.id}`,
          kind: 'payment' as const,
          id: payment.id,
          label: `Payment ${payment.number}`,
          available: payment.unapplied,
        })),
      ].filter((source) => !isZero(source.available.amount));
    },
  });
}

/** Pays an invoice with a credit or with money that lies unapplied. */
export function ApplyCreditDialog({ invoice, open, onClose }: { invoice: Invoice; open: boolean; onClose: () => void }) {
  const sources = useSources(invoice, open);
  const [chosen, setChosen] = useState<string | null>(null);
  const [typed, setTyped] = useState<string | null>(null);
  const [key] = useState(newKey);
  const refresh = useRefreshMoney();
  const source = sources.data?.find((entry) => entry.key === chosen) ?? sources.data?.[0];
  const most = source ? lesser(source.available.amount, invoice.open.amount) : '0';
  const text = typed ?? formatAmount({ amount: most, currency: invoice.open.currency });
  const amount = parseAmount(text, invoice.open.currency);
  const problem =
    amount === null || isZero(amount)
      ? 'Write an amount above zero.'
      : lesser(amount, most) !== amount
        ? `At most ${formatMoney({ amount: most, currency: invoice.open.currency })} can be applied.`
        : undefined;
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      title={`Apply a credit to ${invoice.number}`}
      action={amount && source ? `Apply ${formatMoney({ amount, currency: invoice.open.currency })}` : 'Apply'}
      blockedBecause={sources.data?.length === 0 ? `${invoice.customer.name} has no credit and no unapplied money.` : problem}
      onSubmit={async () => {
        if (!source || amount === null) return;
        await (source.kind === 'payment' ? applyPayment : applyCredit)(
          source.id,
          [{ invoiceId: invoice.id, amount: { amount, currency: invoice.open.currency } }],
          key,
        );
        await refresh();
        done(`${source.label} applied to ${invoice.number}.`);
      }}
    >
      {sources.isPending && <LinesSkeleton lines={2} />}
      {sources.data?.length === 0 && (
        <p className="text-muted">
          {invoice.customer.name} has no open credit and no unapplied payment in {invoice.open.currency}.
        </p>
      )}
      {source && sources.data && (
        <>
          <RadioField
            label="From"
            value={source.key}
            onChange={(next) => {
              setChosen(next);
              setTyped(null);
            }}
            choices={sources.data.map((entry) => ({ value: entry.key, label: entry.label, help: `${formatMoney(entry.available)} left` }))}
          />
          <AmountField label="Amount" currency={invoice.open.currency} value={text} onChange={setTyped} error={problem} />
        </>
      )}
    </FormDialog>
  );
}
