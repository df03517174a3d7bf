import { newId } from '../../kernel/ids.ts';
import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';
import { displayName } from './customer.ts';

/** Set-based work of uploads on customers: which customer a document belongs to, and the merge of uploaded customers. */

export type FoundCustomer = { id: string } | { code: 'unknown_customer' | 'ambiguous_customer' | 'company_code_mismatch'; message: string };

interface Candidate {
  id: string;
  number: string;
  companyCode: string;
  numberDigits: string | null;
}

/** Answers kept in one request; a million rows of 100,000 customers ask for each about once in a request. */
const MAX_KEPT = 100_000;

/**
 * Finds customers by number and company code as uploads write them: the number exactly, else all-digit numbers
 * without leading zeros if that gives exactly one; the company code exactly, else a customer without one, else the
 * only customer with the number when the document names no company code.
 */
export class CustomerFinder {
  /** By company code, then by number: a joined key would be made and hashed for every row. */
  readonly #kept = new Map<string, Map<string, FoundCustomer>>();
  #size = 0;

  get(number: string, companyCode: string): FoundCustomer | undefined {
    return this.#kept.get(companyCode)?.get(number);
  }

  /** A customer that came to be while the request ran. */
  set(number: string, companyCode: string, id: string): void {
    this.#keep(number, companyCode, { id });
  }

  #keep(number: string, companyCode: string, found: FoundCustomer): void {
    let ofCode = this.#kept.get(companyCode);
    if (!ofCode) this.#kept.set(companyCode, (ofCode = new Map()));
    ofCode.set(number, found);
    this.#size++;
  }

  /** Makes {@link get} answer for all of these. */
  async find(ctx: Context, asked: readonly { number: string; companyCode: string }[]): Promise<void> {
    if (this.#size + asked.length > MAX_KEPT) {
      this.#kept.clear();
      this.#size = 0;
    }
    const missing = asked.filter((one) => !this.get(one.number, one.companyCode));
    if (missing.length === 0) return;
    const byNumber = groupBy(await readByNumber(ctx, [...new Set(missing.map((one) => one.number))]), (c) => c.number);
    const padded = missing.filter((one) => !byNumber.has(one.number) && /^\d+$/.test(one.number));
    const byDigits = groupBy(await readByDigits(ctx, [...new Set(padded.map((one) => digitsOf(one.number)))]), (c) => c.numberDigits!);
    for (const one of missing) {
      const exact = byNumber.get(one.number);
      this.#keep(one.number, one.companyCode, choose(exact ?? onlyOne(byDigits.get(digitsOf(one.number))), one, exact !== undefined));
    }
  }
}

const digitsOf = (number: string): string => number.replace(/^0+/, '');

/** Candidates found without their leading zeros count only when they are all one number. */
const onlyOne = (candidates: Candidate[] | undefined): Candidate[] | undefined =>
  candidates && new Set(candidates.map((c) => c.number)).size > 1 ? [] : candidates;

function choose(candidates: readonly Candidate[] | undefined, asked: { number: string; companyCode: string }, exact: boolean): FoundCustomer {
  if (!candidates || candidates.length === 0) return { code: 'unknown_customer', message: `There is no customer ${asked.number}. Upload customers first.` };
  const same = candidates.filter((c) => c.companyCode === asked.companyCode);
  if (same.length === 1) return { id: same[0]!.id };
  const anywhere = candidates.filter((c) => c.companyCode === '');
  if (asked.companyCode !== '' && anywhere.length === 1) return { id: anywhere[0]!.id };
  if (asked.companyCode !== '')
    return { code: 'company_code_mismatch', message: `Customer ${asked.number} belongs to company code ${candidates.map((c) => c.companyCode).join(', ')}.` };
  if (candidates.length === 1) return { id: candidates[0]!.id };
  return {
    code: 'ambiguous_customer',
    message: `${candidates.length} customers ${exact ? 'have' : 'could be'} number ${asked.number}; name the company code.`,
  };
}

