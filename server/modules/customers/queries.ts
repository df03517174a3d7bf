import { newId } from '../../kernel/ids.ts';
import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';
import type { Purpose } from './schemas.ts';

export interface Customer {
  id: string;
  number: string;
  companyCode: string;
  name: string;
  companyName: string | null;
  firstName: string | null;
  lastName: string | null;
  phone: string | null;
  language: string | null;
  parentId: string | null;
  custom: Record<string, unknown>;
  pausedUntil: Temporal.PlainDate | null;
  pausedReason: string | null;
  archivedAt: Temporal.Instant | null;
  createdAt: Temporal.Instant;
  updatedAt: Temporal.Instant;
}

export interface Contact {
  id: string;
  customerId: string;
  name: string | null;
  email: string;
  phone: string | null;
  purposes: Purpose[];
  /** Null: the customer's. */
  language: string | null;
  isPrimary: boolean;
}

export interface Category {
  id: string;
  name: string;
}

const columns = sql.raw(`id, number, company_code, name, company_name, first_name, last_name, phone, language, parent_id, custom,
  paused_until, paused_reason, archived_at, created_at, updated_at`);
const contactColumns = sql.raw('id, customer_id, name, email, phone, purposes, language, is_primary');

export function readCustomer(ctx: Context, id: string): Promise<Customer | null> {
  return ctx.tx.maybe<Customer>(sql`select ${columns} from customer where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

/**
 * Locks the customer's row: the first lock of everything that moves money. `no key` because rows that refer to the
 * customer (an upload's documents) may go on being written.
 */
export function lockCustomerRow(ctx: Context, id: string): Promise<Customer | null> {
  return ctx.tx.maybe<Customer>(sql`
    select ${columns} from customer where tenant_id = ${ctx.tenant.id} and id = ${id} for no key update`);
}

export async function lockCustomerRows(ctx: Context, ids: readonly string[]): Promise<void> {
  await ctx.tx.run(sql`
    select 1 from customer where tenant_id = ${ctx.tenant.id} and id = any(${[...ids]}::uuid[]) order by id for no key update`);
}

export function findCustomerByNumber(ctx: Context, number: string, companyCode: string): Promise<Customer | null> {
  return ctx.tx.maybe<Customer>(sql`
    select ${columns} from customer
    where tenant_id = ${ctx.tenant.id} and number = ${number} and company_code = ${companyCode}`);
}

export interface CustomerValues {
  number: string;
  companyCode: string;
  name: string;
  companyName: string | null;
  firstName: string | null;
  lastName: string | null;
  phone: string | null;
  language: string | null;
  custom: Record<string, unknown>;
}

/** False when the number is taken. */
export async function insertCustomer(ctx: Context, id: string, v: CustomerValues): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    insert into customer (tenant_id, id, number, company_code, name, company_name, first_name, last_name, phone, language, custom)
    values (${ctx.tenant.id}, ${id}, ${v.number}, ${v.companyCode}, ${v.name}, ${v.companyName}, ${v.firstName}, ${v.lastName},
      ${v.phone}, ${v.language}, ${sql.json(v.custom)})
    on conflict (tenant_id, number, company_code) do nothing`);
  return count === 1;
}

