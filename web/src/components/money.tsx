import { formatAmount, formatMoney, type Money } from '../format/money.ts';

/**
 * An amount in a column whose heading names `currency`: the sign is left out, and shown only where a row differs, so
 * that a currency is written once for a column.
 */
export function AmountCell({ value, currency, className = '' }: { value: Money; currency: string; className?: string }) {
  return <span className={`figures whitespace-nowrap ${className}`}>{value.currency === currency ? formatAmount(value) : formatMoney(value)}</span>;
}
