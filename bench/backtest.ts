import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { newId } from '../server/kernel/ids.ts';
import { loadConfig } from '../server/platform/config/config.ts';
import { inNewTenant, inTenant, type Platform, systemActor } from '../server/platform/context.ts';
import { openDatabase } from '../server/platform/database/database.ts';
import { startEmbedded } from '../server/platform/database/embedded.ts';
import { migrate } from '../server/platform/database/migrate.ts';
import { fault } from '../server/platform/fault.ts';
import { localFiles } from '../server/platform/files/files.ts';
import { createSecrets } from '../server/platform/secrets/secrets.ts';
import { createLogger } from '../server/platform/telemetry/log.ts';
import { seedDefaultRules } from '../server/modules/reminders/index.ts';
import { workOut } from '../server/modules/proof/backtest.ts';
import { readCalendar } from '../server/modules/proof/calendar.ts';
import { why } from '../server/modules/proof/why.ts';
import { seedDefaultTemplates } from '../server/modules/templates/index.ts';
import { type BenchOptions, type BenchResult, cost, median } from './bench.ts';

const DAYS = 365;
/** Must be reached: the planner's own statement with all its holds, against SQL written for these rules. */
const GOAL = 0.5;
const WHY_MS = 20;
/** The next 14 days are worked out while somebody waits for the page. */
const CALENDAR_S = 5;
const ASKED = 200;

/**
 * The seven default rules replayed over the last twelve months, beside hand-written SQL that finds the same matches day
 * by day over spans of open amounts, without holds, settings or caps. And why, for customers and days by chance; and the days to come.
 */
export async function run({ rows, log }: BenchOptions): Promise<BenchResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'payorcrm-bench-'));
  const embedded = await startEmbedded({ dataDir: folder, log: () => {} });
  await migrate(embedded.url);
  const admin = new pg.Client({ connectionString: embedded.url, options: '-c jit=off -c work_mem=64MB -c timezone=UTC' });
  await admin.connect();
  const platform = platformOn(embedded.url, folder);
  try {
    const tenantId = await company(platform);
    await seed(admin, tenantId, rows);
    const work = <T>(fn: Parameters<typeof inTenant<T>>[3]) => inTenant(platform, tenantId, systemActor, fn);
    const byHand = await seconds(() => handWritten(admin, tenantId));
    const expected = (await admin.query('select count(*)::int as mails, count(distinct customer_id)::int as customers from hand_mail')).rows[0];
    const found = { mails: 0, customers: 0 };
    const ours = await seconds(() =>
      work(async (ctx) => {
        const to = ctx.clock.today().subtract({ days: 1 });
        const result = await workOut(
          ctx,
          { candidate: { kind: 'current' }, baseline: { kind: 'sent' }, from: to.subtract({ days: DAYS - 1 }), to },
          { progress: async () => {}, customers: async (page) => void (found.customers += page.length) },
        );
        found.mails = result.days.reduce((sum, day) => sum + day.mails, 0);
      }),
    );
    if (found.mails !== expected.mails || found.customers !== expected.customers)
      throw new Error(`the replay mails ${found.mails} to ${found.customers}, by hand ${expected.mails} to ${expected.customers}`);
    log(`${found.mails} mails in ${DAYS} days: ${ours.toFixed(1)} s, by hand ${byHand.toFixed(1)} s`);
    const times: number[] = [];
    for (let n = 0; n < ASKED; n++) {
      const number = `C${String(1 + ((n * 7919) % customersOf(rows))).padStart(7, '0')}`;
      const asked = await seconds(() => work((ctx) => why(ctx, number, ctx.clock.today().subtract({ days: 1 + ((n * 31) % DAYS) }))));
      // the first few warm caches
      if (n >= 10) times.push(asked * 1000);
    }
    log(`why: ${median(times).toFixed(1)} ms, the slowest of ${times.length} ${Math.max(...times).toFixed(1)} ms`);
    const coming: Awaited<ReturnType<typeof readCalendar>>[] = [];
    const calendar = await seconds(() => work(async (ctx) => void coming.push(await readCalendar(ctx, { days: 14, perRun: 50 }))));
    const runs = coming[0]!.days.flatMap((day) => day.runs);
    log(`the next ${runs.length} runs with ${runs.reduce((sum, run) => sum + run.mails, 0)} mails: ${calendar.toFixed(1)} s`);
    return [
      cost(`the next 14 days of ${rows.toLocaleString('en-US')} invoices`, calendar, CALENDAR_S, 's', 0.8),
      cost(`back-test of the default rules over ${DAYS} days and ${rows.toLocaleString('en-US')} invoices`, ours, byHand, 's', GOAL),
      cost('why a customer was reminded on a past day', median(times), WHY_MS, 'ms', 1),
    ];
  } finally {
    await admin.end();
    await platform.database.close();
    await embedded.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const customersOf = (rows: number): number => Math.max(1, Math.round(rows / 10));

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
  // no caps: the hand-written statement knows none
  const setting = { reminders: { catchUpDays: 0, minContactDays: 0, weeklyCap: null } };
  await inNewTenant(platform, { id, name: 'Bench', currency: 'USD', timezone: 'UTC', locale: 'en-US', setting }, systemActor, async (ctx) => {
    const { reminderTemplateId } = await seedDefaultTemplates(ctx);
    await seedDefaultRules(ctx, reminderTemplateId);
  });
  return id;
}

