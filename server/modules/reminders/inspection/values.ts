import { format } from '../../../kernel/money.ts';
import { isAmount } from '../../conditions/index.ts';
import { type Condition, fields, operatorLabels } from '../../conditions/index.ts';

/** A condition's value for one invoice, in words. `value` is as the database answered it. */
export function showValue(condition: Condition, value: unknown, currency: string, locale: string): string {
  const { field } = condition;
  if (field === 'due_in' || field === 'overdue_by') return value === null ? (field === 'due_in' ? 'overdue' : 'not due yet') : days(Number(value));
  if (field === 'last_emailed') return value === null ? 'never' : String(value);
  if (field === 'customer_category') return Array.isArray(value) && value.length > 0 ? value.join(', ') : 'no category';
  if (isAmount(field)) return format({ minor: BigInt(String(value)), currency }, locale);
  return value === '' || value === null ? 'empty' : String(value);
}

const days = (count: number): string => (count === 1 ? '1 day' : `${count} days`);

/** What a condition asks for: "equal 5", "one of A, B". Categories by their names. */
export function showAsked({ field, operator, value }: Condition, categoryName: (id: string) => string | null): string {
  if (value === undefined) return operatorLabels[operator];
  const name = (one: string | number) => (field === 'customer_category' ? (categoryName(String(one)) ?? 'a removed category') : String(one));
  if (operator === 'more_than_days_ago') return `more than ${days(Number(value))} ago`;
  const shown = Array.isArray(value) ? value.map(name).join(operator.endsWith('between') ? ' and ' : ', ') : name(value);
  return `${operatorLabels[operator]} ${shown}`;
}

export const fieldLabel = (condition: Condition): string => fields[condition.field].label;
