import { randomOf, type Random } from './random.ts';
import { banks, companyWords, firstNames, items, lastNames, streets, towns, trades } from './words.ts';

/*
 * The demo company's books: 24 months that end today, the same every time for the same day. Pure; loading is in
 * load.ts. Days are counted from today: 0 is today, -30 a month ago.
 */

export type Habit = 'early' | 'on time' | 'late' | 'very late' | 'partial';
export type Method = 'card' | 'bank' | 'check' | 'transfer';

export interface DemoCustomer {
  number: string;
  companyName: string;
  firstName: string;
  lastName: string;
  email: string;
  /** A second person who gets copies; null for most. */
  accountsEmail: string | null;
  phone: string;
  currency: string;
  habit: Habit;
  method: Method;
  termsDays: number;
  categories: string[];
  address: { street: string; city: string; state: string; zip: string; country: string };
  sinceDay: number;
  /** Middle of this customer's invoice amounts, in minor units. */
  scaleMinor: number;
  /** Pays several invoices together, on Thursdays. */
  inBatches: boolean;
  saved: ('card' | 'bank')[];
}

export interface DemoApplication {
  /** Index into `invoices`. */
  invoice: number;
  source: 'payment' | 'credit_memo' | 'write_off' | 'void';
  /** Index into `payments` or `credits`; null for the other two. */
  from: number | null;
  amountMinor: number;
  day: number;
  reason: string | null;
  /** Index of the application that this one takes back. */
  reverses: number | null;
}

export interface DemoInvoice {
  customer: number;
  number: string;
  amountMinor: number;
  openMinor: number;
  issuedDay: number;
  dueDay: number;
  closedDay: number | null;
  state: 'open' | 'closed' | 'void';
  item: string;
  purchaseOrder: string | null;
  /** Nobody pays it before today, so that every default rule has something to find. */
  keptOpen: boolean;
}

export interface DemoCredit {
  customer: number;
  number: string;
  amountMinor: number;
  openMinor: number;
  day: number;
  closedDay: number | null;
  reason: string;
  /** Number of the invoice for which it was given. */
  invoiceNumber: string;
}

export interface DemoPayment {
  customer: number;
  number: string;
  amountMinor: number;
  appliedMinor: number;
  unappliedMinor: number;
  method: Method;
  state: 'settled' | 'returned';
  day: number;
  reference: string | null;
  returnedDay: number | null;
}

export interface DemoCompany {
  customers: DemoCustomer[];
  invoices: DemoInvoice[];
  credits: DemoCredit[];
  payments: DemoPayment[];
  applications: DemoApplication[];
}

export const CUSTOMERS = 200;
export const INVOICES = 3_000;
export const HISTORY_DAYS = 730;
export const categories = ['VIP customers', 'Repeat customers', 'Wholesale', 'Public sector'] as const;
const SEED = 20_260_101;

/** Days past due (negative: until due) on which the seven default rules look; each finds some invoices today. */
const ruleDays = [-10, -5, 7, 14, 30, 45, 60];
const FOR_EACH_RULE = 4;

/** `weekday` is today's, 1 for Monday, so that batch payers pay on Thursdays. */
export function makeCompany(weekday: number): DemoCompany {
  const random = randomOf(SEED);
  const customers = Array.from({ length: CUSTOMERS }, (_, index) => makeCustomer(random, index));
  const company: DemoCompany = { customers, invoices: makeInvoices(random, customers), credits: [], payments: [], applications: [] };
  giveCredits(random, company);
  voidSome(random, company);
  collect(random, company, weekday);
  payTooMuch(random, company);
  returnSome(company);
  writeOffOld(company);
  for (const invoice of company.invoices) settle(invoice);
  return company;
}

// --- customers -----------------------------------------------------------------------------------------------------

const habits: [Habit, number][] = [
  ['early', 0.18],
  ['on time', 0.37],
  ['late', 0.25],
  ['very late', 0.1],
  ['partial', 0.1],
];

