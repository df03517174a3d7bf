import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { printLetters } from '../../server/modules/reminders/index.ts';
import { systemActor, workFor } from '../../server/platform/context.ts';
import { type Company, startServer, type TestServer } from '../support/server.ts';
import { uploadCustomer, uploadInvoices } from '../support/story.ts';

/*
 * A company in New York whose run is at 9:00. Its clock travels from day to day; what was sent is what the mail server got.
 */
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ start: '2026-03-02T15:00:00Z' });
});
afterAll(() => server?.close());

interface Step {
  offsetDays: number;
  channel: 'email' | 'task' | 'letter';
  [more: string]: unknown;
}

interface ManualStep {
  title: string;
  customer: { number: string };
  until: string | null;
  amounts: unknown[];
}

const reminderTemplate = async (company: Company): Promise<string> =>
  (await company.call('GET', '/v1/templates')).body.items.find((template: { kind: string }) => template.kind === 'reminder').id;

async function company(day: string, reminders: Record<string, unknown> = {}): Promise<Company> {
  server.clock.set(`${day}T15:00:00Z`);
  const made = await server.company();
  const { status } = await made.call('PATCH', '/v1/settings', {
    reminders,
    branding: { address: '100 Harbor Way\nPortland ME 04101', phone: '+1 207 555 0100' },
    statements: { remitTo: 'Bank of Maine\nAccount 12345' },
  });
  expect(status).toBe(200);
  await server.settle();
  return made;
}

async function cadence(made: Company, steps: Step[], values: Record<string, unknown> = {}): Promise<string> {
  const templateId = await reminderTemplate(made);
  const { body, status } = await made.call('POST', '/v1/cadences', {
    name: 'Firm',
    steps: steps.map((step) => ({ ...(step.channel === 'email' ? { templateId } : {}), ...step })),
    ...values,
  });
  expect(status, JSON.stringify(body)).toBe(201);
  return body.id;
}

const on = async (made: Company, id: string) => expect((await made.call('POST', `/v1/cadences/${id}/activate`)).status).toBe(200);

/** Lets the days pass one after the other, each with its run at 15:00 UTC, up to and with `last`. */
async function until(last: string): Promise<void> {
  const zone = 'America/New_York';
  const end = Temporal.PlainDate.from(last);
  for (
    let day = server.clock.now().toZonedDateTimeISO(zone).toPlainDate().add({ days: 1 });
    Temporal.PlainDate.compare(day, end) <= 0;
    day = day.add({ days: 1 })
  ) {
    server.clock.set(`${day.toString()}T15:00:00Z`);
    await server.settle();
  }
}

/** "day address" of the mails to addresses that end so, by day. */
async function mailsTo(ending: string): Promise<string[]> {
  const mails = await server.mail.messages();
  return mails
    .flatMap((mail) =>
      mail.envelopeTo.filter((address) => address.endsWith(ending)).map((address) => `${new Date(mail.parsed.date!).toISOString().slice(0, 10)} ${address}`),
    )
    .sort();
}

async function decisions(made: Company, customer: string): Promise<string[]> {
  const { body } = await made.call('GET', `/v1/reminder-decisions?customer=${customer}&limit=100`);
  return body.items.map((row: { day: string; outcome: string; reason: string }) => `${row.day} ${row.outcome} ${row.reason}`).reverse();
}

const openSteps = async (made: Company) => (await made.call('GET', '/v1/manual-steps')).body.items;
const pdfText = (bytes: ArrayBuffer): string => execFileSync('pdftotext', ['-layout', '-', '-'], { input: Buffer.from(bytes), encoding: 'utf8' });
const pdfOf = async (made: Company, path: string) => {
  const response = await fetch(server.url + path, { headers: made.headers });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/pdf']);
  return response.arrayBuffer();
};

