import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../tests/support/database.ts';
import { newId } from '../../kernel/ids.ts';
import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';

// what a foreign key would refuse, and is held by triggers: see migration 0018

let db: TestDatabase;
let tenantId: string;

beforeAll(async () => {
  db = await testDatabase();
  tenantId = await db.tenant();
});
afterAll(() => db.close());

const addCustomer = async (ctx: Context): Promise<string> => {
  const id = newId();
  await ctx.tx.run(sql`insert into customer (tenant_id, id, number, name) values (${ctx.tenant.id}, ${id}, ${id}, 'Mill')`);
  return id;
};
const addInvoice = (ctx: Context, customerId: string): Promise<number> => {
  const id = newId();
  return ctx.tx.run(sql`
    insert into document (tenant_id, id, kind, state, customer_id, number, currency, amount_minor, open_minor, due_on, issued_on)
    values (${ctx.tenant.id}, ${id}, 'invoice', 'open', ${customerId}, ${id}, 'USD', 100, 100, '2026-01-31', '2026-01-01')`);
};
const deleteCustomer = (ctx: Context, id: string): Promise<number> => ctx.tx.run(sql`delete from customer where tenant_id = ${ctx.tenant.id} and id = ${id}`);

test('a document needs a customer of its own company', async () => {
  const other = await db.tenant();
  const stranger = await db.inTenant(other, addCustomer);
  await expect(db.inTenant(tenantId, (ctx) => addInvoice(ctx, newId()))).rejects.toMatchObject({ code: '23503', constraint: 'document_customer' });
  await expect(db.inTenant(tenantId, (ctx) => addInvoice(ctx, stranger))).rejects.toMatchObject({ code: '23503', constraint: 'document_customer' });
});

test('a customer with documents stays, one without goes, and neither is given another key', async () => {
  const [owing, empty] = await db.inTenant(tenantId, async (ctx) => {
    const ids = [await addCustomer(ctx), await addCustomer(ctx)];
    await addInvoice(ctx, ids[0]!);
    return ids;
  });
  await expect(db.inTenant(tenantId, (ctx) => deleteCustomer(ctx, owing!))).rejects.toMatchObject({ code: '23503', constraint: 'document_customer' });
  expect(await db.inTenant(tenantId, (ctx) => deleteCustomer(ctx, empty!))).toBe(1);
  const change = (statement: ReturnType<typeof sql>) => db.inTenant(tenantId, (ctx) => ctx.tx.run(statement));
  await expect(change(sql`update customer set id = ${newId()} where id = ${owing!}`)).rejects.toMatchObject({ code: '23503' });
  await expect(change(sql`update document set customer_id = ${newId()} where customer_id = ${owing!}`)).rejects.toMatchObject({ code: '23503' });
});

test('who deletes a customer waits for who is adding a document, and then may not', async () => {
  const customerId = await db.inTenant(tenantId, addCustomer);
  let mayCommit = () => {};
  const held = new Promise<void>((resolve) => (mayCommit = resolve));
  let added = () => {};
  const isAdded = new Promise<void>((resolve) => (added = resolve));
  const adding = db.inTenant(tenantId, async (ctx) => {
    await addInvoice(ctx, customerId);
    added();
    await held;
  });
  await isAdded;
  const deleting = db.inTenant(tenantId, (ctx) => deleteCustomer(ctx, customerId));
  const refused = expect(deleting).rejects.toMatchObject({ code: '23503' });
  await db.inTenant(tenantId, async (ctx) => {
    // until the other one waits for the lock
    while ((await ctx.tx.one<{ n: number }>(sql`select count(*)::int as n from pg_locks where locktype = 'advisory' and not granted`)).n === 0);
  });
  mayCommit();
  await Promise.all([adding, refused]);
});
