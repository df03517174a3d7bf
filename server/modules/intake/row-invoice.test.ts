import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ReadingSettings, readInvoice } from './row-invoice.ts';
import type { Findings } from './row-text.ts';

const settings: ReadingSettings = { currency: 'USD', timezone: 'America/New_York', dayFirst: false, decimalComma: false, defaultTermsDays: 30 };
const least = { customerNumber: '100', invoiceNumber: 'A1', invoiceAmount: 100 };

function read(row: Record<string, unknown>, more: Partial<ReadingSettings> = {}) {
  const found: Findings = { errors: null, warnings: null };
  const document = readInvoice({ ...least, ...row }, true, { ...settings, ...more }, found);
  return { document, errors: found.errors?.map((e) => `${e.field} ${e.code}`) ?? [], warnings: found.warnings?.map((w) => `${w.field} ${w.code}`) ?? [] };
}

describe('direction', () => {
  test.each([
    [{}, 'invoice'],
    [{ invoiceAmount: -5 }, 'credit_memo'],
    [{ debitCreditIndicator: 'S' }, 'invoice'],
    [{ debitCreditIndicator: 'h' }, 'credit_memo'],
    [{ debitCreditIndicator: 'Debit' }, 'invoice'],
    [{ debitCreditIndicator: 'CR' }, 'credit_memo'],
    [{ debitCreditIndicator: 'S', postingKey: '11' }, 'invoice'],
    [{ postingKey: '01' }, 'invoice'],
    [{ postingKey: 11 }, 'credit_memo'],
    [{ postingKey: '15' }, 'payment_on_account'],
    [{ postingKey: '12', documentType: 'RV' }, 'credit_memo'],
    [{ documentType: 'DG' }, 'credit_memo'],
    [{ documentType: 'DZ' }, 'payment_on_account'],
    [{ documentType: 'zp' }, 'payment_on_account'],
    [{ documentType: 'SA', invoiceAmount: -1 }, 'credit_memo'],
    [{ debitCreditIndicator: 'H', invoiceAmount: -1 }, 'credit_memo'],
  ])('%j is %s, its amount positive', (row, kind) => {
    const { document } = read(row);
    expect(document?.kind).toBe(kind);
    expect(document?.amountMinor).toBeGreaterThan(0);
  });

  test('a negative amount on the debit side is a credit, with a warning', () => {
    expect(read({ debitCreditIndicator: 'S', invoiceAmount: -5 })).toMatchObject({
      document: { kind: 'credit_memo', amountMinor: 500 },
      warnings: ['invoiceAmount negative_posting'],
    });
  });

  test('another indicator is an error, another posting key a warning', () => {
    expect(read({ debitCreditIndicator: 'X' }).errors).toEqual(['debitCreditIndicator invalid_indicator']);
    expect(read({ postingKey: '40' })).toMatchObject({ errors: [], warnings: ['postingKey unknown_posting_key'] });
  });
});

describe('amounts and balances', () => {
  test('numbers and texts are major units of the currency', () => {
    expect(read({ invoiceAmount: 12112, balanceAmount: '12000.5' }).document).toMatchObject({ amountMinor: 1211200, balanceMinor: 1200050 });
    expect(read({ invoiceAmount: 500, currency: 'jpy' }).document).toMatchObject({ amountMinor: 500, currency: 'JPY' });
    expect(read({ invoiceAmount: '1.234', currency: 'KWD' }).document).toMatchObject({ amountMinor: 1234 });
    expect(read({ invoiceAmount: 1.5, currency: 'JPY' }).errors).toEqual(['invoiceAmount too_many_decimals']);
  });

  test('an absent or empty balance is not said', () => {
    for (const balanceAmount of [undefined, null, '', '  ']) expect(read({ balanceAmount }).document?.balanceMinor).toBeUndefined();
  });

  test('a balance of the other sign is an error, a larger one a warning', () => {
    expect(read({ balanceAmount: -1 }).errors).toEqual(['balanceAmount balance_sign']);
    expect(read({ invoiceAmount: -100, balanceAmount: -40 }).document).toMatchObject({ kind: 'credit_memo', balanceMinor: 4000 });
    expect(read({ balanceAmount: 110 })).toMatchObject({ document: { balanceMinor: 11000 }, warnings: ['balanceAmount balance_above_amount'] });
  });

  test('a paid status closes what says no balance, and loses against one', () => {
    expect(read({ status: 'Paid' }).document).toMatchObject({ balanceMinor: 0 });
    expect(read({ status: 'paid', balanceAmount: 5 })).toMatchObject({ document: { balanceMinor: 500 }, warnings: ['status status_contradicts_balance'] });
    expect(read({ status: 'Cancelled' }).document).toMatchObject({ isVoid: true });
    expect(read({ status: 'odd' })).toMatchObject({ document: { sourceStatus: 'odd' }, warnings: ['status unknown_status'] });
  });

  test('the local amount must agree in the same currency', () => {
    expect(read({ localAmount: 90 }).warnings).toEqual(['localAmount local_amount_differs']);
    expect(read({ localAmount: 90, currency: 'EUR' })).toMatchObject({ warnings: [], document: { localMinor: 9000 } });
  });
});