test('four steps: a mail, a task that one customer times out and another has done, an escalated mail, a letter', { timeout: 240_000 }, async () => {
  const made = await company('2026-03-02', { minContactDays: 1, catchUpDays: 3 });
  const customers: Record<string, string> = {};
  for (const number of ['SLOW', 'FAST']) {
    customers[number] = await uploadCustomer(made, number, { emailaddress1: `ap@${number.toLowerCase()}.four.example` });
    const { status } = await made.call('POST', `/v1/customers/${customers[number]}/contacts`, {
      name: 'Bella Boss',
      email: `boss@${number.toLowerCase()}.four.example`,
      purposes: ['escalation', 'letters'],
    });
    expect(status).toBe(201);
  }
  const invoices: string[] = [];
  for (const number of ['SLOW', 'FAST'])
    invoices.push(
      ...(await uploadInvoices(made, number, [
        {
          number: `INV-${number}`,
          amount: '1250.00',
          dueDate: '2026-03-16',
          billAddr: { line1: '12 Quay Street', city: 'Boston', state: 'MA', postalCode: '02110' },
        },
      ])),
    );
  const id = await cadence(made, [
    {
      offsetDays: 20,
      channel: 'letter',
      title: 'Final notice',
      to: 'letters',
      body: 'Dear {{first_name}},\n\npay {{total_invoice_amount}} now.\n\n{{invoice_list}}\n\nYours, {{seller_name}}',
    },
    { offsetDays: -5, channel: 'email', to: 'billing' },
    { offsetDays: 3, channel: 'task', title: 'Call the customer', waits: true, timeoutDays: 4 },
    { offsetDays: 5, channel: 'email', to: 'escalation', cc: ['billing'], senderName: 'Dana Director', senderAddress: 'dana@northwind.example' },
  ]);
  const read = (await made.call('GET', `/v1/cadences/${id}`)).body;
  expect(read.steps.map((step: { sentence: string }) => step.sentence)).toEqual([
    '5 days before due: e-mail “Invoice Reminder” to billing contacts',
    '3 days overdue: task “Call the customer”; the cadence waits for it, 4 days at most',
    '5 days overdue: e-mail “Invoice Reminder” to escalation contacts, copied to billing contacts, from Dana Director',
    '20 days overdue: letter “Final notice” to letter contacts',
  ]);
  await on(made, id);
  // what a colleague did meanwhile is not overwritten unseen
  expect(await made.call('PATCH', `/v1/cadences/${id}`, { steps: [], version: read.version })).toMatchObject({
    status: 409,
    body: { code: 'changed_meanwhile' },
  });
  expect((await made.call('POST', `/v1/cadences/${id}/members`, { customerIds: Object.values(customers) })).body).toEqual({ changed: 2 });
  // the steps are not in the list of rules
  expect((await made.call('GET', '/v1/reminder-rules')).body.items).toHaveLength(7);
  const step = read.steps[1].id;
  expect((await made.call('GET', `/v1/reminder-rules/${step}`)).body).toMatchObject({ cadenceId: id, channel: 'task' });
  expect((await made.call('DELETE', `/v1/reminder-rules/${step}`)).status).toBe(404);

  await until('2026-03-19');
  expect(await mailsTo('.four.example')).toEqual(['2026-03-11 ap@fast.four.example', '2026-03-11 ap@slow.four.example']);
  const waiting = await openSteps(made);
  expect(waiting.map((step: ManualStep) => [step.title, step.customer.number, step.until, step.amounts])).toEqual(
    expect.arrayContaining(['FAST', 'SLOW'].map((number) => ['Call the customer', number, '2026-03-23', [{ amount: '1250.00', currency: 'USD' }]])),
  );

  // a collector finishes one on the worklist
  const fast = waiting.find((step: { customer: { number: string } }) => step.customer.number === 'FAST');
  expect((await made.call('GET', '/v1/tasks')).body.items).toHaveLength(2);
  expect((await made.call('POST', `/v1/tasks/${fast.taskId}/done`, { outcome: 'They will pay.' })).status).toBe(200);
  await server.settle();
  expect((await openSteps(made)).map((step: { customer: { number: string } }) => step.customer.number)).toEqual(['SLOW']);
  const [over] = (await made.call('GET', `/v1/manual-steps?open=false&customer=${customers['FAST']}`)).body.items;
  expect([over.state, over.endedBy, over.note]).toEqual(['done', 'Stories', 'They will pay.']);

  await until('2026-03-23');
  expect(await decisions(made, customers['FAST']!)).toContain('2026-03-21 send matched');
  expect(await decisions(made, customers['SLOW']!)).toContain('2026-03-21 held manual_step');
  const [given] = (await made.call('GET', `/v1/reminder-decisions?customer=${customers['SLOW']}&day=2026-03-19`)).body.items;
  expect([given.outcome, given.rule.channel, given.emailId]).toEqual(['send', 'task', null]);
  expect((await mailsTo('.four.example')).filter((line) => line > '2026-03-12')).toEqual([
    '2026-03-21 ap@fast.four.example',
    '2026-03-21 boss@fast.four.example',
  ]);
  const escalated = await server.mail.waitFor((mail) => mail.envelopeTo.includes('boss@fast.four.example'));
  expect(escalated.parsed.from).toMatchObject({ name: 'Dana Director', address: 'dana@northwind.example' });
  expect(JSON.stringify(escalated.parsed.to)).toContain('boss@fast.four.example');
  expect(JSON.stringify(escalated.parsed.cc)).toContain('ap@fast.four.example');

  // nobody did the other: after its last day the cadence goes on
  await until('2026-03-24');
  expect((await mailsTo('slow.four.example')).filter((line) => line > '2026-03-12')).toEqual([
    '2026-03-24 ap@slow.four.example',
    '2026-03-24 boss@slow.four.example',
  ]);
  expect((await made.call('GET', `/v1/manual-steps?open=false&customer=${customers['SLOW']}`)).body.items[0].state).toBe('timed_out');

  await until('2026-04-05');
  const letters = (await made.call('GET', '/v1/letters?state=waiting')).body;
  expect(letters.waiting).toBe(2);
  expect(letters.items.map((letter: Record<string, never>) => [letter['number'], letter['address']]).sort()).toEqual([
    ['L-000001', ['12 Quay Street', 'Boston MA 02110']],
    ['L-000002', ['12 Quay Street', 'Boston MA 02110']],
  ]);
  expect(pdfText(await pdfOf(made, `/v1/letters/${letters.items[0].id}/pdf`))).toContain('Final notice');

  // one is paid before the letters are printed
  expect((await made.call('POST', `/v1/invoices/${invoices[1]}/void`, { reason: 'Cancelled' })).status).toBe(200);
  const batch = (await made.call('POST', '/v1/print-batches', {})).body;
  expect([batch.batch.letters, batch.withdrawn, batch.withoutAddress]).toEqual([1, 1, 0]);
  const first = await pdfOf(made, `/v1/print-batches/${batch.batch.id}/pdf`);
  const text = pdfText(first);
  for (const words of [
    'Final notice',
    'Dear Ada,',
    'pay $1,250.00 now.',
    'INV-SLOW',
    'Company SLOW',
    'Attn: Bella Boss',
    '12 Quay Street',
    'Yours, Northwind Supply',
    'SLOW / L-00000',
    'Bank of Maine',
  ])
    expect(text).toContain(words);
  expect(text).not.toContain('INV-FAST');

  // what was printed stays what it was, whatever happens to the invoice
  await uploadInvoices(made, 'SLOW', [{ number: 'INV-SLOW', amount: '1250.00', currentBalance: '1.00', dueDate: '2026-03-16' }]);
  server.clock.advance({ hours: 5 });
  expect(Buffer.from(await pdfOf(made, `/v1/print-batches/${batch.batch.id}/pdf`)).equals(Buffer.from(first))).toBe(true);
  expect((await made.call('POST', `/v1/print-batches/${batch.batch.id}/printed`)).body.state).toBe('printed');
  expect((await made.call('POST', `/v1/print-batches/${batch.batch.id}/cancel`)).status).toBe(409);
  const timeline = (await made.call('GET', `/v1/customers/${customers['SLOW']}/timeline?limit=100`)).body.items.map((item: { type: string }) => item.type);
  for (const type of ['cadence.customer_joined', 'manual_step.began', 'manual_step.timed_out', 'letter.written', 'letter.printed'])
    expect(timeline).toContain(type);
});

