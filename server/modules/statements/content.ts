/** What is frozen in a statement, and how it becomes a page. */
import type { Tenant } from '../../platform/context.ts';
import { type Paper, paperOf } from '../../platform/pdf/pdf.ts';
import type { StatementPdfModel } from '../../platform/pdf/statement-pdf.ts';
import { addressLines } from '../receivables/index.ts';
import type { Settings } from '../tenants/index.ts';
import type { StatementKind } from './rule.ts';

/** What the statements of a run have in common. */
export interface Frame {
  seller: { name: string; address: string[]; phone: string | null; email: string | null };
  remitTo: string[];
  note: string;
  logoFileId: string | null;
  locale: string;
  paper: Paper;
  /** Where the links lead. */
  base: string;
}

export interface ContentLine {
  kind: 'invoice' | 'credit_memo' | 'payment_on_account' | 'payment';
  id: string;
  number: string;
  issuedOn: string;
  dueOn: string | null;
  /** Minor units as text; credits are below zero. */
  amount: string;
  open: string;
  /** The child whose it is, on a parent's statement. */
  customer: string | null;
}

export interface ContentMovement {
  on: string;
  what: keyof typeof movementWords;
  number: string | null;
  /** Of an invoice or credit memo. */
  id: string | null;
  amount: string;
  customer: string | null;
}

/** Of one customer and currency, as the planning wrote it. */
export interface Content {
  billTo: { name: string; number: string; address: Record<string, unknown> | null };
  /** Open items; under balance forward they make the aging and are what can be paid. */
  lines: ContentLine[];
  opening: string | null;
  movements: ContentMovement[];
  /** Lines that were too many to be listed. */
  left: number;
  aging: { current: string; days1To30: string; days31To60: string; days61To90: string; over90: string; credits: string };
}

export const movementWords = {
  invoice: 'Invoice',
  credit_memo: 'Credit memo',
  payment_on_account: 'Payment on account',
  change: 'Amount changed',
  payment: 'Payment, thank you',
  returned: 'Payment returned',
  refund: 'Refund',
  source_system: 'Payment or adjustment',
  write_off: 'Adjustment',
  void: 'Voided',
} as const;

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

export function frameOf(tenant: Tenant, settings: Settings, base: string): Frame {
  const { branding, statements } = settings;
  return {
    seller: { name: tenant.name, address: linesOf(branding.address), phone: branding.phone || null, email: branding.supportEmail },
    remitTo: linesOf(statements.remitTo),
    note: statements.note.trim(),
    logoFileId: statements.logoFileId,
    locale: tenant.locale,
    paper: paperOf(tenant.locale),
    base,
  };
}

export interface Drawable {
  number: string;
  kind: StatementKind;
  currency: string;
  asOf: Temporal.PlainDate;
  fromOn: Temporal.PlainDate | null;
  totalMinor: bigint;
  overdueMinor: bigint;
  content: Content;
}

/** `pageUrl` is where the payer reads and pays it; its invoices lie below. */
export function modelOf(statement: Drawable, frame: Frame, pageUrl: string): StatementPdfModel {
  const { content } = statement;
  const forward = statement.kind === 'balance_forward';
  const urlOf = (id: string) => `${pageUrl}/i/${id}`;
  return {
    number: statement.number,
    kind: statement.kind,
    seller: frame.seller,
    remitTo: frame.remitTo,
    note: frame.note,
    billTo: { name: content.billTo.name, number: content.billTo.number, address: addressLines(content.billTo.address) },
    currency: statement.currency,
    locale: frame.locale,
    paper: frame.paper,
    asOf: statement.asOf.toString(),
    from: statement.fromOn?.toString() ?? null,
    opening: content.opening,
    lines: forward ? [] : content.lines.map(({ id, ...line }) => ({ ...line, url: line.kind === 'invoice' ? urlOf(id) : null })),
    movements: content.movements.map(({ what, id, ...one }) => ({
      ...one,
      text: movementWords[what],
      url: what === 'invoice' && id !== null ? urlOf(id) : null,
    })),
    left: content.left,
    total: statement.totalMinor.toString(),
    overdue: statement.overdueMinor.toString(),
    aging: content.aging,
    payUrl: content.lines.some((line) => line.kind === 'invoice') ? pageUrl : null,
  };
}

/** The invoices that it lists, with what was open of each. */
export const listedInvoices = (content: Content): { documentId: string; openMinor: bigint }[] =>
  content.lines.filter((line) => line.kind === 'invoice').map((line) => ({ documentId: line.id, openMinor: BigInt(line.open) }));