function groupBy(candidates: readonly Candidate[], keyOf: (c: Candidate) => string): Map<string, Candidate[]> {
  const groups = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const group = groups.get(keyOf(candidate));
    if (group) group.push(candidate);
    else groups.set(keyOf(candidate), [candidate]);
  }
  return groups;
}

const candidateColumns = sql.raw('id, number, company_code, number_digits');

function readByNumber(ctx: Context, numbers: readonly string[]): Promise<Candidate[]> {
  return ctx.tx.rows<Candidate>(sql`
    select ${candidateColumns} from customer where tenant_id = ${ctx.tenant.id} and number = any(${[...numbers]}::text[])`);
}

async function readByDigits(ctx: Context, digits: readonly string[]): Promise<Candidate[]> {
  if (digits.length === 0) return [];
  return ctx.tx.rows<Candidate>(sql`
    select ${candidateColumns} from customer where tenant_id = ${ctx.tenant.id} and number_digits = any(${[...digits]}::text[])`);
}

/**
 * Creates customers that only a document names. Answers their ids in the order given. Their hash of nothing is no row's,
 * and not null, which says that a person has changed them.
 */
export async function createNamedCustomers(
  ctx: Context,
  uploadId: string,
  customers: readonly { number: string; companyCode: string; name: string }[],
): Promise<string[]> {
  const ids = customers.map(() => newId());
  await ctx.tx.run(sql`
    insert into customer (tenant_id, id, number, company_code, company_name, name, content_hash, upload_id)
    select ${ctx.tenant.id}::uuid, id, number, company_code, name, name, 0, ${uploadId}::uuid
    from unnest(${ids}::uuid[], ${customers.map((c) => c.number)}::text[], ${customers.map((c) => c.companyCode)}::text[], ${customers.map((c) => c.name.slice(0, 300))}::text[])
      as t(id, number, company_code, name)`);
  return ids;
}

/** One uploaded customer; undefined leaves as it is, null clears. */
export interface UploadedCustomer {
  number: string;
  companyCode: string;
  companyName: string | null | undefined;
  firstName: string | null | undefined;
  lastName: string | null | undefined;
  phone: string | null | undefined;
  /** The first is written to, the others are copied. */
  emails: string[];
  custom: Record<string, unknown> | undefined;
  warned: boolean;
}

export interface CustomerBatch {
  uploadId: string;
  /** No two of one batch are equal. */
  keys: readonly { number: string; companyCode: string }[];
  hashes: readonly number[];
  read(position: number): UploadedCustomer | null;
}

export interface CustomerMerge {
  statuses: ('created' | 'updated' | 'unchanged' | 'error')[];
  ids: (string | null)[];
  /** Unchanged rows whose warnings should be said again. */
  warnAgain: number[];
  /** Rows whose key an earlier row of the same upload had. */
  repeated: number[];
}

interface Existing {
  position: number;
  id: string;
  companyName: string | null;
  firstName: string | null;
  lastName: string | null;
  phone: string | null;
  custom: Record<string, unknown>;
  contentHash: bigint | null;
  uploadId: string | null;
}

interface ContactRow {
  id: string;
  customerId: string;
  email: string;
  isPrimary: boolean;
  fromUpload: boolean;
}

