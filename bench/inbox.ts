import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImapFlow } from 'imapflow';
import pg from 'pg';
import PostalMime from 'postal-mime';
import { newId } from '../server/kernel/ids.ts';
import { fetchInbox } from '../server/modules/inbox/index.ts';
import { seedDefaultTemplates } from '../server/modules/templates/index.ts';
import { writeSecret } from '../server/modules/tenants/index.ts';
import { realClock } from '../server/platform/clock.ts';
import { loadConfig } from '../server/platform/config/config.ts';
import { type Context, inNewTenant, type Platform, systemActor, workFor } from '../server/platform/context.ts';
import { openDatabase } from '../server/platform/database/database.ts';
import { startEmbedded } from '../server/platform/database/embedded.ts';
import { migrate } from '../server/platform/database/migrate.ts';
import { sql } from '../server/platform/database/sql.ts';
import { fault } from '../server/platform/fault.ts';
import { localFiles } from '../server/platform/files/files.ts';
import { createSecrets } from '../server/platform/secrets/secrets.ts';
import { createLogger } from '../server/platform/telemetry/log.ts';
import { type ImapServer, startDovecot } from '../tests/support/dovecot.ts';
// puts the modules together, as every process of the product does
import '../server/app.ts';
import { type BenchOptions, type BenchResult, rate } from './bench.ts';

const MAX_MESSAGES = 50_000;
const CUSTOMERS = 2000;
const USER = 'billing';

interface Seeded {
  tenantId: string;
  /** Mails of ours that were sent, which two thirds of the answers refer to. */
  sent: string[];
}

/** A company with customers, their contacts, and a mail to each of them. */
async function seed(platform: Platform): Promise<Seeded> {
  const tenant = {
    id: newId(),
    name: 'Bench Supply',
    currency: 'USD',
    timezone: 'UTC',
    locale: 'en-US',
    setting: { mail: { fromAddress: 'ar@bench.example' } },
  };
  const sent = Array.from({ length: CUSTOMERS }, () => newId());
  await inNewTenant(platform, tenant, systemActor, async (ctx: Context) => {
    const { reminderTemplateId } = await seedDefaultTemplates(ctx);
    const ids = sent.map(() => newId());
    await ctx.tx.run(sql`
      insert into customer (tenant_id, id, number, company_name, first_name, name)
      select ${tenant.id}, id, n::text, 'Company ' || n, 'Ana', 'Company ' || n from unnest(${ids}::uuid[]) with ordinality t(id, n)`);
    await ctx.tx.run(sql`
      insert into contact (tenant_id, id, customer_id, email, is_primary)
      select ${tenant.id}, gen_random_uuid(), id, 'ap' || n || '@cust' || n || '.example', true from unnest(${ids}::uuid[]) with ordinality t(id, n)`);
    await ctx.tx.run(sql`
      insert into outbound_email (tenant_id, id, dedupe_key, kind, customer_id, template_id, to_address, state, message_id, subject, submitted_at, sent_at)
      select ${tenant.id}, id, 'b' || n, 'reminder', customer, ${reminderTemplateId}, 'ap' || n || '@cust' || n || '.example', 'sent', id || '@ar.bench.example',
        'Invoices from Bench Supply', now(), now() from unnest(${sent}::uuid[], ${ids}::uuid[]) with ordinality t(id, customer, n)`);
  });
  return { tenantId: tenant.id, sent };
}

const lines = Array.from({ length: 12 }, (_, n) => `We have looked at invoice ${n} and will come back to you as soon as it is approved by our manager.`);

/** An answer as mail programs write it: text and HTML with what it answers below. Every eighth has an attachment. */
function messageOf(n: number, seeded: Seeded): Buffer {
  const customer = n % CUSTOMERS;
  const from = n % 10 === 9 ? `stranger${n}@nobody.example` : `ap${customer + 1}@cust${customer + 1}.example`;
  const reference =
    n % 3 === 0 ? '' : `In-Reply-To: <${seeded.sent[customer]}@ar.bench.example>\r\nReferences: <${seeded.sent[customer]}@ar.bench.example>\r\n`;
  const text = `Hello,\r\n\r\n${lines.join('\r\n')}\r\n\r\nOn Mon, Bench Supply wrote:\r\n${lines.map((line) => `> ${line}`).join('\r\n')}`;
  const html = `<html><body><p>Hello,</p>${lines.map((line) => `<p style="margin:0">${line}</p>`).join('')}<blockquote>${lines.join('<br>')}</blockquote></body></html>`;
  const alternative = `Content-Type: multipart/alternative; boundary="alt${n}"\r\n\r\n--alt${n}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n${text}\r\n--alt${n}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${html.replaceAll('=', '=3D').replace(/(.{70})/g, '$1=\r\n')}\r\n--alt${n}--\r\n`;
  const body =
    n % 8 === 0
      ? `Content-Type: multipart/mixed; boundary="mix${n}"\r\n\r\n--mix${n}\r\n${alternative}--mix${n}\r\nContent-Type: application/pdf; name="proof.pdf"\r\nContent-Disposition: attachment; filename="proof.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n${createHash('sha512').update(String(n)).digest('base64').slice(0, 76)}\r\n${'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3ODkr\r\n'.repeat(30)}--mix${n}--\r\n`
      : alternative;
  return Buffer.from(
    `Received: from mx${n}.example by mail.bench.example with ESMTPS; Mon, 02 Mar 2026 10:00:00 +0000\r\nFrom: "Accounts ${customer}" <${from}>\r\nTo: ar@bench.example\r\nSubject: Re: Invoices from Bench Supply\r\nMessage-ID: <bench${n}@cust.example>\r\n${reference}Date: Mon, 02 Mar 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n${body}`,
  );
}

