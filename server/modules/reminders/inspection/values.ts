import { format } from '../../../kernel/money.ts';
import { isAmount } from '../../conditions/index.ts';
import { type Condition, fields, type Habit, habits, operatorLabels } from '../../conditions/index.ts';

/** A condition's value for one invoice, in words. `value` is as the database answered it. */
export function showValue(condition: Condition, value: unknown, currency: string, locale: string): string {
  const { field } = condition;
  if (field === 'due_in' || field === 'overdue_by') return value === null ? (field === 'due_in' ? 'overdue' : 'not due yet') : days(Number(value));
  if (field === 'last_emailed' || field === 'last_viewed') return value === null ? 'never' : String(value);
  if (field === 'days_since_last_contact') return value === null ? 'never contacted' : days(Number(value));
  if (field === 'payment_habit') return habits[value as Habit] ?? String(value);
  if (field === 'cadence') return value === null ? 'in no cadence' : String(value);
  if (field === 'customer_category') return Array.isArray(value) && value.length > 0 ? value.join(', ') : 'no category';
  if (isAmount(field)) return format({ minor: BigInt(String(value)), currency }, locale);
  return value === '' || value === null ? 'empty' : String(value);
}

const days = (count: number): string => (count === 1 ? '1 day' : `${count} days`);

/** What a condition asks for: "equal 5", "one of A, B". Categories by their names. */
export function showAsked({ field, operator, value }: Condition, categoryName: (id: string) => string | null): string {
  if (value === undefined) return operatorLabels[operator];
  if (operator === 'more_than_days_ago') return `more than ${days(Number(value))} ago`;
  if (operator === 'within_days') return `in the last ${days(Number(value))}`;
  const name = (one: string | number) => {
    if (field === 'customer_category') return categoryName(String(one)) ?? 'a removed category';
    if (field === 'payment_habit') return habits[one as Habit] ?? String(one);
    return field === 'cadence' ? 'this cadence' : String(one);
  };
  const shown = Array.isArray(value) ? value.map(name).join(operator.endsWith('between') ? ' and ' : ', ') : name(value);
  return `${operatorLabels[operator]} ${shown}`;
}

/** A custom field by its own name. */
export const fieldLabel = (condition: Condition): string => condition.name ?? fields[condition.field].label;
