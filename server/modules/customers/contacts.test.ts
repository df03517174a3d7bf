import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Company, startServer, type TestServer } from '../../../tests/support/server.ts';
import { readRecipients } from './index.ts';

let server: TestServer;
let company: Company;
let other: Company;

beforeAll(async () => {
  server = await startServer();
  company = await server.company();
  other = await server.company({ name: 'Another', email: 'admin@another.example' });
});
afterAll(() => server.close());

let count = 0;
const customer = async (contacts: unknown[] = [], where = company) =>
  (await where.call('POST', '/v1/customers', { number: `K-${++count}`, companyName: `Company ${count}`, contacts })).body;
const to = (id: string, purpose: 'reminders' | 'statements' | 'escalation' | 'letters') =>
  company.inTenant(async (ctx) => (await readRecipients(ctx, purpose, [id])).map((one) => one.email));

describe('who gets what', () => {
  it('those with the purpose, else those for billing, else the primary one; the primary one first', async () => {
    const made = await customer([
      { email: 'first@k.test' },
      { email: 'boss@k.test', purposes: ['escalation', 'reminders'], language: 'de' },
      { email: 'second@k.test', purposes: ['reminders', 'billing'] },
      { email: 'book@k.test', purposes: ['other'] },
    ]);
    expect(made.contacts.map((one: { email: string; isPrimary: boolean }) => [one.email, one.isPrimary])).toEqual([
      ['first@k.test', true],
      ['boss@k.test', false],
      ['second@k.test', false],
      ['book@k.test', false],
    ]);
    expect(await to(made.id, 'reminders')).toEqual(['boss@k.test', 'second@k.test']);
    expect(await to(made.id, 'escalation')).toEqual(['boss@k.test']);
    expect(await to(made.id, 'statements')).toEqual(['first@k.test', 'second@k.test']);
    const boss = made.contacts[1];
    await company.call('PATCH', `/v1/contacts/${boss.id}`, { isPrimary: true });
    expect(await to(made.id, 'reminders')).toEqual(['boss@k.test', 'second@k.test']);
    expect(await to(made.id, 'statements')).toEqual(['first@k.test', 'second@k.test']);
    const lonely = await customer([{ email: 'only@k.test', purposes: ['letters'] }]);
    expect(await to(lonely.id, 'reminders')).toEqual(['only@k.test']);
    const nobody = await customer([{ email: 'book@k.test', purposes: ['other'] }]);
    expect(nobody.contacts[0].isPrimary).toBe(false);
    expect(await to(nobody.id, 'reminders')).toEqual([]);
  });

  it('keeps purposes over an upload that names the same address, and makes an uploaded first address one for billing', async () => {
    const upload = (emailaddress1: string) => company.call('POST', '/jsonApi/upload/customers', [{ customerno: 'UP-1', companyname: 'Upload', emailaddress1 }]);
    await upload('a@up.test, b@up.test');
    const [found] = (await company.call('GET', '/v1/contacts?search=b@up')).body.items;
    await company.call('PATCH', `/v1/contacts/${found.id}`, { purposes: ['statements'], language: 'fr' });
    await upload('b@up.test, c@up.test');
    const { contacts } = (await company.call('GET', `/v1/customers/${found.customer.id}`)).body;
    expect(contacts).toMatchObject([
      { email: 'b@up.test', purposes: ['statements', 'billing'], language: 'fr', isPrimary: true },
      { email: 'c@up.test', purposes: ['billing'], language: null, isPrimary: false },
    ]);
  });
});

describe('contacts over their own API', () => {
  it('are found by a part of address or name, by purpose, page by page, and never those of another company', async () => {
    const made = await customer([
      { email: 'walter@list.test', name: 'Walter Frost' },
      { email: 'nina@list.test', name: 'Nina Frost', purposes: ['letters'] },
    ]);
    await customer([{ email: 'spy@list.test', name: 'Spy Frost' }], other);
    const find = async (query: string) => (await company.call('GET', `/v1/contacts?${query}`)).body;
    expect((await find('search=FROST')).items.map((one: { email: string }) => one.email)).toEqual(['nina@list.test', 'walter@list.test']);
    expect((await find('search=frost&purpose=letters')).items).toMatchObject([{ email: 'nina@list.test', customer: { id: made.id, number: made.number } }]);
    const first = await find('search=frost&limit=1');
    expect((await find(`search=frost&limit=1&cursor=${first.nextCursor}`)).items).toMatchObject([{ email: 'walter@list.test' }]);
    expect((await find('cursor=WyJ4IiwiMSJd')).code).toBe('invalid_cursor');
    const added = (await company.call('POST', '/v1/contacts', { customerId: made.id, email: 'third@list.test' })).body;
    expect(added).toMatchObject({ purposes: ['billing'], customer: { id: made.id } });
    expect((await company.call('PATCH', `/v1/contacts/${added.id}`, { purposes: [] })).status).toBe(422);
    expect((await company.call('PATCH', `/v1/contacts/${added.id}`, { language: 'german' })).status).toBe(422);
    expect((await company.call('DELETE', `/v1/contacts/${added.id}`)).status).toBe(204);
    expect((await company.call('GET', `/v1/contacts/${added.id}`)).status).toBe(404);
  });
});

describe('a parent customer', () => {
  it('has children, of one level', async () => {
    const [parent, child, third] = [await customer(), await customer(), await customer()];
    const put = (id: string, parentId: string | null) => company.call('PUT', `/v1/customers/${id}/parent`, { parentId });
    expect((await put(child.id, parent.id)).body.parent).toMatchObject({ id: parent.id, name: parent.name });
    expect((await company.call('GET', `/v1/customers/${parent.id}`)).body.children).toMatchObject([{ id: child.id }]);
    expect((await put(parent.id, parent.id)).body.errors[0].code).toBe('itself');
    expect((await put(parent.id, third.id)).body.errors[0].code).toBe('has_children');
    expect((await put(third.id, child.id)).body.errors[0].code).toBe('has_parent');
    expect((await put(third.id, (await customer([], other)).id)).body.errors[0].code).toBe('unknown');
    expect((await put(child.id, null)).body.parent).toBeNull();
  });
});
