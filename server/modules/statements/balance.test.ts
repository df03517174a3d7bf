import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Company, startServer, type TestServer } from '../../../tests/support/server.ts';
import { uploadCustomer } from '../../../tests/support/story.ts';
import { newId } from '../../kernel/ids.ts';
import { Problem } from '../../kernel/problem.ts';
import { applyCredit, createCreditMemo, recordPayment, refundPayment, returnPayment, voidDocument, writeOff } from '../receivables/index.ts';
import { getSettings } from '../tenants/index.ts';
import { type Content, frameOf } from './content.ts';
import { listStatements, readStatement } from './documents/queries.ts';
import { writeStatements } from './planning/queries.ts';
import type { StatementKind } from './rule.ts';
import { insertRun } from './runs/queries.ts';

let server: TestServer;
let company: Company;
beforeAll(async () => {
  server = await startServer({ start: '2026-03-01T15:00:00Z' });
  company = await server.company({ timezone: 'UTC' });
});
afterAll(() => server.close());

const today = () => server.clock.now().toZonedDateTimeISO('UTC').toPlainDate();
let count = 0;

const nothing = { combinator: 'and' as const, conditions: [] };

/** The statement as it would be printed, without a PDF. */
async function told(customerId: string, kind: StatementKind, asOf: Temporal.PlainDate, from: Temporal.PlainDate): Promise<{ total: bigint; content: Content }> {
  return company.inTenant(async (ctx) => {
    const runId = newId();
    const frame = frameOf(ctx.tenant, await getSettings(ctx), 'http://127.0.0.1');
    await insertRun(ctx, { id: runId, asOf, kind: 'single', ruleIds: [], days: [], mails: false, frame });
    const options = { kind, family: 'separate' as const, showCredits: true, skipZero: false, skipCredit: false };
    const rule = { ruleId: null, version: null, options, customerCondition: nothing, invoiceCondition: nothing, fromOn: from };
    await writeStatements(ctx, runId, { asOf, rules: [rule], single: { customerId, currency: 'USD' }, stale: false });
    const [row] = await listStatements(ctx, { runId }, null, 10);
    const full = (await readStatement(ctx, row!.id))!;
    return { total: full.totalMinor, content: full.content };
  });
}

type Act = { act: 'upload' | 'change' | 'pay' | 'credit' | 'apply' | 'write_off' | 'void' | 'return' | 'refund' | 'days'; a: number; b: number };

/** Does one thing to a customer; what is refused changes nothing. */
async function perform(customer: { id: string; number: string; invoices: string[]; credits: string[]; payments: string[] }, { act, a, b }: Act): Promise<void> {
  const pick = (ids: string[]) => ids[a % Math.max(ids.length, 1)];
  const upload = (invoiceNumber: string, amount: number, balance: number) =>
    company.call('POST', '/jsonApi/upload/invoices', [
      {
        customerNumber: customer.number,
        invoiceNumber,
        invoiceAmount: (amount / 100).toFixed(2),
        invoiceBalance: (balance / 100).toFixed(2),
        dueDate: today().add({ days: 10 }).toString(),
        invoiceDate: today().toString(),
      },
    ]);
  try {
    if (act === 'days') server.clock.advance({ days: 1 + (a % 9) });
    else if (act === 'upload') {
      const { body } = await upload(`I-${++count}`, 1000 + b, 1000 + b);
      if (body.results[0].id) customer.invoices.push(body.results[0].id);
    } else if (act === 'change') {
      // the source system says that it is more, or that less of it is left
      const { body } = await company.call('GET', `/v1/invoices/${pick(customer.invoices)}`);
      if (body.number) await upload(body.number, 1500 + b, a % 2 === 0 ? 1500 + b : Math.floor((1500 + b) / 2));
    } else
      await company.inTenant(async (ctx) => {
        const common = { customerId: customer.id, currency: 'USD', amountMinor: BigInt(200 + b) };
        const documentId = pick(customer.invoices);
        if (act === 'pay') {
          const applications = documentId === undefined ? [] : [{ documentId, amountMinor: common.amountMinor }];
          const { paymentId } = await recordPayment(ctx, {
            ...common,
            method: 'check',
            state: 'settled',
            receivedOn: today().subtract({ days: a % 4 }),
            applications,
          });
          customer.payments.push(paymentId);
        } else if (act === 'credit') customer.credits.push(await createCreditMemo(ctx, { ...common, issuedOn: today(), dueOn: today() }));
        else if (act === 'apply') await applyCredit(ctx, pick(customer.credits)!, [{ documentId: documentId!, amountMinor: common.amountMinor }]);
        else if (act === 'write_off') await writeOff(ctx, documentId!, { reason: 'Small difference' });
        else if (act === 'void') await voidDocument(ctx, documentId!, 'Issued twice');
        else if (act === 'return') await returnPayment(ctx, pick(customer.payments)!, 'Returned');
        else await refundPayment(ctx, pick(customer.payments)!, common.amountMinor);
      });
  } catch (error) {
    // refused, or nothing is there yet to do it to: an id is missing
    if (!(error instanceof Problem) && !/undefined is not a SQL value/.test(String(error))) throw error;
  }
}

const acts = fc.array(
  fc.record({
    act: fc.constantFrom<Act['act']>(
      'upload',
      'upload',
      'change',
      'pay',
      'pay',
      'credit',
      'apply',
      'write_off',
      'void',
      'return',
      'refund',
      'days',
      'days',
      'days',
    ),
    a: fc.nat(50),
    b: fc.nat(2000),
  }),
  { minLength: 4, maxLength: 25 },
);

describe('balance forward', () => {
  test('opening and movements come to the closing balance, which is the sum of the open items, on any day', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(acts, fc.nat(40), fc.nat(30), async (list, ago, length) => {
        const number = `P${++count}`;
        const customer = { id: await uploadCustomer(company, number), number, invoices: [] as string[], credits: [] as string[], payments: [] as string[] };
        for (const one of list) await perform(customer, one);
        const asOf = today().subtract({ days: ago });
        const from = asOf.subtract({ days: length });
        const forward = await told(customer.id, 'balance_forward', asOf, from);
        const moved = forward.content.movements.reduce((sum, one) => sum + BigInt(one.amount), 0n);
        expect(BigInt(forward.content.opening!) + moved).toBe(forward.total);
        expect((await told(customer.id, 'open_item', asOf, from)).total).toBe(forward.total);
        expect((await told(customer.id, 'balance_forward', from.subtract({ days: 1 }), from.subtract({ days: 1 }))).total.toString()).toBe(
          forward.content.opening,
        );
        // its aging is of the same items
        const { aging } = forward.content;
        const aged = [aging.current, aging.days1To30, aging.days31To60, aging.days61To90, aging.over90, aging.credits].reduce(
          (sum, minor) => sum + BigInt(minor),
          0n,
        );
        expect(aged).toBe(forward.total);
      }),
      { numRuns: 40 },
    );
  });
});
