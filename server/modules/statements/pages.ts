/** What a statement's links and code lead to: the statement as it was, what is open of it now, and the way to pay it. */
import type { Context as HonoContext, Hono } from 'hono';
import { html } from 'hono/html';
import { format, money } from '../../kernel/money.ts';
import { isId } from '../../kernel/ids.ts';
import { type Context, inTenant, type Platform, systemActor, type Actor } from '../../platform/context.ts';
import { type Brand, type Html, pageResponse } from '../../platform/http/layout.ts';
import { type HttpEnv, requestInfo } from '../../platform/http/server.ts';
import { brandOf, dateText, dueWords, gone } from '../correspondence/index.ts';
import { createPayLink } from '../payments/index.ts';
import { invoicePdf } from '../receivables/index.ts';
import { pdfOf } from './commands/draw.ts';
import { listedInvoices } from './content.ts';
import { type FullStatement, readOpenOf, readPayerAddress, readStatement, withinLimit } from './documents/queries.ts';
import { LINK_DAYS, readStatementToken, type StatementRef } from './links.ts';

type C = HonoContext<HttpEnv>;

/** Payments begun from one statement, and from one address, in an hour. */
const PAYS_AN_HOUR = { statement: 20, address: 100 } as const;
const MAX_FORM_BYTES = 4096;

const noStore = { 'cache-control': 'no-store, private', 'referrer-policy': 'no-referrer', 'x-robots-tag': 'noindex', 'x-content-type-options': 'nosniff' };

export function pages(app: Hono<HttpEnv>, platform: Platform): void {
  app.get('/s/:token', (c) => visit(platform, c, (ctx, statement) => page(ctx, statement, c.req.param('token'))));
  app.get('/s/:token/statement.pdf', (c) => visit(platform, c, async (ctx, statement) => file(await pdfOf(ctx, statement))));
  app.get('/s/:token/i/:document', (c) =>
    visit(platform, c, async (ctx, statement) => {
      const id = c.req.param('document');
      if (!isId(id) || !invoiceIds(statement).includes(id)) return gone();
      const { name, bytes } = await invoicePdf(ctx, id);
      return file({ name, bytes });
    }),
  );
  // opening never makes anything; pressing the button makes a payment link for what is open then
  app.post('/s/:token/pay', (c) => visit(platform, c, (ctx, statement) => pay(ctx, c, statement)));
}

/** Runs `show` for the statement of the link; one answer for a wrong, old or foreign link. */
async function visit(platform: Platform, c: C, show: (ctx: Context, statement: FullStatement) => Promise<Response> | Response): Promise<Response> {
  const ref = readStatementToken(platform, c.req.param('token') ?? '');
  if (!ref) return gone();
  if (c.req.method === 'POST' && !(await allowed(platform, c, ref))) return tooMany();
  return inTenant(platform, ref.tenantId, payer(platform, c), async (ctx) => {
    const statement = await readStatement(ctx, ref.statementId);
    if (!statement || statement.asOf.until(ctx.clock.today(), { largestUnit: 'days' }).days > LINK_DAYS) return gone();
    return show(ctx, statement);
  });
}

const ipOf = (platform: Platform, c: C): string => requestInfo(platform, c.env.incoming, c.req.raw).ip;
const payer = (platform: Platform, c: C): Actor => ({ ...systemActor, kind: 'payer', name: 'Payer', role: 'viewer', ip: ipOf(platform, c) });

async function allowed(platform: Platform, c: C, ref: StatementRef): Promise<boolean> {
  return (
    (await withinLimit(platform, `statement:pay:${ref.statementId}`, PAYS_AN_HOUR.statement, 3600)) &&
    (await withinLimit(platform, `statement:pay:address:${ipOf(platform, c)}`, PAYS_AN_HOUR.address, 3600))
  );
}

function tooMany(): Promise<Response> {
  const body = html`<div class="card"><h1>Too many tries</h1><p>Wait an hour, or reply to the e-mail that carried the statement and ask.</p></div>`;
  return pageResponse({ title: 'Too many tries', failed: true, body }, 429);
}

const invoiceIds = (statement: FullStatement): string[] => listedInvoices(statement.content).map((one) => one.documentId);

