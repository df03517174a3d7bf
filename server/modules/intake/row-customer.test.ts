import { describe, expect, test } from 'vitest';
import { readCustomerRow } from './row-customer.ts';
import type { Findings } from './row-text.ts';

function read(row: Record<string, unknown>) {
  const found: Findings = { errors: null, warnings: null };
  const customer = readCustomerRow({ customerno: '1', emailaddress1: 'a@acme.example', ...row }, true, found);
  return { customer, errors: found.errors?.map((e) => `${e.field} ${e.code}`) ?? [], warnings: found.warnings?.map((w) => w.code) ?? [] };
}

describe('customers', () => {
  test('several addresses are split by commas and semicolons, the domain in lower case, each once', () => {
    const { customer, warnings } = read({ emailaddress1: 'AP@Acme.Example; cfo@acme.example,ap@acme.example' });
    expect(customer!.emails).toEqual(['AP@acme.example', 'cfo@acme.example']);
    expect(warnings).toEqual(['repeated_email']);
  });

  test.each([
    'no-at',
    'a@b',
    'Ann <a@acme.example>',
    '"a"@acme.example',
    'a@acme.example\r\nBcc: evil@bad.example',
    'a b@acme.example',
    'a@acme.example(x)',
    '@acme.example',
    'a@-acme.example',
    'a@acme..example',
    `${'x'.repeat(65)}@acme.example`,
    'a@[127.0.0.1]',
    'a@acme.example\u0000',
  ])('%j is refused', (emailaddress1) => {
    expect(read({ emailaddress1 })).toMatchObject({ customer: null, errors: ['emailaddress1 invalid_email'] });
  });

  test('one bad address among good ones is an error of the row', () => {
    expect(read({ emailaddress1: 'a@acme.example, oops' }).errors).toEqual(['emailaddress1 invalid_email']);
  });

  test('number and address are required', () => {
    expect(read({ customerno: null, emailaddress1: '' }).errors).toEqual(['customerno required', 'emailaddress1 required']);
    expect(read({ emailaddress1: ' , ;' }).errors).toEqual(['emailaddress1 required']);
  });

  test('a phone number becomes E.164 where that is certain', () => {
    expect(read({ phoneno: '+1 (212) 555-0100' }).customer!.phone).toBe('+12125550100');
    expect(read({ phoneno: '0049 30 123456' }).customer!.phone).toBe('+4930123456');
    expect(read({ phoneno: '555-0100 ext. 7' }).customer!.phone).toBe('555-0100 ext. 7');
  });

  test('leading zeros stay, numbers become text, what we do not know is kept', () => {
    expect(read({ customerno: '0007', cocode: 1000, region: 'West' }).customer).toMatchObject({
      number: '0007',
      companyCode: '1000',
      custom: { region: 'West' },
    });
  });
});
