import { EventEmitter } from 'node:events';
import type { PoolClient } from 'pg';
import { systemActor, workFor, type Platform } from '../context.ts';
import type { AnyJob, Tick } from './jobs.ts';

export interface Worker {
  stop(): Promise<void>;
}

/** Jobs that one worker process does side by side. */
const CONCURRENCY = 4;

/** Starts the queue's runner and the ticks. `stop` lets what has begun finish. */
export async function startWorker(platform: Platform, jobs: readonly AnyJob[], ticks: readonly Tick[]): Promise<Worker> {
  const { run, Logger } = await import('graphile-worker');
  const events = new EventEmitter();
  const signOfLife = await showLife(platform);
  events.on('worker:create', ({ worker }: { worker: { workerId: string } }) => signOfLife.add(worker.workerId));
  const runner = await run({
    events,
    pgPool: platform.database.owner,
    concurrency: CONCURRENCY,
    noHandleSignals: true,
    pollInterval: 2000,
    logger: new Logger(() => (level, message) => {
      if (level === 'error') platform.log.error(message);
      else if (level === 'warning') platform.log.warn(message);
    }),
    taskList: Object.fromEntries(jobs.map((job) => [job.name, (payload: unknown) => perform(platform, job, payload)])),
  });
  const stopTicks = startTicks(platform, [...ticks, { name: 'jobs.release', everySeconds: 10, run: releaseDeadWorkers }]);
  return {
    async stop() {
      await stopTicks();
      await runner.stop();
      signOfLife.stop();
    },
  };
}

/** First key of the advisory locks by which workers show that they live; the second is the hash of the worker's id. */
const ALIVE = 815_001;

/** How long a lost connection is waited for before it is opened anew. */
const RECONNECT_MS = 1000;

/**
 * Holds the locks of this process's workers on a connection of their own. When the connection breaks (PostgreSQL was
 * restarted) it is opened again: a worker without its lock would have its jobs taken away while it does them.
 */
async function showLife(platform: Platform): Promise<{ add(workerId: string): void; stop(): void }> {
  const ids: string[] = [];
  let stopped = false;
  let client: PoolClient | null = null;
  let work: Promise<unknown> = Promise.resolve();
  const lock = (workerId: string) => client?.query('select pg_advisory_lock($1, hashtext($2))', [ALIVE, workerId]);
  const open = async (): Promise<void> => {
    const fresh = await platform.database.owner.connect();
    fresh.once('end', () => {
      if (stopped) return;
      client = null;
      fresh.release(true);
      retry();
    });
    client = fresh;
    for (const id of ids) await lock(id);
  };
  const retry = () => {
    setTimeout(() => {
      if (!stopped) work = work.then(open).catch(retry);
    }, RECONNECT_MS).unref();
  };
  await open();
  return {
    add(workerId) {
      ids.push(workerId);
      work = work.then(() => lock(workerId)).catch((error) => platform.log.error({ err: error }, 'a worker could not show that it lives'));
    },
    stop() {
      stopped = true;
      client?.release(true);
    },
  };
}

/**
 * Gives back the jobs of workers whose process died. The queue itself would wait four hours. A worker holds an advisory
 * lock on its id for as long as its connection lives, so a lock that is not held belongs to nobody.
 */
async function releaseDeadWorkers(platform: Platform): Promise<void> {
  await platform.database.owner.query(
    `select graphile_worker.force_unlock_workers(array_agg(dead.id)) from (
       select distinct locked_by as id from graphile_worker._private_jobs j where locked_by is not null and locked_at < now() - interval '5 seconds'
         and not exists (select 1 from pg_locks l where l.locktype = 'advisory' and l.database = (select oid from pg_database where datname = current_database())
           and l.classid = $1::int8::oid and l.objid = (hashtext(j.locked_by)::int8 & 4294967295)::oid)) dead
     having count(*) > 0`,
    [ALIVE],
  );
}

async function perform(platform: Platform, job: AnyJob, raw: unknown): Promise<void> {
  const { tenantId, payload } = raw as { tenantId: string; payload: unknown };
  try {
    await job.run(workFor(platform, tenantId, systemActor), job.schema.parse(payload));
  } catch (error) {
    platform.log.error({ err: error, job: job.name, tenantId }, 'job failed, will be tried again');
    throw error;
  }
}

function startTicks(platform: Platform, ticks: readonly Tick[]): () => Promise<void> {
  let stopped = false;
  const running = new Set<Promise<void>>();
  const timers = ticks.map((tick) => {
    let busy = false;
    const beat = () => {
      if (busy || stopped) return;
      busy = true;
      const turn = tick
        .run(platform)
        .catch((error) => platform.log.error({ err: error, tick: tick.name }, 'tick failed'))
        .finally(() => {
          busy = false;
          running.delete(turn);
        });
      running.add(turn);
    };
    // spread over the first second, so that a start does not run everything at once
    setTimeout(beat, 200 + Math.random() * 800).unref();
    return setInterval(beat, tick.everySeconds * 1000);
  });
  return async () => {
    stopped = true;
    for (const timer of timers) clearInterval(timer);
    await Promise.all(running);
  };
}

/**
 * Does every job that is due by the platform's clock, in this process, until none is left. For tests, whose clock the
 * queue's own runner does not know.
 */
export async function drainJobs(platform: Platform, jobs: readonly AnyJob[], limit = 10_000): Promise<number> {
  const byName = new Map(jobs.map((job) => [job.name, job]));
  for (let done = 0; ; done++) {
    if (done > limit) throw new Error('the queue does not run empty');
    const { rows } = await platform.database.owner.query(
      `with next as (
         select id from graphile_worker._private_jobs where run_at <= $1::timestamptz and attempts < max_attempts
         order by priority, run_at, id limit 1 for update skip locked)
       delete from graphile_worker._private_jobs j using next, graphile_worker._private_tasks t
       where j.id = next.id and t.id = j.task_id returning t.identifier as name, j.payload`,
      [platform.clock.now().toString()],
    );
    const row = rows[0];
    if (!row) return done;
    const job = byName.get(row.name);
    if (!job) throw new Error(`no job of the name ${row.name}`);
    await perform(platform, job, row.payload);
  }
}
