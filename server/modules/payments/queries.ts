/** The SQL of attempts, refunds, gateway accounts, methods and webhooks. Pay links have theirs in `links/queries.ts`. */
import type { GatewayFailure, MethodSummary, NextAction, Rail } from '../../gateways/gateway.ts';
import { newId } from '../../kernel/ids.ts';
import type { Context } from '../../platform/context.ts';
import type { Database } from '../../platform/database/database.ts';
import { type Sql, sql } from '../../platform/database/sql.ts';
import type { AttemptState } from './attempt.ts';
import type { RefundState } from './refund.ts';

export interface GatewayAccountRow {
  id: string;
  gateway: string;
  label: string;
  settingsCiphertext: Buffer;
  rails: Rail[];
  entryOrigin: string;
  active: boolean;
  createdAt: Temporal.Instant;
}

export interface Attempt {
  id: string;
  customerId: string;
  customerName: string;
  gatewayAccountId: string;
  gateway: string;
  rail: Rail;
  currency: string;
  amountMinor: bigint;
  state: AttemptState;
  methodId: string | null;
  payLinkId: string | null;
  gatewayRef: string | null;
  snapshotVersion: bigint;
  paymentId: string | null;
  failure: GatewayFailure | null;
  nextAction: NextAction | null;
  methodSummary: Pick<MethodSummary, 'rail' | 'brand' | 'last4'> | null;
  saveMethod: boolean;
  checks: number;
  submittedAt: Temporal.Instant | null;
  nextCheckAt: Temporal.Instant | null;
  attentionAt: Temporal.Instant | null;
  finishedAt: Temporal.Instant | null;
  createdAt: Temporal.Instant;
}

const attemptColumns = sql`
  a.id, a.customer_id, c.name as customer_name, a.gateway_account_id, g.gateway, a.rail, a.currency, a.amount_minor, a.state, a.method_id, a.pay_link_id,
  a.gateway_ref, a.snapshot_version, a.payment_id, a.failure, a.next_action, a.method_summary, a.save_method, a.checks,
  a.submitted_at, a.next_check_at, a.attention_at, a.finished_at, a.created_at`;
const attemptTables = sql`
  payment_attempt a join customer c on c.tenant_id = a.tenant_id and c.id = a.customer_id
  join gateway_account g on g.tenant_id = a.tenant_id and g.id = a.gateway_account_id`;

export function readAttempt(ctx: Context, id: string): Promise<Attempt | null> {
  return ctx.tx.maybe<Attempt>(sql`select ${attemptColumns} from ${attemptTables} where a.tenant_id = ${ctx.tenant.id} and a.id = ${id}`);
}

/** The attempt, locked; its customer must be locked before. */
export function lockAttempt(ctx: Context, id: string): Promise<Attempt | null> {
  return ctx.tx.maybe<Attempt>(sql`
    select ${attemptColumns} from ${attemptTables} where a.tenant_id = ${ctx.tenant.id} and a.id = ${id} for update of a`);
}

export interface NewAttempt {
  id: string;
  customerId: string;
  gatewayAccountId: string;
  rail: Rail;
  currency: string;
  amountMinor: bigint;
  methodId: string | null;
  payLinkId: string | null;
  methodSummary: Pick<MethodSummary, 'rail' | 'brand' | 'last4'>;
  saveMethod: boolean;
  ip: string | null;
  userAgent: string | null;
  nextCheckSeconds: number;
}

export async function insertAttempt(ctx: Context, attempt: NewAttempt, documents: readonly { documentId: string; amountMinor: bigint }[]): Promise<void> {
  await ctx.tx.run(sql`
    insert into payment_attempt (tenant_id, id, customer_id, gateway_account_id, rail, currency, amount_minor, state, method_id, pay_link_id,
      method_summary, save_method, ip, user_agent, next_check_at)
    values (${ctx.tenant.id}, ${attempt.id}, ${attempt.customerId}, ${attempt.gatewayAccountId}, ${attempt.rail}, ${attempt.currency},
      ${attempt.amountMinor}, 'created', ${attempt.methodId}, ${attempt.payLinkId}, ${sql.json(attempt.methodSummary)}, ${attempt.saveMethod},
      ${attempt.ip}, ${attempt.userAgent}, app.now() + make_interval(secs => ${attempt.nextCheckSeconds}))`);
  await ctx.tx.run(sql`
    insert into payment_attempt_document (tenant_id, attempt_id, document_id, amount_minor)
    select ${ctx.tenant.id}, ${attempt.id}, document_id, amount_minor
    from unnest(${documents.map((document) => document.documentId)}::uuid[], ${documents.map((document) => document.amountMinor)}::bigint[]) as d (document_id, amount_minor)`);
}

