import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../tests/support/database.ts';
import type { Context } from '../../platform/context.ts';
import { Problem } from '../../kernel/problem.ts';
import { workFor, systemActor } from '../../platform/context.ts';
import { runJob } from '../../platform/jobs/jobs.ts';
import { createCustomer } from '../customers/index.ts';
import {
  applyCredit,
  applyPayment,
  autoApply,
  createCreditMemo,
  createInvoice,
  readApplications,
  readMismatches,
  readOpenDocuments,
  readPayment,
  recordPayment,
  refundPayment,
  returnPayment,
  settlePayment,
  turnDay,
  unapply,
  voidDocument,
  writeOff,
} from './index.ts';
import { readAgingAsOf, readAgingOf, readAgingTotals } from './balances/queries.ts';

let db: TestDatabase;
let tenantId: string;
beforeAll(async () => {
  db = await testDatabase();
  tenantId = await db.tenant({ timezone: 'UTC' });
});
afterAll(() => db.close());

const inTenant = <T>(fn: (ctx: Context) => Promise<T>) => db.inTenant(tenantId, fn);
const day = (text: string) => Temporal.PlainDate.from(text);
let customers = 0;
const customer = () => inTenant((ctx) => createCustomer(ctx, { number: `C${++customers}`, companyName: `Customer ${customers}` }));
const invoice = (customerId: string, amountMinor: bigint, dueOn = '2026-03-10', issuedOn = '2026-02-01') =>
  inTenant((ctx) => createInvoice(ctx, { customerId, currency: 'USD', amountMinor, issuedOn: day(issuedOn), dueOn: day(dueOn) }));
const pay = (customerId: string, amountMinor: bigint, applications: { documentId: string; amountMinor: bigint }[] = [], more: object = {}) =>
  inTenant((ctx) =>
    recordPayment(ctx, { customerId, currency: 'USD', amountMinor, method: 'check', state: 'settled', receivedOn: ctx.clock.today(), applications, ...more }),
  );
const openOf = async (id: string) => (await inTenant((ctx) => readOpenDocuments(ctx, [id])))[0]!;
const refusal = async (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error) => (error instanceof Problem ? error.code : String(error)),
  );

describe('payments', () => {
  it('a payment closes its invoice, and what is over stays unapplied', async () => {
    const customerId = await customer();
    const id = await invoice(customerId, 10_000n);
    const paid = await pay(customerId, 12_500n, [{ documentId: id, amountMinor: 12_500n }]);
    expect(paid).toMatchObject({ appliedMinor: 10_000n, unappliedMinor: 2_500n });
    expect(await openOf(id)).toMatchObject({ state: 'closed', openMinor: 0n });
  });

  it('a short payment leaves the difference open', async () => {
    const customerId = await customer();
    const id = await invoice(customerId, 10_000n);
    await pay(customerId, 9_999n, [{ documentId: id, amountMinor: 9_999n }]);
    expect(await openOf(id)).toMatchObject({ state: 'open', openMinor: 1n });
  });

  it('one attempt makes one payment, however often it is reported', async () => {
    const customerId = await customer();
    const id = await invoice(customerId, 500n);
    const attemptId = '01900000-0000-7000-8000-00000000a77e';
    const first = await pay(customerId, 500n, [{ documentId: id, amountMinor: 500n }], { attemptId });
    const second = await pay(customerId, 500n, [{ documentId: id, amountMinor: 500n }], { attemptId });
    expect(second).toEqual(first);
  });

  it('money collected for an invoice that was closed meanwhile becomes unapplied cash', async () => {
    const customerId = await customer();
    const id = await invoice(customerId, 500n);
    await inTenant((ctx) => voidDocument(ctx, id, 'Issued twice'));
    const paid = await pay(customerId, 500n, [{ documentId: id, amountMinor: 500n }], { attemptId: '01900000-0000-7000-8000-00000000a77f' });
    expect(paid).toMatchObject({ appliedMinor: 0n, unappliedMinor: 500n });
  });

  it('a returned payment opens its invoice again by rows of the day of the return', async () => {
    const customerId = await customer();
    const id = await invoice(customerId, 700n);
    const { paymentId } = await pay(customerId, 700n, [{ documentId: id, amountMinor: 700n }], { state: 'processing' });
    db.clock.advance({ days: 3 });
    await inTenant((ctx) => returnPayment(ctx, paymentId, 'R01 insufficient funds'));
    await inTenant((ctx) => returnPayment(ctx, paymentId, 'R01 insufficient funds'));
    expect(await openOf(id)).toMatchObject({ state: 'open', openMinor: 700n });
    const rows = await inTenant((ctx) => readApplications(ctx, { paymentId }));
    expect(rows.map((row) => row.amountMinor)).toEqual([700n, -700n]);
    expect(rows[1]!.appliedOn.toString()).toBe((await inTenant(async (ctx) => ctx.clock.today())).toString());
    expect(await refusal(inTenant((ctx) => settlePayment(ctx, paymentId)))).toBe('payment_returned');
    expect(await refusal(inTenant((ctx) => refundPayment(ctx, paymentId, 1n)))).toBe('payment_returned');
  });

  it('a refund takes unapplied cash first, then opens the newest invoice by the rest', async () => {
    const customerId = await customer();
    const older = await invoice(customerId, 600n);
    const newer = await invoice(customerId, 600n);
    const { paymentId } = await pay(customerId, 1_300n, [
      { documentId: older, amountMinor: 600n },
      { documentId: newer, amountMinor: 600n },
    ]);
    await inTenant((ctx) => refundPayment(ctx, paymentId, 300n));
    expect((await openOf(older)).openMinor).toBe(0n);
    expect((await openOf(newer)).openMinor).toBe(200n);
    expect(await inTenant((ctx) => readPayment(ctx, paymentId))).toMatchObject({ appliedMinor: 1_000n, unappliedMinor: 0n, refundedMinor: 300n });
    expect(await refusal(inTenant((ctx) => refundPayment(ctx, paymentId, 1_001n)))).toBe('refund_exceeds_payment');
  });

  it('a payment cannot be applied to an invoice of somebody else', async () => {
    const customerId = await customer();
    const foreign = await invoice(await customer(), 100n);
    expect(await refusal(pay(customerId, 100n, [{ documentId: foreign, amountMinor: 100n }]))).toBe('not_found');
  });

  it('a day in the future is refused', async () => {
    const customerId = await customer();
    expect(await refusal(pay(customerId, 100n, [], { receivedOn: day('2031-01-01') }))).toBe('invalid_input');
  });
});