function makeCustomer(random: Random, index: number): DemoCustomer {
  const word = companyWords[index % companyWords.length]!;
  // 50 words meet 37 trades: no pair comes twice among 200
  const trade = trades[(index * 7 + Math.floor(index / companyWords.length)) % trades.length]!;
  const first = random.pick(firstNames);
  const last = random.pick(lastNames);
  const domain = `${word}-${trade}`.toLowerCase().replace(/[^a-z]+/g, '-');
  const town = random.pick(towns);
  const habit = random.weighted(habits);
  const customer: DemoCustomer = {
    number: `C-${1001 + index}`,
    companyName: `${word} ${trade}`,
    firstName: first,
    lastName: last,
    email: `${first}.${last}@${domain}.example.com`.toLowerCase(),
    accountsEmail: random.chance(0.25) ? `accounts@${domain}.example.com` : null,
    phone: `+1 555 01${String(random.whole(0, 99)).padStart(2, '0')}`,
    currency: index > 0 && index % 33 === 0 ? 'EUR' : 'USD',
    habit,
    method: random.weighted<Method>([
      ['card', 0.3],
      ['bank', 0.3],
      ['check', 0.2],
      ['transfer', 0.2],
    ]),
    termsDays: random.weighted([
      [15, 0.2],
      [30, 0.55],
      [45, 0.15],
      [60, 0.1],
    ]),
    categories: categories.filter((_, position) => random.chance([0.12, 0.35, 0.2, 0.08][position]!)),
    address: { street: `${random.whole(1, 980)} ${random.pick(streets)}`, city: town[0], state: town[1], zip: town[2], country: 'US' },
    sinceDay: -random.whole(90, HISTORY_DAYS),
    scaleMinor: Math.round(Math.exp(random.normal(11.6, 0.8))),
    inBatches: random.chance(0.3),
    saved: random.chance(0.3) ? (random.chance(0.3) ? ['card', 'bank'] : [random.chance(0.6) ? 'card' : 'bank']) : [],
  };
  return index === 0 ? { ...customer, ...firstCustomer } : customer;
}

/** The one whom the demo's table names: owes in every bucket, with a saved card and bank account. */
const firstCustomer: Partial<DemoCustomer> = {
  firstName: 'Ada',
  lastName: 'Lindqvist',
  email: 'ada@quillhaven.example.com',
  accountsEmail: 'accounts@quillhaven.example.com',
  currency: 'USD',
  habit: 'late',
  method: 'card',
  termsDays: 30,
  categories: ['VIP customers', 'Repeat customers'],
  sinceDay: -HISTORY_DAYS + 10,
  inBatches: false,
  saved: ['card', 'bank'],
};

// --- invoices ------------------------------------------------------------------------------------------------------

