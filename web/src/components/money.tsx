import { formatAmount, formatMoney, type Money } from '../format/money.ts';
import { usePhone } from './media.ts';

/**
 * An amount in a column whose heading names `currency`: the sign is left out, and shown only where a row differs, so
 * that a currency is written once for a column. On a phone there are no headings, so each amount has its sign.
 */
export function AmountCell({ value, currency, className = '' }: { value: Money; currency: string; className?: string }) {
  const phone = usePhone();
  return <span className={`figures whitespace-nowrap ${className}`}>{!phone && value.currency === currency ? formatAmount(value) : formatMoney(value)}</span>;
}
