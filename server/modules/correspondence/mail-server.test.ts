import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Certificate, makeCertificate } from '../../../tests/support/certificate.ts';
import { type TestDatabase, testDatabase } from '../../../tests/support/database.ts';
import { newId } from '../../kernel/ids.ts';
import { type Platform, systemActor, workFor } from '../../platform/context.ts';
import { drainJobs } from '../../platform/jobs/worker.ts';
import { reactions } from '../../reactions.ts';
import { jobs } from '../../app.ts';
import { createStaffUser } from '../identity/index.ts';
import { updateSettings, writeSecret } from '../tenants/index.ts';
import { queueEmails } from './commands/queue-emails.ts';
import { deliverDue } from './sending/deliver.ts';
import { readServerState } from './sending/queries.ts';
import { closeSenders } from './sending/senders.ts';
import { type Party, seedParty } from './test-data.ts';

interface Taken {
  to: string[];
  user: string | undefined;
  secure: boolean;
}

interface TestSmtp {
  port: number;
  taken: Taken[];
  stop(): Promise<void>;
}

const PASSWORD = 'p@ss/word';

/** A real mail server with TLS, for one test. */
async function startSmtp(certificate: Certificate, options: SMTPServerOptions = {}): Promise<TestSmtp> {
  const taken: Taken[] = [];
  const server = new SMTPServer({
    key: certificate.key,
    cert: certificate.cert,
    disableReverseLookup: true,
    onAuth: (auth, _session, done) =>
      auth.username === 'ar' && auth.password === PASSWORD
        ? done(null, { user: 'ar' })
        : done(Object.assign(new Error('5.7.8 bad password'), { responseCode: 535 })),
    onData(stream, session, done) {
      stream.resume();
      stream.on('end', () => {
        taken.push({ to: session.envelope.rcptTo.map((one) => one.address), user: session.user, secure: session.secure });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.server.address() as { port: number }).port, taken, stop: () => new Promise((resolve) => server.close(resolve)) };
}

let db: TestDatabase;
let folder: string;
let good: Certificate;
let other: Certificate;
let late: Certificate;
let installation: TestSmtp;
let platform: Platform;
let tenant: string;
let party: Party;
const running: TestSmtp[] = [];

const start = async (certificate: Certificate, options: SMTPServerOptions = {}) => {
  const server = await startSmtp(certificate, options);
  running.push(server);
  return server;
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'payorcrm-smtp-'));
  good = makeCertificate(folder, ['localhost', '127.0.0.1']);
  other = makeCertificate(folder, 'elsewhere.test');
  late = makeCertificate(folder, ['localhost'], [-30, -1]);
  setDefaultCACertificates([...getCACertificates('default'), good.authority, other.authority, late.authority]);
  installation = await startSmtp(good, { authOptional: true });
  db = await testDatabase({ reactions, config: { smtpUrl: `smtp://127.0.0.1:${installation.port}`, mailPrivateHosts: true } });
  platform = db.platform();
});
beforeEach(async () => {
  tenant = await db.tenant({ setting: { mail: { fromAddress: 'billing@northwind.test' } } });
  party = await db.inTenant(tenant, async (ctx) => {
    await createStaffUser(ctx, { email: `kim-${tenant.slice(-6)}@northwind.test`, name: 'Kim', role: 'administrator', password: 'a long pass word' });
    return seedParty(ctx);
  });
  installation.taken.length = 0;
});
afterEach(async () => {
  await closeSenders();
  for (const server of running.splice(0)) await server.stop();
});
afterAll(async () => {
  await installation.stop();
  await db.close();
  rmSync(folder, { recursive: true, force: true });
});

const own = (port: number, more: { secure?: boolean; tls?: string; password?: string; host?: string } = {}) =>
  db.inTenant(tenant, (ctx) =>
    writeSecret(
      ctx,
      'smtp_url',
      `${more.secure ? 'smtps' : 'smtp'}://ar:${encodeURIComponent(more.password ?? PASSWORD)}@${more.host ?? 'localhost'}:${port}?tls=${more.tls ?? 'always'}`,
    ),
  );

