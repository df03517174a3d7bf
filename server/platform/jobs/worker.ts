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
  const runner = await run({
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
  const stopTicks = startTicks(platform, ticks);
  return {
    async stop() {
      await stopTicks();
      await runner.stop();
    },
  };
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
 * Does every job that is waiting and due, in this process, until none is left. For tests with a travelling clock:
 * the queue's own clock is the database's, so that `run_at` is compared here with the platform's.
 */
export async function drainJobs(platform: Platform, jobs: readonly AnyJob[], limit = 10_000): Promise<number> {
  const byName = new Map(jobs.map((job) => [job.name, job]));
  let done = 0;
  for (;;) {
    const { rows } = await platform.database.owner.query(
      `with next as (
         select id from graphile_worker._private_jobs where run_at <= $1::timestamptz and attempts < max_attempts
         order by priority, run_at, id limit 1 for update skip locked)
       delete from graphile_worker._private_jobs j using next, graphile_worker._private_tasks t
       where j.id = next.id and t.id = j.task_id returning t.identifier as name, j.payload`,
      [latest(platform).toString()],
    );
    const row = rows[0];
    if (!row) return done;
    const job = byName.get(row.name);
    if (!job) throw new Error(`no job of the name ${row.name}`);
    await perform(platform, job, row.payload);
    if (++done > limit) throw new Error('the queue does not run empty');
  }
}

/** Jobs enqueued without a moment carry the database's; those are due whatever the travelling clock says. */
function latest(platform: Platform): Temporal.Instant {
  const now = platform.clock.now();
  const real = Temporal.Now.instant();
  return Temporal.Instant.compare(now, real) > 0 ? now : real;
}