/** Writes the fields that people edit. The content hash goes, so that the next upload compares all fields again. */
export async function updateCustomerRow(ctx: Context, id: string, v: Omit<CustomerValues, 'number' | 'companyCode'>): Promise<void> {
  await ctx.tx.run(sql`
    update customer set name = ${v.name}, company_name = ${v.companyName}, first_name = ${v.firstName}, last_name = ${v.lastName},
      phone = ${v.phone}, language = ${v.language}, custom = ${sql.json(v.custom)}, content_hash = null, updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function setArchived(ctx: Context, id: string, archived: boolean): Promise<void> {
  await ctx.tx.run(sql`
    update customer set archived_at = ${archived ? sql.raw('app.now()') : null}, updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function setPause(ctx: Context, id: string, until: Temporal.PlainDate | null, reason: string | null): Promise<void> {
  await ctx.tx.run(sql`
    update customer set paused_until = ${until}, paused_reason = ${reason}, updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function writeParent(ctx: Context, id: string, parentId: string | null): Promise<void> {
  await ctx.tx.run(sql`
    update customer set parent_id = ${parentId}, updated_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export type CustomerRef = Pick<Customer, 'id' | 'name' | 'number'>;

/** The customers under this one, by name. */
export function readChildren(ctx: Context, parentId: string, limit = 1000): Promise<CustomerRef[]> {
  return ctx.tx.rows<CustomerRef>(sql`
    select id, name, number from customer where tenant_id = ${ctx.tenant.id} and parent_id = ${parentId} order by sort_name, id limit ${limit}`);
}

export function readContacts(ctx: Context, customerIds: readonly string[]): Promise<Contact[]> {
  return ctx.tx.rows<Contact>(sql`
    select ${contactColumns} from contact
    where tenant_id = ${ctx.tenant.id} and customer_id = any(${[...customerIds]}::uuid[])
    order by customer_id, is_primary desc, position, id`);
}

export function readContact(ctx: Context, id: string): Promise<Contact | null> {
  return ctx.tx.maybe<Contact>(sql`select ${contactColumns} from contact where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export type ListedContact = Contact & { customerName: string; customerNumber: string };

const listedColumns = sql.raw(`k.id, k.customer_id, k.name, k.email, k.phone, k.purposes, k.language, k.is_primary,
  c.name as customer_name, c.number as customer_number`);

export function readListedContact(ctx: Context, id: string): Promise<ListedContact | null> {
  return ctx.tx.maybe<ListedContact>(sql`
    select ${listedColumns} from contact k join customer c on c.tenant_id = k.tenant_id and c.id = k.customer_id
    where k.tenant_id = ${ctx.tenant.id} and k.id = ${id}`);
}

/** Contacts that one page looks at: a search that finds little answers soon, and goes on from its cursor. */
const LOOKED_AT = 20_000;

/** The newest first. `next` is the id to go on from, null at the end. Contacts of archived customers are left out. */
export async function listContacts(
  ctx: Context,
  filter: { search?: string | undefined; purpose?: Purpose | undefined; customerId?: string | undefined },
  before: string | null,
  limit: number,
): Promise<{ rows: ListedContact[]; next: string | null }> {
  const window = filter.search || filter.purpose ? LOOKED_AT : limit * 4;
  const from = [sql`k.tenant_id = ${ctx.tenant.id}`];
  if (filter.customerId) from.push(sql`k.customer_id = ${filter.customerId}::uuid`);
  if (before) from.push(sql`k.id < ${before}::uuid`);
  const wanted = [sql`true`];
  if (filter.purpose) wanted.push(sql`w.purposes @> array[${filter.purpose}::text]`);
  if (filter.search) wanted.push(sql`position(${filter.search.toLowerCase()} in lower(w.email || ' ' || coalesce(w.name, ''))) > 0`);
  const found = await ctx.tx.rows<ListedContact & { lookedAt: number; last: string }>(sql`
    with looked as materialized (select * from contact k where ${sql.and(from)} order by k.id desc limit ${window}),
      page as (select w.* from looked w join customer c on c.tenant_id = w.tenant_id and c.id = w.customer_id and c.archived_at is null
        where ${sql.and(wanted)} order by w.id desc limit ${limit + 1})
    select ${listedColumns}, s.looked_at, s.last
    from (select count(*)::int as looked_at, (array_agg(id order by id))[1] as last from looked) s
    left join page k on true left join customer c on c.tenant_id = k.tenant_id and c.id = k.customer_id
    order by k.id desc`);
  const rows = found.filter((row) => row.id !== null);
  const shown = rows.slice(0, limit).map(({ lookedAt: _, last: __, ...row }) => row);
  if (rows.length > limit) return { rows: shown, next: shown.at(-1)!.id };
  const { lookedAt, last } = found[0]!;
  return { rows: shown, next: lookedAt === window ? last : null };
}

export type ContactValues = Pick<Contact, 'name' | 'email' | 'phone' | 'purposes' | 'language' | 'isPrimary'>;

/** False when the customer has this address already. */
export async function insertContact(ctx: Context, id: string, customerId: string, v: ContactValues): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    insert into contact (tenant_id, id, customer_id, name, email, phone, purposes, language, is_primary, position)
    values (${ctx.tenant.id}, ${id}, ${customerId}, ${v.name}, ${v.email}, ${v.phone}, ${v.purposes}::text[], ${v.language}, ${v.isPrimary},
      (select coalesce(max(position), 0) + 1 from contact where tenant_id = ${ctx.tenant.id} and customer_id = ${customerId}))
    on conflict (tenant_id, customer_id, lower(email)) do nothing`);
  return count === 1;
}

export async function addressTaken(ctx: Context, customerId: string, email: string, exceptId: string): Promise<boolean> {
  const row = await ctx.tx.maybe(sql`
    select 1 from contact
    where tenant_id = ${ctx.tenant.id} and customer_id = ${customerId} and lower(email) = lower(${email}) and id <> ${exceptId}`);
  return row !== null;
}

export async function updateContactRow(ctx: Context, id: string, v: ContactValues): Promise<void> {
  await ctx.tx.run(sql`
    update contact set name = ${v.name}, email = ${v.email}, phone = ${v.phone}, purposes = ${v.purposes}::text[],
      language = ${v.language}, is_primary = ${v.isPrimary}
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function deleteContact(ctx: Context, id: string): Promise<void> {
  await ctx.tx.run(sql`delete from contact where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

/** Before another contact becomes the primary one: there is one at most. */
export async function clearPrimary(ctx: Context, customerId: string): Promise<void> {
  await ctx.tx.run(sql`
    update contact set is_primary = false where tenant_id = ${ctx.tenant.id} and customer_id = ${customerId} and is_primary`);
}

/** Makes a remaining contact the primary one when there is none: the first for billing, else the first that gets any mail. */
export async function promotePrimary(ctx: Context, customerId: string): Promise<void> {
  await ctx.tx.run(sql`
    update contact set is_primary = true
    where tenant_id = ${ctx.tenant.id} and id = (
        select id from contact where tenant_id = ${ctx.tenant.id} and customer_id = ${customerId} and purposes <> '{other}'
        order by purposes @> array['billing'] desc, position, id limit 1)
      and not exists (
        select 1 from contact where tenant_id = ${ctx.tenant.id} and customer_id = ${customerId} and is_primary)`);
}

export function readCategoriesOf(ctx: Context, customerIds: readonly string[]): Promise<(Category & { customerId: string })[]> {
  return ctx.tx.rows(sql`
    select cc.customer_id, c.id, c.name
    from customer_category cc join category c on c.tenant_id = cc.tenant_id and c.id = cc.category_id
    where cc.tenant_id = ${ctx.tenant.id} and cc.customer_id = any(${[...customerIds]}::uuid[])
    order by lower(c.name)`);
}

export function readCategories(ctx: Context): Promise<(Category & { customerCount: number })[]> {
  return ctx.tx.rows(sql`
    select c.id, c.name,
      (select count(*)::int from customer_category cc where cc.tenant_id = c.tenant_id and cc.category_id = c.id) as customer_count
    from category c where c.tenant_id = ${ctx.tenant.id} order by lower(c.name)`);
}

export function readCategory(ctx: Context, id: string): Promise<Category | null> {
  return ctx.tx.maybe<Category>(sql`select id, name from category where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

/** Names by id: what a condition is told with. */
export async function readCategoryNames(ctx: Context): Promise<Map<string, string>> {
  const rows = await ctx.tx.rows<{ id: string; name: string }>(sql`select id, name from category where tenant_id = ${ctx.tenant.id}`);
  return new Map(rows.map((row) => [row.id, row.name]));
}

/** False when the name is taken (in any case of its letters). */
export async function insertCategory(ctx: Context, id: string, name: string): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    insert into category (tenant_id, id, name) values (${ctx.tenant.id}, ${id}, ${name})
    on conflict (tenant_id, lower(name)) do nothing`);
  return count === 1;
}

export async function categoryNameTaken(ctx: Context, name: string, exceptId: string): Promise<boolean> {
  const row = await ctx.tx.maybe(sql`
    select 1 from category where tenant_id = ${ctx.tenant.id} and lower(name) = lower(${name}) and id <> ${exceptId}`);
  return row !== null;
}

export async function renameCategoryRow(ctx: Context, id: string, name: string): Promise<void> {
  await ctx.tx.run(sql`update category set name = ${name} where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function deleteCategory(ctx: Context, id: string): Promise<void> {
  await ctx.tx.run(sql`delete from category where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function countExisting(ctx: Context, table: 'customer' | 'category', ids: readonly string[]): Promise<number> {
  const row = await ctx.tx.one<{ count: number }>(sql`
    select count(*)::int as count from ${sql.raw(table)} where tenant_id = ${ctx.tenant.id} and id = any(${[...ids]}::uuid[])`);
  return row.count;
}

export async function addCategories(ctx: Context, customerIds: readonly string[], categoryIds: readonly string[]): Promise<number> {
  return ctx.tx.run(sql`
    insert into customer_category (tenant_id, customer_id, category_id)
    select ${ctx.tenant.id}::uuid, customer, category
    from unnest(${[...customerIds]}::uuid[]) customer, unnest(${[...categoryIds]}::uuid[]) category
    on conflict do nothing`);
}

export async function removeCategories(ctx: Context, customerIds: readonly string[], categoryIds: readonly string[]): Promise<number> {
  return ctx.tx.run(sql`
    delete from customer_category
    where tenant_id = ${ctx.tenant.id} and customer_id = any(${[...customerIds]}::uuid[]) and category_id = any(${[...categoryIds]}::uuid[])`);
}

/** Ids of customers whose words begin with those of `query` (see `prefixQuery`), in no order, at most `limit`. */
export async function searchCustomerIds(ctx: Context, query: string, limit: number): Promise<string[]> {
  const found = await ctx.tx.rows<{ id: string }>(sql`select id from app.search_customers(${query}, ${limit})`);
  return found.map((row) => row.id);
}

/** One event for each of many customers, in one statement. For bulk changes that start no reaction. */
export async function recordForEach(ctx: Context, type: string, customerIds: readonly string[], data: object): Promise<void> {
  await ctx.tx.run(sql`
    insert into event (tenant_id, id, type, actor_kind, actor_id, actor_name, ip, subject_type, subject_id, customer_id, data)
    select ${ctx.tenant.id}::uuid, event_id, ${type}, ${ctx.actor.kind}, ${ctx.actor.id}::uuid, ${ctx.actor.name}, ${ctx.actor.ip ?? null},
      'customer', customer, customer, ${sql.json(data)}
    from unnest(${customerIds.map(() => newId())}::uuid[], ${[...customerIds]}::uuid[]) as t(event_id, customer)`);
}
