import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHttpApp, seedTenant, ticks } from '../../server/app.ts';
import { startSimulator, type Simulator } from '../../server/gateways/demo/simulator.ts';
import { createApiKey, createTenant } from '../../server/modules/identity/index.ts';
import { seedDemoGateway } from '../../server/modules/payments/index.ts';
import { type Context, inTenant, type Platform, systemActor } from '../../server/platform/context.ts';
import { realClock } from '../../server/platform/clock.ts';
import { listen } from '../../server/platform/http/server.ts';
import { type Catcher, type ReadMail, startCatcher } from '../../server/platform/mail/catcher.ts';
import { reactions } from '../../server/reactions.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { type ImapServer, startDovecot } from '../support/dovecot.ts';
import { type Process, startProcess, startSlowLine, until } from '../support/processes.ts';
import { caller, type Company, type TestServer } from '../support/server.ts';
import { CARD, saveMethod } from '../support/story.ts';

export const BANK_DELAY = 86_400;

/**
 * What survives when a process of the product dies: the database, the gateway, the mail server. The clock is the real
 * one; time is made to pass by moving what waits for it. Staff call an application in the test's own process, so that
 * a story can be prepared whichever processes live.
 */
export interface World {
  db: TestDatabase;
  platform: Platform;
  mail: Catcher;
  gateway: Simulator;
  /** The server of the mailboxes that customers answer to; started by the first that asks. */
  imap(): Promise<ImapServer>;
  start(role: 'web' | 'worker', more?: { port?: number; fault?: string }): Promise<Process>;
  /** The web processes that live die at this point from now on; null: at none. */
  armWeb(fault: string | null): void;
  company(): Promise<Company>;
  /** The company's hour has come: the next look of a worker begins the daily run. */
  letDailyRunBegin(company: Company): Promise<void>;
  /** Leases and waits that began `olderThanSeconds` ago are over. */
  nudge(olderThanSeconds?: number, options?: { beats: boolean }): Promise<void>;
  /** What is still under way, in words; empty when the world is settled. */
  unsettled(): Promise<string[]>;
  /** Waits until nothing is under way; time passes only for what began `olderThanSeconds` ago, which no living process is at. */
  settle(options?: { timeoutMs?: number; olderThanSeconds?: number }): Promise<void>;
  close(): Promise<void>;
}

