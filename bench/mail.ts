import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import pg from 'pg';
import { newId } from '../server/kernel/ids.ts';
import { closeSenders, deliverDue, queueEmails } from '../server/modules/correspondence/index.ts';
import { seedDemoGateway } from '../server/modules/payments/index.ts';
import { seedDefaultTemplates } from '../server/modules/templates/index.ts';
import { writeSecret } from '../server/modules/tenants/index.ts';
import { loadConfig } from '../server/platform/config/config.ts';
import { type Context, inNewTenant, inTenant, type Platform, systemActor, workFor } from '../server/platform/context.ts';
import { realClock } from '../server/platform/clock.ts';
import { openDatabase } from '../server/platform/database/database.ts';
import { startEmbedded } from '../server/platform/database/embedded.ts';
import { migrate } from '../server/platform/database/migrate.ts';
import { sql } from '../server/platform/database/sql.ts';
import { fault } from '../server/platform/fault.ts';
import { localFiles } from '../server/platform/files/files.ts';
import { createSecrets } from '../server/platform/secrets/secrets.ts';
import { createLogger } from '../server/platform/telemetry/log.ts';
// puts the gateways in, as every process of the product does
import '../server/app.ts';
import { type BenchOptions, type BenchResult, rate } from './bench.ts';
import { startSink } from './sink.ts';

const MAX_MAILS = 6000;
const INVOICES_A_MAIL = 4;
const LIMIT_CONNECTIONS = 5;
const LIMIT_SENDERS = 20;

/** What the reminders are made of: a company with keys, customers, and invoices that are open. */
async function seed(ctx: Context, count: number, rsaPrivateKey: string): Promise<{ templateId: string; customers: { id: string; documentIds: string[] }[] }> {
  await writeSecret(ctx, 'dkim', JSON.stringify({ domain: 'bench.example', selector: 's1', rsaPrivateKey }));
  const { reminderTemplateId } = await seedDefaultTemplates(ctx);
  const customers = Array.from({ length: count }, () => ({ id: newId(), documentIds: Array.from({ length: INVOICES_A_MAIL }, () => newId()) }));
  await ctx.tx.run(sql`
    insert into customer (tenant_id, id, number, company_name, first_name, name)
    select ${ctx.tenant.id}, id, n::text, 'Company ' || n, 'Ana', 'Company ' || n from unnest(${customers.map((one) => one.id)}::uuid[]) with ordinality t(id, n)`);
  await ctx.tx.run(sql`
    insert into document (tenant_id, id, kind, state, customer_id, number, currency, amount_minor, open_minor, due_on, issued_on)
    select ${ctx.tenant.id}, id, 'invoice', 'open', customer, 'INV-' || n, 'USD', 10000 + n, 10000 + n, app.today() - 7, app.today() - 37
    from unnest(${customers.flatMap((one) => one.documentIds)}::uuid[], ${customers.flatMap((one) => one.documentIds.map(() => one.id))}::uuid[]) with ordinality t(id, customer, n)`);
  await seedDemoGateway(ctx, { simulatorUrl: 'http://127.0.0.1:9' });
  return { templateId: reminderTemplateId, customers };
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

/** nodemailer alone, with its own pool and DKIM, on the very bytes that our reminders are. */
async function measureLimit(url: string, message: Buffer, count: number, rsaPrivateKey: string): Promise<number> {
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
  let left = count;
  const one = async (): Promise<void> => {
    while (left-- > 0) await transport.sendMail({ envelope: { from: 'ar@bench.example', to: 'ap@cust.test' }, raw: message });
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: LIMIT_SENDERS }, one));
  const seconds = (performance.now() - began) / 1000;
  transport.close();
  return count / seconds;
}

/** Ready rows in PostgreSQL until the last outcome is recorded, by one worker process. */
async function measureOurs(platform: Platform, tenantId: string, count: number): Promise<number> {
  const work = workFor(platform, tenantId, systemActor);
  const began = performance.now();
  for (;;) if ((await deliverDue(work)).finished) break;
  const seconds = (performance.now() - began) / 1000;
  const left = await inTenant(platform, tenantId, systemActor, (ctx) =>
    ctx.tx.rows<{ state: string; reason: string | null; count: number }>(
      sql`select state, reason, count(*)::int as count from outbound_email where state <> 'sent' group by state, reason`,
    ),
  );
  if (left.length > 0) throw new Error(`not every reminder was sent: ${JSON.stringify(left)}`);
  return count / seconds;
}

export async function run({ rows, log }: BenchOptions): Promise<BenchResult[]> {
  const count = Math.min(rows, MAX_MAILS);
  const folder = mkdtempSync(join(tmpdir(), 'payorcrm-bench-mail-'));
  const embedded = await startEmbedded({ dataDir: folder, log: () => {} });
  await migrate(embedded.url);
  const sink = await startSink();
  const platform = await openPlatform(folder, embedded.url, sink.url);
  const admin = new pg.Client({ connectionString: embedded.url });
  await admin.connect();
  try {
    const rsaPrivateKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const tenant = {
      id: newId(),
      name: 'Bench Supply',
      currency: 'USD',
      timezone: 'UTC',
      locale: 'en-US',
      setting: { mail: { fromAddress: 'ar@bench.example' } },
    };
    const seeded = await inNewTenant(platform, tenant, systemActor, (ctx) => seed(ctx, count, rsaPrivateKey));
    await admin.query('analyze');
    const queue = (round: number) =>
      inTenant(platform, tenant.id, systemActor, (ctx) =>
        queueEmails(
          ctx,
          seeded.customers.map((one, n) => ({
            dedupeKey: `bench:${round}:${n}`,
            kind: 'reminder' as const,
            customerId: one.id,
            templateId: seeded.templateId,
            toAddress: `ap${n}@cust.test`,
            payload: { documentIds: one.documentIds },
          })),
        ),
      );
    await queue(0);
    const ours = await measureOurs(platform, tenant.id, count);
    const first = await sink.taken();
    if (first.mails !== count || !/^DKIM-Signature:/m.test(first.sample)) throw new Error(`the sink took ${first.mails} signed mails instead of ${count}`);
    const message = Buffer.from(first.sample.replace(/^DKIM-Signature:[\s\S]*?\r\n(?![ \t])/, ''));
    const limit = await measureLimit(sink.url, message, count, rsaPrivateKey);
    await sink.taken();
    await queue(1);
    const oursAgain = await measureOurs(platform, tenant.id, count);
    const limitAgain = await measureLimit(sink.url, message, count, rsaPrivateKey);
    log(
      `${count} reminders of ${Math.round(first.bytes / first.mails)} bytes: ours ${Math.round(ours)} and ${Math.round(oursAgain)}/s, nodemailer with DKIM ${Math.round(limit)} and ${Math.round(limitAgain)}/s`,
    );
    return [rate('reminders claimed, rendered, signed, sent, recorded', (ours + oursAgain) / 2, (limit + limitAgain) / 2, 'mails/s', 0.6)];
  } finally {
    await closeSenders();
    await admin.end();
    await platform.database.close();
    sink.child.kill();
    await embedded.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
