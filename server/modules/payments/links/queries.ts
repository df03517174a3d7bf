/** The SQL of pay links and of the pay page. */
import { type Sql, sql } from '../../../platform/database/sql.ts';
import type { Context, Platform } from '../../../platform/context.ts';
import type { Rail } from '../../../gateways/gateway.ts';

export interface NewLink {
  id: string;
  purpose: 'pay' | 'confirm';
  customerId: string;
  tokenHash: Buffer;
  emailAddress: string;
  emailId: string | null;
  currency: string;
  amountMinor: bigint;
  methodId: string | null;
  parentId: string | null;
  expiresAt: Temporal.Instant;
  documents: readonly { documentId: string; amountMinor: bigint }[];
}

/** Two statements, however many links. */
export async function insertLinks(ctx: Context, links: readonly NewLink[]): Promise<void> {
  const column = <T>(pick: (link: NewLink) => T): T[] => links.map(pick);
  await ctx.tx.run(sql`
    insert into pay_link (tenant_id, id, purpose, customer_id, token_hash, email_address, email_id, currency, amount_minor, method_id, parent_id, expires_at)
    select ${ctx.tenant.id}, l.* from unnest(
      ${column((link) => link.id)}::uuid[], ${column((link) => link.purpose)}::text[], ${column((link) => link.customerId)}::uuid[],
      ${column((link) => link.tokenHash)}::bytea[], ${column((link) => link.emailAddress)}::text[], ${column((link) => link.emailId)}::uuid[],
      ${column((link) => link.currency)}::text[], ${column((link) => link.amountMinor)}::bigint[], ${column((link) => link.methodId)}::uuid[],
      ${column((link) => link.parentId)}::uuid[], ${column((link) => link.expiresAt)}::timestamptz[]) as l`);
  const documents = links.flatMap((link) => link.documents.map((document) => ({ linkId: link.id, ...document })));
  await ctx.tx.run(sql`
    insert into pay_link_document (tenant_id, pay_link_id, document_id, amount_minor)
    select ${ctx.tenant.id}, d.* from unnest(${documents.map((document) => document.linkId)}::uuid[],
      ${documents.map((document) => document.documentId)}::uuid[], ${documents.map((document) => document.amountMinor)}::bigint[]) as d`);
}

export interface MethodChoice {
  id: string;
  customerId: string;
  rail: Rail;
  last4: string;
  expMonth: number | null;
  expYear: number | null;
}

/** Saved methods of these customers that an active account can charge, newest first. */
export function readChargeableMethods(ctx: Context, customerIds: readonly string[]): Promise<MethodChoice[]> {
  return ctx.tx.rows<MethodChoice>(sql`
    select m.id, m.customer_id, m.rail, m.last4, m.exp_month, m.exp_year
    from payment_method m join gateway_account g on g.tenant_id = m.tenant_id and g.id = m.gateway_account_id
    where m.tenant_id = ${ctx.tenant.id} and m.customer_id = any(${[...customerIds]}::uuid[]) and m.removed_at is null and g.active and m.rail = any(g.rails)
    order by m.id desc`);
}

export async function readActiveRails(ctx: Context): Promise<Rail[]> {
  const rows = await ctx.tx.rows<{ rail: Rail }>(sql`
    select distinct unnest(rails) as rail from gateway_account where tenant_id = ${ctx.tenant.id} and active`);
  return rows.map((row) => row.rail);
}

export interface LinkRow {
  id: string;
  purpose: 'pay' | 'confirm';
  customerId: string;
  customerName: string;
  emailAddress: string;
  emailId: string | null;
  currency: string;
  amountMinor: bigint;
  methodId: string | null;
  parentId: string | null;
  expiresAt: Temporal.Instant;
  revokedAt: Temporal.Instant | null;
}

