import { generateKeyPairSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../tests/support/database.ts';
import { workFor, systemActor } from '../../platform/context.ts';
import { onFault } from '../../platform/fault.ts';
import { type Catcher, startCatcher } from '../../platform/mail/catcher.ts';
import { createStaffUser } from '../identity/index.ts';
import { placeHold } from '../receivables/index.ts';
import { writeSecret } from '../tenants/index.ts';
import { addSuppression, optOut } from './commands/suppress.ts';
import { queueEmails, sendAgain } from './commands/queue-emails.ts';
import { deliverDue } from './sending/deliver.ts';
import { closeSenders } from './sending/senders.ts';
import { payOff, type Party, seedParty } from './test-data.ts';

let db: TestDatabase;
let catcher: Catcher;
let tenant: string;

beforeAll(async () => {
  catcher = await startCatcher();
  db = await testDatabase({ config: { smtpUrl: catcher.url } });
});
afterEach(async () => {
  onFault(null);
  catcher.answers = {};
  await catcher.clear();
});
afterAll(async () => {
  await closeSenders();
  await catcher.stop();
  await db.close();
});

const deliver = () => deliverDue(workFor(db.platform(), tenant, systemActor));
const fresh = async (options: Parameters<typeof seedParty>[1] = {}): Promise<Party> => {
  tenant = await db.tenant();
  return db.inTenant(tenant, (ctx) => seedParty(ctx, options));
};
const remind = (party: Party, more: Partial<Parameters<typeof queueEmails>[1][number]> = {}) =>
  db.inTenant(tenant, (ctx) =>
    queueEmails(ctx, [
      {
        dedupeKey: `r:${party.customerId}`,
        kind: 'reminder',
        customerId: party.customerId,
        templateId: party.templateId,
        toAddress: 'ap@tailspin.test',
        payload: { documentIds: party.invoiceIds },
        ...more,
      },
    ]),
  );
const row = async (id: string) => (await db.admin.query('select * from outbound_email where id = $1', [id])).rows[0];

describe('a reminder', () => {
  it('arrives with greeting, list, total, links and headers, and is kept as it was seen', async () => {
    const party = await fresh();
    const [id] = await remind(party, { ccAddresses: ['boss@tailspin.test'] });
    expect(await deliver()).toMatchObject({ sent: 1, finished: true });
    const [mail] = await catcher.messages();
    expect(mail!.envelopeTo).toEqual(['ap@tailspin.test', 'boss@tailspin.test']);
    expect(mail!.parsed.subject).toBe('Invoices from Northwind Supply: $1,750.50 due');
    expect(mail!.parsed.text).toContain('Hello Ana,');
    expect(mail!.parsed.text).toContain('Invoice 1042: $1,250.00, due Feb 18, 2026 (12 days overdue)');
    expect(mail!.parsed.text).toContain('Total amount due: $1,750.50');
    expect(mail!.parsed.html).toContain('VIEW PDF');
    expect(mail!.parsed.messageId).toMatch(new RegExp(`^<${id}@`));
    const header = (key: string) => mail!.parsed.headers.find((one) => one.key === key)?.value;
    expect(header('list-unsubscribe')).toMatch(/^<http:\/\/127\.0\.0\.1:3000\/u\/[\w.-]+>$/);
    expect(header('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click');
    expect(await row(id!)).toMatchObject({ state: 'sent', subject: 'Invoices from Northwind Supply: $1,750.50 due', message_id: expect.stringContaining(id!) });
    const stored = (await db.admin.query('select html, body_text from outbound_email_content where email_id = $1', [id])).rows[0];
    const token = /\/u\/[\w-]+\.([\w-]+)/.exec(mail!.parsed.text!)![1]!;
    expect(stored.body_text).toContain('Invoice 1042');
    for (const kept of [stored.html, stored.body_text]) expect(kept).not.toContain(token);
    const listed = await db.admin.query('select open_minor from outbound_email_document where email_id = $1 order by open_minor', [id]);
    expect(listed.rows.map((one) => Number(one.open_minor))).toEqual([50_050, 125_000]);
  });

  it('is written once for one key, however often it is queued', async () => {
    const party = await fresh();
    expect(await remind(party)).toHaveLength(1);
    expect(await remind(party)).toHaveLength(0);
    await deliver();
    await deliver();
    expect(catcher.list()).toHaveLength(1);
  });

  it('leaves out what was paid meanwhile, and is withdrawn when nothing is left', async () => {
    const party = await fresh();
    const [id] = await remind(party);
    await db.inTenant(tenant, (ctx) => payOff(ctx, party.invoiceIds.slice(0, 1)));
    await deliver();
    const [mail] = await catcher.messages();
    expect(mail!.parsed.text).not.toContain('1042');
    expect(mail!.parsed.text).toContain('Total amount due: $500.50');
    expect((await row(id!)).state).toBe('sent');

    const [second] = await remind(party, { dedupeKey: 'second' });
    await db.inTenant(tenant, (ctx) => payOff(ctx, party.invoiceIds));
    expect(await deliver()).toMatchObject({ sent: 0, withdrawn: 1 });
    expect(await row(second!)).toMatchObject({ state: 'withdrawn', reason: 'Every invoice was paid or closed before the mail was sent.' });
    expect(catcher.list()).toHaveLength(1);
  });

  it('leaves out what was disputed meanwhile, and is withdrawn when everything of the customer is held', async () => {
    const party = await fresh();
    const [id] = await remind(party);
    const hold = (documentIds: string[], kind: 'dispute' | 'promise') =>
      db.inTenant(tenant, (ctx) => placeHold(ctx, { customerId: party.customerId, documentIds, kind }));
    await hold(party.invoiceIds.slice(0, 1), 'dispute');
    await deliver();
    const [mail] = await catcher.messages();
    expect(mail!.parsed.text).not.toContain('1042');
    expect(mail!.parsed.text).toContain('Total amount due: $500.50');
    expect((await row(id!)).state).toBe('sent');

    const [second] = await remind(party, { dedupeKey: 'second' });
    await hold([], 'promise');
    expect(await deliver()).toMatchObject({ sent: 0, withdrawn: 1 });
    expect(await row(second!)).toMatchObject({ state: 'withdrawn', reason: 'The invoices are disputed.' });
    expect(catcher.list()).toHaveLength(1);
  });

  it('never adds different currencies', async () => {
    const party = await fresh({
      invoices: [
        ['1', 10_000n, '2026-02-01', 'USD'],
        ['2', 20_000n, '2026-02-02', 'EUR'],
        ['3', 500n, '2026-02-03', 'JPY'],
      ],
    });
    await remind(party);
    await deliver();
    const [mail] = await catcher.messages();
    expect(mail!.parsed.subject).toBe('Invoices from Northwind Supply: $100.00, €200.00 and ¥500 due');
  });

  it('is held back for an archived or paused customer and an opted-out or listed address', async () => {
    const cases: [(party: Party) => Promise<unknown>, string, string][] = [
      [(party) => db.admin.query('update customer set archived_at = now() where id = $1', [party.customerId]), 'withdrawn', 'archived'],
      [(party) => db.admin.query("update customer set paused_until = '2026-03-02' where id = $1", [party.customerId]), 'withdrawn', 'paused until 2026-03-02'],
      [
        (party) => db.inTenant(tenant, (ctx) => optOut(ctx, 'AP@tailspin.test', { emailId: party.customerId, customerId: party.customerId })),
        'withdrawn',
        'stopped reminders',
      ],
      [() => db.inTenant(tenant, (ctx) => addSuppression(ctx, 'ap@tailspin.test', 'wrong person')), 'failed', 'wrong person'],
    ];
    for (const [arrange, state, words] of cases) {
      const party = await fresh();
      const [id] = await remind(party);
      await arrange(party);
      await deliver();
      expect(await row(id!)).toMatchObject({ state, reason: expect.stringContaining(words) });
    }
    expect(catcher.list()).toHaveLength(0);
  });

  it('goes on the day after a pause ends', async () => {
    const party = await fresh();
    await db.admin.query("update customer set paused_until = '2026-03-01' where id = $1", [party.customerId]);
    await remind(party);
    expect(await deliver()).toMatchObject({ sent: 1 });
  });

  it('goes without the copy to somebody who opted out', async () => {
    const party = await fresh();
    await db.inTenant(tenant, (ctx) => optOut(ctx, 'boss@tailspin.test', { emailId: party.customerId, customerId: party.customerId }));
    await remind(party, { ccAddresses: ['boss@tailspin.test', 'other@tailspin.test'] });
    await deliver();
    expect(catcher.list()[0]!.envelopeTo).toEqual(['ap@tailspin.test', 'other@tailspin.test']);
  });

  it('does not enter the queue with an address that is not a plain one', async () => {
    const party = await fresh();
    expect(await remind(party, { toAddress: 'ap@tailspin.test, evil@bad.test' })).toEqual([]);
  });
});

describe('the answers of the mail server', () => {
  it('4xx is tried again with growing delays for three days, then given up', async () => {
    const party = await fresh();
    const [id] = await remind(party);
    catcher.answers.recipient = () => ({ code: 451, message: '4.3.0 try later' });
    const began = db.clock.now();
    expect(await deliver()).toMatchObject({ deferred: 1 });
    expect(await row(id!)).toMatchObject({ state: 'ready', tries: 1, reason: expect.stringContaining('try later') });
    expect(await deliver()).toMatchObject({ deferred: 0 });
    for (let i = 0; i < 40 && (await row(id!)).state === 'ready'; i++) {
      db.clock.set((await row(id!)).next_try_at.toISOString());
      await deliver();
    }
    expect(await row(id!)).toMatchObject({ state: 'failed', reason: expect.stringContaining('Given up after three days') });
    const hours = db.clock.now().since(began).total('hours');
    expect(hours).toBeGreaterThan(70);
    expect(hours).toBeLessThan(80);
    db.clock.set('2026-03-02T15:00:00Z');
  });

  it('a 4xx that passes loses nothing', async () => {
    const party = await fresh();
    await remind(party);
    catcher.answers.recipient = () => ({ code: 421, message: 'busy' });
    await deliver();
    catcher.answers = {};
    db.clock.advance({ minutes: 1 });
    expect(await deliver()).toMatchObject({ sent: 1 });
    expect(catcher.list()).toHaveLength(1);
  });

  it('5xx on the address ends it and stops later mail to that address', async () => {
    const party = await fresh();
    const [id] = await remind(party);
    catcher.answers.recipient = () => ({ code: 550, message: '5.1.1 nobody here' });
    await deliver();
    expect(await row(id!)).toMatchObject({ state: 'failed', reason: expect.stringContaining('nobody here') });
    catcher.answers = {};
    const [second] = await remind(party, { dedupeKey: 'second' });
    await deliver();
    expect(await row(second!)).toMatchObject({ state: 'failed', reason: expect.stringContaining('refused for good') });
    expect(catcher.list()).toHaveLength(0);
  });

  it('a broken connection leaves a reminder uncertain until a person sends it again', async () => {
    const party = await fresh();
    const [id] = await remind(party);
    catcher.answers.content = () => 'drop';
    expect(await deliver()).toMatchObject({ uncertain: 1 });
    catcher.answers = {};
    db.clock.advance({ hours: 5 });
    await deliver();
    expect((await row(id!)).state).toBe('uncertain');
    expect(catcher.list()).toHaveLength(1);
    await db.inTenant(tenant, (ctx) => sendAgain(ctx, id!));
    await deliver();
    expect((await row(id!)).state).toBe('sent');
    expect(catcher.list()).toHaveLength(2);
    await expect(db.inTenant(tenant, (ctx) => sendAgain(ctx, id!))).rejects.toMatchObject({ code: 'not_sendable' });
  });

  it('mail waits while no mail server is set', async () => {
    const party = await fresh();
    const [id] = await remind(party);
    const work = workFor(db.platform({ config: { ...db.platform().config, smtpUrl: null } }), tenant, systemActor);
    await deliverDue(work);
    expect(await row(id!)).toMatchObject({ state: 'ready', reason: expect.stringContaining('No mail server is set') });
    db.clock.advance({ minutes: 5 });
    expect(await deliver()).toMatchObject({ sent: 1 });
  });

  it('a server inside our network that a company names is never spoken to', async () => {
    const party = await fresh();
    const [id] = await remind(party);
    await db.inTenant(tenant, (ctx) => writeSecret(ctx, 'smtp_url', catcher.url.split('?')[0]!));
    const work = workFor(db.platform({ config: { ...db.platform().config, smtpUrl: 'smtp://127.0.0.1:1' } }), tenant, systemActor);
    await deliverDue(work);
    expect(await row(id!)).toMatchObject({ state: 'ready', reason: expect.stringContaining('cannot be used') });
    expect(catcher.list()).toHaveLength(0);
    // with the demo's catcher the company's own server is not even looked at
    db.clock.advance({ minutes: 5 });
    expect(await deliver()).toMatchObject({ sent: 1 });
  });
});

describe('a crash', () => {
  class PowerFailure extends Error {}
  const dieAt = (name: string) =>
    onFault((point) => {
      if (point === name) throw new PowerFailure(name);
    });

  it.each(['mail.before_smtp', 'mail.after_smtp', 'mail.before_record'])('at %s never sends a reminder twice', async (point) => {
    const party = await fresh();
    const [id] = await remind(party);
    dieAt(point);
    await expect(deliver()).rejects.toThrow(PowerFailure);
    onFault(null);
    db.clock.advance({ minutes: 6 });
    await deliver();
    expect(await row(id!)).toMatchObject({ state: 'uncertain', reason: expect.stringContaining('may have arrived') });
    expect(catcher.list().length).toBeLessThanOrEqual(1);
  });

  it.each(['mail.before_smtp', 'mail.after_smtp', 'mail.before_record'])('at %s never loses a password mail', async (point) => {
    await fresh();
    const { id: userId } = await db.inTenant(tenant, (ctx) =>
      createStaffUser(ctx, { email: 'sam@northwind.test', name: 'Sam', role: 'administrator', password: 'correct horse battery staple' }),
    );
    await db.inTenant(tenant, (ctx) =>
      queueEmails(ctx, [{ dedupeKey: 'reset', kind: 'password_reset', toAddress: 'sam@northwind.test', payload: { userId } }]),
    );
    dieAt(point);
    await expect(deliver()).rejects.toThrow(PowerFailure);
    onFault(null);
    db.clock.advance({ minutes: 6 });
    expect(await deliver()).toMatchObject({ sent: 1 });
    const mails = await catcher.messages();
    expect(mails.at(-1)!.parsed.text).toMatch(/\/reset-password\/[\w-]{43}/);
  });

  it('before anything was handed over sends the mail again by itself', async () => {
    const party = await fresh();
    const [id] = await remind(party);
    await db.admin.query("update outbound_email set state = 'sending', leased_until = $2 where id = $1", [id, db.clock.now().add({ minutes: 5 }).toString()]);
    expect(await deliver()).toMatchObject({ sent: 0 });
    db.clock.advance({ minutes: 6 });
    expect(await deliver()).toMatchObject({ sent: 1 });
  });
});

describe('many mails', () => {
  it('go once each with three workers at it and a server that defers a third', async () => {
    const party = await fresh();
    await db.inTenant(tenant, (ctx) =>
      queueEmails(
        ctx,
        Array.from({ length: 300 }, (_, n) => ({
          dedupeKey: `m${n}`,
          kind: 'reminder' as const,
          customerId: party.customerId,
          templateId: party.templateId,
          toAddress: `p${n}@tailspin.test`,
          payload: { documentIds: party.invoiceIds },
        })),
      ),
    );
    const deferred = new Set<string>();
    catcher.answers.recipient = (address) => {
      if (Number(/\d+/.exec(address)![0]) % 3 !== 0 || deferred.has(address)) return null;
      deferred.add(address);
      return { code: 421, message: 'later' };
    };
    await Promise.all([deliver(), deliver(), deliver()]);
    db.clock.advance({ minutes: 1 });
    await Promise.all([deliver(), deliver()]);
    expect(catcher.list()).toHaveLength(300);
    expect(new Set(catcher.list().map((mail) => mail.envelopeTo[0])).size).toBe(300);
    const states = await db.admin.query('select state, count(*)::int from outbound_email where tenant_id = $1 group by state', [tenant]);
    expect(states.rows).toEqual([{ state: 'sent', count: 300 }]);
  });

  it('are signed with both keys of the company', async () => {
    const party = await fresh();
    const pem = (key: { export(options: { type: 'pkcs8'; format: 'pem' }): string | Buffer }) => key.export({ type: 'pkcs8', format: 'pem' }) as string;
    await db.inTenant(tenant, (ctx) =>
      writeSecret(
        ctx,
        'dkim',
        JSON.stringify({
          domain: 'northwind.test',
          selector: 's1',
          rsaPrivateKey: pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
          ed25519PrivateKey: pem(generateKeyPairSync('ed25519').privateKey),
        }),
      ),
    );
    await remind(party);
    await deliver();
    const signatures = (await catcher.messages())[0]!.parsed.headers.filter((header) => header.key === 'dkim-signature').map((header) => header.value);
    expect(signatures).toHaveLength(2);
    for (const signature of signatures) expect(signature.replace(/\s/g, '')).toContain('list-unsubscribe:list-unsubscribe-post');
  });
});
