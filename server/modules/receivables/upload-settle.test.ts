import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Provisional, settle, settleNew } from './upload-settle.ts';

const word = (amountMinor: number, balanceMinor?: number, isVoid = false) => ({ amountMinor, balanceMinor, isVoid });
const now = (totalMinor: number, openMinor: number, chargeMinor = 0) => ({ totalMinor, openMinor, chargeMinor });
const paid = (id: string, amountMinor: number): Provisional => ({ id, amountMinor, undoable: true });

describe('a new document', () => {
  test('is open by its balance, else by its amount; the rest was applied by the source system', () => {
    expect(settleNew(word(100))).toEqual({ chargeMinor: 0, openMinor: 100, sourceMinor: 0 });
    expect(settleNew(word(100, 30))).toEqual({ chargeMinor: 0, openMinor: 30, sourceMinor: 70 });
    expect(settleNew(word(100, 110))).toEqual({ chargeMinor: 10, openMinor: 110, sourceMinor: 0 });
    expect(settleNew(word(100, 100, true))).toEqual({ chargeMinor: 0, openMinor: 0, sourceMinor: 100 });
  });
});

describe('a document that is here', () => {
  test('follows the balance of the source system', () => {
    expect(settle(word(100, 40), now(100, 100), [])).toMatchObject({ openMinor: 40, sourceMinor: 60 });
    expect(settle(word(100, 100), now(100, 40), [])).toMatchObject({ openMinor: 100, sourceMinor: -60 });
    expect(settle(word(120, 120), now(100, 100), [])).toMatchObject({ openMinor: 120, sourceMinor: 0 });
  });

  test('keeps what is known when the source system says no balance', () => {
    expect(settle(word(120), now(100, 40), [])).toMatchObject({ openMinor: 60, sourceMinor: 0 });
    expect(settle(word(50), now(100, 40), [])).toMatchObject({ openMinor: 0, sourceMinor: -10 });
  });

  test('a payment that the source system has not counted stays on top of its balance', () => {
    expect(settle(word(100, 100), now(100, 40), [paid('p', 60)])).toMatchObject({ openMinor: 40, sourceMinor: 0, confirmed: [], undone: [] });
  });

  test('a balance that has dropped by at least the payment confirms it', () => {
    expect(settle(word(100, 40), now(100, 40), [paid('p', 60)])).toMatchObject({ openMinor: 40, sourceMinor: 0, confirmed: ['p'] });
    expect(settle(word(100, 0), now(100, 40), [paid('p', 60)])).toMatchObject({ openMinor: 0, sourceMinor: 40, confirmed: ['p'] });
    expect(settle(word(100, 60), now(100, 0), [paid('p', 60), paid('q', 40)])).toMatchObject({ confirmed: ['q'], openMinor: 0, sourceMinor: 0 });
  });

  test('when both are more than the invoice, the surplus of our payment comes off', () => {
    expect(settle(word(100, 50), now(100, 40), [paid('p', 60)])).toMatchObject({
      openMinor: 0,
      sourceMinor: 50,
      undone: [{ id: 'p', amountMinor: 60, keepMinor: 50 }],
    });
    expect(settle(word(80, 80), now(100, 0), [paid('p', 100)])).toMatchObject({ openMinor: 0, undone: [{ id: 'p', keepMinor: 80 }] });
  });

  test('a void by the source system frees our payments', () => {
    expect(settle(word(100, 0, true), now(100, 40), [paid('p', 60)])).toMatchObject({ openMinor: 0, sourceMinor: 100, undone: [{ id: 'p', keepMinor: 0 }] });
  });

  test('what was returned after it was counted stays open until the source system has counted that', () => {
    expect(settle(word(100, 40), now(100, 100), [{ id: 'r', amountMinor: -60, undoable: false }])).toMatchObject({ openMinor: 100, confirmed: [] });
    expect(settle(word(100, 100), now(100, 100), [{ id: 'r', amountMinor: -60, undoable: false }])).toMatchObject({
      openMinor: 100,
      sourceMinor: 0,
      confirmed: ['r'],
    });
  });

  test('later charges stay part of the invoice while they are paid', () => {
    expect(settle(word(100, 70), now(110, 110, 10), [])).toMatchObject({ chargeMinor: 10, openMinor: 70, sourceMinor: 40 });
    expect(settle(word(110, 110), now(110, 110, 10), [])).toMatchObject({ chargeMinor: 0, openMinor: 110, sourceMinor: 0 });
  });

  test('the books always close: total − applied = open, between nothing and everything; saying it twice changes nothing', () => {
    const amount = fc.integer({ min: 0, max: 1000 });
    fc.assert(
      fc.property(
        amount,
        amount,
        fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 4 }),
        amount,
        fc.option(amount, { nil: undefined }),
        fc.boolean(),
        (total, known, payments, nextAmount, balance, isVoid) => {
          const provisional: Provisional[] = [];
          let open = total - Math.min(known, total);
          for (const [n, payment] of payments.entries())
            if (payment <= open) {
              provisional.push(paid(`p${n}`, payment));
              open -= payment;
            }
          const said = word(nextAmount, balance, isVoid);
          const next = settle(said, now(total, open), provisional);
          const newTotal = nextAmount + next.chargeMinor;
          const off = next.undone.reduce((sum, u) => sum + u.amountMinor - u.keepMinor, 0);
          expect(next.openMinor).toBeGreaterThanOrEqual(0);
          expect(next.openMinor).toBeLessThanOrEqual(newTotal);
          expect(total - open - off + next.sourceMinor).toBe(newTotal - next.openMinor);
          const waiting = provisional
            .filter((p) => !next.confirmed.includes(p.id))
            .flatMap((p) => {
              const undone = next.undone.find((u) => u.id === p.id);
              return undone ? (undone.keepMinor > 0 ? [paid(p.id, undone.keepMinor)] : []) : [p];
            });
          const again = settle(said, now(newTotal, next.openMinor, next.chargeMinor), isVoid ? [] : waiting);
          expect({ open: again.openMinor, source: again.sourceMinor, undone: again.undone }).toEqual({ open: next.openMinor, source: 0, undone: [] });
        },
      ),
      { numRuns: 2000 },
    );
  });
});
