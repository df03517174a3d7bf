import type { Context } from '../../../platform/context.ts';
import { sql, type Sql } from '../../../platform/database/sql.ts';
import type { Group } from '../../conditions/index.ts';
import type { Cadence, Step, StepInput } from './cadence.ts';

const columns = sql.raw('c.id, c.name, c.customer_condition, c.starts_paused, c.active, c.position, c.version, c.created_at, c.updated_at');

export interface CadenceRow extends Cadence {
  stepCount: number;
  activeMembers: number;
  pausedMembers: number;
  /** Manual steps that a person has to do. */
  openSteps: number;
}

/** Cadences in their order; archived ones are left out. */
export function listCadences(ctx: Context): Promise<CadenceRow[]> {
  return ctx.tx.rows<CadenceRow>(sql`
    select ${columns},
      (select count(*)::int from reminder_rule r where r.tenant_id = c.tenant_id and r.cadence_id = c.id and r.archived_at is null) as step_count,
      coalesce(m.active, 0)::int as active_members, coalesce(m.paused, 0)::int as paused_members,
      (select count(*)::int from manual_step s where s.tenant_id = c.tenant_id and s.cadence_id = c.id and s.ended_at is null) as open_steps
    from cadence c
    left join (
      select cadence_id, count(*) filter (where state = 'active') as active, count(*) filter (where state = 'paused') as paused
      from cadence_member where tenant_id = ${ctx.tenant.id} and until is null group by cadence_id
    ) m on m.cadence_id = c.id
    where c.tenant_id = ${ctx.tenant.id} and c.archived_at is null order by c.position, c.id`);
}

export function readCadence(ctx: Context, id: string, lock = false): Promise<Cadence | null> {
  return ctx.tx.maybe<Cadence>(sql`
    select ${columns} from cadence c where c.tenant_id = ${ctx.tenant.id} and c.id = ${id} and c.archived_at is null
    ${lock ? sql`for no key update of c` : sql.empty}`);
}

/** Cadences that take in customers by a condition now, the first in order first. */
export function readTakingCadences(ctx: Context): Promise<Cadence[]> {
  return ctx.tx.rows<Cadence>(sql`
    select ${columns} from cadence c
    where c.tenant_id = ${ctx.tenant.id} and c.active and c.customer_condition is not null order by c.position, c.id`);
}

export async function countCadences(ctx: Context): Promise<{ count: number; lastPosition: number }> {
  return ctx.tx.one(sql`
    select count(*)::int as count, coalesce(max(position), 0) as last_position from cadence
    where tenant_id = ${ctx.tenant.id} and archived_at is null`);
}

export interface CadenceValues {
  name: string;
  customerCondition: Group | null;
  startsPaused: boolean;
}

const conditionOf = (values: CadenceValues): unknown => (values.customerCondition === null ? null : sql.json(values.customerCondition));

export async function insertCadence(ctx: Context, id: string, position: number, values: CadenceValues): Promise<void> {
  await ctx.tx.run(sql`
    insert into cadence (tenant_id, id, name, customer_condition, starts_paused, position)
    values (${ctx.tenant.id}, ${id}, ${values.name}, ${conditionOf(values)}::jsonb, ${values.startsPaused}, ${position})`);
}