describe('applying and undoing', () => {
  it('unapplied cash is applied by hand and taken back', async () => {
    const customerId = await customer();
    const id = await invoice(customerId, 400n);
    const { paymentId } = await pay(customerId, 1_000n);
    await inTenant((ctx) => applyPayment(ctx, paymentId, [{ documentId: id }]));
    expect((await openOf(id)).state).toBe('closed');
    const [application] = await inTenant((ctx) => readApplications(ctx, { paymentId }));
    await inTenant((ctx) => unapply(ctx, application!.id));
    expect(await openOf(id)).toMatchObject({ state: 'open', openMinor: 400n });
    expect(await refusal(inTenant((ctx) => unapply(ctx, application!.id)))).toBe('already_undone');
    expect(await refusal(inTenant((ctx) => applyPayment(ctx, paymentId, [{ documentId: id, amountMinor: 401n }])))).toBe('invalid_input');
  });

  it('the oldest due invoices are paid first, credits before cash', async () => {
    const customerId = await customer();
    const late = await invoice(customerId, 300n, '2026-04-01');
    const early = await invoice(customerId, 300n, '2026-03-01');
    const middle = await invoice(customerId, 300n, '2026-03-15');
    await inTenant((ctx) => createCreditMemo(ctx, { customerId, currency: 'USD', amountMinor: 100n, issuedOn: day('2026-02-10'), dueOn: day('2026-02-10') }));
    await pay(customerId, 400n);
    expect(await inTenant((ctx) => autoApply(ctx, customerId, 'USD'))).toEqual({ appliedMinor: 500n });
    expect([(await openOf(early)).openMinor, (await openOf(middle)).openMinor, (await openOf(late)).openMinor]).toEqual([0n, 100n, 300n]);
    expect(await inTenant((ctx) => autoApply(ctx, customerId, 'USD'))).toEqual({ appliedMinor: 0n });
  });

  it('voiding an invoice sets its payments and credits free', async () => {
    const customerId = await customer();
    const id = await invoice(customerId, 1_000n);
    const credit = await inTenant((ctx) =>
      createCreditMemo(ctx, { customerId, currency: 'USD', amountMinor: 200n, issuedOn: day('2026-02-10'), dueOn: day('2026-02-10') }),
    );
    await inTenant((ctx) => applyCredit(ctx, credit, [{ documentId: id }]));
    const { paymentId } = await pay(customerId, 300n, [{ documentId: id, amountMinor: 300n }]);
    expect(await refusal(inTenant((ctx) => voidDocument(ctx, credit, 'Mistake')))).toBe('credit_in_use');
    await inTenant((ctx) => voidDocument(ctx, id, 'Issued twice'));
    expect(await openOf(id)).toMatchObject({ state: 'void', openMinor: 0n });
    expect((await openOf(credit)).openMinor).toBe(200n);
    expect(await inTenant((ctx) => readPayment(ctx, paymentId))).toMatchObject({ appliedMinor: 0n, unappliedMinor: 300n });
  });

  it('a write-off closes what is open and can be taken back', async () => {
    const customerId = await customer();
    const id = await invoice(customerId, 1_000n);
    await inTenant((ctx) => writeOff(ctx, id, { amountMinor: 400n, reason: 'Freight deduction' }));
    expect((await openOf(id)).openMinor).toBe(600n);
    const [application] = await inTenant((ctx) => readApplications(ctx, { documentId: id }));
    await inTenant((ctx) => unapply(ctx, application!.id));
    expect((await openOf(id)).openMinor).toBe(1_000n);
    expect(await refusal(inTenant((ctx) => writeOff(ctx, id, { amountMinor: 1_001n, reason: 'Too much' })))).toBe('invalid_input');
  });
});

