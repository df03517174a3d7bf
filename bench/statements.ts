import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import { newId } from '../server/kernel/ids.ts';
import { seedTenant } from '../server/app.ts';
import { closeSenders, deliverDue } from '../server/modules/correspondence/index.ts';
import { executeRun, startManualRun } from '../server/modules/statements/commands/run.ts';
import { modelOf } from '../server/modules/statements/content.ts';
import { readBatch, readStatements } from '../server/modules/statements/documents/queries.ts';
import { statementUrl } from '../server/modules/statements/links.ts';
import { readRules } from '../server/modules/statements/queries.ts';
import { writeSecret } from '../server/modules/tenants/index.ts';
import { type Context, inNewTenant, inTenant, type Platform, systemActor, workFor } from '../server/platform/context.ts';
import { loadConfig } from '../server/platform/config/config.ts';
import { realClock } from '../server/platform/clock.ts';
import { openDatabase } from '../server/platform/database/database.ts';
import { startEmbedded } from '../server/platform/database/embedded.ts';
import { migrate } from '../server/platform/database/migrate.ts';
import { sql } from '../server/platform/database/sql.ts';
import { fault } from '../server/platform/fault.ts';
import { localFiles } from '../server/platform/files/files.ts';
import { drawStatements, closeDrawing } from '../server/platform/pdf/statement-pool.ts';
import type { StatementPdfModel } from '../server/platform/pdf/statement-pdf.ts';
import { createSecrets } from '../server/platform/secrets/secrets.ts';
import { createLogger } from '../server/platform/telemetry/log.ts';
import { type BenchOptions, type BenchResult, bound, rate } from './bench.ts';
import { startSink } from './sink.ts';

/** Ten pages' worth of thousands: more says nothing new. */
const MAX_STATEMENTS = 10_000;
const INVOICES = 12;
const LIMIT_CONNECTIONS = 5;
const LIMIT_SENDERS = 20;
/** Statements drawn together in the limit, as in a run. */
const CHUNK = 200;

/** A company, its customers with an address each, and twelve open invoices of each: a statement of one page. */
async function company(platform: Platform, count: number, rsaPrivateKey: string): Promise<string> {
  const tenant = {
    id: newId(),
    name: 'Bench Supply Company',
    currency: 'USD',
    timezone: 'UTC',
    locale: 'en-US',
    setting: {
      mail: { fromAddress: 'ar@bench.example' },
      branding: { address: '100 Harbor Way\nPortland OR 97201', phone: '+1 503 555 0100', supportEmail: 'ar@bench.example' },
      statements: { remitTo: 'Bench Supply Company\nLockbox 4410\nPortland OR 97201' },
    },
  };
  await inNewTenant(platform, tenant, systemActor, async (ctx) => {
    await seedTenant(ctx);
    // signed, as mail to customers has to be
    await writeSecret(ctx, 'dkim', JSON.stringify({ domain: 'bench.example', selector: 's1', rsaPrivateKey }));
    await seed(ctx, count);
  });
  return tenant.id;
}

async function seed(ctx: Context, count: number): Promise<void> {
  const customers = Array.from({ length: count }, () => newId());
  await ctx.tx.run(sql`
    insert into customer (tenant_id, id, number, company_name, first_name, name)
    select ${ctx.tenant.id}, id, 'C' || n, 'Company ' || n, 'Ana', 'Company ' || n from unnest(${customers}::uuid[]) with ordinality t(id, n)`);
  await ctx.tx.run(sql`
    insert into contact (tenant_id, id, customer_id, name, email, is_primary)
    select ${ctx.tenant.id}, gen_random_uuid(), id, 'Ana', 'ap' || n || '@cust.test', true from unnest(${customers}::uuid[]) with ordinality t(id, n)`);
  await ctx.tx.run(sql`
    insert into document (tenant_id, id, kind, state, customer_id, number, currency, amount_minor, open_minor, due_on, issued_on, bill_address)
    select ${ctx.tenant.id}, gen_random_uuid(), 'invoice', 'open', id, 'INV-' || n || '-' || k, 'USD', 10000 + n * 7 + k, 10000 + n * 7 + k,
      app.today() - (k * 11)::int + 20, app.today() - (k * 11)::int - 10, '{"line1": "500 Market Street", "city": "Seattle", "state": "WA", "zip": "98101"}'
    from unnest(${customers}::uuid[]) with ordinality t(id, n) cross join generate_series(1, ${INVOICES}::int) k`);
}