/** Merges uploaded customers with their addresses; unchanged ones are not written. */
export async function mergeCustomers(ctx: Context, batch: CustomerBatch): Promise<CustomerMerge> {
  const merge: CustomerMerge = { statuses: batch.keys.map(() => 'unchanged'), ids: batch.keys.map(() => null), warnAgain: [], repeated: [] };
  const existing = new Map((await readExisting(ctx, batch.keys)).map((row) => [row.position, row]));
  const created: { id: string; row: UploadedCustomer; hash: number }[] = [];
  const changed: { before: Existing; row: UploadedCustomer; hash: number; position: number }[] = [];
  for (let position = 0; position < batch.keys.length; position++) {
    const before = existing.get(position);
    const hash = batch.hashes[position]!;
    if (before) merge.ids[position] = before.id;
    if (before?.contentHash != null && before.contentHash >> 1n === BigInt(hash / 2)) {
      if (before.contentHash & 1n) merge.warnAgain.push(position);
      continue;
    }
    const row = batch.read(position);
    if (!row) merge.statuses[position] = 'error';
    else if (before) {
      if (before.uploadId === batch.uploadId) merge.repeated.push(position);
      changed.push({ before, row, hash: hash + (row.warned ? 1 : 0), position });
    } else {
      const id = newId();
      merge.statuses[position] = 'created';
      merge.ids[position] = id;
      created.push({ id, row, hash: hash + (row.warned ? 1 : 0) });
    }
  }
  await insertCustomers(ctx, batch.uploadId, created);
  for (const position of await updateCustomers(ctx, batch.uploadId, changed)) merge.statuses[position] = 'updated';
  return merge;
}

function readExisting(ctx: Context, keys: readonly { number: string; companyCode: string }[]): Promise<Existing[]> {
  return ctx.tx.rows<Existing>(sql`
    select k.ordinal::int - 1 as position, c.id, c.company_name, c.first_name, c.last_name, c.phone, c.custom, c.content_hash, c.upload_id
    from unnest(${keys.map((k) => k.number)}::text[], ${keys.map((k) => k.companyCode)}::text[]) with ordinality as k(number, company_code, ordinal)
    join customer c on c.tenant_id = ${ctx.tenant.id}::uuid and c.number = k.number and c.company_code = k.company_code`);
}

const nameOf = (row: UploadedCustomer | Existing, number: string, email: string | undefined): string =>
  displayName({ companyName: row.companyName ?? null, firstName: row.firstName ?? null, lastName: row.lastName ?? null, email: email ?? null, number });

const withoutNulls = (custom: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(custom).filter(([, value]) => value !== null));

async function insertCustomers(ctx: Context, uploadId: string, created: readonly { id: string; row: UploadedCustomer; hash: number }[]): Promise<void> {
  if (created.length === 0) return;
  await ctx.tx.run(sql`
    insert into customer (tenant_id, id, number, company_code, company_name, first_name, last_name, name, phone, custom, content_hash, upload_id)
    select ${ctx.tenant.id}::uuid, t.*, ${uploadId}::uuid
    from unnest(${created.map((c) => c.id)}::uuid[], ${created.map((c) => c.row.number)}::text[], ${created.map((c) => c.row.companyCode)}::text[],
      ${created.map((c) => c.row.companyName ?? null)}::text[], ${created.map((c) => c.row.firstName ?? null)}::text[], ${created.map((c) => c.row.lastName ?? null)}::text[],
      ${created.map((c) => nameOf(c.row, c.row.number, c.row.emails[0]))}::text[], ${created.map((c) => c.row.phone ?? null)}::text[],
      ${created.map((c) => JSON.stringify(withoutNulls(c.row.custom ?? {})))}::jsonb[], ${created.map((c) => c.hash)}::bigint[]) as t`);
  await insertContacts(
    ctx,
    created.flatMap((c) => c.row.emails.map((email, position) => ({ customerId: c.id, email, position, isPrimary: position === 0 }))),
  );
}

interface NewContact {
  customerId: string;
  email: string;
  position: number;
  isPrimary: boolean;
}

async function insertContacts(ctx: Context, contacts: readonly NewContact[]): Promise<void> {
  if (contacts.length === 0) return;
  await ctx.tx.run(sql`
    insert into contact (tenant_id, id, customer_id, email, position, is_primary, from_upload)
    select ${ctx.tenant.id}::uuid, t.*, true
    from unnest(${contacts.map(() => newId())}::uuid[], ${contacts.map((c) => c.customerId)}::uuid[], ${contacts.map((c) => c.email)}::text[],
      ${contacts.map((c) => c.position)}::int[], ${contacts.map((c) => c.isPrimary)}::boolean[]) as t`);
}

interface Changed {
  before: Existing;
  row: UploadedCustomer;
  hash: number;
  position: number;
}

