import { toDecimal, money } from '../kernel/money.ts';
import { type Actor, type Context, inTenant, type Platform, workFor } from '../platform/context.ts';
import { addNote, createTask, makePromise, openDispute } from '../modules/collections/index.ts';
import { createCadence, type StepInput } from '../modules/reminders/index.ts';
import { makeStatements } from '../modules/statements/index.ts';
import { addHoliday } from '../modules/tenants/index.ts';
import * as queries from './queries.ts';

/** What collectors have done at their desks: agreements, contested invoices, things to do, notes, plans. */
export async function seedDesk(platform: Platform, tenantId: string): Promise<void> {
  const actor = await inTenant(platform, tenantId, system, async (ctx) => userActor(await queries.readFirstUser(ctx)));
  await inTenant(platform, tenantId, actor, async (ctx) => {
    await addHolidays(ctx);
    const debtors = await queries.readLargestDebtors(ctx, 12);
    await agree(ctx, debtors);
    await contest(ctx, debtors);
    await planWork(ctx, debtors, actor.id!);
    await offerCadence(ctx);
  });
  await drawStatements(platform, tenantId, actor);
}

const system: Actor = { kind: 'system', id: null, name: 'PayorCRM', role: 'administrator' };
const userActor = ({ id, name }: { id: string; name: string }): Actor => ({ kind: 'user', id, name, role: 'administrator' });

/** The feasts of the company's country, this year and next. */
async function addHolidays(ctx: Context): Promise<void> {
  const { year } = ctx.clock.today();
  for (const y of [year, year + 1]) {
    const november = Temporal.PlainDate.from({ year: y, month: 11, day: 1 });
    const thanksgiving = november.add({ days: ((11 - november.dayOfWeek) % 7) + 21 });
    await addHoliday(ctx, Temporal.PlainDate.from({ year: y, month: 1, day: 1 }), "New Year's Day");
    await addHoliday(ctx, Temporal.PlainDate.from({ year: y, month: 7, day: 4 }), 'Independence Day');
    await addHoliday(ctx, thanksgiving, 'Thanksgiving');
    await addHoliday(ctx, Temporal.PlainDate.from({ year: y, month: 12, day: 25 }), 'Christmas Day');
  }
}

type Debtor = queries.Debtor;

async function agree(ctx: Context, debtors: readonly Debtor[]): Promise<void> {
  const today = ctx.clock.today();
  const promises = [
    { debtor: debtors[0]!, days: 4, source: 'phone', note: 'Payment run on Thursday, says Ms Ortega in accounts.' },
    { debtor: debtors[3]!, days: 9, source: 'email', note: null },
    { debtor: debtors[5]!, days: 0, source: 'phone', note: 'Wanted to wire it this morning.' },
  ] as const;
  for (const { debtor, days, source, note } of promises)
    await makePromise(ctx, {
      customerId: debtor.customerId,
      currency: debtor.currency,
      amountMinor: debtor.oldestOpenMinor,
      promisedOn: today.add({ days }),
      source,
      note,
      documentIds: [debtor.oldestId],
    });
}

async function contest(ctx: Context, debtors: readonly Debtor[]): Promise<void> {
  const disputes = [
    { debtor: debtors[1]!, part: 3n, reason: 'quantity', note: 'Two pallets of six were missing. The carrier has signed for four.' },
    { debtor: debtors[4]!, part: null, reason: 'not_received', note: 'They say that nothing arrived; asked the warehouse for the delivery note.' },
  ] as const;
  for (const { debtor, part, reason, note } of disputes)
    await openDispute(ctx, {
      documentId: debtor.oldestId,
      amount: part === null ? null : money(debtor.oldestOpenMinor / part, debtor.currency),
      reason,
      ownerId: ctx.actor.id,
      note,
    });
}

async function planWork(ctx: Context, debtors: readonly Debtor[], assignedTo: string): Promise<void> {
  const today = ctx.clock.today();
  const tasks = [
    { debtor: debtors[2]!, title: 'Call about the oldest invoice', days: 0, to: assignedTo },
    { debtor: debtors[4]!, title: 'Send the delivery note', days: 1, to: assignedTo },
    { debtor: debtors[6]!, title: 'Ask for a new accounts payable contact', days: 3, to: null },
    { debtor: debtors[7]!, title: 'Agree on a payment plan', days: 6, to: assignedTo },
  ];
  for (const { debtor, title, days, to } of tasks)
    await createTask(ctx, {
      customerId: debtor.customerId,
      title,
      description: `${debtor.oldestNumber} over ${toDecimal(money(debtor.oldestOpenMinor, debtor.currency))} ${debtor.currency} is the oldest.`,
      assignedTo: to,
      dueOn: today.add({ days }),
      source: 'person',
      documentIds: [debtor.oldestId],
    });
  const notes = [
    [debtors[2]!, 'New owner since spring. Pays in the end, but wants to be called first.'],
    [debtors[8]!, 'Their portal needs the purchase order number on every invoice.'],
    [debtors[9]!, 'Spoke with Mr Lindqvist: cash is tight until the season starts.'],
  ] as const;
  for (const [debtor, body] of notes) await addNote(ctx, { customerId: debtor.customerId, body });
}

const step = (offsetDays: number, channel: StepInput['channel'], more: Partial<StepInput>): StepInput => ({
  offsetDays,
  channel,
  templateId: null,
  to: 'billing',
  cc: [],
  senderName: null,
  senderAddress: null,
  title: null,
  body: null,
  waits: false,
  timeoutDays: null,
  assignedTo: null,
  ...more,
});

/** Ready to be switched on: a friendly word, a firm one, a call, a letter. */
async function offerCadence(ctx: Context): Promise<void> {
  const templateId = await queries.readReminderTemplate(ctx);
  const wholesale = await queries.readCategory(ctx, 'Wholesale');
  await createCadence(ctx, {
    name: 'Wholesale: friendly, then firm',
    customerCondition: { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'equal', value: wholesale }] },
    startsPaused: false,
    steps: [
      step(-5, 'email', { templateId }),
      step(3, 'email', { templateId }),
      step(14, 'task', {
        title: 'Call the customer',
        body: 'Ask when they pay and write down a promise.',
        waits: true,
        timeoutDays: 5,
        assignedTo: ctx.actor.id,
      }),
      step(30, 'letter', {
        title: 'Your overdue invoices',
        body: 'The invoices below are overdue. Please pay them within ten days, or call us if something is not right.',
        to: 'letters',
      }),
    ],
  });
}

/** What the portal customer owed at the end of last month, and how it came about. */
async function drawStatements(platform: Platform, tenantId: string, actor: Actor): Promise<void> {
  const { customerId, asOf } = await inTenant(platform, tenantId, actor, async (ctx) => ({
    customerId: await queries.readCustomerId(ctx, 'C-1001'),
    asOf: ctx.clock.today().with({ day: 1 }).subtract({ days: 1 }),
  }));
  for (const kind of ['open_item', 'balance_forward'] as const)
    await makeStatements(workFor(platform, tenantId, actor), {
      customerId,
      asOf,
      kind,
      family: 'separate',
      showCredits: true,
      currency: null,
      from: null,
    });
}