export async function updateCadenceRow(ctx: Context, id: string, values: CadenceValues): Promise<void> {
  await ctx.tx.run(sql`
    update cadence set name = ${values.name}, customer_condition = ${conditionOf(values)}::jsonb, starts_paused = ${values.startsPaused},
      version = version + 1, updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function setCadenceActive(ctx: Context, id: string, active: boolean): Promise<void> {
  await ctx.tx.run(sql`
    update cadence set active = ${active}, version = version + 1, updated_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function archiveCadenceRow(ctx: Context, id: string): Promise<void> {
  await ctx.tx.run(sql`
    update cadence set active = false, archived_at = app.now(), updated_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

/** Puts a cadence before the one with `position`; the others make room. */
export async function moveCadenceRow(ctx: Context, id: string, position: number): Promise<void> {
  await ctx.tx.run(sql`
    update cadence set position = position + 1 where tenant_id = ${ctx.tenant.id} and position >= ${position} and archived_at is null and id <> ${id}`);
  await ctx.tx.run(sql`update cadence set position = ${position}, updated_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

interface StepRow extends Omit<Step, 'to' | 'cc' | 'title' | 'body'> {
  toPurpose: Step['to'];
  ccPurposes: Step['cc'];
  stepTitle: string | null;
  stepBody: string | null;
}

/** The steps of cadences in their order. */
export const readSteps = (ctx: Context, cadenceIds: readonly string[], lock = false): Promise<Step[]> =>
  stepsWhere(ctx, sql`r.cadence_id = any(${[...cadenceIds]}::uuid[]) and r.archived_at is null`, lock);

/** The steps among these rules, also those that were taken out since. */
export const readStepsAmong = (ctx: Context, ruleIds: readonly string[]): Promise<Step[]> =>
  stepsWhere(ctx, sql`r.id = any(${[...ruleIds]}::uuid[]) and r.cadence_id is not null`, false);

async function stepsWhere(ctx: Context, where: Sql, lock: boolean): Promise<Step[]> {
  const rows = await ctx.tx.rows<StepRow>(sql`
    select r.id, r.cadence_id, r.name, r.position, r.version, r.offset_days, r.channel, case when r.channel = 'email' or (r.channel = 'letter' and r.step_body is null) then r.template_id end as template_id,
      t.name as template_name, r.to_purpose, r.cc_purposes, r.sender_name, r.sender_address, r.step_title, r.step_body, r.waits, r.timeout_days,
      r.assigned_to, u.name as assigned_name
    from reminder_rule r
    left join template t on t.tenant_id = r.tenant_id and t.id = r.template_id and (r.channel = 'email' or (r.channel = 'letter' and r.step_body is null))
    left join staff_user u on u.tenant_id = r.tenant_id and u.id = r.assigned_to
    where r.tenant_id = ${ctx.tenant.id} and ${where}
    order by r.cadence_id, r.position, r.id ${lock ? sql`for no key update of r` : sql.empty}`);
  return rows.map(({ toPurpose, ccPurposes, stepTitle, stepBody, ...row }) => ({ ...row, to: toPurpose, cc: ccPurposes, title: stepTitle, body: stepBody }));
}

/** The columns that only steps have, as assignments. */
function stepColumns(step: StepInput): Sql {
  return sql`channel = ${step.channel}, offset_days = ${step.offsetDays}, to_purpose = ${step.to}, cc_purposes = ${step.cc}::text[],
    sender_name = ${step.senderName}, sender_address = ${step.senderAddress}, step_title = ${step.title}, step_body = ${step.body},
    waits = ${step.waits}, timeout_days = ${step.timeoutDays}, assigned_to = ${step.assignedTo}::uuid`;
}

export async function insertStep(
  ctx: Context,
  id: string,
  cadenceId: string,
  step: StepInput,
  rule: { name: string; templateId: string; customerCondition: Group; invoiceCondition: Group; position: number },
): Promise<void> {
  await ctx.tx.run(sql`
    insert into reminder_rule (tenant_id, id, name, template_id, customer_condition, invoice_condition, position, cadence_id, channel, offset_days, to_purpose,
      cc_purposes, sender_name, sender_address, step_title, step_body, waits, timeout_days, assigned_to)
    values (${ctx.tenant.id}, ${id}, ${rule.name}, ${rule.templateId}, ${sql.json(rule.customerCondition)}, ${sql.json(rule.invoiceCondition)}, ${rule.position},
      ${cadenceId}, ${step.channel}, ${step.offsetDays}, ${step.to}, ${step.cc}::text[], ${step.senderName}, ${step.senderAddress}, ${step.title}, ${step.body},
      ${step.waits}, ${step.timeoutDays}, ${step.assignedTo})`);
}

/** The step as it is now; its version counts up when anything but its place differs. */
export async function updateStep(
  ctx: Context,
  id: string,
  step: StepInput,
  rule: { name: string; templateId: string; invoiceCondition: Group; position: number; changed: boolean },
): Promise<void> {
  await ctx.tx.run(sql`
    update reminder_rule set name = ${rule.name}, template_id = ${rule.templateId}, invoice_condition = ${sql.json(rule.invoiceCondition)},
      position = ${rule.position}, version = version + ${rule.changed ? 1 : 0}, updated_at = app.now(), ${stepColumns(step)}
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

/** Which of these templates there are, and the one that stands in where a step needs none. */
export function readTemplateKinds(ctx: Context, ids: readonly string[]): Promise<{ id: string; kind: string; isDefault: boolean }[]> {
  return ctx.tx.rows(sql`
    select id, kind, is_default from template
    where tenant_id = ${ctx.tenant.id} and archived_at is null and (id = any(${[...ids]}::uuid[]) or is_default) order by is_default desc, kind, id`);
}

/** How many steps all cadences have together, without one of them. */
export async function countOtherSteps(ctx: Context, cadenceId: string): Promise<number> {
  const row = await ctx.tx.one<{ count: number }>(sql`
    select count(*)::int as count from reminder_rule
    where tenant_id = ${ctx.tenant.id} and cadence_id is not null and cadence_id <> ${cadenceId} and archived_at is null`);
  return row.count;
}
