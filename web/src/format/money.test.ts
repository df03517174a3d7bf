import { describe, expect, test, vi } from 'vitest';
import { compareAmounts, formatAmount, formatMoney, parseAmount, share, subtract, totals } from './money.ts';

vi.stubGlobal('navigator', { languages: ['en-US'] });

describe('money on screen', () => {
  test('negatives stand in parentheses and minor digits are always there', () => {
    expect(formatMoney({ amount: '1250.00', currency: 'USD' })).toBe('$1,250.00');
    expect(formatMoney({ amount: '-30.50', currency: 'USD' })).toBe('($30.50)');
    expect(formatMoney({ amount: '500', currency: 'JPY' })).toBe('¥500');
    expect(formatAmount({ amount: '1.234', currency: 'KWD' })).toBe('1.234');
  });

  test('amounts beyond what a floating point number holds keep every digit', () => {
    expect(formatMoney({ amount: '9999999999999.99', currency: 'USD' })).toBe('$9,999,999,999,999.99');
    expect(
      totals([
        { amount: '9007199254740993.01', currency: 'USD' },
        { amount: '0.02', currency: 'USD' },
      ]),
    ).toEqual([{ amount: '9007199254740993.03', currency: 'USD' }]);
  });

  test('different currencies never add', () => {
    expect(
      totals([
        { amount: '1.10', currency: 'USD' },
        { amount: '5', currency: 'JPY' },
        { amount: '-0.20', currency: 'USD' },
      ]),
    ).toEqual([
      { amount: '0.90', currency: 'USD' },
      { amount: '5', currency: 'JPY' },
    ]);
  });

  test('what a person types becomes a plain decimal, or nothing', () => {
    expect(parseAmount('1,250', 'USD')).toBe('1250.00');
    expect(parseAmount(' 0012.5 ', 'USD')).toBe('12.50');
    expect(parseAmount('12.505', 'USD')).toBeNull();
    expect(parseAmount('12.5', 'JPY')).toBeNull();
    expect(parseAmount('-5', 'USD')).toBeNull();
    expect(parseAmount('five', 'USD')).toBeNull();
  });

  test('comparison, difference and share are exact', () => {
    expect(compareAmounts('10.00', '9.99')).toBe(1);
    expect(compareAmounts('10', '10.00')).toBe(0);
    expect(subtract({ amount: '10.00', currency: 'USD' }, { amount: '10.01', currency: 'USD' }).amount).toBe('-0.01');
    expect(share('25.00', '100.00')).toBe(0.25);
  });
});
