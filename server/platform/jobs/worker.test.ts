import { afterAll, beforeAll, test } from 'vitest';
import { z } from 'zod';
import { type TestDatabase, testDatabase } from '../../../tests/support/database.ts';
import { until } from '../../../tests/support/processes.ts';
import { realClock } from '../clock.ts';
import { type AnyJob, defineJob } from './jobs.ts';
import { startWorker } from './worker.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase({ clock: { ...realClock, set: () => {}, advance: () => {} } });
});
afterAll(() => db.close());

const aliveLocks = async () =>
  (
    await db.admin.query(
      "select pid from pg_locks where locktype = 'advisory' and classid = 815001 and granted and database = (select oid from pg_database where datname = current_database())",
    )
  ).rows as { pid: number }[];

test('a worker whose connection broke shows again that it lives, so that nobody takes its jobs', async () => {
  const worker = await startWorker(db.platform(), [], []);
  await until(async () => (await aliveLocks()).length === 4, 'four workers show that they live');
  const before = (await aliveLocks())[0]!.pid;
  await db.admin.query('select pg_terminate_backend($1)', [before]);
  await until(async () => (await aliveLocks()).filter(({ pid }) => pid !== before).length === 4, 'they show it on another connection');
  await worker.stop();
});

test('the jobs of a worker that died are done by another one', async () => {
  const tenantId = await db.tenant();
  let done = 0;
  const job = defineJob('test.count', z.object({}), async () => {
    done += 1;
  });
  await db.inTenant(tenantId, (ctx) => ctx.enqueue(job, {}));
  await db.admin.query("update graphile_worker._private_jobs set locked_by = 'worker-of-a-dead-process', locked_at = now() - interval '1 minute'");
  const worker = await startWorker(db.platform(), [job] as unknown as AnyJob[], []);
  await until(async () => done === 1, 'the job is done');
  await worker.stop();
});