async function seconds(fn: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await fn();
  return (performance.now() - started) / 1000;
}

const idOf = (kind: string, number: string) => `('019a0000-${kind}-7000-8000-' || lpad(to_hex(${number}), 12, '0'))::uuid`;

/**
 * Invoices due on days of the last 13 months, recorded 30 days before, nine of ten paid between ten days before and 30
 * days after; every tenth in two parts, and every twentieth had its due date changed while it was open.
 */
async function seed(admin: pg.Client, tenantId: string, rows: number): Promise<void> {
  const at = (text: string) => admin.query(text.replaceAll('$tenant', `'${tenantId}'::uuid`));
  await admin.query(`begin; set local session_replication_role = replica; set local app.tenant_id = '${tenantId}'; set local synchronous_commit = off`);
  await at(`update tenant set created_at = now() - interval '500 days' where id = $tenant`);
  await at(`update reminder_rule set active = true, activated_on = '2000-01-01', created_at = now() - interval '500 days' where tenant_id = $tenant`);
  await at(`insert into customer (tenant_id, id, number, company_name, name, created_at)
    select $tenant, ${idOf('c000', 'n')}, 'C' || lpad(n::text, 7, '0'), 'Company ' || n, 'Company ' || n, now() - interval '450 days' from generate_series(1, ${customersOf(rows)}::bigint) n`);
  await at(`insert into contact (tenant_id, id, customer_id, email, is_primary, created_at)
    select $tenant, ${idOf('c100', 'n')}, ${idOf('c000', 'n')}, 'ap' || n || '@customer.test', true, now() - interval '450 days' from generate_series(1, ${customersOf(rows)}::bigint) n`);
  await at(`create temporary table made as
    select n, h % 10 < 9 as paid, h % 10 = 0 as parts, h % 20 = 1 as moved, current_date - 395 + ((h / 100) % 425)::int as due, 1000 + (n * 40503) % 500000 as amount,
      ((h / 7) % 41)::int - 10 as paid_after
    from (select n, (n * 2654435761) % 4294967291 as h from generate_series(1, ${rows}::bigint) n) s`);
  await at(`insert into document (tenant_id, id, kind, state, customer_id, number, currency, amount_minor, open_minor, due_on, issued_on, document_type, created_at)
    select $tenant, ${idOf('d000', 'n')}, 'invoice', case when paid and due + paid_after <= current_date then 'closed' else 'open' end, ${idOf('c000', `1 + (n * 7919) % ${customersOf(rows)}`)},
      'INV-' || lpad(n::text, 8, '0'), 'USD', amount, case when paid and due + paid_after <= current_date then 0 else amount end, due, due - 30, 'RV', (due - 30) + time '08:00'
    from made where due - 30 < current_date`);
  await at(`insert into application (tenant_id, id, document_id, customer_id, source, amount_minor, currency, applied_on, created_at)
    select $tenant, ${idOf('a000', 'n * 2 + part')}, ${idOf('d000', 'n')}, ${idOf('c000', `1 + (n * 7919) % ${customersOf(rows)}`)}, 'source_system',
      case when not parts then amount when part = 0 then 100 else amount - 100 end, 'USD', due + paid_after, (due + paid_after - case when part = 0 and parts then 3 else 0 end) + time '07:00'
    from made cross join generate_series(0, 1) part where paid and due + paid_after <= current_date and due - 30 < current_date and (parts or part = 0)`);
  await at(`insert into document_change (tenant_id, id, document_id, before, after, changed_at)
    select $tenant, ${idOf('e000', 'n')}, ${idOf('d000', 'n')}, jsonb_build_object('due_on', due - 4), jsonb_build_object('due_on', due), (due - 20) + time '06:00'
    from made where moved and due - 20 < current_date`);
  await admin.query('commit');
  await admin.query('vacuum analyze');
}