function makeInvoices(random: Random, customers: DemoCustomer[]): DemoInvoice[] {
  const invoices: DemoInvoice[] = [];
  const add = (customer: number, issuedDay: number, dueDay: number) => {
    const { scaleMinor } = customers[customer]!;
    const amountMinor = Math.min(4_800_000, Math.max(4_500, Math.round((scaleMinor * Math.exp(random.normal(0, 0.5))) / 5) * 5));
    const purchaseOrder = random.chance(0.4) ? `PO-${random.whole(10_000, 99_999)}` : null;
    invoices.push({
      customer,
      number: '',
      amountMinor,
      openMinor: amountMinor,
      issuedDay,
      dueDay,
      closedDay: null,
      state: 'open',
      item: random.pick(items),
      purchaseOrder,
      keptOpen: false,
    });
  };
  for (const daysPastDue of ruleDays)
    for (let copy = 0; copy < FOR_EACH_RULE; copy++) {
      const customer = copy === 0 ? 0 : random.whole(1, CUSTOMERS - 1);
      const { termsDays } = customers[customer]!;
      const dueDay = -daysPastDue;
      add(customer, Math.min(0, dueDay - termsDays), dueDay);
    }
  const weights = customers.map((customer) => -customer.sinceDay * Math.exp(random.normal(0, 0.5)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const due = INVOICES - invoices.length;
  for (let nth = 0; nth < due; nth++) {
    // each customer's share, spread evenly: the nth invoice belongs to whoever holds the nth part of all weight
    let at = ((nth + 0.5) / due) * total;
    let customer = 0;
    while (at > weights[customer]! && customer < CUSTOMERS - 1) at -= weights[customer++]!;
    const { sinceDay, termsDays } = customers[customer]!;
    const issuedDay = random.whole(sinceDay, 0);
    add(customer, issuedDay, issuedDay + termsDays);
  }
  const forced = new Set(invoices.slice(0, ruleDays.length * FOR_EACH_RULE));
  invoices.sort((a, b) => a.issuedDay - b.issuedDay);
  invoices.forEach((invoice, index) => {
    invoice.number = `INV-${100_001 + index}`;
    invoice.keptOpen = forced.has(invoice);
  });
  return invoices;
}

const settle = (invoice: DemoInvoice): void => {
  if (invoice.state === 'void') return;
  invoice.state = invoice.openMinor === 0 ? 'closed' : 'open';
  if (invoice.openMinor > 0) invoice.closedDay = null;
};

/** Takes an amount off an invoice and writes down why. */
function apply(company: DemoCompany, application: Omit<DemoApplication, 'reason' | 'reverses'> & Partial<DemoApplication>): void {
  const invoice = company.invoices[application.invoice]!;
  invoice.openMinor -= application.amountMinor;
  invoice.closedDay = invoice.openMinor === 0 ? application.day : null;
  company.applications.push({ reason: null, reverses: null, ...application });
}

// --- what happened to them -----------------------------------------------------------------------------------------

function giveCredits(random: Random, company: DemoCompany): void {
  const reasons = ['Goods returned', 'Price corrected', 'Damaged in transit', 'Volume discount'];
  const chosen = random.sample(
    company.invoices.flatMap((invoice, index) => (invoice.issuedDay < -15 && !invoice.keptOpen ? [index] : [])),
    48,
  );
  for (const [nth, index] of chosen.sort((a, b) => a - b).entries()) {
    const invoice = company.invoices[index]!;
    const amountMinor = Math.round(invoice.amountMinor * (0.04 + 0.16 * random.next()));
    const day = invoice.issuedDay + 9;
    const isApplied = nth % 4 !== 3;
    company.credits.push({
      customer: invoice.customer,
      number: `CM-${5_001 + nth}`,
      amountMinor,
      openMinor: isApplied ? 0 : amountMinor,
      day,
      closedDay: isApplied ? day : null,
      reason: random.pick(reasons),
      invoiceNumber: invoice.number,
    });
    if (isApplied) apply(company, { invoice: index, source: 'credit_memo', from: nth, amountMinor, day });
  }
}

function voidSome(random: Random, company: DemoCompany): void {
  const untouched = company.invoices.flatMap((invoice, index) =>
    invoice.openMinor === invoice.amountMinor && invoice.issuedDay < -5 && !invoice.keptOpen ? [index] : [],
  );
  for (const index of random.sample(untouched, 6)) {
    const invoice = company.invoices[index]!;
    apply(company, { invoice: index, source: 'void', from: null, amountMinor: invoice.amountMinor, day: invoice.issuedDay + 2, reason: 'Entered twice' });
    invoice.state = 'void';
  }
}

/** When a payer of that habit pays, in days after the due day, and how much of what is open; empty: never. */
function instalments(random: Random, habit: Habit): { after: number; share: number }[] {
  if (habit === 'early') return [{ after: -random.whole(2, 12), share: 1 }];
  if (habit === 'on time') return [{ after: random.whole(-2, 3), share: 1 }];
  if (habit === 'late') return [{ after: random.whole(5, 28), share: 1 }];
  if (habit === 'very late') return random.chance(0.12) ? [] : [{ after: random.whole(30, 95), share: 1 }];
  const first = { after: random.whole(0, 12), share: 0.35 + 0.3 * random.next() };
  return random.chance(0.25) ? [first] : [first, { after: first.after + random.whole(15, 50), share: 1 }];
}

interface Portion {
  invoice: number;
  amountMinor: number;
}

function collect(random: Random, company: DemoCompany, weekday: number): void {
  const byDay = new Map<string, { customer: number; day: number; portions: Portion[] }>();
  for (const [index, invoice] of company.invoices.entries()) {
    const customer = company.customers[invoice.customer]!;
    let left = invoice.openMinor;
    for (const { after, share } of instalments(random, customer.habit)) {
      let day = Math.max(invoice.dueDay + after, invoice.issuedDay + 1);
      if (customer.inBatches) day += (((4 - weekday - day) % 7) + 7) % 7;
      if (day > -1 || left === 0 || invoice.keptOpen) break;
      const amountMinor = share === 1 ? left : Math.round(left * share);
      left -= amountMinor;
      const key = `${invoice.customer}:${day}`;
      const group = byDay.get(key) ?? { customer: invoice.customer, day, portions: [] };
      group.portions.push({ invoice: index, amountMinor });
      byDay.set(key, group);
    }
  }
  for (const { customer, day, portions } of [...byDay.values()].sort((a, b) => a.day - b.day || a.customer - b.customer)) {
    const payment = addPayment(
      random,
      company,
      customer,
      day,
      portions.reduce((sum, portion) => sum + portion.amountMinor, 0),
    );
    for (const portion of portions) apply(company, { ...portion, source: 'payment', from: payment, day });
    const booked = company.payments[payment]!;
    booked.appliedMinor = booked.amountMinor;
    booked.unappliedMinor = 0;
  }
}

/** A payment with nothing applied yet; answers its index. */
function addPayment(random: Random, company: DemoCompany, customer: number, day: number, amountMinor: number): number {
  const { method } = company.customers[customer]!;
  const reference =
    method === 'check' ? `Check ${random.whole(1_000, 9_999)}` : method === 'transfer' ? `${random.pick(banks)} ${random.whole(100_000, 999_999)}` : null;
  const number = `PAY-${String(company.payments.length + 1).padStart(6, '0')}`;
  company.payments.push({
    customer,
    number,
    amountMinor,
    appliedMinor: 0,
    unappliedMinor: amountMinor,
    method,
    state: 'settled',
    day,
    reference,
    returnedDay: null,
  });
  return company.payments.length - 1;
}

/** Some pay more than they owe, some before there is an invoice: unapplied cash. */
function payTooMuch(random: Random, company: DemoCompany): void {
  const recent = company.payments.flatMap((payment, index) => (payment.day > -120 && payment.method !== 'card' ? [index] : []));
  for (const index of random.sample(recent, 9)) {
    const payment = company.payments[index]!;
    const extra = random.whole(40, 400) * 100;
    payment.amountMinor += extra;
    payment.unappliedMinor += extra;
  }
  for (let nth = 0; nth < 4; nth++) addPayment(random, company, random.whole(1, CUSTOMERS - 1), -random.whole(2, 40), random.whole(5, 60) * 10_000);
}

/** Bank payments that came back after four days: their applications are taken back by rows of their own. */
function returnSome(company: DemoCompany): void {
  const candidates = company.payments.flatMap((payment, index) =>
    payment.method === 'bank' && payment.day > -60 && payment.day < -10 && payment.unappliedMinor === 0 ? [index] : [],
  );
  for (const index of candidates.filter((_, position) => position % 9 === 4).slice(0, 3)) {
    const payment = company.payments[index]!;
    const day = payment.day + 4;
    for (const [at, one] of [...company.applications.entries()])
      if (one.source === 'payment' && one.from === index)
        apply(company, {
          invoice: one.invoice,
          source: 'payment',
          from: index,
          amountMinor: -one.amountMinor,
          day,
          reason: 'R01 insufficient funds',
          reverses: at,
        });
    Object.assign(payment, { state: 'returned', appliedMinor: 0, unappliedMinor: 0, returnedDay: day });
  }
}

/** What was never paid and is older than a year is given up. */
function writeOffOld(company: DemoCompany): void {
  for (const [index, invoice] of company.invoices.entries())
    if (invoice.openMinor > 0 && invoice.dueDay < -365 && invoice.state !== 'void')
      apply(company, { invoice: index, source: 'write_off', from: null, amountMinor: invoice.openMinor, day: invoice.dueDay + 300, reason: 'Not collectible' });
}
