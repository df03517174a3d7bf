import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allocate } from './allocate.ts';
import { currencyCodes, currencyExponent } from './currency.ts';
import { add, format, fromDecimal, MAX_MINOR, money, percentOf, toDecimal } from './money.ts';

const anyMoney = fc.record({ minor: fc.bigInt({ min: -MAX_MINOR, max: MAX_MINOR }), currency: fc.constantFrom(...currencyCodes) });

test('an amount written as a decimal reads back as itself', () => {
  fc.assert(
    fc.property(anyMoney, (value) => {
      expect(fromDecimal(toDecimal(value), value.currency)).toEqual(value);
    }),
  );
});

test('more digits than the currency has are refused', () => {
  expect(fromDecimal('1.005', 'USD')).toBeNull();
  expect(fromDecimal('1.5', 'JPY')).toBeNull();
  expect(fromDecimal('1.2345', 'KWD')).toBeNull();
  expect(fromDecimal('1.500', 'USD')).toEqual(money(150n, 'USD'));
});

test('what is no plain decimal is refused', () => {
  for (const text of ['', '1e3', 'NaN', ' 1', '1,000', '0x10', '--1', '1.', '.5', '9'.repeat(16)]) expect(fromDecimal(text, 'USD')).toBeNull();
});

test('different currencies never add', () => {
  expect(() => add(money(1n, 'USD'), money(1n, 'EUR'))).toThrow(RangeError);
});

test('a fee is rounded down, so that it never passes the percentage stated', () => {
  expect(percentOf(money(3_799_000n, 'USD'), '2.45')).toEqual(money(93_075n, 'USD'));
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: MAX_MINOR }), fc.integer({ min: 0, max: 99_999 }), (minor, thousandths) => {
      const percent = `${Math.floor(thousandths / 1000)}.${String(thousandths % 1000).padStart(3, '0')}`;
      expect(percentOf(money(minor, 'USD'), percent).minor * 100_000n <= minor * BigInt(thousandths)).toBe(true);
    }),
  );
});

test('negatives stand in parentheses', () => {
  expect(format(money(-123_450n, 'USD'))).toBe('($1,234.50)');
  expect(format(money(500n, 'JPY'))).toBe('¥500');
  expect(format(money(999_999_999_999_999n, 'USD'))).toBe('$9,999,999,999,999.99');
});

test('a split always adds up, and no part is off by more than one', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: MAX_MINOR }), fc.array(fc.bigInt({ min: 0n, max: 10n ** 9n }), { minLength: 1, maxLength: 20 }), (total, weights) => {
      const parts = allocate(total, weights);
      expect(parts.reduce((a, b) => a + b, 0n)).toBe(total);
      const sum = weights.reduce((a, b) => a + b, 0n);
      if (sum > 0n) parts.forEach((part, i) => expect(part - (total * weights[i]!) / sum === 0n || part - (total * weights[i]!) / sum === 1n).toBe(true));
    }),
  );
});

test('yen have no minor digits, dinars three', () => {
  expect([currencyExponent('JPY'), currencyExponent('KWD'), currencyExponent('EUR')]).toEqual([0, 3, 2]);
});