async function send(count = 1): Promise<string[]> {
  const ids = await db.inTenant(tenant, (ctx) =>
    queueEmails(
      ctx,
      Array.from({ length: count }, (_, n) => ({
        dedupeKey: newId(),
        kind: 'reminder' as const,
        customerId: party.customerId,
        templateId: party.templateId,
        toAddress: `ap${n}@tailspin.test`,
        payload: { documentIds: party.invoiceIds },
      })),
    ),
  );
  await deliverDue(workFor(platform, tenant, systemActor));
  return ids;
}
const stateOf = async (id: string) => (await db.admin.query('select state, reason, bounced from outbound_email where id = $1', [id])).rows[0];
const alarms = () => installation.taken.filter((mail) => mail.to[0] === `kim-${tenant.slice(-6)}@northwind.test`);
const serverState = () => db.inTenant(tenant, readServerState);

describe('the company’s own mail server', () => {
  it('is spoken to with TLS from the start, and signed in to', async () => {
    const server = await start(good, { secure: true });
    await own(server.port, { secure: true });
    const [id] = await send();
    expect(await stateOf(id!)).toMatchObject({ state: 'sent' });
    expect(server.taken).toEqual([{ to: ['ap0@tailspin.test'], user: 'ar', secure: true }]);
    expect(installation.taken).toEqual([]);
  });

  it('is spoken to with STARTTLS, always or where it is offered', async () => {
    for (const tls of ['always', 'opportunistic']) {
      const server = await start(good);
      await own(server.port, { tls });
      await send();
      expect(server.taken).toMatchObject([{ user: 'ar', secure: true }]);
    }
  });

  it('with “always on” gets nothing without TLS, with a certificate of another host, or with one that has expired', async () => {
    const cases: [Certificate, SMTPServerOptions, RegExp][] = [
      [good, { hideSTARTTLS: true, disabledCommands: ['STARTTLS'], allowInsecureAuth: true }, /command not recognized/],
      [other, {}, /altname/i],
      [late, {}, /expired/],
    ];
    for (const [certificate, options, words] of cases) {
      const server = await start(certificate, options);
      await own(server.port);
      const [id] = await send();
      expect(await stateOf(id!)).toMatchObject({ state: 'ready', reason: expect.stringMatching(words) });
      expect(server.taken).toEqual([]);
      await db.admin.query('delete from outbound_email where id = $1', [id]);
    }
  });

  it('with “opportunistic” is used whatever its certificate, and without TLS where it offers none', async () => {
    for (const [certificate, options] of [
      [other, {}],
      [good, { hideSTARTTLS: true, disabledCommands: ['STARTTLS'], allowInsecureAuth: true }],
    ] as [Certificate, SMTPServerOptions][]) {
      const server = await start(certificate, options);
      await own(server.port, { tls: 'opportunistic' });
      await send();
      expect(server.taken).toHaveLength(1);
    }
  });

  it('that refuses the password leaves mail waiting, and administrators hear of it through the installation’s server, once an hour', async () => {
    const server = await start(good);
    await own(server.port, { password: 'wrong' });
    const ids = await send(3);
    for (const id of ids) expect(await stateOf(id)).toMatchObject({ state: 'ready', reason: expect.stringContaining('535') });
    expect(await serverState()).toMatchObject({ failingSince: expect.anything(), lastFailure: expect.stringContaining('535') });
    await drainJobs(platform, jobs);
    expect(alarms()).toHaveLength(1);
    for (const minutes of [20, 20]) {
      db.clock.advance({ minutes });
      await drainJobs(platform, jobs);
      await deliverDue(workFor(platform, tenant, systemActor));
    }
    await drainJobs(platform, jobs);
    expect(alarms()).toHaveLength(1);
    db.clock.advance({ minutes: 61 });
    await deliverDue(workFor(platform, tenant, systemActor));
    await drainJobs(platform, jobs);
    expect(alarms()).toHaveLength(2);

    await own(server.port);
    db.clock.advance({ hours: 5 });
    await deliverDue(workFor(platform, tenant, systemActor));
    expect(server.taken).toHaveLength(3);
    expect(await serverState()).toMatchObject({ failingSince: null });
    const events = (await db.admin.query("select type from event where tenant_id = $1 and type like 'mail_server.%' order by id", [tenant])).rows;
    expect(events.map((row) => row.type)).toEqual(['mail_server.failed', 'mail_server.failed', 'mail_server.recovered']);
    db.clock.set('2026-03-02T15:00:00Z');
  });

  it('that is down is stood in for by the installation’s server where the company wants that, and not otherwise', async () => {
    const gone = createServer();
    const port = await new Promise<number>((resolve) => gone.listen(0, '127.0.0.1', () => resolve((gone.address() as { port: number }).port)));
    await new Promise((resolve) => gone.close(resolve));
    await own(port);
    const [waiting] = await send();
    expect(await stateOf(waiting!)).toMatchObject({ state: 'ready', reason: expect.stringContaining('ECONNREFUSED') });
    expect(installation.taken).toEqual([]);

    await db.inTenant(tenant, (ctx) => updateSettings(ctx, { mail: { fallback: true } }));
    const ids = await send(20);
    for (const id of ids) expect(await stateOf(id)).toMatchObject({ state: 'sent' });
    expect(installation.taken.filter((mail) => mail.to[0]!.startsWith('ap'))).toHaveLength(20);
    expect(await serverState()).toMatchObject({ fallbacks: 20, failingSince: expect.anything() });
  });

  it('that may not send as the sender is a matter of the settings: the mail waits and is not lost', async () => {
    const server = await start(good, {
      onMailFrom: (_address, _session, done) => done(Object.assign(new Error('5.7.60 not allowed to send as this sender'), { responseCode: 550 })),
    });
    await own(server.port);
    const [id] = await send();
    expect(await stateOf(id!)).toMatchObject({ state: 'ready', reason: expect.stringContaining('5.7.60'), bounced: null });
    expect(await serverState()).toMatchObject({ failingSince: expect.anything() });
  });

  it('is refused while it is not on the public internet, unless the operator allows it', async () => {
    const server = await start(good);
    await own(server.port);
    platform = db.platform({ config: { ...db.platform().config, mailPrivateHosts: false } });
    const [id] = await send();
    expect(await stateOf(id!)).toMatchObject({ state: 'ready', reason: expect.stringContaining('not on the public internet') });
    expect(server.taken).toEqual([]);
    platform = db.platform();
  });
});