interface ContactPlan {
  remove: string[];
  add: NewContact[];
  /** The contact to become the primary one, and null when that stays. */
  primary: { customerId: string; email: string } | null;
}

/**
 * The addresses of the upload in place of the ones of earlier uploads. What people added stays, and so does a primary
 * contact that they chose.
 */
export function planContacts(customerId: string, emails: readonly string[], contacts: readonly ContactRow[]): ContactPlan {
  const wanted = new Set(emails.map((email) => email.toLowerCase()));
  const here = new Set(contacts.map((contact) => contact.email.toLowerCase()));
  const kept = contacts.filter((contact) => !contact.fromUpload || wanted.has(contact.email.toLowerCase()));
  const chosen = kept.find((contact) => contact.isPrimary && !contact.fromUpload);
  const primaryNow = kept.find((contact) => contact.isPrimary)?.email.toLowerCase();
  const first = emails[0];
  const moves = first !== undefined && !chosen && primaryNow !== first.toLowerCase();
  return {
    remove: contacts.filter((contact) => !kept.includes(contact)).map((contact) => contact.id),
    add: emails.flatMap((email, position) => (here.has(email.toLowerCase()) ? [] : [{ customerId, email, position, isPrimary: false }])),
    primary: moves ? { customerId, email: first } : null,
  };
}

/** Writes what is different. Answers the positions of the rows that changed something. */
async function updateCustomers(ctx: Context, uploadId: string, changed: readonly Changed[]): Promise<number[]> {
  if (changed.length === 0) return [];
  const contacts = await lockWithContacts(
    ctx,
    changed.map((c) => c.before.id),
  );
  const updates: { id: string; after: Existing; name: string; hash: number }[] = [];
  const records: { customerId: string; before: Record<string, unknown>; after: Record<string, unknown> }[] = [];
  const plan: ContactPlan[] = [];
  const positions: number[] = [];
  for (const { before, row, hash, position } of changed) {
    const mine = contacts.get(before.id) ?? [];
    const after: Existing = {
      ...before,
      companyName: row.companyName === undefined ? before.companyName : row.companyName,
      firstName: row.firstName === undefined ? before.firstName : row.firstName,
      lastName: row.lastName === undefined ? before.lastName : row.lastName,
      phone: row.phone === undefined ? before.phone : row.phone,
      custom: row.custom ? withoutNulls({ ...before.custom, ...row.custom }) : before.custom,
    };
    const addresses = planContacts(before.id, row.emails, mine);
    const difference = differenceOf(before, after);
    if (addresses.remove.length + addresses.add.length > 0 || addresses.primary) {
      difference.before['emails'] = mine.filter((c) => c.fromUpload).map((c) => c.email);
      difference.after['emails'] = row.emails;
      plan.push(addresses);
    }
    updates.push({ id: before.id, after, name: nameOf(after, row.number, row.emails[0]), hash });
    if (Object.keys(difference.after).length === 0) continue;
    positions.push(position);
    records.push({ customerId: before.id, ...difference });
  }
  await writeUpdates(ctx, updates);
  await writeContacts(ctx, plan);
  await ctx.tx.run(sql`
    insert into customer_change (tenant_id, id, customer_id, upload_id, before, after)
    select ${ctx.tenant.id}::uuid, id, customer_id, ${uploadId}::uuid, before, after
    from unnest(${records.map(() => newId())}::uuid[], ${records.map((r) => r.customerId)}::uuid[],
      ${records.map((r) => JSON.stringify(r.before))}::jsonb[], ${records.map((r) => JSON.stringify(r.after))}::jsonb[]) as t(id, customer_id, before, after)`);
  return positions;
}

const comparedFields = ['companyName', 'firstName', 'lastName', 'phone', 'custom'] as const;

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, item) =>
    typeof item === 'object' && item !== null && !Array.isArray(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  );

