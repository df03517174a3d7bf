import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../server/kernel/ids.ts';
import { createStaffUser } from '../../server/modules/identity/index.ts';
import { mailOf } from '../../server/modules/inbox/test-data.ts';
import { linksOf, newPayer, type Page, type Payer } from '../support/payer.ts';
import { freePort, type Process, until } from '../support/processes.ts';
import type { Company } from '../support/server.ts';
import { openFromMail } from '../support/story.ts';
import { addPayer, disagreements, mailsTo, startWorld, type World, wrongMails } from './world.ts';

/** Every `fault('...')` of the product but those of statement runs, which have their stories in statements.test.ts. */
function namesInSource(): string[] {
  const root = fileURLToPath(new URL('../../server', import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const found = files.flatMap((name) => [...readFileSync(join(root, name), 'utf8').matchAll(/\.fault\('([a-z_.]+)'\)/g)].map(([, fault]) => fault!));
  return [...new Set(found)].filter((name) => !name.startsWith('statements.')).sort();
}

interface Told {
  company: Company;
  address: string;
  number: string;
  customerId: string;
}

/** What a story does once its processes stand: the last act is the one during which a process dies. */
interface Plot {
  /** Who dies. The other role is there all the time. */
  dies: 'web' | 'worker';
  /** With a living process of either role. */
  before?: (told: Told) => Promise<unknown>;
  /** At the web process that dies; or while there is no worker, before the one that dies is started. */
  act: (told: Told, prepared: never) => Promise<unknown>;
  /** With the restarted process, when the world is settled. */
  after: (told: Told, prepared: never) => Promise<void>;
}

let world: World;
let webPort: number;
let counter = 0;
let web: Process | null = null;
let worker: Process | null = null;

beforeAll(async () => {
  webPort = await freePort();
  world = await startWorld(`http://127.0.0.1:${webPort}`);
});
afterAll(() => world.close());

async function tell(): Promise<Told> {
  counter += 1;
  const company = await world.company();
  const number = `C${counter}`;
  return { company, number, ...(await addPayer(world, company, number)) };
}

/** Waits for a mail while time passes. */
async function mailTo(address: string, wanted: RegExp) {
  let left: string[] = [];
  let found = (await mailsTo(world, address)).find((mail) => wanted.test(mail.subject));
  await until(
    async () => {
      if (found) return true;
      await world.nudge(1000);
      left = await world.unsettled();
      found = (await mailsTo(world, address)).find((mail) => wanted.test(mail.subject));
      return found !== undefined;
    },
    () => `a mail to ${address} about ${wanted}; still to do: ${left.join(', ')}`,
    45_000,
  );
  return found!;
}

const reminded = async (told: Told) => {
  await world.letDailyRunBegin(told.company);
  return mailTo(told.address, /./);
};

/** From the reminder to the page whose button pays. */
async function atTheButton(told: Told): Promise<{ payer: Payer; page: Page; url: string }> {
  const reminder = await reminded(told);
  const payer = newPayer();
  await payer.press(await openFromMail(payer, reminder, /ending/), /ending/);
  const confirmation = await mailTo(told.address, /confirm/i);
  const { url } = linksOf(confirmation.parsed.html ?? '').find(({ label }) => /confirm|review|pay/i.test(label))!;
  return { payer, page: await payer.open(url), url };
}
type AtTheButton = Awaited<ReturnType<typeof atTheButton>>;

const invoiceOf = async (told: Told) =>
  (await told.company.call('GET', '/v1/invoices?state=all')).body.items.find((one: { number: string }) => one.number === `INV-${told.number}`);
const chargesOf = async (told: Told) => {
  const { rows } = await world.db.admin.query('select id from payment_attempt where tenant_id = $1', [told.company.tenantId]);
  const ids = new Set(rows.map((row) => row.id));
  return [...world.gateway.ledger.tables.payment.values()].filter((one) => one.status === 'settled' && ids.has(one.reference));
};

/** Paid in the end: by the press that was cut off, or by another one. */
async function isPaid(told: Told, { payer, url }: AtTheButton): Promise<void> {
  if ((await chargesOf(told)).length === 0) {
    const page = await payer.press(await payer.open(url), /^Pay/);
    expect(page.text).toContain('Payment successful');
    await world.settle();
  } else expect((await payer.open(url)).text).toMatch(/already paid/);
  expect(await chargesOf(told)).toHaveLength(1);
  expect(await invoiceOf(told)).toMatchObject({ state: 'closed', open: { amount: '0.00', currency: 'USD' } });
  expect((await told.company.call('GET', '/v1/payments')).body.items).toHaveLength(1);
  expect((await mailsTo(world, told.address)).some((mail) => /receipt/i.test(mail.subject))).toBe(true);
}

/** Presses a button whose answer may never come. */
const pressed = (work: Promise<unknown>): Promise<unknown> => work.catch(() => null);

const paying = (dies: 'web' | 'worker', more: Partial<Plot> = {}): Plot => ({
  dies,
  before: atTheButton,
  act: (_, { payer, page }: AtTheButton) => pressed(payer.press(page, /^Pay/)),
  after: isPaid,
  ...more,
});

/** The answer to the charge and its webhook are lost, so that it has to be looked up. */
const lost = (operation: 'charge' | 'refund') => {
  world.gateway.inject({ operation, kind: 'drop_after', times: 1 });
  world.gateway.inject({ operation, kind: 'webhook_lost', times: 1 });
};

const refunding = (dies: 'web' | 'worker', cutOff = false): Plot => ({
  dies,
  before: async (told) => {
    const button = await atTheButton(told);
    await button.payer.press(button.page, /^Pay/);
    await world.settle();
    return (await told.company.call('GET', '/v1/payments')).body.items[0].id;
  },
  act: async (told, paymentId: string) => {
    if (cutOff) lost('refund');
    await pressed(refund(told, paymentId));
  },
  after: async (told, paymentId: string) => {
    const [charge] = await chargesOf(told);
    if (charge!.refunded === '0') {
      expect((await refund(told, paymentId)).status).toBe(201);
      await world.settle();
    }
    expect((await chargesOf(told)).map((one) => one.refunded)).toEqual(['25000']);
    expect(await invoiceOf(told)).toMatchObject({ state: 'open', open: { amount: '250.00' } });
  },
});

const refund = (told: Told, paymentId: string) =>
  fetch(`http://127.0.0.1:${webPort}/v1/payments/${paymentId}/refunds`, {
    method: 'POST',
    headers: { ...told.company.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ amount: { amount: '250.00', currency: 'USD' } }),
  });

const reminding: Plot = {
  dies: 'worker',
  before: async (told) => [
    told,
    { address: (await addPayer(world, told.company, `${told.number}B`)).address },
    { address: (await addPayer(world, told.company, `${told.number}C`)).address },
  ],
  act: (told) => world.letDailyRunBegin(told.company),
  after: async (told, customers: { address: string }[]) => {
    // mails of a run leave while it goes on: those in the dead worker's hands may be uncertain, all others came
    const uncertain = (await told.company.call('GET', '/v1/emails?state=uncertain')).body.items.map((mail: { to: string }) => mail.to);
    for (const { address } of customers)
      expect([(await mailsTo(world, address)).length, uncertain.includes(address)]).toSatisfy(
        ([came, inDoubt]: [number, boolean]) => came === 1 || (came === 0 && inDoubt),
      );
    const { body } = await told.company.call('GET', '/v1/reminder-runs');
    expect(body.items).toMatchObject([{ state: 'done', mails: 3 }]);
  },
};

/** A receipt and the reminder of another customer are due while no worker lives. */
const mailing: Plot = paying('worker', {
  act: async (told, { payer, page }: AtTheButton) => {
    await payer.press(page, /^Pay/);
    await addPayer(world, told.company, `${told.number}B`);
    expect((await told.company.call('POST', '/v1/reminder-runs', {})).status).toBe(201);
  },
  after: async (told, button: AtTheButton) => {
    await isPaid(told, button);
    const address = `ap-${told.number.toLowerCase()}b@payer.example`;
    const came = (await mailsTo(world, address)).length;
    const { body } = await told.company.call('GET', '/v1/emails?kind=reminder');
    const shown = body.items.filter((one: { to: string }) => one.to === address);
    expect(shown).toHaveLength(1);
    // what may have arrived is shown as that, and not sent a second time by itself
    expect([came, shown[0].state]).toSatisfy(([count, state]: [number, string]) => (state === 'sent' && count === 1) || (state === 'uncertain' && count <= 1));
  },
});

/** As above with the invoices attached: whoever dies while they are drawn has handed nothing over, and the mail goes again. */
const attaching: Plot = {
  ...mailing,
  before: async (told) => {
    const [template] = (await told.company.call('GET', '/v1/templates?kind=reminder')).body.items;
    const { name, subject, language, design, version } = template;
    const attachments = { statement: true, invoices: true, files: true };
    expect((await told.company.call('PUT', `/v1/templates/${template.id}`, { name, subject, language, design, attachments, version })).status).toBe(200);
    return mailing.before!(told);
  },
  after: async (told, button: AtTheButton) => {
    await isPaid(told, button);
    const [mail, more] = await mailsTo(world, `ap-${told.number.toLowerCase()}b@payer.example`);
    expect(more).toBeUndefined();
    expect(mail!.parsed.attachments.map((one) => one.mimeType)).toEqual(['application/pdf', 'application/pdf']);
    expect((await told.company.call('GET', '/v1/emails?state=uncertain')).body.items).toEqual([]);
  },
};

const challenged: Plot = {
  dies: 'worker',
  before: async (told) => {
    const reminder = await reminded(told);
    const payer = newPayer();
    const entry = await payer.press(await openFromMail(payer, reminder, /card/i), 'with a new card');
    const review = await payer.press(entry, 'Continue', { number: '4000000000003220', expiry: '12/34', code: '123', holder: 'Ada Payer' });
    return { payer, page: review, url: linksOf(reminder.parsed.html ?? '').find(({ label }) => /ending/.test(label))!.url };
  },
  act: async (told, { payer, page }: AtTheButton) => {
    expect((await payer.press(page, /^Pay/)).text).toMatch(/your bank/i);
    await world.db.admin.query(`update payment_attempt set created_at = created_at - interval '1 hour' where tenant_id = $1`, [told.company.tenantId]);
  },
  after: async (told) => {
    const { rows } = await world.db.admin.query('select state from payment_attempt where tenant_id = $1', [told.company.tenantId]);
    expect(rows).toEqual([{ state: 'canceled' }]);
    expect(await chargesOf(told)).toEqual([]);
    expect(await invoiceOf(told)).toMatchObject({ state: 'open', open: { amount: '1250.00' } });
  },
};

const cutOffPaying: Plot = paying('worker', {
  act: async (_, { payer, page }: AtTheButton) => {
    lost('charge');
    expect((await payer.press(page, /^Pay/)).text).toMatch(/confirming your payment/);
  },
});

/** The foot of a mail: "I already paid", or "This is not me". */
const answering = (label: RegExp, values: Record<string, string>): Plot => ({
  dies: 'web',
  before: async (told) => linksOf((await reminded(told)).parsed.html ?? '').find((link) => label.test(link.label))!.url,
  act: (_, url: string) => pressed(fetch(url, { method: 'POST', body: new URLSearchParams(values) })),
  after: async (told, url: string) => {
    expect((await fetch(url, { method: 'POST', body: new URLSearchParams(values) })).status).toBe(200);
    const { items } = (await told.company.call('GET', `/v1/tasks?customerId=${told.customerId}`)).body;
    expect(items).toMatchObject([{ source: 'payer' }]);
    const holds = (await told.company.call('GET', `/v1/customers/${told.customerId}/holds`)).body.items;
    const suppressed = (await told.company.call('GET', '/v1/suppressions')).body.items;
    expect(holds.length + suppressed.length).toBe(1);
  },
});
const paidOn = () => Temporal.Now.plainDateISO('UTC').toString();

/** Money comes in while no worker lives: the one that finds the promise kept dies. */
const promising: Plot = {
  dies: 'worker',
  before: async (told) => {
    const amount = { amount: '1250.00', currency: 'USD' };
    return (await told.company.call('POST', '/v1/promises', { customerId: told.customerId, amount, promisedOn: paidOn(), source: 'phone' })).body.id;
  },
  act: (told) =>
    told.company.call('POST', '/v1/payments', {
      customerId: told.customerId,
      amount: { amount: '1250.00', currency: 'USD' },
      method: 'check',
      receivedOn: paidOn(),
    }),
  after: async (told, id: string) => {
    expect((await told.company.call('GET', `/v1/promises/${id}`)).body).toMatchObject({ state: 'kept' });
    const holds = (await told.company.call('GET', `/v1/customers/${told.customerId}/holds?all=true`)).body.items;
    expect(holds).toMatchObject([{ releasedReason: 'The promise was kept' }]);
  },
};

/** A task of yesterday for today, in a zone where it is past seven: its assignee hears of it once. */
const taskMailing: Plot = {
  dies: 'worker',
  before: async (told) => {
    const email = `carla-${told.number.toLowerCase()}@northwind.example`;
    const { id } = await told.company.inTenant((ctx) => createStaffUser(ctx, { email, name: 'Carla', role: 'collector' }));
    return { email, id };
  },
  act: async (told, { id }: { id: string }) => {
    const hour = Temporal.Now.zonedDateTimeISO('UTC').hour;
    const zone = hour < 7 ? 'Etc/GMT-10' : 'UTC';
    await world.db.admin.query('update tenant set timezone = $2 where id = $1', [told.company.tenantId, zone]);
    const dueOn = Temporal.Now.plainDateISO(zone).toString();
    await told.company.call('POST', '/v1/tasks', { customerId: told.customerId, title: 'Call them', dueOn, assigneeId: id });
    await world.db.admin.query(`update task set created_at = created_at - interval '1 day' where tenant_id = $1`, [told.company.tenantId]);
  },
  after: async (_, { email }: { email: string }) => {
    await mailTo(email, /Call them/);
    await world.settle();
    expect(await mailsTo(world, email)).toHaveLength(1);
  },
};

/** A reminder that a person wrote and sends again when no answer comes. */
const byHand: Plot = {
  dies: 'web',
  before: async (told) => {
    const templateId = (await told.company.call('GET', '/v1/templates?kind=reminder')).body.items[0].id;
    return { id: newId(), customerId: told.customerId, invoiceIds: [(await invoiceOf(told)).id], templateId, to: told.address, pass: true };
  },
  act: (told, body: object) => pressed(sendByHand(told, body)),
  after: async (told, body: object) => {
    expect((await sendByHand(told, body)).status).toBe(202);
    await world.settle();
    expect(await mailsTo(world, told.address)).toHaveLength(1);
  },
};
const sendByHand = (told: Told, body: object) =>
  fetch(`http://127.0.0.1:${webPort}/v1/reminders/by-hand`, {
    method: 'POST',
    headers: { ...told.company.headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** A back-test is worked out anew by the next worker, and kept once. */
const backtesting: Plot = {
  dies: 'worker',
  act: (told) =>
    told.company.call('POST', '/v1/reminders/backtests', {
      candidate: { kind: 'current' },
      from: Temporal.Now.plainDateISO('UTC').subtract({ days: 3 }).toString(),
      to: paidOn(),
    }),
  after: async (told) => {
    const { items } = (await told.company.call('GET', '/v1/reminders/backtests')).body;
    expect(items).toMatchObject([{ state: 'done', daysTotal: 4, daysDone: 4 }]);
  },
};

/** Customers have answered while no worker lived: the one that reads the mailbox dies. */
const reading: Plot = {
  dies: 'worker',
  before: async (told) => (await reminded(told)).raw.toString('latin1').match(/^message-id:\s*<([^>]+)>/im)![1],
  act: async (told, reminder: string) => {
    const imap = await world.imap();
    const user = `answers-${told.number.toLowerCase()}`;
    imap.deliver(
      user,
      Array.from({ length: ANSWERS }, (_, n) =>
        mailOf({
          from: told.address,
          subject: `Answer ${n}`,
          id: `<${n}.${told.number}@payer.example>`,
          ...(n % 2 === 0 ? { inReplyTo: `<${reminder}>` } : {}),
          headers: 'Content-Type: multipart/mixed; boundary=b',
          body: `--b\r\n\r\nPaid.\r\n--b\r\nContent-Type: text/csv; name=proof.csv\r\nContent-Disposition: attachment\r\n\r\nproof ${n} of ${told.number}\r\n--b--`,
        }),
      ),
    );
    const settings = { host: '127.0.0.1', port: imap.tlsPort, user, password: imap.password, tls: 'opportunistic', secure: true };
    expect((await told.company.call('PUT', '/v1/settings/inbox', settings)).status).toBe(200);
  },
  after: async (told) => {
    expect((await told.company.call('GET', '/v1/settings/inbox')).body).toMatchObject({ fetchedAt: expect.any(String), failing: null });
    const { items } = (await told.company.call('GET', `/v1/customers/${told.customerId}/mail?limit=100`)).body;
    const came = items.filter((mail: { direction: string }) => mail.direction === 'in');
    expect(came.map((mail: { subject: string }) => mail.subject).sort()).toEqual(Array.from({ length: ANSWERS }, (_, n) => `Answer ${n}`).sort());
    for (const mail of came) {
      const file = await fetch(`http://127.0.0.1:${webPort}/v1/inbox/messages/${mail.id}/attachments/0`, { headers: told.company.headers });
      expect(await file.text()).toContain(`proof ${mail.subject.slice(7)} of ${told.number}`);
    }
  },
};
const ANSWERS = 40;

const plots: Record<string, Plot> = {
  'inbox.after_claim': reading,
  'inbox.after_files': reading,
  'inbox.batch.before_commit': reading,
  'inbox.batch.after_commit': reading,
  'inbox.before_release': reading,
  'collections.claim.before_commit': answering(/already paid/, { paidOn: paidOn(), reference: '4711' }),
  'collections.wrong_person.before_commit': answering(/not me/, {}),
  'collections.promise.before_commit': promising,
  'collections.promise.after_commit': promising,
  'collections.task_mail.before_commit': taskMailing,
  'collections.task_mail.after_commit': taskMailing,
  'reminders.backtest.claimed.after_commit': backtesting,
  'reminders.backtest.done.before_commit': backtesting,
  'reminders.by_hand.before_commit': byHand,
  'reminders.by_hand.after_commit': byHand,
  'payments.before_submit': paying('web'),
  'payments.before_call': paying('web'),
  'payments.after_call': paying('web'),
  'payments.before_record': paying('web'),
  'payments.after_record': paying('web'),
  'payments.before_lookup': cutOffPaying,
  'payments.before_cancel': challenged,
  'refunds.before_submit': refunding('web'),
  'refunds.before_call': refunding('web'),
  'refunds.after_call': refunding('web'),
  'refunds.before_record': refunding('web'),
  'refunds.after_record': refunding('web'),
  'refunds.before_lookup': refunding('worker', true),
  'webhooks.before_store': paying('web'),
  'webhooks.after_store': paying('web'),
  'webhooks.before_read': paying('worker'),
  'webhooks.before_commit': paying('worker'),
  'webhooks.after_commit': paying('worker'),
  'mail.queue.before_commit': paying('worker'),
  'mail.queue.after_commit': paying('worker'),
  'mail.after_claim': mailing,
  'mail.before_attach': attaching,
  'mail.before_smtp': mailing,
  'mail.after_smtp': mailing,
  'mail.before_record': mailing,
  'mail.after_record': mailing,
  'reminders.start.before_commit': reminding,
  'reminders.start.after_commit': reminding,
  'reminders.plan.before_commit': reminding,
  'reminders.plan.after_commit': reminding,
  'reminders.mails.before_commit': reminding,
  'reminders.mails.after_commit': reminding,
  'reminders.finish.before_commit': reminding,
};

test('every fault point of the source has its story here', () => {
  expect(Object.keys(plots).sort()).toEqual(namesInSource());
});

/** A living process of the role: the one that the last story left, or a new one. */
async function living(role: 'web' | 'worker'): Promise<Process> {
  const left = role === 'web' ? web : worker;
  if (left && left.child.exitCode === null && left.child.signalCode === null) return left;
  const fresh = await world.start(role, role === 'web' ? { port: webPort } : {});
  if (role === 'web') web = fresh;
  else worker = fresh;
  return fresh;
}

async function dies(name: string, plot: Plot): Promise<void> {
  world.armWeb(null);
  const told = await tell();
  await living('web');
  await living('worker');
  const prepared = (await plot.before?.(told)) as never;
  await world.settle();
  let armed: Process;
  if (plot.dies === 'web') {
    armed = web!;
    world.armWeb(name);
    await plot.act(told, prepared);
  } else {
    await worker!.kill();
    await plot.act(told, prepared);
    await world.nudge(0, { beats: false });
    armed = await world.start('worker', { fault: name });
  }
  // it must have died there: a point that is never reached proves nothing
  await until(
    async () => {
      if (armed.child.signalCode !== null || armed.child.exitCode !== null) return true;
      // the run has to be begun by the worker that is to die
      await world.nudge(4, { beats: !name.startsWith('reminders.start') });
      return false;
    },
    `the ${plot.dies} process died at ${name}`,
    45_000,
  );
  expect(await armed.gone).toBe('SIGKILL');
  world.armWeb(null);
  // what the dead process held is over
  await world.nudge(0, { beats: false });
  await living(plot.dies);
  world.gateway.clearFaults();
  if (name.startsWith('webhooks.')) await world.gateway.redeliver();
  await world.settle();
  await plot.after(told, prepared);
  expect(await disagreements(world)).toEqual([]);
  expect(await wrongMails(world)).toEqual([]);
}

describe('the process dies at', () => {
  test.for(Object.entries(plots))('%s', ([name, plot]) => dies(name, plot));
});