/** imapflow and postal-mime alone on the same server: every message fetched whole and parsed. */
async function measureLimit(imap: ImapServer, count: number): Promise<number> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: imap.tlsPort,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user: USER, pass: imap.password },
    logger: false,
    disableAutoIdle: true,
    disableCompression: true,
  });
  await client.connect();
  await client.mailboxOpen('INBOX', { readOnly: true });
  const began = performance.now();
  let read = 0;
  for await (const message of client.fetch('1:*', { uid: true, source: true })) {
    const parsed = await PostalMime.parse(message.source!);
    if (parsed.messageId) read += 1;
  }
  const seconds = (performance.now() - began) / 1000;
  await client.logout();
  if (read !== count) throw new Error(`the limit read ${read} of ${count} messages`);
  return count / seconds;
}

async function measureOurs(platform: Platform, { tenantId }: Seeded, admin: pg.Client, count: number): Promise<number> {
  // from nothing, and with a lease that nobody holds
  await admin.query('truncate inbound_email, inbound_email_content, inbound_attachment, mail_thread, mail_thread_email, inbox_reply, stored_file cascade');
  await admin.query('update inbox_account set last_uid = 0, uid_validity = null, lease = null, leased_until = null');
  const work = workFor(platform, tenantId, systemActor);
  const began = performance.now();
  let [stored, matched] = [0, 0];
  for (;;) {
    const report = await fetchInbox(work);
    if (report.failure !== null) throw new Error(report.failure);
    stored += report.stored;
    matched += report.matched;
    if (report.finished) break;
  }
  const seconds = (performance.now() - began) / 1000;
  if (stored !== count || matched < count * 0.85) throw new Error(`${stored} of ${count} messages kept, ${matched} matched`);
  return count / seconds;
}

export async function run({ rows, log }: BenchOptions): Promise<BenchResult[]> {
  const count = Math.min(rows, MAX_MESSAGES);
  const folder = mkdtempSync(join(tmpdir(), 'payorcrm-bench-inbox-'));
  const embedded = await startEmbedded({ dataDir: folder, log: () => {} });
  await migrate(embedded.url);
  const imap = await startDovecot();
  const config = { ...loadConfig({ DATA_DIR: folder, DATABASE_URL: embedded.url, LOG_LEVEL: 'warn' }), mailPrivateHosts: true };
  const logger = createLogger('warn');
  const platform: Platform = {
    config,
    log: logger,
    database: openDatabase(embedded.url, { onError: (error) => logger.warn(error) }),
    clock: realClock,
    secrets: createSecrets(config.secretKey),
    files: localFiles(join(folder, 'files')),
    reactions: {},
    fault,
  };
  const admin = new pg.Client({ connectionString: embedded.url });
  await admin.connect();
  try {
    const seeded = await seed(platform);
    await workFor(platform, seeded.tenantId, systemActor).transaction(async (ctx) => {
      await ctx.tx.run(sql`
        insert into inbox_account (tenant_id, host, port, username, tls, secure, folder, months_back)
        values (${ctx.tenant.id}, '127.0.0.1', ${imap.tlsPort}, ${USER}, 'opportunistic', true, 'INBOX', 12)`);
      await writeSecret(ctx, 'inbox_password', imap.password);
    });
    await admin.query('analyze');
    for (let at = 0; at < count; at += 1000)
      imap.deliver(
        USER,
        Array.from({ length: Math.min(1000, count - at) }, (_, n) => messageOf(at + n, seeded)),
      );
    // the server's own index is made by the first look, which is not measured
    await measureLimit(imap, count);
    const limit = await measureLimit(imap, count);
    const ours = await measureOurs(platform, seeded, admin, count);
    const limitAgain = await measureLimit(imap, count);
    const oursAgain = await measureOurs(platform, seeded, admin, count);
    log(
      `${count} messages: ours ${Math.round(ours)} and ${Math.round(oursAgain)}/s, imapflow and postal-mime alone ${Math.round(limit)} and ${Math.round(limitAgain)}/s`,
    );
    return [rate('inbox read, parsed, matched, kept', (ours + oursAgain) / 2, (limit + limitAgain) / 2, 'messages/s', 0.6)];
  } finally {
    await admin.end();
    await platform.database.close();
    await imap.stop();
    await embedded.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