describe('balances', () => {
  it('any past day can be asked for', async () => {
    const other = await db.tenant({ timezone: 'UTC' });
    db.clock.set('2026-03-02T12:00:00Z');
    const customerId = await db.inTenant(other, (ctx) => createCustomer(ctx, { number: 'A1', companyName: 'Harbor Goods' }));
    const id = await db.inTenant(other, (ctx) =>
      createInvoice(ctx, { customerId, currency: 'USD', amountMinor: 900n, issuedOn: day('2026-03-02'), dueOn: day('2026-03-05') }),
    );
    db.clock.set('2026-03-20T12:00:00Z');
    await db.inTenant(other, (ctx) =>
      recordPayment(ctx, {
        customerId,
        currency: 'USD',
        amountMinor: 500n,
        method: 'check',
        state: 'settled',
        receivedOn: ctx.clock.today(),
        applications: [{ documentId: id, amountMinor: 500n }],
      }),
    );
    const asOf = async (on: string) => (await db.inTenant(other, (ctx) => readAgingAsOf(ctx, day(on), null)))[0];
    expect(await asOf('2026-03-01')).toBeUndefined();
    expect(await asOf('2026-03-05')).toMatchObject({ openMinor: 900n, currentMinor: 900n, overdueMinor: 0n });
    expect(await asOf('2026-03-19')).toMatchObject({ openMinor: 900n, days1To30Minor: 900n });
    expect(await asOf('2026-03-20')).toMatchObject({ openMinor: 400n, days1To30Minor: 400n });
    expect(await db.inTenant(other, (ctx) => readAgingTotals(ctx))).toMatchObject([{ openMinor: 400n, overdueMinor: 400n, openCount: 1 }]);
    expect(await db.inTenant(other, (ctx) => readAgingOf(ctx, [customerId]))).toMatchObject([{ openMinor: 400n }]);
  });

  it("the day's turn moves what became overdue and proves the ledger", async () => {
    const other = await db.tenant({ timezone: 'Pacific/Auckland' });
    db.clock.set('2026-05-01T00:00:00Z');
    const customerId = await db.inTenant(other, (ctx) => createCustomer(ctx, { number: 'A1', companyName: 'Harbor Goods' }));
    const id = await db.inTenant(other, (ctx) =>
      createInvoice(ctx, { customerId, currency: 'USD', amountMinor: 900n, issuedOn: day('2026-04-02'), dueOn: day('2026-05-01') }),
    );
    const overdue = async () =>
      (await db.admin.query('select overdue_minor from customer_balance where tenant_id = $1', [other])).rows.map((row) => row.overdue_minor);
    expect(await overdue()).toEqual(['0']);
    // eleven in the evening of the same day in London is already tomorrow in Auckland
    db.clock.set('2026-05-01T22:00:00Z');
    const work = workFor(db.platform(), other, systemActor);
    await runJob(work, turnDay, {});
    expect(await overdue()).toEqual(['900']);
    const turns = () => db.admin.query('select day::text, mismatch_count from receivables_turn where tenant_id = $1', [other]);
    expect((await turns()).rows).toEqual([{ day: '2026-05-02', mismatch_count: 0 }]);
    // a balance that somebody bent behind our back is found on the next day
    await db.admin.query('update document set open_minor = 800 where tenant_id = $1 and id = $2', [other, id]);
    db.clock.advance({ days: 1 });
    await runJob(work, turnDay, {});
    expect((await turns()).rows.at(-1)).toEqual({ day: '2026-05-03', mismatch_count: 1 });
    const events = await db.admin.query("select subject_id from event where tenant_id = $1 and type = 'ledger.mismatch'", [other]);
    expect(events.rows).toEqual([{ subject_id: id }]);
  });
});

