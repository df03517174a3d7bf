import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { type InvoiceRow, listDocuments } from '../../api/receivables.ts';
import { formatAmount, formatMoney, isZero, lesser, type Money, parseAmount, subtract, totals } from '../../format/money.ts';
import { documentState } from '../../format/states.ts';

/** Open invoices of a customer in one currency, oldest due first. */
export function useOpenInvoices(customerId: string | undefined, currency: string | undefined) {
  return useQuery({
    queryKey: ['invoices', 'open-of', customerId, currency],
    queryFn: async ({ signal }) =>
      (await listDocuments('invoices', { customerId: customerId as string, currency, state: 'open', sort: 'due', limit: 200, cursor: undefined }, signal))
        .items,
    enabled: customerId !== undefined && currency !== undefined,
  });
}

export interface Lines {
  /** What was typed for each invoice. */
  texts: Readonly<Record<string, string>>;
  set: (texts: Readonly<Record<string, string>>) => void;
  applications: { invoiceId: string; amount: Money }[];
  applied: Money;
  left: Money;
  /** What is wrong, in words. */
  problem: string | undefined;
}

/** Divides an amount over invoices, oldest first, until a person types otherwise. */
export function useAmountLines(available: Money | null, invoices: readonly InvoiceRow[]): Lines {
  const [texts, set] = useState<Readonly<Record<string, string>>>({});
  const key = `${available?.amount}|${invoices.map((invoice) => invoice.id).join()}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the amount and the invoices
  useEffect(() => {
    if (available) set(spread(available, invoices));
  }, [key]);
  const currency = available?.currency ?? 'USD';
  const zero = { amount: '0', currency };
  const lines = invoices.map((invoice) => ({ invoice, text: texts[invoice.id]?.trim() ?? '' })).filter(({ text }) => text !== '');
  const applications: Lines['applications'] = [];
  let problem: string | undefined;
  for (const { invoice, text } of lines) {
    const amount = parseAmount(text, currency);
    if (amount === null) problem ??= `“${text}” is not an amount.`;
    else if (lesser(amount, invoice.open.amount) !== amount) problem ??= `${invoice.number} has only ${formatMoney(invoice.open)} open.`;
    else if (!isZero(amount)) applications.push({ invoiceId: invoice.id, amount: { amount, currency } });
  }
  const applied = totals(applications.map((entry) => entry.amount))[0] ?? zero;
  const left = available ? subtract(available, applied) : zero;
  if (left.amount.startsWith('-')) problem ??= `This is ${formatMoney({ ...left, amount: left.amount.slice(1) })} more than there is.`;
  return { texts, set, applications, applied, left, problem };
}

function spread(available: Money, invoices: readonly InvoiceRow[]): Record<string, string> {
  const result: Record<string, string> = {};
  let rest = available;
  for (const invoice of invoices) {
    if (isZero(rest.amount) || rest.amount.startsWith('-')) break;
    const amount = lesser(rest.amount, invoice.open.amount);
    result[invoice.id] = formatAmount({ amount, currency: available.currency });
    rest = subtract(rest, { amount, currency: available.currency });
  }
  return result;
}

/** The invoices with an amount to apply to each, and what stays unapplied. */
export function AmountLines({ lines, invoices, currency, rest }: { lines: Lines; invoices: readonly InvoiceRow[]; currency: string; rest: string }) {
  if (invoices.length === 0)
    return <p className="rounded-md border border-border bg-surface px-3 py-2 text-muted">This customer has no open invoice in {currency}.</p>;
  return (
    <div className="overflow-hidden rounded-md border border-border">
      <div className="max-h-64 overflow-y-auto">
        <table className="w-full text-table">
          <caption className="sr-only">Amount to apply to each invoice</caption>
          <thead>
            <tr className="border-b border-border text-left text-label text-muted">
              <th scope="col" className="px-3 py-2 font-medium">
                Invoice
              </th>
              <th scope="col" className="px-2 py-2 text-right font-medium">
                Open, {currency}
              </th>
              <th scope="col" className="w-32 px-3 py-2 text-right font-medium">
                Apply
              </th>
            </tr>
          </thead>
          <tbody>
            {invoices.map((invoice) => (
              <tr key={invoice.id} className="border-b border-border last:border-0">
                <td className="px-3 py-1.5">
                  <span className="block font-medium [overflow-wrap:anywhere]">{invoice.number}</span>
                  <span className="text-label text-muted">{documentState(invoice).words}</span>
                </td>
                <td className="figures px-2 text-right whitespace-nowrap">{formatAmount(invoice.open)}</td>
                <td className="px-3 py-1.5">
                  <input
                    aria-label={`Amount for ${invoice.number}`}
                    inputMode="decimal"
                    value={lines.texts[invoice.id] ?? ''}
                    onChange={(event) => lines.set({ ...lines.texts, [invoice.id]: event.target.value })}
                    className="control figures h-8! text-right"
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="figures flex justify-between border-t border-border bg-surface px-3 py-2 text-table">
        <span>Applied {formatMoney(lines.applied)}</span>
        <span className="text-muted">{isZero(lines.left.amount) ? 'Nothing left' : `${formatMoney(lines.left)} ${rest}`}</span>
      </p>
    </div>
  );
}