export function readLink(ctx: Context, id: string): Promise<LinkRow | null> {
  return ctx.tx.maybe<LinkRow>(sql`
    select l.id, l.purpose, l.customer_id, c.name as customer_name, l.email_address, l.email_id, l.currency, l.amount_minor, l.method_id, l.parent_id, l.expires_at, l.revoked_at
    from pay_link l join customer c on c.tenant_id = l.tenant_id and c.id = l.customer_id
    where l.tenant_id = ${ctx.tenant.id} and l.id = ${id}`);
}

export function readLinkDocuments(
  ctx: Context,
  linkId: string,
): Promise<{ documentId: string; number: string; amountMinor: bigint; openMinor: bigint; dueOn: Temporal.PlainDate }[]> {
  return ctx.tx.rows(sql`
    select pd.document_id, d.number, pd.amount_minor, d.open_minor, d.due_on
    from pay_link_document pd join document d on d.tenant_id = pd.tenant_id and d.id = pd.document_id
    where pd.tenant_id = ${ctx.tenant.id} and pd.pay_link_id = ${linkId} order by d.due_on, d.number`);
}

export async function setLinkToken(ctx: Context, linkId: string, tokenHash: Buffer): Promise<boolean> {
  const changed = await ctx.tx.run(sql`
    update pay_link set token_hash = ${tokenHash} where tenant_id = ${ctx.tenant.id} and id = ${linkId} and purpose = 'confirm' and revoked_at is null`);
  return changed === 1;
}

/** Counts one try; false when the key has had its number for the window. */
export async function withinLimit(platform: Platform, key: string, count: number, windowSeconds: number): Promise<boolean> {
  const [row] = await platform.database.systemRows<{ ok: boolean }>(sql`select app.within_rate_limit(${key}, ${count}, ${windowSeconds}) as ok`);
  return row!.ok;
}

/** The row of `app.pay_page`: all that a pay page shows. Amounts are strings of minor units. */
export interface PayPageRow {
  tenantId: string;
  companyName: string;
  timezone: string;
  locale: string;
  setting: Record<string, unknown>;
  payLinkId: string;
  /** The link of the first mail; a confirm link has another. */
  rootId: string;
  purpose: 'pay' | 'confirm';
  methodId: string | null;
  customerId: string;
  customerName: string;
  emailAddress: string;
  currency: string;
  expiresAt: string;
  revokedAt: string | null;
  documents: { id: string; number: string; dueOn: string; state: string; totalMinor: string; openMinor: string; linkMinor: string }[];
  accounts: { id: string; rails: Rail[]; entryOrigin: string }[];
  methods: { id: string; accountId: string; rail: Rail; brand: string | null; last4: string; expMonth: number | null; expYear: number | null }[];
  inFlight: { id: string; state: string; rail: Rail; payLinkId: string | null; amountMinor: string }[];
  failures: number;
}

const payPage = (hash: Buffer): Sql => sql`select app.pay_page(${hash}) as page`;

/** Everything of a link's page by its token's hash, in one round trip; null for a token that nobody has. */
export async function readPayPage(platform: Platform, tokenHash: Buffer): Promise<PayPageRow | null> {
  const [row] = await platform.database.systemRows<{ page: PayPageRow | null }>(payPage(tokenHash));
  return row!.page;
}

export async function findPayers(platform: Platform, emailAddress: string): Promise<{ tenantId: string; customerId: string }[]> {
  return platform.database.systemRows(sql`select tenant_id, customer_id from app.find_payers(${emailAddress})`);
}

/** The customer's open invoices, for a new link, oldest due first. */
export function readPayable(ctx: Context, customerId: string, limit: number): Promise<{ documentId: string; currency: string; amountMinor: bigint }[]> {
  return ctx.tx.rows(sql`
    select id as document_id, currency, open_minor as amount_minor from document
    where tenant_id = ${ctx.tenant.id} and customer_id = ${customerId} and state = 'open' and kind = 'invoice' order by due_on, id limit ${limit}`);
}
