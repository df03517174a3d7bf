import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { currencyExponent } from '../../kernel/currency.ts';
import { sql } from '../../platform/database/sql.ts';
import { testDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { compileRule, dueDates, remindingKinds } from './compile.ts';
import {
  type Condition,
  type FieldName,
  type Group,
  habits,
  isDate,
  isGroup,
  isOrder,
  operatorsOf,
  parseCondition,
  arityOf,
  fields,
  fieldNames,
} from './condition.ts';
import { toDayNumber } from './ranges.ts';
import { TestData } from '../reminders/test-data.ts';

const day = Temporal.PlainDate.from('2026-03-02');
let db: TestDatabase;
let tenantId: string;
let categories: string[];

interface Fact {
  id: string;
  customer: {
    id: string;
    number: string;
    name: string;
    categories: string[];
    balance: Record<string, bigint>;
    overdue: Record<string, bigint>;
    habit: string;
    custom: Record<string, string | number>;
    cadence: string | null;
    /** Day of the last mail to the customer. */
    contact: number | null;
  };
  dueOn: number;
  amount: bigint;
  open: bigint;
  currency: string;
  kind: string;
  state: string;
  documentType: string;
  companyCode: string;
  profitCenter: string;
  mails: { on: number; kind: string; state: string }[];
  custom: Record<string, string | number>;
  viewedOn: number | null;
}
const facts: Fact[] = [];
let cadences: string[];
const customValues = ['North', 'north', '12', '5', '-3.5', '2026-03-31', '2025-01-01', 'x 12', ''];

beforeAll(async () => {
  db = await testDatabase();
  tenantId = await db.tenant();
  const data = new TestData(db, tenantId);
  categories = [await data.category('VIP customers'), await data.category('Repeat'), await data.category('Slow')];
  cadences = [await data.cadence('Gentle'), await data.cadence('Firm')];
  const random = lcg(7);
  const customers: Fact['customer'][] = [];
  for (let n = 0; n < 12; n++) {
    const names = ['VIP customers', 'Repeat', 'Slow'].filter(() => random(3) === 0);
    const number = ['C-1', 'C-10', 'c-1', 'D%_1'][n % 4]! + (n < 4 ? '' : String(n));
    const name = ['Acme Corp', 'ACME Europe', 'Bolt & Nut', "O'Neil 100%"][n % 4]!;
    const id = await data.customer({ number, name, categories: names });
    const habit = Object.keys(habits)[random(4)]!;
    const custom: Record<string, string | number> =
      random(3) === 0 ? {} : { Region: random(4) === 0 ? random(20) : customValues[random(customValues.length)]! };
    await db.admin.query('update customer set payment_habit = $2, custom = $3 where id = $1', [id, habit, custom]);
    const cadence = random(2) === 0 ? cadences[random(2)]! : null;
    if (cadence) await data.member(cadence, id, '2026-03-01');
    customers.push({
      id,
      number,
      name,
      categories: await Promise.all(names.map((c) => data.category(c))),
      balance: {},
      overdue: {},
      habit,
      custom,
      cadence,
      contact: null,
    });
  }
  for (let n = 0; n < 150; n++) {
    const customer = customers[random(customers.length)]!;
    const currency = ['USD', 'USD', 'JPY', 'KWD'][random(4)]!;
    const dueOn = toDayNumber(day) + random(25) - 12;
    const amount = BigInt([500_000, 500_100, 99_000, 12_345, 5_000, 1][random(6)]!);
    const open = random(3) === 0 ? amount - amount / 3n : amount;
    const kind = random(8) === 0 ? 'credit_memo' : 'invoice';
    const state = random(8) === 0 ? 'closed' : 'open';
    const documentType = ['', 'RV', 'DR'][random(3)]!;
    const companyCode = ['', '1000', '2000'][random(3)]!;
    const profitCenter = ['', 'north', 'NORTH-2'][random(3)]!;
    const id = await data.invoice({
      customerId: customer.id,
      dueOn: day.add({ days: dueOn - toDayNumber(day) }).toString(),
      amount,
      open,
      currency,
      kind: kind as 'invoice',
      state: state as 'open',
      documentType: documentType || null,
      companyCode,
      profitCenter: profitCenter || null,
    });
    const fact: Fact = {
      id,
      customer,
      dueOn,
      amount,
      open: state === 'open' ? open : 0n,
      currency,
      kind,
      state,
      documentType,
      companyCode,
      profitCenter,
      mails: [],
      custom: random(3) === 0 ? {} : { Region: customValues[random(customValues.length)]!, 'Cost "centre"': random(50) },
      viewedOn: random(3) === 0 ? toDayNumber(day) - random(10) : null,
    };
    await db.admin.query('update document set custom = $2 where id = $1', [id, fact.custom]);
    // at two in the morning of the next day in UTC, still the day before in New York
    if (fact.viewedOn !== null || random(3) === 0)
      await db.admin.query('insert into document_view (tenant_id, document_id, last_strong_at, last_weak_at) values ($1, $2, $3, now())', [
        tenantId,
        id,
        fact.viewedOn === null ? null : `${day.add({ days: fact.viewedOn + 1 - toDayNumber(day) }).toString()}T02:00:00Z`,
      ]);
    for (let m = 0; m < random(3); m++) {
      const mail = { on: toDayNumber(day) - random(10), kind: ['reminder', 'statement', 'receipt'][random(3)]!, state: ['sent', 'failed'][random(2)]! };
      fact.mails.push(mail);
      if (mail.state === 'sent' && mail.kind !== 'receipt') customer.contact = Math.max(customer.contact ?? mail.on, mail.on);
      await data.mailed(id, customer.id, day.add({ days: mail.on - toDayNumber(day) }).toString(), mail.kind, mail.state);
    }
    if (kind === 'invoice' && state === 'open') {
      customer.balance[currency] = (customer.balance[currency] ?? 0n) + fact.open;
      if (dueOn < toDayNumber(day)) customer.overdue[currency] = (customer.overdue[currency] ?? 0n) + fact.open;
    }
    facts.push(fact);
  }
});
afterAll(() => db.close());

function lcg(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

// The reference: what each condition means, said once more in the plainest way.
function holds(node: Condition | Group, fact: Fact): boolean {
  if (isGroup(node)) return node.combinator === 'and' ? node.conditions.every((c) => holds(c, fact)) : node.conditions.some((c) => holds(c, fact));
  const { operator, value } = node;
  const today = toDayNumber(day);
  const compare = (x: number | bigint, a: number | bigint, b: number | bigint = a): boolean => {
    switch (operator) {
      case 'equal':
        return x === a;
      case 'not_equal':
        return x !== a;
      case 'less':
        return x < a;
      case 'less_or_equal':
        return x <= a;
      case 'greater':
        return x > a;
      case 'greater_or_equal':
        return x >= a;
      case 'between':
        return x >= a && x <= b;
      case 'one_of':
        return x === a;
      default:
        return x < a || x > b;
    }
  };
  const text = (x: string, fold = false): boolean => {
    const [v, ...more] = (Array.isArray(value) ? value : [value ?? '']).map((t) => (fold ? String(t).toLowerCase() : String(t)));
    const s = fold ? x.toLowerCase() : x;
    switch (operator) {
      case 'equal':
        return s === v;
      case 'not_equal':
        return s !== v;
      case 'one_of':
        return [v, ...more].includes(s);
      case 'begins_with':
        return s.startsWith(v!);
      case 'contains':
        return s.includes(v!);
      case 'empty':
        return s === '';
      default:
        return s !== '';
    }
  };
  const amount = (minor: bigint): boolean => {
    const scale = (t: string | number) => BigInt(Math.round(Number(t) * 1000));
    const list = (Array.isArray(value) ? value : [value!]).map(scale);
    if (operator === 'one_of') return list.includes(minor * 10n ** BigInt(3 - currencyExponent(fact.currency)));
    return compare(minor * 10n ** BigInt(3 - currencyExponent(fact.currency)), list[0]!, list[1] ?? list[0]!);
  };
  const dayCount = (n: number): boolean => {
    const list = (Array.isArray(value) ? value : [value!]).map(Number);
    if (operator === 'one_of') return list.includes(n);
    return n >= 0 && compare(n, list[0]!, list[1] ?? list[0]!);
  };
  const custom = (x: string): boolean => {
    if (!isOrder(operator)) return text(x, true);
    const list = (Array.isArray(value) ? value : [value!]) as string[];
    if (isDate(list[0]!)) return isDate(x) && compare(Date.parse(x), Date.parse(list[0]!), Date.parse(list[1] ?? list[0]!));
    return /^-?\d+(\.\d+)?$/.test(x) && compare(Number(x), Number(list[0]), Number(list[1] ?? list[0]));
  };
  const happened = (last: number | null): boolean => {
    if (operator === 'never' || last === null) return operator === 'never' && last === null;
    return operator === 'within_days' ? last >= today - Number(value) : last < today - Number(value);
  };
  const sent = fact.mails.filter((m) => m.state === 'sent' && (remindingKinds as readonly string[]).includes(m.kind)).map((m) => m.on);
  switch (node.field) {
    case 'due_in':
      return dayCount(fact.dueOn - today);
    case 'overdue_by':
      return dayCount(today - fact.dueOn);
    case 'invoice_amount':
      return amount(fact.amount);
    case 'invoice_balance':
      return amount(fact.open);
    case 'customer_balance':
      return amount(fact.customer.balance[fact.currency] ?? 0n);
    case 'customer_overdue_balance':
      return amount(fact.customer.overdue[fact.currency] ?? 0n);
    case 'document_type':
      return text(fact.documentType);
    case 'company_code':
      return text(fact.companyCode);
    case 'profit_center':
      return text(fact.profitCenter);
    case 'currency':
      return text(fact.currency);
    case 'customer_number':
      return text(fact.customer.number);
    case 'customer_name':
      return text(fact.customer.name, true);
    case 'last_emailed':
      return happened(sent.length === 0 ? null : Math.max(...sent));
    case 'last_viewed':
      return happened(fact.viewedOn);
    case 'days_since_last_contact':
      if (operator === 'never') return fact.customer.contact === null;
      return dayCount(fact.customer.contact === null ? 1e9 : today - fact.customer.contact);
    case 'payment_habit':
      return text(fact.customer.habit);
    case 'customer_custom':
      return custom(String(fact.customer.custom[node.name!] ?? ''));
    case 'invoice_custom':
      return custom(String(fact.custom[node.name!] ?? ''));
    case 'cadence':
      return (fact.customer.cadence === value) === (operator === 'equal');
    case 'customer_category': {
      const has = fact.customer.categories;
      if (operator === 'all') return true;
      if (operator === 'uncategorized') return has.length === 0;
      if (operator === 'one_of') return (value as string[]).some((id) => has.includes(id));
      return has.includes(value as string) === (operator === 'equal');
    }
  }
}

const texts: Partial<Record<FieldName, string[]>> = {
  customer_number: ['C-1', 'c-1', 'C-', '1', 'D%_', '%', '_'],
  customer_name: ['acme corp', 'ACME', "o'neil 100%", '%', 'nut'],
  document_type: ['RV', 'D', 'R'],
  company_code: ['1000', '0'],
  profit_center: ['north', 'NORTH-2', 'nor'],
  currency: ['USD', 'JPY', 'EUR'],
};

const named = (field: FieldName) => (field === 'customer_custom' ? { name: 'Region' } : field === 'invoice_custom' ? { name: 'Region' } : {});

/** Two values in their order: numbers by size, dates by time; a number and a date are not compared. */
function ordered(a: string | number, b: string | number): (string | number)[] {
  if (isDate(a) !== isDate(b)) return [a, a];
  return (isDate(a) ? a <= b : Number(a) <= Number(b)) ? [a, b] : [b, a];
}

function valueArbitrary(field: FieldName, operator: Condition['operator']): fc.Arbitrary<string | number> {
  switch (fields[field].kind) {
    case 'days':
    case 'days_since':
    case 'last_emailed':
    case 'last_viewed':
      return fc.integer({ min: 0, max: 12 });
    case 'amount':
      return fc.constantFrom('0', '5000', '5001', '990', '123.45', '12.345', '12345', '0.001', '99000', '10000', '20000');
    case 'category':
      return fc.constantFrom(...categories);
    case 'cadence':
      return fc.constantFrom(...cadences);
    case 'habit':
      return fc.constantFrom(...Object.keys(habits));
    case 'custom':
      return isOrder(operator) ? fc.constantFrom('5', '12', '-3.5', '11.5', '2026-03-31', '2025-06-30') : fc.constantFrom('NORTH', '12', 'x', '-3.5');
    case 'text':
      return fc.constantFrom(...texts[field]!);
  }
}

function conditionArbitrary(box: 'customer' | 'invoice'): fc.Arbitrary<Condition> {
  const names = fieldNames.filter((name) => fields[name].box === box);
  return fc.constantFrom(...names).chain((field) =>
    fc.constantFrom(...operatorsOf(field)).chain((operator) => {
      const arity = arityOf(operator);
      if (arity === 'none') return fc.constant({ field, ...named(field), operator } as Condition);
      const one: fc.Arbitrary<string | number> = valueArbitrary(field, operator);
      const value = arity === 'one' ? one : arity === 'two' ? fc.tuple(one, one).map(([a, b]) => ordered(a, b)) : fc.array(one, { minLength: 1, maxLength: 3 });
      return value.map((v) => ({ field, ...named(field), operator, value: v }) as Condition);
    }),
  );
}

const treeArbitrary = (box: 'customer' | 'invoice', depth = 3): fc.Arbitrary<Group> =>
  fc.record({
    combinator: fc.constantFrom('and' as const, 'or' as const),
    conditions: fc.array(
      depth > 1
        ? fc.oneof({ weight: 3, arbitrary: conditionArbitrary(box) }, { weight: 1, arbitrary: treeArbitrary(box, depth - 1) })
        : conditionArbitrary(box),
      { minLength: 1, maxLength: 3 },
    ),
  });

test('compiled conditions select exactly the invoices that the reference selects', async () => {
  await db.inTenant(tenantId, async (ctx) => {
    const property = fc.asyncProperty(treeArbitrary('customer', 2), treeArbitrary('invoice'), async (customers, invoices) => {
      const rule = { customerCondition: parseCondition('customer', customers, 'c'), invoiceCondition: parseCondition('invoice', invoices, 'i') };
      const rows = await ctx.tx.rows<{ id: string }>(sql`select i.id from document i where ${compileRule(rule, day)}`);
      const expected = facts.filter(
        (fact) => fact.kind === 'invoice' && fact.open > 0n && holds(rule.customerCondition, fact) && holds(rule.invoiceCondition, fact),
      );
      expect(rows.map((row) => row.id).sort()).toEqual(expected.map((fact) => fact.id).sort());
    });
    await fc.assert(property, { numRuns: 1000 });
  });
});

const invoicesWhere = (combinator: 'and' | 'or', ...conditions: Group['conditions']): Group => ({ combinator, conditions });
const everyone: Group = { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] };

test('an invoice due today is due in 0 days and overdue by 0 days', () => {
  const today = toDayNumber(day);
  for (const field of ['due_in', 'overdue_by'] as const)
    expect(dueDates(invoicesWhere('and', { field, operator: 'equal', value: 0 }), today).set).toEqual([{ from: today, to: today }]);
});

test('between includes both ends, and an overdue invoice is not due in less than 5 days', () => {
  const today = toDayNumber(day);
  expect(dueDates(invoicesWhere('and', { field: 'due_in', operator: 'between', value: [2, 4] }), today).set).toEqual([{ from: today + 2, to: today + 4 }]);
  expect(dueDates(invoicesWhere('and', { field: 'due_in', operator: 'less', value: 5 }), today).set).toEqual([{ from: today, to: today + 4 }]);
});

test('day conditions look up the index on due dates, also inside OR groups', async () => {
  const large = await db.tenant();
  const data = new TestData(db, large);
  const customerId = await data.customer({ number: 'C-1' });
  await db.admin.query(
    `insert into document (tenant_id, id, kind, state, customer_id, number, currency, amount_minor, open_minor, due_on, issued_on, created_at, updated_at)
     select $1, gen_random_uuid(), 'invoice', 'open', $2, 'N' || n, 'USD', 10000, 10000, '2026-01-01'::date + n % 135, '2025-12-01', now(), now()
     from generate_series(1, 20000) n`,
    [large, customerId],
  );
  await db.admin.query('analyze document');
  await db.inTenant(large, async (ctx) => {
    const trees = [
      invoicesWhere('and', { field: 'due_in', operator: 'equal', value: 5 }, { field: 'invoice_amount', operator: 'greater', value: '100' }),
      invoicesWhere('or', ...[3, 5, 10].map((value) => ({ field: 'overdue_by', operator: 'equal', value }) as const)),
      invoicesWhere(
        'or',
        invoicesWhere('and', { field: 'overdue_by', operator: 'between', value: [30, 60] }, { field: 'invoice_amount', operator: 'greater', value: '1000' }),
        { field: 'due_in', operator: 'equal', value: 3 },
      ),
    ];
    for (const invoiceCondition of trees) {
      const plan = await ctx.tx.rows<{ queryPlan: string }>(
        sql`explain select i.id from document i where ${compileRule({ customerCondition: everyone, invoiceCondition }, day)}`,
      );
      const text = plan.map((row) => Object.values(row)[0]).join('\n');
      expect(text).toMatch(/document_due/);
      expect(text).toMatch(/Index Cond: .*due_on/);
    }
  });
});
