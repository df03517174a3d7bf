/** `payment_attempt.submitted` → `Payment attempt submitted`. */
export function eventWords(type: string): string {
  const words = type
    .replaceAll(/[._]/g, ' ')
    .replace(/\bemail\b/, 'e-mail')
    .replace(/\btotp\b/, 'two-step sign-in')
    .replace(/^api\b/, 'API');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Where the subject of an event can be seen; null when it has no page. */
export function subjectPath(type: string, id: string): string | null {
  const pages: Record<string, string> = {
    customer: `/customers/${id}`,
    task: '/tasks',
    promise: '/tasks/promises',
    dispute: '/tasks/disputes',
    shared_file: '/invoices/files',
    document: `/invoices/${id}`,
    invoice: `/invoices/${id}`,
    payment: `/payments/${id}`,
    payment_attempt: `/payments/attempts/${id}`,
    outbound_email: `/emails/${id}`,
    email: `/emails/${id}`,
    mail_thread: `/emails/inbox/${id}`,
    reminder_rule: `/reminders/rules/${id}`,
    rule: `/reminders/rules/${id}`,
    cadence: `/reminders/cadences/${id}`,
    manual_step: '/reminders/cadences',
    letter: '/reminders/letters',
    print_batch: '/reminders/letters',
    reminder_run: `/reminders/runs/${id}`,
    statement_rule: `/statements/rules/${id}`,
    statement_run: `/statements/runs/${id}`,
    statement: `/statements/${id}`,
    template: `/emails/templates/${id}`,
    upload: `/import/uploads/${id}`,
  };
  return pages[type] ?? null;
}
