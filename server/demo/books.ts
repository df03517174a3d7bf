import { money, toJson } from '../kernel/money.ts';
import type { Context } from '../platform/context.ts';
import type { Calendar } from './calendar.ts';
import { newIdOf } from './calendar.ts';
import type { DemoApplication, DemoCompany, DemoCredit, DemoInvoice, DemoPayment } from './company.ts';
import * as queries from './queries.ts';

/** Days from the first to the one before `before`, counted from today. */
interface Span {
  from: number;
  before: number;
}

const isIn = ({ from, before }: Span, day: number | null): boolean => day !== null && day >= from && day < before;

/** The company's ledger, written forward: what happened on some days, and where that left what was there before. */
export class Books {
  readonly #company: DemoCompany;
  readonly #calendar: Calendar;
  readonly customerIds: readonly string[];
  readonly #invoiceIds: string[];
  readonly #creditIds: string[];
  readonly #paymentIds: string[];
  readonly #applicationIds: string[];
  readonly #applied: DemoApplication[][];

  constructor(company: DemoCompany, calendar: Calendar, customerIds: readonly string[]) {
    this.#company = company;
    this.#calendar = calendar;
    this.customerIds = customerIds;
    this.#invoiceIds = company.invoices.map((invoice) => calendar.id(invoice.issuedDay));
    this.#creditIds = company.credits.map((credit) => calendar.id(credit.day));
    this.#paymentIds = company.payments.map((payment) => calendar.id(payment.day, 14));
    this.#applicationIds = company.applications.map((application) => calendar.id(application.day, 14));
    this.#applied = company.invoices.map(() => []);
    for (const application of company.applications) this.#applied[application.invoice]!.push(application);
  }

  /** Writes those days. What is left to each invoice and payment is told as of their end. */
  async advance(ctx: Context, span: Span): Promise<void> {
    await this.#documents(ctx, span);
    await this.#payments(ctx, span);
    await this.#applications(ctx, span);
  }

