export type TemplateKind = 'reminder' | 'statement' | 'letter';
export const templateKinds = ['reminder', 'statement', 'letter'] as const;

export interface MergeTag {
  name: string;
  label: string;
  group: 'Customer' | 'Invoices' | 'Buttons' | 'Statement' | 'Your company';
  /** Blocks stand for more than a line: they may occur twice at most and not inside attributes. */
  block: boolean;
  /** A whole address, for a link or button. */
  link: boolean;
  kinds: readonly TemplateKind[];
}

const everywhere = templateKinds;
const inMail = ['reminder', 'statement'] as const;
const word = (group: MergeTag['group'], name: string, label: string, kinds: readonly TemplateKind[] = everywhere): MergeTag => ({
  name,
  label,
  group,
  block: false,
  link: false,
  kinds,
});
const block = (group: MergeTag['group'], name: string, label: string, kinds: readonly TemplateKind[] = inMail): MergeTag => ({
  ...word(group, name, label, kinds),
  block: true,
});
const link = (name: string, label: string): MergeTag => ({ ...word('Buttons', name, label, inMail), link: true });

/** What a person may use in a template. */
export const mergeTags: readonly MergeTag[] = [
  word('Customer', 'first_name', 'First name'),
  word('Customer', 'last_name', 'Last name'),
  word('Customer', 'customer_company_name', 'Customer company name'),
  word('Customer', 'customer_number', 'Customer number'),
  block('Invoices', 'invoice_list', 'Invoice list', everywhere),
  word('Invoices', 'total_invoice_amount', 'Total invoice amount'),
  word('Invoices', 'invoice_count', 'Number of invoices'),
  word('Invoices', 'invoice_number', 'Invoice number (of the oldest)'),
  word('Invoices', 'due_date', 'Due date (of the oldest)'),
  word('Invoices', 'days_overdue', 'Days overdue (of the oldest)'),
  block('Buttons', 'payment_buttons', 'Payment buttons'),
  block('Buttons', 'card_buttons', 'Pay with credit card only'),
  block('Buttons', 'bank_buttons', 'Pay with bank account only'),
  block('Buttons', 'login_register', 'Customer login or register'),
  link('pay_url', 'Address of the payment page'),
  block('Statement', 'statement_summary', 'Statement summary', ['statement']),
  word('Statement', 'statement_number', 'Statement number', ['statement']),
  word('Statement', 'statement_date', 'Statement date', ['statement']),
  word('Your company', 'seller_name', 'Your company name'),
  word('Your company', 'seller_phone', 'Your phone'),
  word('Your company', 'seller_email', 'Your support e-mail'),
  word('Your company', 'seller_address', 'Your address'),
  word('Your company', 'today', 'Today’s date'),
];

export interface LoopField {
  name: string;
  label: string;
  link: boolean;
}

/** What `{% for invoice in invoices %}` gives of each invoice. */
export const loopFields: readonly LoopField[] = [
  { name: 'number', label: 'Number', link: false },
  { name: 'amount_due', label: 'Amount due', link: false },
  { name: 'due_date', label: 'Due date', link: false },
  { name: 'due_words', label: 'Due, in words (“12 days overdue”)', link: false },
  { name: 'days_overdue', label: 'Days overdue', link: false },
  { name: 'currency', label: 'Currency', link: false },
  { name: 'pdf_url', label: 'Address of its PDF', link: true },
];

/** Words that the layout and invoice tables are made of, in the reader's language: `{{words_invoice}}` and so on. */
export const fixedWords = ['invoice', 'amount_due', 'due_date', 'due', 'days_overdue', 'currency', 'view_pdf', 'total', 'paid', 'not_me', 'fewer'] as const;
