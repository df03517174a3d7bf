import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sql } from '../../platform/database/sql.ts';
import { startServer, type TestServer } from '../../../tests/support/server.ts';
import { type Story, tellStory } from '../../../tests/support/story.ts';

let server: TestServer;
let story: Story;

beforeAll(async () => {
  server = await startServer();
});
beforeEach(async () => {
  server.mail.clear();
  story = await tellStory(server);
});
afterAll(() => server.close());

const linkOf = (label: string) => new RegExp(`href="([^"]*)"[^>]*>${label}<`).exec(String(story.mail.parsed.html))![1]!.replaceAll('&amp;', '&');
const open = async (url: string) => {
  const response = await fetch(url, { redirect: 'manual' });
  return { status: response.status, text: await response.text() };
};
const press = async (url: string, values: Record<string, string> = {}) => {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(values), redirect: 'manual' });
  return { status: response.status, text: await response.text() };
};
const get = async (path: string) => (await story.company.call('GET', path)).body;
const holds = async () => (await get(`/v1/customers/${story.customerId}/holds`)).items;
const tasks = async () => (await get(`/v1/tasks?customerId=${story.customerId}`)).items;
const suppressed = async () => (await get('/v1/suppressions')).items;

describe('“I already paid” in the foot of a reminder', () => {
  it('shows a page and changes nothing when it is opened, however often and by whatever', async () => {
    const url = linkOf('I already paid');
    const before = await story.company.inTenant((ctx) => ctx.tx.one(sql`select count(*)::int as n from event`));
    for (let i = 0; i < 5; i++) {
      const page = await open(url);
      expect(page.status).toBe(200);
      expect(page.text).toContain('Invoice INV-1');
    }
    await fetch(url, { method: 'HEAD' });
    expect([await holds(), await tasks()]).toEqual([[], []]);
    expect(await story.company.inTenant((ctx) => ctx.tx.one(sql`select count(*)::int as n from event`))).toEqual(before);
  });

  it('holds the invoices of the mail for the days of the settings and opens one task, pressed once or twice', async () => {
    const url = linkOf('I already paid');
    const said = await press(url, { paidOn: '2026-02-27', reference: 'TRX <1>', note: 'from the other account' });
    expect(said.status).toBe(200);
    expect(said.text).toContain('Thank you');
    expect((await press(url, { paidOn: '2026-02-28', reference: 'again' })).text).toContain('Thank you');
    expect((await open(url)).text).toContain('Thank you');
    expect(await holds()).toMatchObject([
      {
        kind: 'claimed_paid',
        until: '2026-03-09',
        note: 'Paid on Feb 27, 2026, reference TRX <1>: from the other account',
        placedBy: 'ap@c-1.example',
        invoice: { number: 'INV-1' },
      },
    ]);
    expect(await tasks()).toMatchObject([{ title: 'Find the payment: INV-1', source: 'payer', dueOn: '2026-03-02', invoices: [{ number: 'INV-1' }] }]);
    const events = (await get(`/v1/customers/${story.customerId}/timeline`)).items;
    expect(events).toContainEqual(expect.objectContaining({ type: 'payer.claimed_paid', actor: { kind: 'payer', name: 'ap@c-1.example' } }));
  });

  it('stops the next reminder, and lets it go when the days are over', async () => {
    await press(linkOf('I already paid'), { paidOn: '2026-02-27', reference: 'TRX' });
    const sent = () => server.mail.list().length;
    const now = sent();
    await story.company.call('POST', '/v1/reminder-runs', {});
    await server.settle();
    expect(sent()).toBe(now);
  });

  it('says what is missing or wrong, and takes nothing', async () => {
    const url = linkOf('I already paid');
    for (const values of [
      {},
      { paidOn: '2026-02-30', reference: 'x' },
      { paidOn: '2026-03-05', reference: 'x' },
      { paidOn: '2026-02-27', reference: 'x'.repeat(101) },
    ]) {
      const page = await press(url, values as Record<string, string>);
      expect(page.status).toBe(422);
      expect(page.text).toContain('There is a problem');
    }
    expect(await holds()).toEqual([]);
  });

  it('has nothing to do when everything is paid', async () => {
    const [invoice] = (await get(`/v1/invoices?customerId=${story.customerId}`)).items;
    await story.company.call('POST', '/v1/payments', {
      customerId: story.customerId,
      amount: invoice.open,
      method: 'check',
      receivedOn: '2026-03-02',
      applications: [{ invoiceId: invoice.id, amount: invoice.open }],
    });
    expect((await open(linkOf('I already paid'))).text).toContain('All paid');
    await press(linkOf('I already paid'), { paidOn: '2026-02-27', reference: 'x' });
    expect(await holds()).toEqual([]);
  });

  it('works for 180 days and not longer; a changed link works never, and too many wrong ones are refused', async () => {
    const url = linkOf('I already paid');
    expect((await open(`${url}x`)).status).toBe(404);
    expect((await open(url.replace('/m/paid/', '/m/not-me/'))).status).toBe(404);
    server.clock.advance({ days: 181 });
    expect((await open(url)).status).toBe(404);
    expect((await press(url, { paidOn: '2026-02-27', reference: 'x' })).status).toBe(404);
    const answers = new Set<number>();
    for (let i = 0; i < 70; i++) answers.add((await open(`${url}${i}`)).status);
    expect([...answers]).toEqual([404, 429]);
    server.clock.set('2026-03-02T15:00:00Z');
  });
});

describe('“This is not me”', () => {
  it('stops all mail to the address when its button is pressed, not when it is opened, and opens one task', async () => {
    const url = linkOf('This is not me');
    expect((await open(url)).text).toContain('ap@c-1.example');
    expect(await suppressed()).toEqual([]);
    expect((await press(url, { address: 'somebody@else.example' })).status).toBe(404);
    for (let i = 0; i < 2; i++) expect((await press(url, { address: 'ap@c-1.example' })).text).toContain('writes no more to');
    expect(await suppressed()).toMatchObject([{ address: 'ap@c-1.example', reason: 'wrong_person' }]);
    expect(await tasks()).toMatchObject([{ title: 'Correct the contact ap@c-1.example', source: 'payer' }]);
    // the page for fewer reminders promises such an address nothing
    const fewer = (await press(linkOf('Fewer reminders'), { address: 'ap@c-1.example' })).text;
    expect(fewer).toContain('gets no mails');
    expect(fewer).not.toContain('still come');
  });
});

describe('“Fewer reminders”', () => {
  it('leads to the page that stops reminders and leaves statements', async () => {
    const page = await open(linkOf('Fewer reminders'));
    expect(page.text).toContain('Fewer reminders?');
    await press(linkOf('Fewer reminders'), { address: 'ap@c-1.example' });
    expect(await suppressed()).toMatchObject([{ reason: 'opt_out' }]);
  });
});

it('a form pressed by a machine many times is refused after a while', async () => {
  const url = linkOf('I already paid');
  const answers = new Set<number>();
  for (let i = 0; i < 25; i++) answers.add((await press(url)).status);
  expect([...answers]).toEqual([422, 429]);
});