function differenceOf(before: Existing, after: Existing): { before: Record<string, unknown>; after: Record<string, unknown> } {
  const difference = { before: {} as Record<string, unknown>, after: {} as Record<string, unknown> };
  for (const field of comparedFields) {
    if (sorted(before[field]) === sorted(after[field])) continue;
    difference.before[field] = before[field];
    difference.after[field] = after[field];
  }
  return difference;
}

async function lockWithContacts(ctx: Context, ids: readonly string[]): Promise<Map<string, ContactRow[]>> {
  await ctx.tx.run(sql`
    select 1 from customer where tenant_id = ${ctx.tenant.id} and id = any(${[...ids]}::uuid[]) order by id for no key update`);
  const rows = await ctx.tx.rows<ContactRow>(sql`
    select id, customer_id, email, is_primary, from_upload from contact
    where tenant_id = ${ctx.tenant.id} and customer_id = any(${[...ids]}::uuid[]) order by customer_id, position, id`);
  const byCustomer = new Map<string, ContactRow[]>();
  for (const row of rows) byCustomer.set(row.customerId, [...(byCustomer.get(row.customerId) ?? []), row]);
  return byCustomer;
}

/** Rows that differ in nothing but the bytes they were sent in get their new hash and nothing else. */
async function writeUpdates(ctx: Context, updates: readonly { id: string; after: Existing; name: string; hash: number }[]): Promise<void> {
  await ctx.tx.run(sql`
    update customer c set company_name = t.company_name, first_name = t.first_name, last_name = t.last_name, name = t.name, phone = t.phone,
      custom = t.custom, content_hash = t.hash,
      updated_at = case when (c.company_name, c.first_name, c.last_name, c.phone, c.custom) is distinct from (t.company_name, t.first_name, t.last_name, t.phone, t.custom)
        then app.now() else c.updated_at end
    from unnest(${updates.map((u) => u.id)}::uuid[], ${updates.map((u) => u.after.companyName)}::text[], ${updates.map((u) => u.after.firstName)}::text[],
      ${updates.map((u) => u.after.lastName)}::text[], ${updates.map((u) => u.name)}::text[], ${updates.map((u) => u.after.phone)}::text[],
      ${updates.map((u) => JSON.stringify(u.after.custom))}::jsonb[], ${updates.map((u) => u.hash)}::bigint[])
      as t(id, company_name, first_name, last_name, name, phone, custom, hash)
    where c.tenant_id = ${ctx.tenant.id} and c.id = t.id`);
}

async function writeContacts(ctx: Context, plans: readonly ContactPlan[]): Promise<void> {
  const removed = plans.flatMap((plan) => plan.remove);
  const primaries = plans.flatMap((plan) => plan.primary ?? []);
  if (removed.length > 0) await ctx.tx.run(sql`delete from contact where tenant_id = ${ctx.tenant.id} and id = any(${removed}::uuid[])`);
  if (primaries.length > 0)
    await ctx.tx.run(sql`
      update contact set is_primary = false
      where tenant_id = ${ctx.tenant.id} and is_primary and customer_id = any(${primaries.map((p) => p.customerId)}::uuid[])`);
  await insertContacts(
    ctx,
    plans.flatMap((plan) => plan.add),
  );
  if (primaries.length > 0)
    await ctx.tx.run(sql`
      update contact c set is_primary = true,
        purposes = case when c.purposes @> array['billing'] then c.purposes when c.purposes = '{other}' then array['billing'] else array_append(c.purposes, 'billing') end
      from unnest(${primaries.map((p) => p.customerId)}::uuid[], ${primaries.map((p) => p.email.toLowerCase())}::text[]) as t(customer_id, email)
      where c.tenant_id = ${ctx.tenant.id} and c.customer_id = t.customer_id and lower(c.email) = t.email`);
}

/** The uploaded addresses of one customer as they were before an upload. */
export async function writeContactsOfUndo(ctx: Context, customerId: string, emails: readonly string[]): Promise<void> {
  const contacts = await lockWithContacts(ctx, [customerId]);
  await writeContacts(ctx, [planContacts(customerId, emails, contacts.get(customerId) ?? [])]);
}
