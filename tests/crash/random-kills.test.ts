import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Balancer, startBalancer, until } from '../support/processes.ts';
import { caller } from '../support/server.ts';
import { crowd, keepKilling, payWhenReminded, randomOf } from './crowd.ts';
import { BANK_DELAY, disagreements, startWorld, type World, wrongMails } from './world.ts';

const KILLS = Number(process.env['KILLS'] ?? 200);
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const COMPANIES = 6;
const CUSTOMERS = 6;

let balancer: Balancer;
let world: World;
beforeAll(async () => {
  balancer = await startBalancer();
  world = await startWorld(balancer.url, { slowMs: 200 });
});
afterAll(async () => {
  await world.close();
  await balancer.stop();
});

test(`${KILLS} random kills of web and worker processes lose no payment, charge nobody twice and remind nobody twice (SEED=${SEED})`, {
  timeout: 280_000,
}, async () => {
  const random = randomOf(SEED);
  const { companies, customers } = await crowd(world, COMPANIES, CUSTOMERS);
  const started = performance.now();
  const fleet = keepKilling(world, balancer, { size: 3, kills: KILLS, lifeMs: 500, random });
  let calm = false;
  const payers = customers.map((customer) => payWhenReminded(world, customer, () => calm));

  // while it goes on: one company's day after another begins, staff press "Run now", banks settle, waits end
  let begun = 0;
  let over = false;
  const ended = fleet.done.then(() => {
    over = true;
  });
  while (!over) {
    if (begun < companies.length && fleet.killed >= (begun * KILLS * 0.5) / companies.length) await world.letDailyRunBegin(companies[begun++]!);
    const company = companies[Math.floor(random() * begun)]!;
    await caller(balancer.url, company.headers)('POST', '/v1/reminder-runs', {}).catch(() => null);
    if (random() < 0.4) world.gateway.ledger.advance(BANK_DELAY);
    await world.nudge(3);
    await pause(700);
  }
  await ended;
  const seconds = Math.round((performance.now() - started) / 1000);
  expect(fleet.killed).toBe(KILLS);
  expect(fleet.living()).toHaveLength(6);

  // the faults are over: within a minute everything has its end
  await world.settle({ timeoutMs: 60_000, olderThanSeconds: 3 });
  calm = true;
  const paid = await Promise.all(payers);
  await world.gateway.redeliver();
  world.gateway.ledger.advance(BANK_DELAY);
  await world.settle({ timeoutMs: 60_000, olderThanSeconds: 3 });
  await until(
    async () => (await world.db.admin.query("select 1 from payment_attempt where state = 'processing'")).rows.length === 0,
    'bank payments have settled',
  );
  await world.settle({ olderThanSeconds: 3 });

  expect(await disagreements(world)).toEqual([]);
  expect(await wrongMails(world)).toEqual([]);
  for (const company of companies) {
    const { items } = (await company.call('GET', '/v1/invoices?state=all')).body;
    const uncertain = (await company.call('GET', '/v1/emails?kind=reminder&state=uncertain')).body.items.map((mail: { to: string }) => mail.to);
    for (const [index, customer] of customers.entries()) {
      if (customer.company !== company) continue;
      // a reminder that did not come is one of which nobody can know, and is shown as that
      if (!paid[index]) expect(uncertain, customer.address).toContain(customer.address);
      expect(items.find((one: { number: string }) => one.number === `INV-${customer.number}`)).toMatchObject({ state: paid[index] ? 'closed' : 'open' });
    }
  }
  const { rows } = await world.db.admin.query(`
    select (select count(distinct attempt_id)::int from payment_attempt_step where kind in ('unknown', 'canceled')) as cut,
      (select count(*)::int from outbound_email where state = 'uncertain') as uncertain, (select count(*)::int from outbound_email where tries > 1) as again`);
  const { cut, uncertain, again } = rows[0];
  process.stdout.write(
    `SEED=${SEED}: ${fleet.killed} kills in ${seconds} s, ${paid.filter(Boolean).length} of ${customers.length} paid, ${cut} payments were cut off, ${uncertain} reminders uncertain, ${again} mails taken up again, ${world.mail.list().length} mails\n`,
  );
  // otherwise nobody died where it hurts
  expect(cut + uncertain + again).toBeGreaterThan(0);
});