/** With `slowMs` the processes reach the gateway and the mail server over slow lines. */
export async function startWorld(publicUrl: string, { slowMs = 0 } = {}): Promise<World> {
  const mail = await startCatcher();
  const gateway = await startSimulator({ bankDelaySeconds: BANK_DELAY });
  const lines =
    slowMs > 0 ? { gateway: await startSlowLine(Number(new URL(gateway.url).port), slowMs), mail: await startSlowLine(mail.port, slowMs / 20) } : null;
  const gatewayUrl = lines ? `http://127.0.0.1:${lines.gateway.port}` : gateway.url;
  const smtpUrl = lines ? `smtp://127.0.0.1:${lines.mail.port}?catch=all` : mail.url;
  const db = await testDatabase({
    clock: { ...realClock, set: () => {}, advance: () => {} },
    reactions,
    config: { smtpUrl, publicUrl, mailPrivateHosts: true },
  });
  const platform = db.platform();
  const staff = await listen(createHttpApp(platform), 0, '127.0.0.1');
  const started = new Set<Process>();
  let companies = 0;
  const armed = join(platform.config.dataDir, 'fault');
  writeFileSync(armed, '');
  let imap: Promise<ImapServer> | null = null;

  const unsettled = async (): Promise<string[]> => (await db.admin.query(UNSETTLED)).rows.map((row) => `${row.count} ${row.what}`);
  const nudge = async (olderThanSeconds = 0, { beats } = { beats: true }): Promise<void> => {
    for (const statement of nudges(olderThanSeconds)) await db.admin.query(statement);
    // workers look every few seconds; a look more does no harm and saves the wait
    if (beats) for (const tick of ticks) await tick.run(platform);
  };

  return {
    db,
    platform,
    mail,
    gateway,
    nudge,
    unsettled,
    armWeb: (fault) => writeFileSync(armed, fault ?? ''),
    imap() {
      imap ??= startDovecot();
      return imap;
    },
    async start(role, more = {}) {
      const process = await startProcess(
        {
          ROLES: role,
          DATABASE_URL: db.url,
          SMTP_URL: smtpUrl,
          SECRET_KEY: platform.config.secretKey,
          DATA_DIR: platform.config.dataDir,
          PUBLIC_URL: publicUrl,
          MAIL_PRIVATE_HOSTS: '1',
          PAYORCRM_FAULT: more.fault ?? (role === 'web' ? `@${armed}` : ''),
        },
        more.port === undefined ? {} : { port: more.port },
      );
      started.add(process);
      void process.gone.then(() => started.delete(process));
      return process;
    },
    async company() {
      companies += 1;
      const made = await createTenant(
        platform,
        { name: `Company ${companies}`, email: `admin${companies}@northwind.example`, currency: 'USD', timezone: 'UTC' },
        seedTenant,
      );
      const run = <T>(fn: (ctx: Context) => Promise<T>) => inTenant(platform, made.tenantId, systemActor, fn);
      const key = await run((ctx) => createApiKey(ctx, { name: 'Stories', role: 'administrator' }));
      await run((ctx) => seedDemoGateway(ctx, { simulatorUrl: gatewayUrl, timeoutMs: 5000 }));
      const headers = { api_key: key.apiKey, api_secret: key.apiSecret };
      const company: Company = { tenantId: made.tenantId, headers, inTenant: run, call: caller(`http://127.0.0.1:${staff.port}`, headers) };
      const { body } = await company.call('POST', '/v1/reminders/samples', { sample: 'overdue_3' });
      await company.call('POST', `/v1/reminder-rules/${body.id}/activate`);
      return company;
    },
    async letDailyRunBegin(company) {
      await db.admin.query(`update tenant set created_at = now() - interval '3 days', setting = setting || '{"reminders": {"hour": 0}}' where id = $1`, [
        company.tenantId,
      ]);
    },
    async settle({ timeoutMs = 45_000, olderThanSeconds = 4 } = {}) {
      let left: string[] = [];
      await until(
        async () => {
          await nudge(olderThanSeconds);
          await gateway.settled();
          left = await unsettled();
          return left.length === 0;
        },
        () => `everything is done; left are ${left.join(', ')}`,
        timeoutMs,
      );
    },
    async close() {
      await Promise.all([...started].map((process) => process.kill()));
      await staff.stop();
      await gateway.stop();
      await mail.stop();
      await (await imap)?.stop();
      await lines?.gateway.stop();
      await lines?.mail.stop();
      await db.close();
    },
  };
}

/** Statements after which what began `age` seconds ago has waited long enough. */
const nudges = (age: number): string[] => [
  `update payment_attempt set created_at = created_at - interval '200 seconds', submitted_at = submitted_at - interval '200 seconds', next_check_at = now()
     where state in ('created', 'submitted', 'unknown') and coalesce(submitted_at, created_at) < now() - interval '${age} seconds'`,
  `update payment_attempt set next_check_at = now() where state = 'requires_action'`,
  `update refund set created_at = created_at - interval '200 seconds', submitted_at = submitted_at - interval '200 seconds', next_check_at = now()
     where state in ('created', 'submitted', 'unknown') and coalesce(submitted_at, created_at) < now() - interval '${age} seconds'`,
  `update outbound_email set leased_until = now() - interval '1 second' where state = 'sending' and leased_until < now() + interval '${300 - age} seconds'`,
  `update outbound_email set next_try_at = now() where state = 'ready' and next_try_at > now()`,
  `update reminder_run set progressed_at = now() - interval '1 hour' where state = 'running' and progressed_at < now() - interval '${age} seconds'`,
  `update statement_run set progressed_at = now() - interval '1 hour' where state = 'running' and progressed_at < now() - interval '${age} seconds'`,
  `update inbox_account set leased_until = now() - interval '1 second' where leased_until < now() + interval '${300 - age} seconds'`,
  // a dead worker's jobs are given back after five seconds; the lock that a living one holds keeps its own
  `update graphile_worker._private_jobs set locked_at = locked_at - interval '5 seconds' where locked_at < now() - interval '${age} seconds'`,
  `update graphile_worker._private_jobs set run_at = now() where locked_at is null and run_at > now()`,
  // what became due by an update is seen at the queue's next look, every two seconds; a new job is told at once
  `select pg_notify('jobs:insert', '{"count":4}') where exists (
     select 1 from graphile_worker._private_jobs where locked_at is null and run_at <= now() and attempts < max_attempts)`,
];