describe('attributes', () => {
  test('numbers become text, leading zeros and inner spaces stay, outer ones go', () => {
    expect(read({ customerNumber: 100045, invoiceNumber: ' 000 12 ', reference1: 7 }).document).toMatchObject({ number: '000 12', reference1: '7' });
  });

  test('missing is left, null and empty clear', () => {
    expect(read({}).document).toMatchObject({ itemText: undefined, dueOn: undefined });
    expect(read({ itemText: null, reference1: '', dueDate: '00000000' }).document).toMatchObject({ itemText: null, reference1: null, dueOn: null });
  });

  test('what is required is asked for, and every error of a row is named', () => {
    expect(read({ customerNumber: '', invoiceNumber: null, invoiceAmount: undefined, dueDate: '2026-02-30', currency: 'XXX' }).errors.sort()).toEqual([
      'currency unknown_currency',
      'customerNumber required',
      'dueDate invalid_date',
      'invoiceAmount required',
      'invoiceNumber required',
    ]);
  });

  test.each([
    ['invoiceNumber', 'x'.repeat(65), 'too_long'],
    ['invoiceNumber', 'a\u0000b', 'invalid_character'],
    ['invoiceNumber', 'a\nb', 'invalid_character'],
    ['itemText', 'a\u0000b', 'invalid_character'],
    ['itemText', '\ud800', 'invalid_character'],
    ['itemText', { a: 1 }, 'not_text'],
    ['itemText', true, 'not_text'],
    ['fiscalYear', '26', 'invalid_fiscal_year'],
    ['fiscalPeriod', '17', 'invalid_fiscal_period'],
    ['billAddr', 'Main Street', 'invalid_address'],
    ['billAddr', [1], 'invalid_address'],
    ['billAddr', { line1: 'x'.repeat(5000) }, 'too_long'],
    ['shipAddr', { line1: 'a\u0000' }, 'invalid_character'],
    ['dueDate', '01/02/26', 'two_digit_year'],
  ])('%s %j is refused: %s', (field, value, code) => {
    expect(read({ [field]: value }).errors).toEqual([`${field} ${code}`]);
  });

  test('addresses keep what we do not know and get our names for what we do', () => {
    const { document } = read({ billAddr: { Addr1: '1 Main', CountrySubDivisionCode: 'IL', PostalCode: '1', gate: 'B' }, shipAddr: '{"zip":"2","City":"X"}' });
    expect(JSON.parse(document!.billAddress!)).toEqual({ line1: '1 Main', state: 'IL', postalCode: '1', gate: 'B' });
    expect(JSON.parse(document!.shipAddress!)).toEqual({ postalCode: '2', city: 'X' });
  });

  test('unknown attributes are kept, dangerous names are not', () => {
    const row = JSON.parse('{"salesRep":"Kim","nested":{"a":1},"empty":"","__proto__":{"x":1},"constructor":"c","tenant_id":"t","id":"i"}') as Record<
      string,
      unknown
    >;
    const { document, warnings } = read(row);
    expect(document!.custom).toEqual({ salesRep: 'Kim', nested: { a: 1 }, empty: null });
    // spreading above made __proto__ a plain key or dropped it; both are harmless
    expect(warnings).toEqual(expect.arrayContaining(['constructor ignored_attribute', 'tenant_id ignored_attribute', 'id ignored_attribute']));
  });

  test('too many or too large own attributes are refused', () => {
    expect(read(Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`x${i}`, 1]))).errors).toEqual(['x50 too_many_attributes']);
    expect(read({ big: 'x'.repeat(20_000) }).errors).toEqual(['custom too_long']);
    expect(read({ big: Number.POSITIVE_INFINITY }).errors).toEqual(['custom not_a_number']);
    expect(read({ ['x'.repeat(101)]: 1 }).errors).toEqual([`${'x'.repeat(100)} invalid_name`]);
  });

  test('a due date before the invoice date is a warning', () => {
    expect(read({ invoiceDate: '2026-02-01', dueDate: '2026-01-01' }).warnings).toEqual(['dueDate due_before_invoice_date']);
  });

  test('whatever stands in a row, it is read or refused with a field, and never throws', () => {
    const names = fc.constantFrom(
      'customerNumber',
      'invoiceNumber',
      'invoiceAmount',
      'balanceAmount',
      'currency',
      'dueDate',
      'billAddr',
      'status',
      'postingKey',
      'lineItem',
      'own',
    );
    fc.assert(
      fc.property(fc.dictionary(names, fc.oneof(fc.anything(), fc.string(), fc.double(), fc.jsonValue())), (row) => {
        const { document, errors } = read(row as Record<string, unknown>);
        expect((document === null) === errors.length > 0).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