function file({ name, bytes }: { name: string; bytes: Buffer }): Response {
  return new Response(new Uint8Array(bytes), {
    headers: {
      ...noStore,
      'content-type': 'application/pdf',
      'content-disposition': `inline; filename="${name.replace(/[^\w. -]/g, '_')}"`,
      'content-security-policy': "default-src 'none'; object-src 'self'; plugin-types application/pdf; sandbox",
    },
  });
}

type OpenInvoice = Awaited<ReturnType<typeof readOpenOf>>[number];

async function page(ctx: Context, statement: FullStatement, token: string): Promise<Response> {
  const brand = await brandOf(ctx);
  const open = await readOpenOf(ctx, invoiceIds(statement));
  const amount = (minor: bigint) => format(money(minor, statement.currency), ctx.tenant.locale);
  const sum = open.reduce((total, one) => total + one.openMinor, 0n);
  const groups = Map.groupBy(open, (one) => one.customerId);
  const body = html`<div class="card"><p class="muted">Statement ${statement.number} of ${dateText(statement.asOf, ctx.tenant.locale)} for ${statement.content.billTo.name}</p>${
    open.length === 0
      ? html`<h1>Nothing is open any more</h1><p class="lead">Every invoice of this statement is paid or closed.</p>`
      : html`<h1 class="amount">${amount(sum)}</h1><p class="lead">is open today of this statement’s invoices.</p>${[...groups.values()].map((invoices) => group(ctx, statement, token, invoices, groups.size > 1))}`
  }<p class="after"><a href="/s/${token}/statement.pdf">Open the statement as PDF</a></p></div>`;
  return pageResponse({ title: `Statement ${statement.number}`, brand, body, width: 'medium', footer: footer(brand) });
}

const footer = (brand: Brand): Html => html`<p>Questions? Reply to the e-mail that brought you here. ${brand.name}</p>`;

function group(ctx: Context, statement: FullStatement, token: string, invoices: readonly OpenInvoice[], named: boolean): Html {
  const { locale } = ctx.tenant;
  const amount = (minor: bigint) => format(money(minor, statement.currency), locale);
  const sum = invoices.reduce((total, one) => total + one.openMinor, 0n);
  const today = ctx.clock.today();
  return html`${named ? html`<h2>${invoices[0]!.customerName}</h2>` : ''}<div class="scroll"><table><thead><tr><th scope="col">Invoice</th><th scope="col">Due</th><th scope="col" class="number">Open</th></tr></thead><tbody>${invoices.map(
    (one) =>
      html`<tr><td><a href="/s/${token}/i/${one.id}">${one.number}<span class="small muted"> PDF</span></a></td><td>${dateText(one.dueOn, locale)}<br><span class="small ${Temporal.PlainDate.compare(one.dueOn, today) < 0 ? 'overdue' : 'muted'}">${dueWords(one.dueOn, today)}</span></td><td class="number">${amount(one.openMinor)}</td></tr>`,
  )}</tbody></table></div><form method="post" action="/s/${token}/pay"><input type="hidden" name="customer" value="${invoices[0]!.customerId}"><button class="button block" type="submit">Pay ${amount(sum)}</button></form>`;
}

/** A payment link for what one customer of the statement owes now, and the way to its page. */
async function pay(ctx: Context, c: C, statement: FullStatement): Promise<Response> {
  const length = Number(c.req.header('content-length') ?? 0);
  const form = new URLSearchParams(length > 0 && length <= MAX_FORM_BYTES ? await c.req.text() : '');
  const open = (await readOpenOf(ctx, invoiceIds(statement))).filter((one) => one.customerId === form.get('customer'));
  const address = await readPayerAddress(ctx, statement);
  if (open.length === 0 || address === null) return page(ctx, statement, c.req.param('token')!);
  const link = await createPayLink(ctx, {
    customerId: open[0]!.customerId,
    documents: open.map((one) => ({ documentId: one.id, amountMinor: one.openMinor })),
    currency: statement.currency,
    emailAddress: address,
    emailId: statement.emailId,
  });
  return new Response(null, { status: 303, headers: { ...noStore, location: link.url } });
}