describe('whatever the sequence of commands', () => {
  /** Only a refusal of ours may stop a command: anything else, such as a broken constraint, is a bug. */
  const tolerant = (promise: Promise<unknown>) =>
    promise.catch((error) => {
      if (!(error instanceof Problem)) throw error;
    });
  const command = fc.record({
    kind: fc.constantFrom('invoice', 'credit', 'pay', 'apply', 'applyCredit', 'autoApply', 'unapply', 'return', 'refund', 'writeOff', 'void', 'settle'),
    which: fc.nat(20),
    other: fc.nat(20),
    amount: fc.bigInt({ min: 1n, max: 900n }),
  });

  it('payments = applied + unapplied + refunded, and open = total - applications', async () => {
    db.clock.set('2026-06-01T12:00:00Z');
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 25 }), async (commands) => {
        const customerId = await customer();
        const documents: string[] = [];
        const credits: string[] = [];
        const payments: string[] = [];
        const at = <T>(list: T[], index: number): T | undefined => (list.length === 0 ? undefined : list[index % list.length]);
        for (const { kind, which, other, amount } of commands) {
          const document = at(documents, which);
          const credit = at(credits, which);
          const payment = at(payments, which);
          const target = at(documents, other);
          await tolerant(
            inTenant(async (ctx) => {
              const base = { customerId, currency: 'USD', amountMinor: amount, issuedOn: day('2026-05-01'), dueOn: day('2026-05-20') };
              if (kind === 'invoice') documents.push(await createInvoice(ctx, base));
              else if (kind === 'credit') credits.push(await createCreditMemo(ctx, base));
              else if (kind === 'pay') {
                const applications = documents.slice(0, which % 3).map((documentId) => ({ documentId, amountMinor: amount / 2n + 1n }));
                payments.push(
                  (
                    await recordPayment(ctx, {
                      customerId,
                      currency: 'USD',
                      amountMinor: amount,
                      method: 'bank',
                      state: 'processing',
                      receivedOn: ctx.clock.today(),
                      applications,
                    })
                  ).paymentId,
                );
              } else if (kind === 'apply' && payment && target)
                await applyPayment(ctx, payment, [{ documentId: target, amountMinor: other % 2 ? amount : null }]);
              else if (kind === 'applyCredit' && credit && target)
                await applyCredit(ctx, credit, [{ documentId: target, amountMinor: other % 2 ? amount : null }]);
              else if (kind === 'autoApply') await autoApply(ctx, customerId, 'USD');
              else if (kind === 'unapply' && document) {
                const application = at(await readApplications(ctx, { documentId: document }), other);
                if (application) await unapply(ctx, application.id);
              } else if (kind === 'return' && payment) await returnPayment(ctx, payment, 'R02');
              else if (kind === 'refund' && payment) await refundPayment(ctx, payment, amount);
              else if (kind === 'writeOff' && document) await writeOff(ctx, document, { amountMinor: amount, reason: 'Small difference' });
              else if (kind === 'void' && document) await voidDocument(ctx, (other % 2 ? credit : document) ?? document, 'Mistake');
              else if (kind === 'settle' && payment) await settlePayment(ctx, payment);
            }),
          );
        }
        expect(await inTenant((ctx) => readMismatches(ctx, 10))).toEqual([]);
        const sums = await db.admin.query(
          `select coalesce(sum(amount_minor) filter (where state <> 'returned'), 0)::text as paid,
             coalesce(sum(applied_minor + unapplied_minor + refunded_minor) filter (where state <> 'returned'), 0)::text as held
           from payment where customer_id = $1`,
          [customerId],
        );
        expect(sums.rows[0].paid).toBe(sums.rows[0].held);
        const [kept] = (await db.admin.query('select open_minor::text, credit_minor::text from customer_balance where customer_id = $1', [customerId])).rows;
        const [live] = await inTenant((ctx) => readAgingOf(ctx, [customerId]));
        if (kept)
          expect({ open: kept.open_minor, credit: kept.credit_minor }).toEqual({
            open: String(live?.openMinor ?? 0n),
            credit: String(live?.creditMinor ?? 0n),
          });
      }),
      { numRuns: 40 },
    );
  });

  it('two payments at once for one invoice apply its amount once', async () => {
    const customerId = await customer();
    const id = await invoice(customerId, 1_000n, '2026-06-30', '2026-05-01');
    await Promise.all([1, 2, 3, 4].map(() => pay(customerId, 400n, [{ documentId: id, amountMinor: 400n }])));
    expect((await openOf(id)).openMinor).toBe(0n);
    const { rows } = await db.admin.query(
      'select sum(applied_minor)::text as applied, sum(unapplied_minor)::text as unapplied from payment where customer_id = $1',
      [customerId],
    );
    expect(rows[0]).toEqual({ applied: '1000', unapplied: '600' });
    expect(await inTenant((ctx) => readMismatches(ctx, 10))).toEqual([]);
  });
});
