import { afterEach, beforeEach, expect, test } from 'vitest';
import { workOut } from '../../server/modules/proof/backtest.ts';
import { type Company, startServer, type TestServer } from '../support/server.ts';
import { uploadCustomer, uploadInvoices } from '../support/story.ts';

let server: TestServer;
beforeEach(async () => {
  // half an hour before the run in New York
  server = await startServer({ start: '2026-03-02T13:30:00Z' });
});
afterEach(() => server.close());

const START = Temporal.PlainDate.from('2026-03-03');
const DAYS = 33;
const CUSTOMERS = 12;

function lcg(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

/** A company whose people, payers and uploads change things every day; all of it over the API. */
class Life {
  readonly #company: Company;
  readonly #random = lcg(20260303);
  readonly #customers: string[] = [];
  readonly #lines = new Map<string, { number: string; amount: number; dueDate: string; balanceAmount?: string; customer: string; profitCenter?: string }>();
  #made = 0;
  readonly #happened = new Set<string>();
  readonly refused: string[] = [];
  #categoryId = '';
  #templateId = '';
  #rules: string[] = [];

  constructor(company: Company) {
    this.#company = company;
  }

  async #call(method: string, path: string, body?: unknown) {
    // no two things happen in one moment
    if (method !== 'GET') server.clock.advance({ seconds: 7 });
    const answer = await this.#company.call(method, path, body);
    if (answer.status >= 400)
      this.refused.push(`${method} ${path.replace(/[0-9a-f]{8}-[0-9a-f-]+/g, '…')}: ${answer.status} ${answer.body.code} ${answer.body.detail}`);
    return answer.body;
  }

  async begin(): Promise<void> {
    for (let n = 1; n <= CUSTOMERS; n++) this.#customers.push(await uploadCustomer(this.#company, `K${n}`));
    this.#categoryId = (await this.#call('POST', '/v1/categories', { name: 'Watched' })).id;
    await this.#call('POST', '/v1/customers/categorize', { customerIds: this.#customers.slice(0, 5), add: [this.#categoryId] });
    const rules = (await this.#call('GET', '/v1/reminder-rules')).items as { id: string; templateId: string }[];
    this.#templateId = rules[0]!.templateId;
    for (const rule of rules) {
      this.#rules.push(rule.id);
      await this.#call('POST', `/v1/reminder-rules/${rule.id}/activate`);
    }
    await this.#rule(
      'Large and never told',
      [
        { field: 'overdue_by', operator: 'greater', value: 1 },
        { field: 'last_emailed', operator: 'more_than_days_ago', value: 3 },
      ],
      [{ field: 'customer_balance', operator: 'greater', value: '900' }],
    );
    await this.#rule(
      'Watched',
      [
        { field: 'due_in', operator: 'between', value: [0, 2] },
        { field: 'invoice_balance', operator: 'greater', value: '50' },
      ],
      [{ field: 'customer_category', operator: 'equal', value: this.#categoryId }],
    );
    await this.#rule(
      'Center',
      [
        { field: 'profit_center', operator: 'equal', value: 'P1' },
        { field: 'overdue_by', operator: 'equal', value: 2 },
      ],
      [{ field: 'customer_name', operator: 'contains', value: 'company' }],
    );
  }

  async #rule(name: string, invoice: unknown[], customer: unknown[]): Promise<void> {
    const rule = await this.#call('POST', '/v1/reminder-rules', {
      name,
      templateId: this.#templateId,
      customerCondition: { combinator: 'and', conditions: customer },
      invoiceCondition: { combinator: 'and', conditions: invoice },
    });
    await this.#call('POST', `/v1/reminder-rules/${rule.id}/activate`);
    this.#rules.push(rule.id);
  }

  #customer(): { id: string; number: string } {
    const n = this.#random(CUSTOMERS);
    return { id: this.#customers[n]!, number: `K${n + 1}` };
  }

  async #upload(lines: { number: string; customer: string }[]): Promise<void> {
    const byCustomer = Map.groupBy(lines, (line) => line.customer);
    server.clock.advance({ seconds: 7 });
    for (const [customer, mine] of byCustomer) await uploadInvoices(this.#company, customer, mine as never);
  }

  async #anInvoice(): Promise<{ id: string; customer: { id: string }; balance: { amount: string } } | undefined> {
    const { items } = await this.#call('GET', '/v1/invoices?state=open&limit=100');
    return items[this.#random(items.length)];
  }

  /** What happens on one day, some hours before or after the run. */
  async day(day: Temporal.PlainDate): Promise<void> {
    const due = (days: number) => day.add({ days }).toString();
    const fresh = Array.from({ length: 2 + this.#random(5) }, () => {
      const line = {
        number: `I-${++this.#made}`,
        amount: 20 + this.#random(500),
        dueDate: due(this.#random(16) - 6),
        customer: this.#customer().number,
        profitCenter: `P${this.#random(3)}`,
      };
      this.#lines.set(line.number, line);
      return line;
    });
    await this.#upload(fresh);
    const actions = [
      this.#changeLine,
      this.#pay,
      this.#pause,
      this.#contact,
      this.#suppress,
      this.#hold,
      this.#category,
      this.#voidOrWriteOff,
      this.#changeRule,
      this.#settings,
      this.#archive,
      this.#undo,
      this.#holiday,
      this.#override,
      this.#byHand,
    ];
    for (let n = 0; n < 6; n++) await actions[this.#random(actions.length)]!.call(this, day);
  }

  async #changeLine(day: Temporal.PlainDate): Promise<void> {
    const lines = [...this.#lines.values()];
    const line = lines[this.#random(lines.length)]!;
    const kind = this.#random(4);
    if (kind === 0) line.dueDate = day.add({ days: this.#random(9) - 3 }).toString();
    else if (kind === 1) line.balanceAmount = String(this.#random(line.amount));
    else if (kind === 2) line.amount += 15;
    else line.profitCenter = `P${this.#random(3)}`;
    await this.#call('POST', '/jsonApi/upload/invoices', [
      {
        customerNumber: line.customer,
        invoiceNumber: line.number,
        invoiceAmount: line.amount,
        dueDate: line.dueDate,
        profitCenter: line.profitCenter,
        ...(line.balanceAmount === undefined ? {} : { balanceAmount: line.balanceAmount }),
      },
    ]);
  }

  async #pay(): Promise<void> {
    const { id } = this.#customer();
    const payment = await this.#call('POST', '/v1/payments', {
      customerId: id,
      amount: { amount: String(10 + this.#random(300)), currency: 'USD' },
      method: 'check',
      autoApply: this.#random(3) > 0,
    });
    if (this.#random(4) === 0) await this.#call('POST', `/v1/payments/${payment.id}/return`, { reason: 'Not covered' });
  }

  async #pause(day: Temporal.PlainDate): Promise<void> {
    const { id } = this.#customer();
    await this.#call('PUT', `/v1/customers/${id}/pause`, { until: day.add({ days: this.#random(4) }).toString() });
  }

  async #contact(): Promise<void> {
    const { id } = this.#customer();
    const { contacts } = await this.#call('GET', `/v1/customers/${id}`);
    if (contacts.length > 0 && this.#random(2) === 0) await this.#call('DELETE', `/v1/customers/${id}/contacts/${contacts[0].id}`);
    else
      await this.#call('POST', `/v1/customers/${id}/contacts`, {
        email: `p${++this.#made}@more.example`,
        isPrimary: contacts.length === 0 || this.#random(2) === 0,
      });
  }

  async #suppress(): Promise<void> {
    const { items } = await this.#call('GET', '/v1/suppressions');
    if (items.length > 0 && this.#random(2) === 0) await this.#call('DELETE', `/v1/suppressions/${encodeURIComponent(items[0].address)}`);
    else await this.#call('POST', '/v1/suppressions', { address: `ap@${this.#customer().number.toLowerCase()}.example` });
  }

  async #hold(day: Temporal.PlainDate): Promise<void> {
    const invoice = await this.#anInvoice();
    if (!invoice) return;
    if (this.#random(2) === 0) await this.#call('POST', '/v1/disputes', { invoiceId: invoice.id, reason: 'price' });
    else
      await this.#call('POST', '/v1/promises', {
        customerId: invoice.customer.id,
        amount: { amount: '10.00', currency: 'USD' },
        promisedOn: day.add({ days: 2 }).toString(),
        source: 'phone',
        invoiceIds: [invoice.id],
      });
  }

  async #category(): Promise<void> {
    const { id } = this.#customer();
    await this.#call('POST', '/v1/customers/categorize', { customerIds: [id], [this.#random(2) === 0 ? 'add' : 'remove']: [this.#categoryId] });
  }

  async #voidOrWriteOff(): Promise<void> {
    const invoice = await this.#anInvoice();
    if (invoice) await this.#call('POST', `/v1/invoices/${invoice.id}/${this.#random(2) === 0 ? 'void' : 'write-off'}`, { reason: 'A mistake' });
  }

  async #changeRule(): Promise<void> {
    const id = this.#rules[this.#random(this.#rules.length)]!;
    const kind = this.#random(4);
    const schedule = {
      days: this.#random(2) === 0 ? 'every' : 'weekdays',
      hour: this.#random(2) === 0 ? 11 : null,
      holidays: ['ignore', 'next', 'previous', 'skip'][this.#random(4)],
    };
    const repeat = this.#random(2) === 0 ? { everyDays: 1 + this.#random(3), limit: 2 } : null;
    if (kind === 0) await this.#call('PATCH', `/v1/reminder-rules/${id}`, { name: `Changed ${++this.#made}`, schedule, repeat });
    else await this.#call('POST', `/v1/reminder-rules/${id}/${kind < 3 ? 'activate' : 'deactivate'}`);
  }

  async #settings(): Promise<void> {
    await this.#call('PATCH', '/v1/settings', {
      reminders: {
        grouping: this.#random(2) === 0 ? 'merged' : 'per_rule',
        catchUpDays: this.#random(4),
        minContactDays: this.#random(3),
        weeklyCap: this.#random(2) === 0 ? null : 2,
      },
    });
  }

  async #holiday(day: Temporal.PlainDate): Promise<void> {
    const on = day.add({ days: 1 + this.#random(3) }).toString();
    const { items } = await this.#call('GET', '/v1/calendar/holidays');
    if (items.some((one: { day: string }) => one.day === on)) await this.#call('DELETE', `/v1/calendar/holidays/${on}`);
    else await this.#call('POST', '/v1/calendar/holidays', { day: on, name: 'A day off' });
  }

  async #override(day: Temporal.PlainDate): Promise<void> {
    const { days } = await this.#call('GET', '/v1/reminders/calendar?days=4');
    const coming = days.flatMap((one: { day: string; runs: { rows: { outcome: string; customer: { id: string } }[] }[] }) =>
      one.runs.flatMap((run) => run.rows.filter((row) => row.outcome === 'send').map((row) => ({ day: one.day, customerId: row.customer.id }))),
    );
    const one = coming[this.#random(coming.length)];
    if (!one) return;
    const action = ['skip', 'postpone', 'send_now'][this.#random(3)]!;
    const toDay =
      action === 'postpone'
        ? Temporal.PlainDate.from(one.day)
            .add({ days: 1 + this.#random(2) })
            .toString()
        : null;
    const answer = await this.#call('POST', '/v1/reminders/overrides', { ...one, action, toDay });
    if (action === 'skip' && this.#random(3) === 0) await this.#call('DELETE', `/v1/reminders/overrides/${answer.override.id}`);
    this.#happened.add(day.toString());
  }

  async #byHand(): Promise<void> {
    const invoice = await this.#anInvoice();
    if (!invoice) return;
    const chosen = { customerId: invoice.customer.id, invoiceIds: [invoice.id], templateId: this.#templateId };
    const { to, subject, message, attach } = await this.#call('POST', '/v1/reminders/by-hand/prefill', chosen);
    if (to) await this.#call('POST', '/v1/reminders/by-hand', { ...chosen, to, cc: [], subject, message, attach, pass: true });
  }

  async #archive(): Promise<void> {
    const { id } = this.#customer();
    await this.#call('POST', `/v1/customers/${id}/${this.#random(2) === 0 ? 'archive' : 'restore'}`);
  }

  async #undo(): Promise<void> {
    const { items } = await this.#call('GET', '/v1/uploads?limit=5');
    const upload = items.find((one: { kind: string }) => one.kind === 'invoices');
    if (upload) await this.#call('POST', `/v1/uploads/${upload.id}/undo`, {});
  }
}

/** Who gets a mail today, by the calendar. */
async function nextMails(company: Company): Promise<string[]> {
  const { body } = await company.call('GET', '/v1/reminders/calendar?days=1');
  type Row = { outcome: string; customer: { number: string } };
  const rows = body.days[0].runs.flatMap((run: { rows: Row[] }) => run.rows) as Row[];
  return [...new Set(rows.filter((row) => row.outcome === 'send').map((row) => row.customer.number))].sort();
}

/** Who got one by the runs of the day. */
async function mailsOf(company: Company, day: Temporal.PlainDate): Promise<string[]> {
  const { rows } = await server.db.admin.query(
    `select distinct c.number from reminder_decision d join reminder_run r on r.id = d.run_id join customer c on c.id = d.customer_id
     where d.tenant_id = $1 and r.run_on = $2 and r.kind = 'daily' and d.outcome = 'send' order by 1`,
    [company.tenantId, day.toString()],
  );
  return rows.map((row) => row.number).sort();
}

test('after five weeks of uploads, payments, pauses, disputes and changed rules a replay of the rules that were live gives every decision and mail again', async () => {
  const company = await server.company();
  const life = new Life(company);
  await life.begin();
  for (let n = 0; n < DAYS; n++) {
    const day = START.add({ days: n });
    server.clock.set(`${day.toString()}T12:30:00Z`);
    await life.day(day);
    server.clock.advance({ minutes: 1 });
    // the workers are off for four days in the middle
    if (n >= 16 && n < 20) continue;
    // what people sent at once has left before the day's run
    await server.settle();
    const foretold = n % 4 === 0 ? await nextMails(company) : null;
    // the company's hour, and that of some rules; now and then more happens in between
    server.clock.set(`${day.toString()}T14:30:00Z`);
    await server.settle();
    if (n % 7 === 2) {
      await life.day(day);
      server.clock.advance({ minutes: 1 });
      await company.call('POST', '/v1/reminder-runs', {});
      server.clock.advance({ minutes: 1 });
      await server.settle();
    }
    server.clock.set(`${day.toString()}T17:30:00Z`);
    await server.settle();
    if (foretold && n % 7 !== 2) expect(await mailsOf(company, day), day.toString()).toEqual(foretold);
  }
  const period = { from: START.subtract({ days: 1 }), to: START.add({ days: DAYS - 1 }) };
  const pages: number[] = [];
  const result = await company.inTenant((ctx) =>
    workOut(
      ctx,
      { ...period, candidate: { kind: 'live' }, baseline: { kind: 'sent' } },
      { progress: async () => {}, customers: async (rows) => void pages.push(rows.length) },
    ),
  );
  expect(life.refused.filter((line) => !/already_undone|nothing_to_send|customer_archived|held_back/.test(line))).toEqual([]);
  expect(result.proof).toMatchObject({ different: 0, examples: [] });
  expect(result.proof!.recorded).toBeGreaterThan(100);
  const sent = result.days.reduce((sum, day) => sum + day.baseMails, 0);
  expect(sent).toBeGreaterThan(60);
  for (const day of result.days) expect(day, day.day.toString()).toMatchObject({ mails: day.baseMails, sameMails: day.baseMails });
}, 300_000);
