import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Balancer, startBalancer, until } from '../support/processes.ts';
import { crowd, keepKilling, payWhenReminded } from '../crash/crowd.ts';
import { BANK_DELAY, disagreements, startWorld, type World, wrongMails } from '../crash/world.ts';

let balancer: Balancer;
let world: World;
beforeAll(async () => {
  balancer = await startBalancer();
  world = await startWorld(balancer.url);
});
afterAll(async () => {
  await world.close();
  await balancer.stop();
});

test('three web and three worker processes on one PostgreSQL, one of each killed: the work goes on and everything is done once', {
  timeout: 120_000,
}, async () => {
  const { companies, customers } = await crowd(world, 2, 8);
  const fleet = keepKilling(world, balancer, { size: 3, kills: 0, lifeMs: 0, random: () => 0 });
  await fleet.done;
  const processes = fleet.living();
  expect(processes).toHaveLength(6);
  let calm = false;
  const payers = customers.map((customer) => payWhenReminded(world, customer, () => calm));
  await world.letDailyRunBegin(companies[0]!);
  await world.nudge(3);
  await until(async () => world.mail.list().length > 0, 'the first reminders went out', 20_000);
  const [web, worker] = [processes.find((one) => balancer.ports.has(one.port))!, processes.find((one) => !balancer.ports.has(one.port))!];
  await Promise.all([web.kill(), worker.kill()]);
  balancer.ports.delete(web.port);
  await world.letDailyRunBegin(companies[1]!);

  await world.settle({ olderThanSeconds: 3, timeoutMs: 60_000 });
  calm = true;
  const paid = await Promise.all(payers);
  world.gateway.ledger.advance(BANK_DELAY);
  await world.gateway.redeliver();
  await world.settle({ olderThanSeconds: 3, timeoutMs: 60_000 });
  await until(
    async () => (await world.db.admin.query("select 1 from payment_attempt where state = 'processing'")).rows.length === 0,
    'bank payments have settled',
  );
  await world.settle({ olderThanSeconds: 3 });

  expect(processes.filter((one) => one.child.signalCode === null && one.child.exitCode === null)).toHaveLength(4);
  expect(await disagreements(world)).toEqual([]);
  expect(await wrongMails(world)).toEqual([]);
  // the killed worker may have been in the middle of a few mails of the first company; the second one had all of its own
  expect(paid.slice(8)).toEqual(Array.from({ length: 8 }, () => true));
  expect(paid.filter(Boolean)).toHaveLength([...world.gateway.ledger.tables.payment.values()].filter((charge) => charge.status === 'settled').length);
});
