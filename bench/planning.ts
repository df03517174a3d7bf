import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { newId } from '../server/kernel/ids.ts';
import { inNewTenant, inTenant, type Platform, systemActor } from '../server/platform/context.ts';
import { openDatabase } from '../server/platform/database/database.ts';
import { startEmbedded } from '../server/platform/database/embedded.ts';
import { migrate } from '../server/platform/database/migrate.ts';
import { loadConfig } from '../server/platform/config/config.ts';
import { fault } from '../server/platform/fault.ts';
import { localFiles } from '../server/platform/files/files.ts';
import { createSecrets } from '../server/platform/secrets/secrets.ts';
import { createLogger } from '../server/platform/telemetry/log.ts';
import { seedDefaultTemplates } from '../server/modules/templates/index.ts';
import { planRun, startManualRun } from '../server/modules/reminders/commands/run.ts';
import { seedDefaultRules } from '../server/modules/reminders/index.ts';
import { type BenchOptions, type BenchResult, cost, median } from './bench.ts';
import { seedReceivables } from './seed.ts';

const ROUNDS = 5;
/** Must be reached: our statement, with row-level security, holds and counts, against SQL written for these rules. */
const GOAL = 0.77;

/**
 * The day's planning of the seven default rules over all open invoices, decisions written and committed, beside one
 * hand-written statement that writes the same decisions as the owner of the tables: no row-level security, no holds,
 * no counting. Both in turns on one database.
 */
export async function run({ rows, log }: BenchOptions): Promise<BenchResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'payorcrm-bench-'));
  const embedded = await startEmbedded({ dataDir: folder, log: () => {} });
  await migrate(embedded.url);
  const admin = new pg.Client({ connectionString: embedded.url, options: '-c jit=off -c work_mem=64MB' });
  await admin.connect();
  const platform = platformOn(embedded.url, folder);
  try {
    const tenantId = await company(platform);
    await seedReceivables(admin, tenantId, { invoices: rows, customers: Math.max(1, Math.round(rows / 10)) });
    await admin.query('update reminder_rule set active = true, activated_on = $1', ['2000-01-01']);
    await admin.query('vacuum analyze');
    return await measure(platform, admin, tenantId, rows, log);
  } finally {
    await admin.end();
    await platform.database.close();
    await embedded.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function platformOn(url: string, folder: string): Platform {
  const config = loadConfig({ DATA_DIR: folder, DATABASE_URL: url, LOG_LEVEL: 'warn' });
  return {
    config,
    database: openDatabase(url, { onError: () => {} }),
    clock: { now: () => Temporal.Now.instant(), real: true },
    log: createLogger(config.logLevel),
    secrets: createSecrets(config.secretKey),
    files: localFiles(join(folder, 'files')),
    reactions: {},
    fault,
  };
}

async function company(platform: Platform): Promise<string> {
  const id = newId();
  await inNewTenant(platform, { id, name: 'Bench', currency: 'USD', timezone: 'UTC', locale: 'en-US', setting: {} }, systemActor, async (ctx) => {
    const { reminderTemplateId } = await seedDefaultTemplates(ctx);
    await seedDefaultRules(ctx, reminderTemplateId);
  });
  return id;
}

async function measure(platform: Platform, admin: pg.Client, tenantId: string, rows: number, log: (line: string) => void): Promise<BenchResult[]> {
  const ours: number[] = [];
  const limit: number[] = [];
  const again: number[] = [];
  let repeated = 0;
  const work = <T>(fn: Parameters<typeof inTenant<T>>[3]) => inTenant(platform, tenantId, systemActor, fn);
  // the first round warms caches and is not counted
  for (let round = 0; round <= ROUNDS; round++) {
    await clear(admin);
    const byHand = await seconds(() => handWritten(admin, tenantId));
    const expected = await decisions(admin);
    await clear(admin);
    const runId = await work((ctx) => startManualRun(ctx, null));
    const planned = await seconds(() => work((ctx) => planRun(ctx, runId)));
    const written = await decisions(admin);
    if (written.digest !== expected.digest) throw new Error(`the decisions differ: ${written.count} against ${expected.count} by hand`);
    const secondId = await work((ctx) => startManualRun(ctx, null));
    const repeat = await seconds(() => work((ctx) => planRun(ctx, secondId)));
    repeated += (await decisions(admin)).count - written.count;
    log(`${written.count} decisions: ${(planned * 1000).toFixed(0)} ms, by hand ${(byHand * 1000).toFixed(0)} ms, repeated ${(repeat * 1000).toFixed(0)} ms`);
    if (round === 0) continue;
    ours.push(planned);
    limit.push(byHand);
    again.push(repeat);
  }
  return [
    cost(`planning of the default rules over ${rows.toLocaleString('en-US')} open invoices`, median(ours), median(limit), 's', GOAL),
    { name: 'planning repeated: rows written', ours: repeated, limit: 0, unit: 'rows', ratio: repeated === 0 ? 1 : 0, goal: 1 },
  ];
}

async function clear(admin: pg.Client): Promise<void> {
  await admin.query('truncate reminder_decision');
  await admin.query('delete from reminder_run');
  await admin.query('checkpoint');
}

async function seconds(fn: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await fn();
  return (performance.now() - started) / 1000;
}

/** How many decisions there are, and a digest of what they say. */
async function decisions(admin: pg.Client): Promise<{ count: number; digest: string }> {
  const { rows } = await admin.query(
    `select count(*)::int as count, sum(hashtextextended(concat_ws(' ', customer_id, day, rule_id, currency, outcome, reason, open_minor,
       (select string_agg(x::text, ' ' order by x) from unnest(document_ids) x)), 0))::text as digest from reminder_decision`,
  );
  return rows[0];
}

/** What someone would write who knows the seven rules by heart. */
async function handWritten(admin: pg.Client, tenantId: string): Promise<void> {
  const { rows } = await admin.query(
    `select id, position, invoice_condition #>> '{conditions,0,field}' as field, (invoice_condition #>> '{conditions,0,value}')::int as value
     from reminder_rule where tenant_id = $1 order by position`,
    [tenantId],
  );
  const offsets = rows.map((rule) => `('${rule.id}'::uuid, ${rule.position}, current_date + ${rule.field === 'due_in' ? rule.value : -rule.value})`);
  await admin.query(
    `insert into reminder_decision (tenant_id, customer_id, day, rule_id, currency, run_id, rule_version, document_ids, open_minor, outcome, reason, decided_at)
     select $1, customer_id, current_date, rule_id, currency, $2, 1, document_ids, open_minor,
       case when rank = 1 then 'send' else 'merged' end, case when rank = 1 then 'matched' when rule_id = strongest_id then 'same_rule' else 'stronger_rule' end, now()
     from (
       select *, row_number() over w as rank, first_value(rule_id) over w as strongest_id
       from (
         select d.customer_id, d.currency, r.rule_id, r.position, r.due_on, array_agg(d.id) as document_ids, sum(d.open_minor) as open_minor
         from (values ${offsets.join(', ')}) r(rule_id, position, due_on)
         join document d on d.tenant_id = $1 and d.state = 'open' and d.due_on = r.due_on and d.kind = 'invoice'
         group by d.customer_id, d.currency, r.rule_id, r.position, r.due_on
       ) matched
       window w as (partition by customer_id order by due_on, position, currency)
     ) ranked
     order by customer_id
     on conflict do nothing`,
    [tenantId, newId()],
  );
}