  #currencyOf(customer: number): string {
    return this.#company.customers[customer]!.currency;
  }

  async #documents(ctx: Context, span: Span): Promise<void> {
    const { invoices, credits, applications } = this.#company;
    const rows = [
      ...invoices.flatMap((invoice, index) => (isIn(span, invoice.issuedDay) ? [this.#invoiceRow(invoice, index, span.before)] : [])),
      ...credits.flatMap((credit, index) => (isIn(span, credit.day) ? [this.#creditRow(credit, index)] : [])),
    ];
    if (rows.length > 0) {
      await queries.insertDocuments(ctx, rows);
      await queries.insertEvents(
        ctx,
        rows.map((document) => ({
          id: newIdOf(document.id),
          type: document.kind === 'invoice' ? 'invoice.recorded' : 'credit_memo.recorded',
          subjectType: 'document',
          subjectId: document.id,
          customerId: document.customerId,
          data: { number: document.number, amount: toJson(money(BigInt(document.amountMinor), document.currency)), dueOn: document.dueOn },
          at: document.at,
        })),
      );
    }
    const touched = new Set(applications.flatMap(({ invoice, day }) => (isIn(span, day) && invoices[invoice]!.issuedDay < span.from ? [invoice] : [])));
    if (touched.size > 0)
      await queries.settleDocuments(
        ctx,
        [...touched].map((index) => ({ id: this.#invoiceIds[index], ...this.#settledBy(index, span.before) })),
      );
  }

  /** What is left of an invoice at the begin of that day. */
  #settledBy(index: number, before: number): { openMinor: number; state: string; closedOn: string | null } {
    const applied = this.#applied[index]!.filter(({ day }) => day < before);
    const openMinor = applied.reduce((left, { amountMinor }) => left - amountMinor, this.#company.invoices[index]!.amountMinor);
    const state = applied.some(({ source }) => source === 'void') ? 'void' : openMinor > 0 ? 'open' : 'closed';
    return { openMinor, state, closedOn: openMinor > 0 ? null : this.#calendar.date(Math.max(...applied.map(({ day }) => day))) };
  }

  #invoiceRow(invoice: DemoInvoice, index: number, before: number) {
    const calendar = this.#calendar;
    return {
      id: this.#invoiceIds[index]!,
      kind: 'invoice',
      customerId: this.customerIds[invoice.customer]!,
      number: invoice.number,
      currency: this.#currencyOf(invoice.customer),
      amountMinor: invoice.amountMinor,
      dueOn: calendar.date(invoice.dueDay),
      issuedOn: calendar.date(invoice.issuedDay),
      terms: `Net ${this.#company.customers[invoice.customer]!.termsDays}`,
      reason: null,
      reference: invoice.purchaseOrder,
      document: null,
      item: invoice.item,
      at: calendar.moment(invoice.issuedDay),
      ...this.#settledBy(index, before),
    };
  }

  #creditRow(credit: DemoCredit, index: number) {
    const calendar = this.#calendar;
    return {
      id: this.#creditIds[index]!,
      kind: 'credit_memo',
      state: credit.openMinor > 0 ? 'open' : 'closed',
      customerId: this.customerIds[credit.customer]!,
      number: credit.number,
      currency: this.#currencyOf(credit.customer),
      amountMinor: credit.amountMinor,
      openMinor: credit.openMinor,
      dueOn: calendar.date(credit.day),
      issuedOn: calendar.date(credit.day),
      closedOn: credit.closedDay === null ? null : calendar.date(credit.closedDay),
      terms: null,
      reason: credit.reason,
      reference: null,
      document: credit.invoiceNumber,
      item: null,
      at: calendar.moment(credit.day),
    };
  }

  async #payments(ctx: Context, span: Span): Promise<void> {
    const { payments } = this.#company;
    const rows = payments.flatMap((payment, index) => (isIn(span, payment.day) ? [this.#paymentRow(payment, index, span.before)] : []));
    if (rows.length > 0) {
      await queries.insertPayments(ctx, rows);
      await queries.insertEvents(
        ctx,
        rows.map((payment) => ({
          id: newIdOf(payment.id),
          type: 'payment.received',
          subjectType: 'payment',
          subjectId: payment.id,
          customerId: payment.customerId,
          data: { number: payment.number, amount: toJson(money(BigInt(payment.amountMinor), payment.currency)), method: payment.method },
          at: payment.at,
        })),
      );
    }
    const returned = payments.flatMap((payment, index) =>
      isIn(span, payment.returnedDay) && payment.day < span.from ? [this.#paymentRow(payment, index, span.before)] : [],
    );
    if (returned.length > 0) await queries.returnPayments(ctx, returned);
  }

  #paymentRow(payment: DemoPayment, index: number, before: number) {
    const { returnedDay } = payment;
    const returned = returnedDay !== null && returnedDay < before;
    return {
      id: this.#paymentIds[index]!,
      customerId: this.customerIds[payment.customer]!,
      number: payment.number,
      currency: this.#currencyOf(payment.customer),
      amountMinor: payment.amountMinor,
      appliedMinor: returned ? 0 : payment.amountMinor - payment.unappliedMinor,
      unappliedMinor: payment.unappliedMinor,
      method: payment.method,
      state: returned ? 'returned' : 'settled',
      receivedOn: this.#calendar.date(payment.day),
      reference: payment.reference,
      returnedOn: returned ? this.#calendar.date(returnedDay) : null,
      returnedReason: returned ? 'R01 insufficient funds' : null,
      at: this.#calendar.moment(payment.day, 14),
    };
  }

  async #applications(ctx: Context, span: Span): Promise<void> {
    const rows = this.#company.applications.flatMap((application, index) => (isIn(span, application.day) ? [this.#applicationRow(application, index)] : []));
    if (rows.length > 0) await queries.insertApplications(ctx, rows);
  }

  #applicationRow(application: DemoApplication, index: number) {
    const { customer } = this.#company.invoices[application.invoice]!;
    return {
      id: this.#applicationIds[index],
      documentId: this.#invoiceIds[application.invoice],
      customerId: this.customerIds[customer],
      source: application.source,
      paymentId: application.source === 'payment' ? this.#paymentIds[application.from!] : null,
      creditId: application.source === 'credit_memo' ? this.#creditIds[application.from!] : null,
      amountMinor: application.amountMinor,
      currency: this.#currencyOf(customer),
      appliedOn: this.#calendar.date(application.day),
      reason: application.reason,
      reversesId: application.reverses === null ? null : this.#applicationIds[application.reverses],
      at: this.#calendar.moment(application.day, 14),
    };
  }
}