test('who starts paused gets nothing before a person starts them, and then from that day on', async () => {
  const made = await company('2026-05-04');
  const ada = await uploadCustomer(made, 'ADA', { emailaddress1: 'ap@ada.paused.example' });
  await uploadCustomer(made, 'BOB', { emailaddress1: 'ap@bob.paused.example' });
  for (const number of ['ADA', 'BOB'])
    await uploadInvoices(made, number, [
      { number: `${number}-1`, amount: '10.00', dueDate: '2026-05-05' },
      { number: `${number}-2`, amount: '10.00', dueDate: '2026-05-08' },
    ]);
  const everyone = { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] };
  const id = await cadence(made, [{ offsetDays: 1, channel: 'email' }], { startsPaused: true, customerCondition: everyone });
  const preview = (await made.call('POST', '/v1/cadences/preview', { customerCondition: everyone, cadenceId: id })).body;
  expect([preview.matching, preview.joining, preview.here]).toEqual([2, 2, 0]);
  await on(made, id);
  expect((await made.call('GET', `/v1/cadences/${id}`)).body).toMatchObject({ activeMembers: 0, pausedMembers: 2 });
  await until('2026-05-07');
  expect(await mailsTo('.paused.example')).toEqual([]);
  expect((await made.call('POST', `/v1/cadences/${id}/members/start`, { customerIds: [ada] })).body).toEqual({ changed: 1 });
  await until('2026-05-10');
  expect(await mailsTo('.paused.example')).toEqual(['2026-05-09 ap@ada.paused.example']);
});