describe('an address that the server refuses', () => {
  const refusing = (code: number, message: string): SMTPServerOptions => ({
    onRcptTo: (_address, _session, done) => done(Object.assign(new Error(message), { responseCode: code })),
  });
  const bounces = async (id: string) => (await db.admin.query('select address, grade, source, status from email_bounce where email_id = $1', [id])).rows;
  const listed = async () => (await db.admin.query('select address from suppression where tenant_id = $1', [tenant])).rows;

  it('for good is a hard bounce: the mail says so and no more goes there', async () => {
    const server = await start(good, refusing(550, '5.1.1 no such user'));
    await own(server.port);
    const [id] = await send();
    expect(await stateOf(id!)).toMatchObject({ state: 'failed', bounced: 'hard' });
    expect(await bounces(id!)).toEqual([{ address: 'ap0@tailspin.test', grade: 'hard', source: 'smtp', status: '5.1.1' }]);
    expect(await listed()).toEqual([{ address: 'ap0@tailspin.test' }]);
  });

  it('for our reputation or a full mailbox is a soft one: the address stays, until it is the third in a month', async () => {
    const server = await start(good, refusing(552, '5.2.2 mailbox full'));
    await own(server.port);
    for (let n = 1; n <= 3; n++) {
      expect(await listed()).toEqual([]);
      const [id] = await send();
      expect(await stateOf(id!)).toMatchObject({ state: 'failed', bounced: 'soft' });
      expect(await bounces(id!)).toMatchObject([{ grade: 'soft', status: '5.2.2' }]);
    }
    expect(await listed()).toEqual([{ address: 'ap0@tailspin.test' }]);
  });
});