/** Attempts that hold one of these documents. */
export function readInFlight(ctx: Context, documentIds: readonly string[]): Promise<{ attemptId: string; documentId: string }[]> {
  return ctx.tx.rows(sql`
    select attempt_id, document_id from payment_attempt_document
    where tenant_id = ${ctx.tenant.id} and document_id = any(${[...documentIds]}::uuid[]) and in_flight`);
}

export function readAttemptDocuments(
  ctx: Context,
  attemptId: string,
): Promise<{ documentId: string; number: string; amountMinor: bigint; inFlight: boolean }[]> {
  return ctx.tx.rows(sql`
    select ad.document_id, d.number, ad.amount_minor, ad.in_flight
    from payment_attempt_document ad join document d on d.tenant_id = ad.tenant_id and d.id = ad.document_id
    where ad.tenant_id = ${ctx.tenant.id} and ad.attempt_id = ${attemptId} order by d.due_on, d.number`);
}

/** created → submitted, once. Answers false when somebody called it off before. */
export async function markSubmitted(ctx: Context, id: string, leaseSeconds: number): Promise<boolean> {
  const changed = await ctx.tx.run(sql`
    update payment_attempt set state = 'submitted', submitted_at = app.now(), next_check_at = app.now() + make_interval(secs => ${leaseSeconds})
    where tenant_id = ${ctx.tenant.id} and id = ${id} and state = 'created'`);
  return changed === 1;
}

export interface AttemptChange {
  to: AttemptState;
  version: bigint;
  gatewayRef: string | null;
  failure: GatewayFailure | null;
  nextAction: NextAction | null;
  finished: boolean;
  nextCheckSeconds: number | null;
}

