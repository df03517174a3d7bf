import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { type TestDatabase, testDatabase } from '../../../tests/support/database.ts';
import { newId } from '../../kernel/ids.ts';
import { defineJob } from './jobs.ts';

let db: TestDatabase;
let worker: pg.Client;
beforeAll(async () => {
  db = await testDatabase();
  worker = new pg.Client({ connectionString: db.url });
  await worker.connect();
});
afterAll(async () => {
  await worker.end();
  await db.close();
});

const job = defineJob('test.due', z.object({}), async () => {});

it('a job that a worker takes while a second transaction enqueues its key is followed by another one', async () => {
  const tenant = await db.tenant();
  // the first transaction enqueues, and a worker has the job in the moment in which it commits
  await worker.query('begin');
  await worker.query("select app.enqueue('test.due', '{}'::json, $1)", [`test.due:${tenant}:due`]);
  await worker.query("update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w1' where key = $1", [`test.due:${tenant}:due`]);
  // the second waits for it on the key
  const second = db.inTenant(tenant, (ctx) => ctx.enqueue(job, {}, { key: 'due' }));
  for (;;) {
    const { rows } = await db.admin.query("select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");
    if (rows.length > 0) break;
  }
  await worker.query('commit');
  await second;
  const { rows } = await db.admin.query(
    "select j.locked_by, j.key from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'test.due' order by j.id",
  );
  expect(rows).toEqual([
    { locked_by: 'w1', key: null },
    { locked_by: null, key: `test.due:${tenant}:due` },
  ]);
});

it('keeps one waiting job for a key, however often it is enqueued', async () => {
  const tenant = await db.tenant();
  const key = newId();
  await Promise.all(Array.from({ length: 20 }, () => db.inTenant(tenant, (ctx) => ctx.enqueue(job, {}, { key }))));
  const { rows } = await db.admin.query('select count(*)::int as count from graphile_worker._private_jobs where key like $1', [`%${key}`]);
  expect(rows[0].count).toBe(1);
});