test('a condition takes in new customers at each run, once, and not those whom a person took out', async () => {
  const made = await company('2026-05-18');
  const ids: Record<string, string> = {};
  for (const number of ['LARGE', 'SMALL']) ids[number] = await uploadCustomer(made, number);
  await uploadInvoices(made, 'LARGE', [{ number: 'L1', amount: '9000.00', dueDate: '2026-08-01' }]);
  await uploadInvoices(made, 'SMALL', [{ number: 'S1', amount: '90.00', dueDate: '2026-08-01' }]);
  const large = { combinator: 'and', conditions: [{ field: 'customer_balance', operator: 'greater', value: '5000' }] };
  const first = await cadence(made, [{ offsetDays: 1, channel: 'email' }], { customerCondition: large });
  const second = await cadence(made, [{ offsetDays: 2, channel: 'email' }], { name: 'Second', customerCondition: large });
  await on(made, first);
  await on(made, second);
  const members = async (id: string) =>
    (await made.call('GET', `/v1/cadences/${id}/members`)).body.items.map((row: { customer: { number: string } }) => row.customer.number);
  expect([await members(first), await members(second)]).toEqual([['LARGE'], []]);

  await uploadInvoices(made, 'SMALL', [{ number: 'S2', amount: '6000.00', dueDate: '2026-08-01' }]);
  await until('2026-05-19');
  expect([await members(first), await members(second)]).toEqual([['LARGE', 'SMALL'], []]);

  await made.call('POST', `/v1/cadences/${first}/members/remove`, { customerIds: [ids['LARGE']] });
  await until('2026-05-20');
  expect([await members(first), await members(second)]).toEqual([['SMALL'], ['LARGE']]);

  // a customer is in one cadence: another takes it only with a word
  expect((await made.call('POST', `/v1/cadences/${second}/members`, { customerIds: [ids['SMALL']] })).body.code).toBe('in_another_cadence');
  expect((await made.call('POST', `/v1/cadences/${second}/members`, { customerIds: [ids['SMALL']], move: true })).body).toEqual({ changed: 1 });
  const page = (await made.call('GET', `/v1/cadences/${second}/members?limit=1`)).body;
  expect((await made.call('GET', `/v1/cadences/${second}/members?limit=1&cursor=${page.nextCursor}`)).body.items[0].customer.number).toBe('SMALL');
  const forged = Buffer.from(JSON.stringify(['cadence-members', 'a', 'b'])).toString('base64url');
  expect((await made.call('GET', `/v1/cadences/${second}/members?cursor=${forged}`)).body.code).toBe('invalid_cursor');
  expect((await made.call('GET', `/v1/customers/${ids['SMALL']}/cadence`)).body).toMatchObject({ cadence: { id: second, name: 'Second' }, state: 'active' });
  await until('2026-05-21');
  expect([await members(first), await members(second)]).toEqual([[], ['LARGE', 'SMALL']]);
});

