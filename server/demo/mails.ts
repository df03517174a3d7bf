import type { DemoCompany } from './company.ts';

export interface DemoReminder {
  customer: number;
  day: number;
  /** What was open on each that day, in minor units. */
  invoices: { index: number; openMinor: number }[];
  opened: boolean;
}

/** Reminders of the last months went out by hand: on invoices 7 and 30 days past due, never within the last week. */
const FIRST_DAY = -120;
const LAST_DAY = -8;
const daysPastDue = [7, 30];

/** The reminders that a staff user would have sent: one mail for each customer and day, with what was open then. */
export function remindersSent(company: DemoCompany): DemoReminder[] {
  const reminders = new Map<string, DemoReminder>();
  for (const [index, invoice] of company.invoices.entries()) {
    if (invoice.state === 'void') continue;
    for (const days of daysPastDue) {
      const day = invoice.dueDay + days;
      if (day < FIRST_DAY || day > LAST_DAY) continue;
      const openMinor = openOn(company, index, day);
      if (openMinor <= 0) continue;
      const key = `${day}:${invoice.customer}`;
      const reminder = reminders.get(key) ?? { customer: invoice.customer, day, invoices: [], opened: (index * 7 + days) % 3 > 0 };
      reminder.invoices.push({ index, openMinor });
      reminders.set(key, reminder);
    }
  }
  return [...reminders.values()].sort((a, b) => a.day - b.day || a.customer - b.customer);
}

/** What was open on an invoice at the begin of that day. */
function openOn(company: DemoCompany, index: number, day: number): number {
  let open = company.invoices[index]!.amountMinor;
  for (const application of company.applications) if (application.invoice === index && application.day < day) open -= application.amountMinor;
  return open;
}