export async function moveAttempt(ctx: Context, id: string, change: AttemptChange): Promise<void> {
  await ctx.tx.run(sql`
    update payment_attempt set state = ${change.to}, snapshot_version = greatest(snapshot_version, ${change.version}),
      gateway_ref = coalesce(gateway_ref, ${change.gatewayRef}), failure = ${change.failure ? sql.json(change.failure) : null}::jsonb,
      next_action = ${change.nextAction ? sql.json(change.nextAction) : null}::jsonb, checks = 0,
      finished_at = case when ${change.finished} then coalesce(finished_at, app.now()) end,
      next_check_at = app.now() + make_interval(secs => ${change.nextCheckSeconds}::double precision)
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

/** A look that changed nothing: the next one is set. */
export async function rescheduleAttempt(ctx: Context, id: string, version: bigint, nextCheckSeconds: number | null): Promise<void> {
  await ctx.tx.run(sql`
    update payment_attempt set checks = checks + 1, snapshot_version = greatest(snapshot_version, ${version}),
      next_check_at = app.now() + make_interval(secs => ${nextCheckSeconds}::double precision)
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function setAttemptPayment(ctx: Context, id: string, paymentId: string): Promise<void> {
  await ctx.tx.run(sql`update payment_attempt set payment_id = ${paymentId} where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function releaseDocuments(ctx: Context, attemptId: string): Promise<void> {
  await ctx.tx.run(sql`update payment_attempt_document set in_flight = false where tenant_id = ${ctx.tenant.id} and attempt_id = ${attemptId} and in_flight`);
}

/** True the first time. */
export async function markAttention(ctx: Context, table: 'payment_attempt' | 'refund', id: string): Promise<boolean> {
  const changed = await ctx.tx.run(sql`
    update ${sql.raw(table)} set attention_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${id} and attention_at is null`);
  return changed === 1;
}

export interface Step {
  kind: string;
  detail: Record<string, unknown>;
  at: Temporal.Instant;
}

export async function insertStep(ctx: Context, attemptId: string, kind: string, detail: Record<string, unknown> = {}): Promise<void> {
  await ctx.tx.run(sql`
    insert into payment_attempt_step (tenant_id, id, attempt_id, kind, detail) values (${ctx.tenant.id}, ${newId()}, ${attemptId}, ${kind}, ${sql.json(detail)})`);
}

export function readSteps(ctx: Context, attemptId: string): Promise<Step[]> {
  return ctx.tx.rows<Step>(sql`
    select kind, detail, at from payment_attempt_step where tenant_id = ${ctx.tenant.id} and attempt_id = ${attemptId} order by id`);
}

export function findAttemptByRef(ctx: Context, accountId: string, gatewayRef: string): Promise<{ id: string } | null> {
  return ctx.tx.maybe(sql`
    select id from payment_attempt where tenant_id = ${ctx.tenant.id} and gateway_account_id = ${accountId} and gateway_ref = ${gatewayRef}`);
}

export function findAttemptOfPayment(ctx: Context, paymentId: string): Promise<{ id: string } | null> {
  return ctx.tx.maybe(sql`select id from payment_attempt where tenant_id = ${ctx.tenant.id} and payment_id = ${paymentId}`);
}

export interface AttemptFilter {
  state?: AttemptState | undefined;
  customerId?: string | undefined;
  paymentId?: string | undefined;
  rail?: Rail | undefined;
  before?: { createdAt: string; id: string } | undefined;
  limit: number;
}

/** Newest first. */
export function listAttempts(ctx: Context, filter: AttemptFilter): Promise<Attempt[]> {
  const conditions: Sql[] = [sql`a.tenant_id = ${ctx.tenant.id}`];
  if (filter.state) conditions.push(sql`a.state = ${filter.state}`);
  if (filter.customerId) conditions.push(sql`a.customer_id = ${filter.customerId}`);
  if (filter.paymentId) conditions.push(sql`a.payment_id = ${filter.paymentId}`);
  if (filter.rail) conditions.push(sql`a.rail = ${filter.rail}`);
  if (filter.before) conditions.push(sql`(a.created_at, a.id) < (${filter.before.createdAt}::timestamptz, ${filter.before.id}::uuid)`);
  return ctx.tx.rows<Attempt>(sql`
    select ${attemptColumns} from ${attemptTables} where ${sql.and(conditions)} order by a.created_at desc, a.id desc limit ${filter.limit}`);
}

// ---- what is due --------------------------------------------------------------------------------------------------

export interface DueCheck {
  kind: 'attempt' | 'refund';
  tenantId: string;
  id: string;
}

export function findDueChecks(database: Database, now: Temporal.Instant, limit: number): Promise<DueCheck[]> {
  return database.systemRows<DueCheck>(sql`select kind, tenant_id, id from app.due_payment_checks(${now}, ${limit})`);
}

/** Takes the look for this process; false when another has it. */
export async function claimCheck(ctx: Context, due: Pick<DueCheck, 'kind' | 'id'>, leaseSeconds: number): Promise<boolean> {
  const table = sql.raw(due.kind === 'attempt' ? 'payment_attempt' : 'refund');
  const claimed = await ctx.tx.run(sql`
    update ${table} set next_check_at = app.now() + make_interval(secs => ${leaseSeconds})
    where tenant_id = ${ctx.tenant.id} and id = ${due.id} and next_check_at <= app.now()`);
  return claimed === 1;
}

// ---- refunds ------------------------------------------------------------------------------------------------------

export interface Refund {
  id: string;
  paymentId: string;
  attemptId: string;
  currency: string;
  amountMinor: bigint;
  state: RefundState;
  reason: string | null;
  gatewayRef: string | null;
  snapshotVersion: bigint;
  failure: GatewayFailure | null;
  requestedByName: string;
  submittedAt: Temporal.Instant | null;
  nextCheckAt: Temporal.Instant | null;
  checks: number;
  createdAt: Temporal.Instant;
  finishedAt: Temporal.Instant | null;
}

const refundColumns = sql`
  id, payment_id, attempt_id, currency, amount_minor, state, reason, gateway_ref, snapshot_version, failure, requested_by_name, submitted_at, next_check_at, checks,
  created_at, finished_at`;

export function readRefund(ctx: Context, id: string): Promise<Refund | null> {
  return ctx.tx.maybe<Refund>(sql`select ${refundColumns} from refund where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export function lockRefund(ctx: Context, id: string): Promise<Refund | null> {
  return ctx.tx.maybe<Refund>(sql`select ${refundColumns} from refund where tenant_id = ${ctx.tenant.id} and id = ${id} for update`);
}

export function readRefunds(ctx: Context, paymentId: string): Promise<Refund[]> {
  return ctx.tx.rows<Refund>(sql`select ${refundColumns} from refund where tenant_id = ${ctx.tenant.id} and payment_id = ${paymentId} order by id`);
}

export async function insertRefund(
  ctx: Context,
  refund: { id: string; paymentId: string; attemptId: string; currency: string; amountMinor: bigint; reason: string | null; leaseSeconds: number },
): Promise<void> {
  await ctx.tx.run(sql`
    insert into refund (tenant_id, id, payment_id, attempt_id, currency, amount_minor, state, reason, requested_by, requested_by_name, next_check_at)
    values (${ctx.tenant.id}, ${refund.id}, ${refund.paymentId}, ${refund.attemptId}, ${refund.currency}, ${refund.amountMinor}, 'created',
      ${refund.reason}, ${ctx.actor.id}, ${ctx.actor.name}, app.now() + make_interval(secs => ${refund.leaseSeconds}))`);
}

export async function markRefundSubmitted(ctx: Context, id: string, leaseSeconds: number): Promise<boolean> {
  const changed = await ctx.tx.run(sql`
    update refund set state = 'submitted', submitted_at = app.now(), next_check_at = app.now() + make_interval(secs => ${leaseSeconds})
    where tenant_id = ${ctx.tenant.id} and id = ${id} and state = 'created'`);
  return changed === 1;
}

export async function moveRefund(
  ctx: Context,
  id: string,
  change: { to: RefundState; version: bigint; gatewayRef: string | null; failure: GatewayFailure | null; finished: boolean; nextCheckSeconds: number | null },
): Promise<void> {
  await ctx.tx.run(sql`
    update refund set state = ${change.to}, snapshot_version = greatest(snapshot_version, ${change.version}), gateway_ref = coalesce(gateway_ref, ${change.gatewayRef}),
      failure = ${change.failure ? sql.json(change.failure) : null}::jsonb, checks = 0, finished_at = case when ${change.finished} then coalesce(finished_at, app.now()) end,
      next_check_at = app.now() + make_interval(secs => ${change.nextCheckSeconds}::double precision)
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function rescheduleRefund(ctx: Context, id: string, nextCheckSeconds: number | null): Promise<void> {
  await ctx.tx.run(sql`
    update refund set checks = checks + 1, next_check_at = app.now() + make_interval(secs => ${nextCheckSeconds}::double precision)
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

// ---- gateway accounts, customers there, methods ---------------------------------------------------------------------

const accountColumns = sql`id, gateway, label, settings_ciphertext, rails, entry_origin, active, created_at`;

export function readAccount(ctx: Context, id: string): Promise<GatewayAccountRow | null> {
  return ctx.tx.maybe<GatewayAccountRow>(sql`select ${accountColumns} from gateway_account where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export function listAccounts(ctx: Context): Promise<GatewayAccountRow[]> {
  return ctx.tx.rows<GatewayAccountRow>(sql`select ${accountColumns} from gateway_account where tenant_id = ${ctx.tenant.id} order by created_at, id`);
}

export async function insertAccount(ctx: Context, account: Omit<GatewayAccountRow, 'createdAt'>): Promise<void> {
  await ctx.tx.run(sql`
    insert into gateway_account (tenant_id, id, gateway, label, settings_ciphertext, rails, entry_origin, active)
    values (${ctx.tenant.id}, ${account.id}, ${account.gateway}, ${account.label}, ${account.settingsCiphertext}, ${account.rails}, ${account.entryOrigin}, ${account.active})`);
}

export async function updateAccount(ctx: Context, account: Omit<GatewayAccountRow, 'createdAt' | 'gateway'>): Promise<void> {
  await ctx.tx.run(sql`
    update gateway_account set label = ${account.label}, settings_ciphertext = ${account.settingsCiphertext}, rails = ${account.rails},
      entry_origin = ${account.entryOrigin}, active = ${account.active}, updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${account.id}`);
}

export async function findAccountOwner(database: Database, accountId: string): Promise<{ tenantId: string; gateway: string } | null> {
  const rows = await database.systemRows<{ tenantId: string; gateway: string }>(sql`select tenant_id, gateway from app.find_gateway_account(${accountId})`);
  return rows[0] ?? null;
}

export function readGatewayCustomer(ctx: Context, accountId: string, customerId: string): Promise<{ ref: string } | null> {
  return ctx.tx.maybe(sql`
    select ref from gateway_customer where tenant_id = ${ctx.tenant.id} and gateway_account_id = ${accountId} and customer_id = ${customerId}`);
}

export async function putGatewayCustomer(ctx: Context, accountId: string, customerId: string, ref: string): Promise<void> {
  await ctx.tx.run(sql`
    insert into gateway_customer (tenant_id, gateway_account_id, customer_id, ref) values (${ctx.tenant.id}, ${accountId}, ${customerId}, ${ref})
    on conflict do nothing`);
}

export interface Method {
  id: string;
  customerId: string;
  gatewayAccountId: string;
  rail: Rail;
  ref: string;
  brand: string | null;
  last4: string;
  expMonth: number | null;
  expYear: number | null;
  holderName: string | null;
  createdAt: Temporal.Instant;
  removedAt: Temporal.Instant | null;
}

const methodColumns = sql`id, customer_id, gateway_account_id, rail, ref, brand, last4, exp_month, exp_year, holder_name, created_at, removed_at`;

export function readMethod(ctx: Context, id: string): Promise<Method | null> {
  return ctx.tx.maybe<Method>(sql`select ${methodColumns} from payment_method where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export function listMethods(ctx: Context, customerIds: readonly string[]): Promise<Method[]> {
  return ctx.tx.rows<Method>(sql`
    select ${methodColumns} from payment_method where tenant_id = ${ctx.tenant.id} and customer_id = any(${[...customerIds]}::uuid[]) and removed_at is null order by id desc`);
}

/** Saved again, a removed method is back and its details are the newest. Answers its id. */
export async function putMethod(ctx: Context, input: { customerId: string; gatewayAccountId: string; method: MethodSummary }): Promise<string> {
  const { method } = input;
  const row = await ctx.tx.one<{ id: string }>(sql`
    insert into payment_method (tenant_id, id, customer_id, gateway_account_id, rail, ref, brand, last4, exp_month, exp_year, holder_name)
    values (${ctx.tenant.id}, ${newId()}, ${input.customerId}, ${input.gatewayAccountId}, ${method.rail}, ${method.ref}, ${method.brand},
      ${method.last4}, ${method.expMonth}, ${method.expYear}, ${method.holderName})
    on conflict (tenant_id, gateway_account_id, ref) do update set removed_at = null, exp_month = excluded.exp_month, exp_year = excluded.exp_year,
      holder_name = excluded.holder_name, brand = excluded.brand
    returning id`);
  return row.id;
}

export async function markMethodRemoved(ctx: Context, id: string): Promise<void> {
  await ctx.tx.run(sql`update payment_method set removed_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

// ---- webhooks -------------------------------------------------------------------------------------------------------

/** Stores a webhook once. Answers its id, or null when this event is known. */
export async function insertWebhook(
  ctx: Context,
  webhook: { gatewayAccountId: string; dedupeKey: string; objectKind: 'payment' | 'refund'; objectRef: string; headers: Record<string, string>; body: string },
): Promise<string | null> {
  const row = await ctx.tx.maybe<{ id: string }>(sql`
    insert into webhook_event (tenant_id, id, gateway_account_id, dedupe_key, object_kind, object_ref, headers, body)
    values (${ctx.tenant.id}, ${newId()}, ${webhook.gatewayAccountId}, ${webhook.dedupeKey}, ${webhook.objectKind}, ${webhook.objectRef},
      ${sql.json(webhook.headers)}, ${webhook.body})
    on conflict do nothing returning id`);
  return row?.id ?? null;
}

export interface WebhookRow {
  id: string;
  gatewayAccountId: string;
  objectKind: 'payment' | 'refund';
  objectRef: string;
  processedAt: Temporal.Instant | null;
}

export function readWebhook(ctx: Context, id: string): Promise<WebhookRow | null> {
  return ctx.tx.maybe<WebhookRow>(sql`
    select id, gateway_account_id, object_kind, object_ref, processed_at from webhook_event where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function markWebhookProcessed(ctx: Context, id: string): Promise<void> {
  await ctx.tx.run(sql`update webhook_event set processed_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${id} and processed_at is null`);
}