/** What someone would write who knows the rules, and that nothing but due dates and open amounts is asked. */
async function handWritten(admin: pg.Client, tenantId: string): Promise<void> {
  const { rows: rules } = await admin.query(
    `select id, position, invoice_condition #>> '{conditions,0,field}' as field, (invoice_condition #>> '{conditions,0,value}')::int as value
     from reminder_rule where tenant_id = $1 and active order by position`,
    [tenantId],
  );
  await admin.query('drop table if exists hand_span, hand_decision, hand_mail');
  await admin.query(
    `create temporary table hand_span as
     with step as (
       select d.id, d.customer_id, d.currency, d.total_minor - sum(coalesce(m.amount_minor, 0)) over w as open_minor, greatest(m.at, d.created_at) as valid_from,
         lead(m.at, 1, 'infinity') over w as valid_to, d.due_on
       from document d join lateral (
         select d.created_at as at, 0 as amount_minor union all select a.created_at, a.amount_minor from application a where a.tenant_id = d.tenant_id and a.document_id = d.id) m on true
       where d.tenant_id = $1 and d.kind = 'invoice' window w as (partition by d.id order by m.at)
     )
     select s.id, s.customer_id, s.currency, s.open_minor, s.valid_from, s.valid_to, s.due_on from step s left join document_change c on c.tenant_id = $1 and c.document_id = s.id
     where s.open_minor > 0 and c.id is null
     union all
     select s.id, s.customer_id, s.currency, s.open_minor, greatest(s.valid_from, c.changed_at), s.valid_to, s.due_on from step s
       join document_change c on c.tenant_id = $1 and c.document_id = s.id where s.open_minor > 0 and s.valid_to > c.changed_at
     union all
     select s.id, s.customer_id, s.currency, s.open_minor, s.valid_from, least(s.valid_to, c.changed_at), (c.before ->> 'due_on')::date from step s
       join document_change c on c.tenant_id = $1 and c.document_id = s.id where s.open_minor > 0 and s.valid_from < c.changed_at`,
    [tenantId],
  );
  await admin.query('create index on hand_span (due_on)');
  await admin.query('analyze hand_span');
  await admin.query('create temporary table hand_decision (like reminder_decision including indexes)');
  await admin.query('create temporary table hand_mail (customer_id uuid, day date)');
  const offsets = rules.map((rule) => `('${rule.id}'::uuid, ${rule.position}, $2::date + ${rule.field === 'due_in' ? rule.value : -rule.value})`);
  for (let back = DAYS; back >= 1; back--) {
    const day = Temporal.Now.plainDateISO('UTC').subtract({ days: back }).toString();
    await admin.query(
      `with decided as (
         insert into hand_decision (tenant_id, customer_id, day, rule_id, currency, run_id, rule_version, document_ids, open_minor, outcome, reason, decided_at)
         select $1, customer_id, $2::date, rule_id, currency, $4, 1, document_ids, open_minor, case when rank = 1 then 'send' else 'merged' end, 'matched', $3::timestamptz
         from (
           select *, row_number() over (partition by customer_id order by due_on, position, currency) as rank
           from (
             select d.customer_id, d.currency, r.rule_id, r.position, r.due_on, array_agg(d.id) as document_ids, sum(d.open_minor) as open_minor
             from (values ${offsets.join(', ')}) r(rule_id, position, due_on)
             join hand_span d on d.due_on = r.due_on and d.valid_from <= $3::timestamptz and d.valid_to > $3::timestamptz
             group by d.customer_id, d.currency, r.rule_id, r.position, r.due_on
           ) matched
         ) ranked order by customer_id returning customer_id, day, outcome
       )
       insert into hand_mail select customer_id, day from decided where outcome = 'send'`,
      [tenantId, day, `${day}T09:00:00Z`, newId()],
    );
  }
}
