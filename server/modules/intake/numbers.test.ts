import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAmount } from './numbers.ts';

describe('amounts', () => {
  test.each([
    [12112, 2, false, 1211200],
    [12.1, 2, false, 1210],
    [0.07, 2, false, 7],
    [-0, 2, false, 0],
    [1500, 0, false, 1500],
    [1.234, 3, false, 1234],
    ['12112', 2, false, 1211200],
    [' 12.10 ', 2, false, 1210],
    ['12.500', 2, false, 1250],
    ['1,234.56', 2, false, 123456],
    ['1.234,56', 2, false, 123456],
    ['1.234,56', 2, true, 123456],
    ['1,234.56', 2, true, 123456],
    ['1234,5', 2, false, 123450],
    ['1,234', 2, false, 123400],
    ['1.234', 2, true, 123400],
    ['1,234', 3, true, 1234],
    ['1.234.567', 2, false, 123456700],
    ["1'234.50", 2, false, 123450],
    ['100.00-', 2, false, -10000],
    ['(100.00)', 2, false, -10000],
    ['\u2212100', 2, false, -10000],
    ['$ 1,200.00', 2, false, 120000],
    ['€1.200,00', 2, false, 120000],
    ['+5', 2, false, 500],
    ['0000012', 2, false, 1200],
    ['9999999999999.99', 2, false, 999999999999999],
  ] as const)('%j with %i decimals (decimal comma %s) is %i', (value, exponent, comma, minor) => {
    expect(readAmount(value, exponent, comma)).toBe(minor);
  });

  test.each([
    [Number.POSITIVE_INFINITY, 2, 'not_a_number'],
    [Number.NaN, 2, 'not_a_number'],
    [1e21, 2, 'too_large'],
    [12345678901234567, 0, 'too_large'],
    ['1e5', 2, 'not_a_number'],
    ['NaN', 2, 'not_a_number'],
    ['12 EUR', 2, 'not_a_number'],
    ['1,23,4', 2, 'not_a_number'],
    ['1.2.3', 2, 'not_a_number'],
    ['--5', 2, 'not_a_number'],
    ['-5-', 2, 'not_a_number'],
    ['(-5)', 2, 'not_a_number'],
    ['12.', 2, 'not_a_number'],
    ['.5', 2, 'not_a_number'],
    ['-', 2, 'not_a_number'],
    ['', 2, 'not_a_number'],
    [true, 2, 'not_a_number'],
    [null, 2, 'not_a_number'],
    [['1'], 2, 'not_a_number'],
    [0.123, 2, 'too_many_decimals'],
    [0.1 + 0.2, 2, 'too_many_decimals'],
    ['1.5', 0, 'too_many_decimals'],
    ['1.234', 2, 'too_many_decimals'],
    ['10000000000000.00', 2, 'too_large'],
    ['1'.repeat(100), 2, 'not_a_number'],
  ] as const)('%j with %i decimals is refused: %s', (value, exponent, fault) => {
    expect(readAmount(value, exponent, false)).toBe(fault);
  });

  test('every amount is read back exactly, as a number and as text, plain and grouped', () => {
    fc.assert(
      fc.property(fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }), fc.constantFrom(0, 2, 3), (minor, exponent) => {
        const digits = String(Math.abs(minor)).padStart(exponent + 1, '0');
        const whole = exponent === 0 ? digits : digits.slice(0, -exponent);
        const fraction = exponent === 0 ? '' : digits.slice(-exponent);
        const sign = minor < 0 ? '-' : '';
        const plain = `${sign}${whole}${fraction && `.${fraction}`}`;
        expect(readAmount(plain, exponent, false)).toBe(minor);
        expect(readAmount(Number(plain), exponent, false)).toBe(minor);
        if (exponent === 2) {
          const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
          expect(readAmount(`${grouped}.${fraction}${sign}`, 2, false)).toBe(minor);
          expect(readAmount(`${sign}${grouped.replaceAll(',', '.')},${fraction}`, 2, true)).toBe(minor);
        }
      }),
    );
  });

  test('nothing that a person may type throws or gives half a unit', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: fc.constantFrom(..."0123456789.,-+()$ 'eE"), maxLength: 20 }), fc.anything()),
        fc.constantFrom(0, 2, 3),
        fc.boolean(),
        (value, exponent, comma) => {
          const read = readAmount(value, exponent, comma);
          if (typeof read === 'number') expect(Number.isSafeInteger(read)).toBe(true);
        },
      ),
    );
  });
});
