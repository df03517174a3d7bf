import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { type BenchOptions, type BenchResult, bound, cost, median, percentile } from './bench.ts';
import { client } from './http.ts';
import { seedReceivables } from './seed.ts';
import { startBenchServer } from './server.ts';

const ROUNDS = 5;
const SINGLE = 700;
/** Not counted: a server that has just started compiles what is asked of it. */
const WARM_UP = 100;

/**
 * A: what a database programmer would write by hand for the ageing of all customers, with the same index, as the owner
 * and with the tenant and the day written in; read as COPY text, which is the fastest way out of PostgreSQL.
 */
const handWritten = (tenantId: string, today: string) => `copy (
  select customer_id, currency,
    sum(open_minor) filter (where due_on >= '${today}'::date),
    sum(open_minor) filter (where due_on between '${today}'::date - 30 and '${today}'::date - 1),
    sum(open_minor) filter (where due_on between '${today}'::date - 60 and '${today}'::date - 31),
    sum(open_minor) filter (where due_on between '${today}'::date - 90 and '${today}'::date - 61),
    sum(open_minor) filter (where due_on < '${today}'::date - 90)
  from document where tenant_id = '${tenantId}' and state = 'open' and kind = 'invoice' group by customer_id, currency) to stdout`;

/** Aging of all customers as a file over HTTP against the bare statement, and of one customer over HTTP. */
export async function run({ rows, log }: BenchOptions): Promise<BenchResult[]> {
  const server = await startBenchServer();
  const bare = new pg.Client({ connectionString: server.databaseUrl, options: '-c jit=off' });
  await bare.connect();
  const http = client(server.url, server.headers);
  try {
    const customers = Math.max(1, Math.floor(rows / 10));
    await seedReceivables(server.admin, server.tenantId, { invoices: rows, customers });
    const today = (await server.admin.query("select (now() at time zone 'UTC')::date::text as today")).rows[0].today as string;
    const limits: number[] = [];
    const ours: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const began = performance.now();
      let lines = 0;
      for await (const chunk of bare.query(copyTo(handWritten(server.tenantId, today)))) lines += countLines(chunk as Buffer);
      const limit = performance.now() - began;
      const answer = await http.get('/v1/exports/aging?format=csv', false);
      // the first round fills the caches of both
      if (round > 0) {
        limits.push(limit);
        ours.push(answer.ms);
      }
      log(`aging of ${lines} customers: hand-written SQL ${limit.toFixed(0)} ms, over HTTP ${answer.ms.toFixed(0)} ms (${answer.bytes} bytes)`);
    }
    const single: number[] = [];
    for (let n = 0; n < SINGLE; n++) {
      const customer = `019a0000-c000-7000-8000-${(1 + ((n * 7919) % customers)).toString(16).padStart(12, '0')}`;
      const answer = await http.get(`/v1/customers/${customer}/aging`);
      if (n >= WARM_UP) single.push(answer.ms);
    }
    return [
      cost('aging of all customers, over HTTP', median(ours), median(limits), 'ms', 0.83),
      bound('aging of one customer over HTTP, p99', percentile(single, 0.99), 5, 'ms'),
    ];
  } finally {
    http.close();
    await bare.end();
    await server.close();
  }
}

function countLines(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) count++;
  return count;
}
