import type { SummaryWords } from '../../../platform/pdf/pdf.ts';

/** What we write into a customer's mail by ourselves: around a template's text and in its tables and buttons. */
export interface MailWords {
  invoice: string;
  amountDue: string;
  dueDate: string;
  due: string;
  daysOverdue: string;
  currency: string;
  viewPdf: string;
  total: string;
  more: (count: number) => string;
  dueToday: string;
  overdue: (days: number) => string;
  dueIn: (days: number) => string;
  and: string;
  /** Links of the foot. */
  paid: string;
  notMe: string;
  fewer: string;
  /** Why the mail came, for the kinds that are written with templates. */
  why: { reminder: string; statement: string };
  savedCard: string;
  newCard: string;
  savedBank: string;
  newBank: string;
  viewAndPay: string;
  login: { sentence: string; button: string };
  statement: { word: string; number: string; date: string; balance: string; attached: string };
  /** The attached list of invoices. */
  paper: SummaryWords;
}