test('a rule and a cadence share the days between contacts; a letter is a contact too', async () => {
  const made = await company('2026-06-01', { minContactDays: 3, catchUpDays: 5 });
  const id = await uploadCustomer(made, 'CAP', { emailaddress1: 'ap@cap.shared.example' });
  await uploadInvoices(made, 'CAP', [{ number: 'C1', amount: '70.00', dueDate: '2026-06-02', billAddr: { line1: '1 Road' } }]);
  const rule = (await made.call('POST', '/v1/reminders/samples', { sample: 'overdue_3' })).body.id;
  await made.call('POST', `/v1/reminder-rules/${rule}/activate`);
  const firm = await cadence(made, [
    { offsetDays: 4, channel: 'email' },
    { offsetDays: 8, channel: 'letter', title: 'Letter', body: 'Pay {{total_invoice_amount}}' },
    { offsetDays: 9, channel: 'email' },
  ]);
  await on(made, firm);
  await made.call('POST', `/v1/cadences/${firm}/members`, { customerIds: [id] });
  // the rule on the 5th; the step of the 6th waits for the 8th, the letter of the 10th for the 11th, the mail of the 11th for the 14th
  await until('2026-06-16');
  expect(await mailsTo('.shared.example')).toEqual([
    '2026-06-05 ap@cap.shared.example',
    '2026-06-08 ap@cap.shared.example',
    '2026-06-14 ap@cap.shared.example',
  ]);
  expect((await made.call('GET', '/v1/letters')).body.items.map((letter: { writtenOn: string }) => letter.writtenOn)).toEqual(['2026-06-11']);
});

test('a step that is skipped lets the cadence go on; a cadence that is deleted ends what waits', async () => {
  const made = await company('2026-07-06');
  const ids = [
    await uploadCustomer(made, 'ONE', { emailaddress1: 'ap@one.skip.example' }),
    await uploadCustomer(made, 'TWO', { emailaddress1: 'ap@two.skip.example' }),
  ];
  for (const number of ['ONE', 'TWO']) await uploadInvoices(made, number, [{ number: `${number}-1`, amount: '10.00', dueDate: '2026-07-06' }]);
  const id = await cadence(made, [
    { offsetDays: 1, channel: 'task', title: 'Write by hand', waits: true, timeoutDays: 30 },
    { offsetDays: 2, channel: 'email' },
  ]);
  await on(made, id);
  await made.call('POST', `/v1/cadences/${id}/members`, { customerIds: ids });
  // much longer than days are made up for
  await until('2026-07-13');
  expect(await mailsTo('.skip.example')).toEqual([]);
  const [one] = (await made.call('GET', `/v1/manual-steps?customer=${ids[0]}`)).body.items;
  expect((await made.call('POST', `/v1/manual-steps/${one.id}/skip`, { note: 'Not needed' })).body).toMatchObject({ state: 'skipped', note: 'Not needed' });
  expect((await made.call('POST', `/v1/manual-steps/${one.id}/done`, {})).body.code).toBe('step_over');
  expect((await made.call('GET', `/v1/tasks/${one.taskId}`)).body.state).toBe('skipped');
  await until('2026-07-15');
  expect(await mailsTo('.skip.example')).toEqual(['2026-07-14 ap@one.skip.example']);

  expect((await made.call('DELETE', `/v1/cadences/${id}`)).status).toBe(204);
  expect(await openSteps(made)).toEqual([]);
  expect((await made.call('GET', '/v1/tasks')).body.items).toEqual([]);
  await until('2026-07-16');
  expect(await mailsTo('.skip.example')).toHaveLength(1);
  expect((await made.call('GET', `/v1/customers/${ids[0]}/cadence`)).body.cadence).toBeNull();
});