const UNSETTLED = `
  select what, count(*)::int as count from (
    select 'mails ' || state as what from outbound_email where state in ('ready', 'sending')
    union all select 'attempts ' || state from payment_attempt where state in ('created', 'submitted', 'unknown')
    union all select 'refunds ' || state from refund where state in ('created', 'submitted', 'unknown')
    union all select 'runs under way' from reminder_run where state = 'running'
    union all select 'statement runs under way' from statement_run where state = 'running'
    union all select 'mailboxes under way' from inbox_account where lease is not null
    union all select 'webhooks not read' from webhook_event where processed_at is null
    union all select 'jobs of ' || t.identifier || coalesce(' (' || j.last_error || ')', '') from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
      -- a job that a newer one of its key replaced while its worker died is never run again
      where not (j.attempts >= j.max_attempts and j.last_error is null and (j.locked_at is null or j.key is null))
  ) left_over group by what`;

/** A customer with a saved card (or bank account), one invoice overdue by three days, and an address of their own. */
export async function addPayer(
  world: World,
  company: Company,
  number: string,
  options: { card?: string | null; amount?: string } = {},
): Promise<{ customerId: string; address: string }> {
  const address = `ap-${number.toLowerCase()}@payer.example`;
  const due = Temporal.Now.plainDateISO('UTC').subtract({ days: 3 }).toString();
  const customers = await company.call('POST', '/jsonApi/upload/customers', [
    { customerno: number, companyname: `Payer ${number}`, firstname: 'Ada', emailaddress1: address },
  ]);
  const customerId: string = customers.body.results[0].id;
  await company.call('POST', '/jsonApi/upload/invoices', [
    { customerNumber: number, invoiceNumber: `INV-${number}`, invoiceAmount: options.amount ?? '1250.00', dueDate: due },
  ]);
  if (options.card !== null) await saveMethod({ platform: world.platform } as TestServer, company, customerId, 'card', options.card ?? CARD);
  return { customerId, address };
}

/** Mails that were read once: many look into their mailbox many times a second. */
const known = new Map<string, ReadMail>();
async function readOnce(world: World, id: string): Promise<ReadMail> {
  const mail = known.get(id) ?? (await world.mail.read(id))!;
  known.set(id, mail);
  return mail;
}

/** Oldest first. */
export async function mailsTo(world: World, address: string): Promise<ReadMail[]> {
  const found: ReadMail[] = [];
  for (const { id } of world.mail
    .list()
    .filter((mail) => mail.envelopeTo.includes(address))
    .reverse()) {
    found.push(await readOnce(world, id));
  }
  return found;
}

