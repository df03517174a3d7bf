import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketOf } from './balances/aging.ts';
import { oldestFirst, planRefund, spread, total } from './ledger.ts';

const amount = fc.bigInt({ min: 0n, max: 10_000n });
const targets = fc.array(fc.record({ documentId: fc.constantFrom('a', 'b', 'c', 'd'), openMinor: amount, askedMinor: fc.option(amount, { nil: null }) }), {
  maxLength: 8,
});
/** One document has one open amount, however often it is named. */
const consistent = targets.map((list) => {
  const open = new Map(list.map((target) => [target.documentId, target.openMinor]));
  return list.map((target) => ({ ...target, openMinor: open.get(target.documentId)! }));
});

describe('spreading money over invoices', () => {
  it('never applies more than is available, open or asked, and nothing of zero', () => {
    fc.assert(
      fc.property(amount, consistent, (available, list) => {
        const portions = spread(available, list);
        expect(total(portions)).toBeLessThanOrEqual(available);
        expect(new Set(portions.map((p) => p.documentId)).size).toBe(portions.length);
        for (const portion of portions) {
          const named = list.filter((target) => target.documentId === portion.documentId);
          expect(portion.amountMinor).toBeGreaterThan(0n);
          expect(portion.amountMinor).toBeLessThanOrEqual(named[0]!.openMinor);
          if (named.every((target) => target.askedMinor !== null))
            expect(portion.amountMinor).toBeLessThanOrEqual(named.reduce((sum, target) => sum + target.askedMinor!, 0n));
        }
      }),
    );
  });

  it('leaves nothing unapplied while something asked for is open', () => {
    fc.assert(
      fc.property(amount, consistent, (available, list) => {
        const whole = spread(1_000_000n, list);
        const portions = spread(available, list);
        expect(total(portions)).toBe(available < total(whole) ? available : total(whole));
      }),
    );
  });

  it('pays the first invoice in full before the next', () => {
    expect(
      spread(150n, [
        { documentId: 'a', openMinor: 100n, askedMinor: null },
        { documentId: 'b', openMinor: 100n, askedMinor: null },
      ]),
    ).toEqual([
      { documentId: 'a', amountMinor: 100n },
      { documentId: 'b', amountMinor: 50n },
    ]);
  });
});

describe('planning a refund', () => {
  const active = fc
    .array(fc.bigInt({ min: 1n, max: 500n }), { maxLength: 6 })
    .map((amounts) => amounts.map((amountMinor, index) => ({ id: `app-${index}`, documentId: `doc-${index}`, amountMinor })));

  it('gives back exactly the amount, or nothing when the payment holds less', () => {
    fc.assert(
      fc.property(amount, active, fc.bigInt({ min: 1n, max: 5_000n }), (unapplied, applications, wanted) => {
        const plan = planRefund(unapplied, applications, wanted);
        if (unapplied + total(applications) < wanted) {
          expect(plan).toBeNull();
          return;
        }
        const freed = total(plan!.undo) - (plan!.reapply?.amountMinor ?? 0n);
        expect(plan!.fromUnappliedMinor + freed).toBe(wanted);
        expect(plan!.fromUnappliedMinor).toBe(unapplied < wanted ? unapplied : wanted);
        expect(plan!.undo).toEqual(applications.slice(0, plan!.undo.length));
      }),
    );
  });
});

describe('order and buckets', () => {
  it('pays the oldest due first and equal days in order of arrival', () => {
    const day = (text: string) => Temporal.PlainDate.from(text);
    const sorted = oldestFirst([
      { id: '3', dueOn: day('2026-02-01') },
      { id: '2', dueOn: day('2026-01-01') },
      { id: '1', dueOn: day('2026-01-01') },
    ]);
    expect(sorted.map((document) => document.id)).toEqual(['1', '2', '3']);
  });

  it('counts an invoice due today as current and each bucket from its first to its last day', () => {
    expect([-5, 0, 1, 30, 31, 60, 61, 90, 91, 4000].map(bucketOf)).toEqual([
      'current',
      'current',
      '1-30',
      '1-30',
      '31-60',
      '31-60',
      '61-90',
      '61-90',
      'over 90',
      'over 90',
    ]);
  });
});