test('a letter without an address waits until somebody writes one; a batch that is cancelled gives its letters back', async () => {
  const made = await company('2026-08-03');
  const customerIds: string[] = [];
  for (const number of ['PAPER', 'CALLED']) {
    customerIds.push(await uploadCustomer(made, number));
    await uploadInvoices(made, number, [{ number: `${number}-1`, amount: '10.00', dueDate: '2026-08-03' }]);
  }
  const id = await cadence(made, [{ offsetDays: 1, channel: 'letter', title: 'Pay', body: 'Please pay.' }]);
  await on(made, id);
  await made.call('POST', `/v1/cadences/${id}/members`, { customerIds });
  await until('2026-08-04');
  const letters = (await made.call('GET', '/v1/letters?state=waiting')).body.items;
  const letterOf = (number: string) => letters.find((letter: { customer: { number: string } }) => letter.customer.number === number);
  const called = letterOf('CALLED');
  expect((await made.call('POST', `/v1/letters/${called.id}/withdraw`, { reason: 'They called' })).body).toMatchObject({
    state: 'withdrawn',
    reason: 'They called',
  });

  const letter = letterOf('PAPER');
  expect(letter.address).toEqual([]);
  expect((await made.call('POST', '/v1/print-batches', {})).body).toEqual({ batch: null, withdrawn: 0, withoutAddress: 1 });
  expect((await made.call('PATCH', `/v1/letters/${letter.id}`, { address: ['1', '2', '3', '4', '5', '6'] })).body.errors[0].code).toBe('too_long');
  expect((await made.call('PATCH', `/v1/letters/${letter.id}`, { address: ['5 Mill Lane', ' ', 'Bath BA1 1AA'] })).body.address).toEqual([
    '5 Mill Lane',
    'Bath BA1 1AA',
  ]);
  const { batch } = (await made.call('POST', '/v1/print-batches', {})).body;
  expect((await made.call('POST', `/v1/letters/${letter.id}/withdraw`, { reason: 'No' })).body.code).toBe('letter_not_waiting');
  expect((await made.call('POST', `/v1/print-batches/${batch.id}/cancel`)).body.state).toBe('cancelled');
  expect((await made.call('GET', `/v1/print-batches/${batch.id}/pdf`)).body.code).toBe('batch_cancelled');
  expect((await made.call('GET', '/v1/letters?state=waiting')).body.items).toHaveLength(1);

  // the command line writes the file and says that it was printed
  const work = workFor(server.platform, made.tenantId, systemActor);
  const files: Buffer[] = [];
  const print = () => printLetters(work, async (bytes) => void files.push(bytes), true);
  expect(await print()).toEqual({ batch: 'B-00002', letters: 1, withdrawn: 0, withoutAddress: 0 });
  expect(pdfText(new Uint8Array(files[0]!).buffer)).toContain('5 Mill Lane');
  expect((await made.call('GET', `/v1/letters/${letter.id}`)).body).toMatchObject({ state: 'printed', printedOn: '2026-08-04' });
  expect(await print()).toEqual({ batch: null, letters: 0, withdrawn: 0, withoutAddress: 0 });
  expect((await made.call('POST', '/v1/print-batches', {})).body.code).toBe('no_letters');
});

test('a letter has the words of its template, in the language of its reader', async () => {
  const made = await company('2026-09-07');
  const id = await uploadCustomer(made, 'GERMAN');
  await made.call('POST', `/v1/customers/${id}/contacts`, { name: 'Greta Gruber', email: 'greta@german.example', purposes: ['letters'], language: 'de' });
  await uploadInvoices(made, 'GERMAN', [{ number: 'G1', amount: '10.00', dueDate: '2026-09-07', billAddr: { line1: 'Ringstr. 1' } }]);
  const template = await made.call('POST', '/v1/templates', {
    name: 'Final notice',
    kind: 'letter',
    subject: 'Final notice: {{total_invoice_amount}}',
    body: '<p>Please pay.</p>{{invoice_list}}<p>Thank you</p>',
    texts: [
      { language: 'de', variant: 'any', subject: 'Letzte Mahnung: {{total_invoice_amount}}', body: '<p>Bitte zahlen Sie.</p>{{invoice_list}}<p>Danke</p>' },
    ],
  });
  expect(template.status, JSON.stringify(template.body)).toBe(201);
  const wrong = await made.call('POST', '/v1/cadences', { name: 'X', steps: [{ offsetDays: 1, channel: 'email', templateId: template.body.id }] });
  expect(wrong.body.errors[0].message).toBe('Choose a template for reminders.');
  const letters = await cadence(made, [{ offsetDays: 1, channel: 'letter', templateId: template.body.id, to: 'letters' }]);
  expect((await made.call('GET', `/v1/cadences/${letters}`)).body.steps[0].sentence).toBe('1 day overdue: letter “Final notice” to letter contacts');
  await on(made, letters);
  await made.call('POST', `/v1/cadences/${letters}/members`, { customerIds: [id] });
  await until('2026-09-08');
  const { batch } = (await made.call('POST', '/v1/print-batches', {})).body;
  const text = pdfText(await pdfOf(made, `/v1/print-batches/${batch.id}/pdf`));
  for (const words of ['Letzte Mahnung: $10.00', 'Bitte zahlen Sie.', 'Danke', 'Attn: Greta Gruber', 'G1']) expect(text).toContain(words);
  expect(text.indexOf('G1')).toBeLessThan(text.indexOf('Danke'));
});