/** What the gateway's books and ours say differently about anybody's money; and invoices charged twice. */
export async function disagreements(world: World): Promise<string[]> {
  const wrong: string[] = [];
  const { tables } = world.gateway.ledger;
  const { rows } = await world.db.admin.query(`
    select a.id, a.state, p.state as payment, p.amount_minor::text as amount, p.refunded_minor::text as refunded,
      array(select d.document_id::text from payment_attempt_document d where d.tenant_id = a.tenant_id and d.attempt_id = a.id) as documents
    from payment_attempt a left join payment p on p.tenant_id = a.tenant_id and p.attempt_id = a.id`);
  const ours = new Map(rows.map((row) => [row.id as string, row]));
  const chargesOf = new Map<string, number>();
  let taken = 0n;
  for (const charge of tables.payment.values()) {
    if (charge.status !== 'settled' && charge.status !== 'processing') continue;
    const attempt = ours.get(charge.reference ?? '');
    if (!attempt) wrong.push(`${charge.id} was charged and is not ours`);
    else {
      for (const document of attempt.documents) chargesOf.set(document, (chargesOf.get(document) ?? 0) + 1);
      if (charge.status !== attempt.state) wrong.push(`${charge.id} is ${charge.status} there and ${attempt.state} here`);
      if (charge.status === 'settled' && (attempt.payment !== 'settled' || attempt.amount !== charge.amount || attempt.refunded !== charge.refunded))
        wrong.push(
          `${charge.id}: ${charge.amount} and ${charge.refunded} given back there; ${attempt.payment}, ${attempt.amount} and ${attempt.refunded} here`,
        );
    }
    ours.delete(charge.reference ?? '');
  }
  for (const attempt of ours.values()) if (attempt.payment === 'settled') wrong.push(`the payment of attempt ${attempt.id} is not in the gateway's books`);
  for (const [document, count] of chargesOf) if (count > 1) wrong.push(`invoice ${document} was charged ${count} times`);
  for (const movement of tables.movement.values()) taken += BigInt(movement.minor);
  const sum = await world.db.admin.query(
    `select coalesce(sum(amount_minor - refunded_minor), 0)::text as sum from payment where state = 'settled' and attempt_id is not null`,
  );
  if (BigInt(sum.rows[0].sum) !== taken) wrong.push(`the gateway moved ${taken}, our payments through it are ${sum.rows[0].sum}`);
  return wrong;
}

/**
 * What is wrong with the mails: a reminder that came twice, or that is said to be sent and did not come; two reminders
 * of a customer on a day; a payment without a receipt.
 */
export async function wrongMails(world: World): Promise<string[]> {
  const wrong: string[] = [];
  const caught = new Map<string, number>();
  for (const { id } of world.mail.list()) {
    const messageId = /^message-id:\s*<([^>]+)>/im.exec((await readOnce(world, id)).raw.toString('latin1'))![1]!;
    caught.set(messageId, (caught.get(messageId) ?? 0) + 1);
  }
  const { rows } = await world.db.admin.query(`
    select id, kind, state, message_id as "messageId", to_address as address, customer_id || ' ' || (payload ->> 'day') as day, payload ->> 'paymentId' as payment from outbound_email`);
  const days = new Map<string, number>();
  const receipts = new Set<string>();
  for (const row of rows) {
    const came = caught.get(row.messageId ?? '') ?? 0;
    if (row.kind === 'reminder') {
      // one that a person wrote belongs to no day
      if (row.day !== null) days.set(row.day, (days.get(row.day) ?? 0) + came);
      if (row.state === 'sent' && came !== 1) wrong.push(`the reminder to ${row.address} is said to be sent and came ${came} times`);
      if ((row.state === 'withdrawn' || row.state === 'failed') && came > 0) wrong.push(`the reminder to ${row.address} is ${row.state} and came`);
    }
    if (row.kind === 'receipt' && came > 0) receipts.add(row.payment);
    if (row.kind !== 'reminder' && row.state !== 'sent') wrong.push(`the ${row.kind} to ${row.address} is ${row.state}`);
  }
  for (const [day, count] of days) if (count > 1) wrong.push(`${count} reminders for ${day}`);
  const payments = await world.db.admin.query(`select id from payment where state = 'settled' and attempt_id is not null`);
  for (const { id } of payments.rows) if (!receipts.has(id)) wrong.push(`no receipt for payment ${id}`);
  return wrong;
}
