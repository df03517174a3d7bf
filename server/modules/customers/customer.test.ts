import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { prefixQuery } from './customer.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

test.each([
  ['C-1001', 'C-1001'],
  ['C-1001', '1001'],
  ['C-1001', 'c-10'],
  ['C-1001', 'roast'],
  ['10.234', '10.2'],
  ['A/77', 'a/7'],
  ['AB12-34', 'ab12-34'],
  ['AB12-34', '34'],
  ['0000100045', '00001'],
  ["O'9", "o'9"],
])('a customer numbered %s is found by %s', async (number, typed) => {
  const found = await db.admin.query(`select to_tsvector('simple', $1) @@ $2::tsquery as found`, [`Quillhaven Roasters ${number}`, prefixQuery(typed)]);
  expect(found.rows[0].found).toBe(true);
});

test('what has no letter or digit is no search', () => {
  expect([prefixQuery(''), prefixQuery(" ' & | - ")]).toEqual([null, null]);
});
