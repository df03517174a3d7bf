import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Readable } from 'node:stream';
import { uploadStream } from '../../server/modules/intake/index.ts';
import { systemActor, workFor } from '../../server/platform/context.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const NUMBERS = ['A', 'B', 'C', 'D', 'E', 'F'];
const CUSTOMERS = ['1', '2', '3'];

interface Row {
  customerNumber: string;
  invoiceNumber: string;
  invoiceAmount: number;
  balanceAmount: number;
  itemText: string;
}

/** The state of the source system: for each key one row; batches of it are sent in any order, any number of times, cut or not. */
const ledger = fc
  .uniqueArray(
    fc.tuple(
      fc.constantFrom(...CUSTOMERS),
      fc.constantFrom(...NUMBERS),
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 0, max: 600 }),
      fc.constantFrom('x', 'y'),
    ),
    { selector: ([c, n]) => `${c}${n}`, minLength: 1, maxLength: 12 },
  )
  .map((rows) =>
    rows.map(
      ([customerNumber, invoiceNumber, invoiceAmount, balanceAmount, itemText]): Row => ({
        customerNumber,
        invoiceNumber,
        invoiceAmount,
        balanceAmount,
        itemText,
      }),
    ),
  );

async function company(): Promise<string> {
  const tenantId = await db.tenant();
  await send(
    tenantId,
    'customers',
    CUSTOMERS.map((customerno) => ({ customerno, emailaddress1: `c${customerno}@acme.example` })),
  );
  return tenantId;
}

const sendText = (tenantId: string, kind: 'customers' | 'invoices', text: string, size = 64) =>
  uploadStream(workFor(db.platform(), tenantId, systemActor), Readable.from(pieces(Buffer.from(text), size)), { kind });
const send = (tenantId: string, kind: 'customers' | 'invoices', rows: unknown) => sendText(tenantId, kind, JSON.stringify(rows));

function* pieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const state = async (tenantId: string) =>
  (
    await db.admin.query(
      `select c.number as customer, d.number, d.state, d.amount_minor, d.charge_minor, d.open_minor, d.item_text,
         d.total_minor - coalesce((select sum(amount_minor) from application a where a.tenant_id = d.tenant_id and a.document_id = d.id), 0) as proved
       from document d join customer c on c.tenant_id = d.tenant_id and c.id = d.customer_id where d.tenant_id = $1 order by 1, 2`,
      [tenantId],
    )
  ).rows;

test('batches that are repeated, in another order, cut and sent again end in the state that one upload gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      ledger,
      fc.array(
        fc.record({
          pick: fc.array(fc.nat(11), { minLength: 1, maxLength: 12 }),
          cut: fc.option(fc.double({ min: 0, max: 0.999, noNaN: true }), { nil: undefined }),
        }),
        { minLength: 1, maxLength: 6 },
      ),
      async (rows, batches) => {
        const [one, many] = [await company(), await company()];
        await send(one, 'invoices', rows);
        for (const { pick, cut } of batches) {
          const batch = pick.map((n) => rows[n % rows.length]!);
          const text = JSON.stringify(batch);
          if (cut === undefined) await sendText(many, 'invoices', text);
          else await expect(sendText(many, 'invoices', text.slice(0, Math.floor(text.length * cut)))).rejects.toMatchObject({ status: 400 });
        }
        await send(many, 'invoices', [...rows].reverse());
        const reached = await state(many);
        expect(reached).toEqual(await state(one));
        for (const document of reached) expect(document.proved).toBe(document.open_minor);
        expect(await send(many, 'invoices', rows)).toMatchObject({ created: 0, updated: 0, failed: 0 });
      },
    ),
    { numRuns: 25 },
  );
}, 120_000);

test('200 random cuts leave nothing: no document, no upload, no change, and the next whole upload is taken', async () => {
  const tenantId = await company();
  const rows = Array.from({ length: 40 }, (_, i) => ({
    customerNumber: CUSTOMERS[i % 3],
    invoiceNumber: `K${i}`,
    invoiceAmount: 10 + i,
    balanceAmount: i % 4 === 0 ? 1 : undefined,
  }));
  const text = JSON.stringify(rows);
  const count = async () =>
    (
      await db.admin.query(
        "select (select count(*) from document where tenant_id = $1) + (select count(*) from application where tenant_id = $1) + (select count(*) from upload where tenant_id = $1 and kind = 'invoices') + (select count(*) from event where tenant_id = $1 and data->>'kind' = 'invoices') as rows",
        [tenantId],
      )
    ).rows[0].rows;
  let seed = 42;
  for (let n = 0; n < 200; n++) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    const at = seed % (text.length - 1);
    await expect(sendText(tenantId, 'invoices', text.slice(0, at), 1 + (seed % 500)), `cut at ${at}`).rejects.toMatchObject({ status: 400 });
  }
  expect(await count()).toBe('0');
  expect(await sendText(tenantId, 'invoices', text)).toMatchObject({ created: 40, failed: 0 });
}, 120_000);