async function openPlatform(folder: string, url: string, smtpUrl: string): Promise<Platform> {
  const config = { ...loadConfig({ DATA_DIR: folder, DATABASE_URL: url, LOG_LEVEL: 'warn', PUBLIC_URL: 'https://billing.bench.example', SMTP_URL: smtpUrl }) };
  const log = createLogger('warn');
  return {
    config,
    log,
    database: openDatabase(url, { onError: (error) => log.warn(error) }),
    clock: realClock,
    secrets: createSecrets(config.secretKey),
    files: localFiles(join(folder, 'files')),
    reactions: {},
    fault,
  };
}

/** Highest resident memory of this process, its drawing threads included, while `work` runs. */
async function peakOf<T>(work: () => Promise<T>): Promise<{ value: T; mb: number }> {
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, process.memoryUsage().rss);
  };
  const timer = setInterval(look, 50);
  const value = await work().finally(() => clearInterval(timer));
  look();
  return { value, mb: peak / 1_000_000 };
}

/** From nothing to the last recorded outcome: planned, drawn, kept, mailed. Answers statements a second. */
async function measureOurs(platform: Platform, tenantId: string, count: number): Promise<{ perSecond: number; runId: string }> {
  const work = workFor(platform, tenantId, systemActor);
  const began = performance.now();
  const runId = await work.transaction(async (ctx) => {
    const rules = await readRules(ctx);
    return startManualRun(ctx, { ruleIds: [rules[0]!.id], mails: true });
  });
  let drawn = false;
  const run = executeRun(work, runId).then(() => {
    drawn = true;
  });
  // the worker sends while the run goes on
  for (;;) {
    const before = drawn;
    const report = await deliverDue(work);
    if (before && report.finished && report.sent === 0) break;
    if (report.sent === 0 && !drawn) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await run;
  const perSecond = count / ((performance.now() - began) / 1000);
  const sent = await inTenant(platform, tenantId, systemActor, (ctx) =>
    ctx.tx.one<{ count: number }>(sql`select count(*)::int as count from outbound_email where run_id = ${runId} and state = 'sent'`),
  );
  if (sent.count !== count) throw new Error(`${sent.count} of ${count} statements were sent`);
  return { perSecond, runId };
}

/** What the run drew, as it is handed to the threads. */
async function modelsOf(platform: Platform, tenantId: string, runId: string): Promise<StatementPdfModel[]> {
  return inTenant(platform, tenantId, systemActor, async (ctx) => {
    const ids = (await readBatch(ctx, runId, false)).map((entry) => entry.id);
    return (await readStatements(ctx, ids)).map((statement) =>
      modelOf(statement, statement.frame, statementUrl(platform, statement.frame.base, { tenantId, statementId: statement.id })),
    );
  });
}

/** pdfkit in as many threads and nodemailer's pool, side by side, on the same pages and the same words: no database, no files. */
async function measureLimit(url: string, models: readonly StatementPdfModel[], html: string, text: string, rsaPrivateKey: string): Promise<number> {
  const transport = nodemailer.createTransport({
    ...{
      host: '127.0.0.1',
      port: Number(new URL(url).port),
      pool: true,
      maxConnections: LIMIT_CONNECTIONS,
      maxMessages: Number.POSITIVE_INFINITY,
      ignoreTLS: true,
    },
    dkim: { domainName: 'bench.example', keySelector: 's1', privateKey: rsaPrivateKey },
  } as Parameters<typeof nodemailer.createTransport>[0]);
  const began = performance.now();
  let sending: Promise<unknown> = Promise.resolve();
  for (let at = 0; at < models.length; at += CHUNK) {
    const chunk = models.slice(at, at + CHUNK);
    const drawn = await drawStatements(chunk, null);
    await sending;
    let next = 0;
    const one = async (): Promise<void> => {
      while (next < drawn.length) {
        const index = next++;
        const result = drawn[index]!;
        if (!('bytes' in result)) throw new Error(result.failure);
        await transport.sendMail({
          from: 'ar@bench.example',
          to: 'ap@cust.test',
          subject: `Statement ${chunk[index]!.number}`,
          html,
          text,
          attachments: [{ filename: `Statement ${chunk[index]!.number}.pdf`, content: Buffer.from(result.bytes), contentType: 'application/pdf' }],
        });
      }
    };
    sending = Promise.all(Array.from({ length: LIMIT_SENDERS }, one));
  }
  await sending;
  const perSecond = models.length / ((performance.now() - began) / 1000);
  transport.close();
  return perSecond;
}

/** The words of a mail that was sent, so that the limit sends as much. */
function readContent(platform: Platform, tenantId: string, runId: string): Promise<{ html: string; text: string }> {
  return inTenant(platform, tenantId, systemActor, (ctx) =>
    ctx.tx.one<{ html: string; text: string }>(sql`
      select c.html, c.body_text as text from outbound_email_content c join outbound_email e on e.tenant_id = c.tenant_id and e.id = c.email_id
      where e.run_id = ${runId} limit 1`),
  );
}

export async function run({ rows, log }: BenchOptions): Promise<BenchResult[]> {
  const count = Math.min(rows, MAX_STATEMENTS);
  const few = Math.max(100, Math.round(count / 10));
  const folder = mkdtempSync(join(tmpdir(), 'payorcrm-bench-statements-'));
  const embedded = await startEmbedded({ dataDir: folder, log: () => {} });
  await migrate(embedded.url);
  const sink = await startSink();
  const platform = await openPlatform(folder, embedded.url, sink.url);
  try {
    const rsaPrivateKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const small = await company(platform, few, rsaPrivateKey);
    const large = await company(platform, count, rsaPrivateKey);
    await platform.database.owner.query('analyze');
    await measureOurs(platform, small, few);
    // a second time: now everything is loaded that a worker loads once
    const fewer = await peakOf(() => measureOurs(platform, small, few));
    const first = await peakOf(() => measureOurs(platform, large, count));
    const taken = await sink.taken();
    if (!/^DKIM-Signature:/m.test(taken.sample)) throw new Error('the mails are not signed');
    const models = await modelsOf(platform, large, first.value.runId);
    const { html, text } = await readContent(platform, large, first.value.runId);
    const limit = await measureLimit(sink.url, models, html, text, rsaPrivateKey);
    const again = await measureOurs(platform, large, count);
    const limitAgain = await measureLimit(sink.url, models, html, text, rsaPrivateKey);
    log(
      `${count} statements in mails of ${Math.round(taken.bytes / taken.mails)} bytes: ours ${Math.round(first.value.perSecond)} and ${Math.round(again.perSecond)}/s, pdfkit and nodemailer ${Math.round(limit)} and ${Math.round(limitAgain)}/s; memory ${Math.round(fewer.mb)} MB at ${few}, ${Math.round(first.mb)} MB at ${count}`,
    );
    return [
      rate('statements planned, drawn, kept, mailed, recorded', (first.value.perSecond + again.perSecond) / 2, (limit + limitAgain) / 2, 'per s', 0.6),
      bound('memory of a statement run, against a tenth of it', first.mb, fewer.mb * 1.25, 'MB'),
    ];
  } finally {
    await closeSenders();
    await closeDrawing();
    await platform.database.close();
    sink.child.kill();
    await embedded.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
