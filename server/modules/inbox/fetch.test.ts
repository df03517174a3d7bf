import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../tests/support/database.ts';
import { type ImapServer, startDovecot } from '../../../tests/support/dovecot.ts';
import { newId } from '../../kernel/ids.ts';
import { systemActor, workFor } from '../../platform/context.ts';
import { onFault } from '../../platform/fault.ts';
import { type Catcher, startCatcher } from '../../platform/mail/catcher.ts';
import { closeSenders, deliverDue, queueEmails } from '../correspondence/index.ts';
import { type Party, seedParty } from '../correspondence/test-data.ts';
import { createStaffUser } from '../identity/index.ts';
import { fetchInbox } from './commands/fetch.ts';
import { mailOf, reportOf, seedAccount } from './test-data.ts';

let db: TestDatabase;
let imap: ImapServer;
let catcher: Catcher;
let tenant: string;
let user: string;
let party: Party;

beforeAll(async () => {
  imap = await startDovecot();
  setDefaultCACertificates([...getCACertificates('default'), imap.authority]);
  catcher = await startCatcher();
  db = await testDatabase({ config: { smtpUrl: catcher.url, mailPrivateHosts: true } });
});
beforeEach(async () => {
  tenant = await db.tenant({ setting: { mail: { fromAddress: 'billing@northwind.test' } } });
  user = `ar-${newId().slice(-8)}`;
  party = await db.inTenant(tenant, async (ctx) => {
    await seedAccount(ctx, imap, user);
    return seedParty(ctx);
  });
  await db.admin.query('insert into contact (tenant_id, id, customer_id, email, is_primary) values ($1, $2, $3, $4, true)', [
    tenant,
    newId(),
    party.customerId,
    'AP@Tailspin.test',
  ]);
});
afterEach(async () => {
  onFault(null);
  catcher.answers = {};
  await catcher.clear();
});
afterAll(async () => {
  await closeSenders();
  await catcher.stop();
  await imap.stop();
  await db.close();
});

const fetch = () => fetchInbox(workFor(db.platform(), tenant, systemActor));
const rows = async (text: string, values: unknown[] = []) => (await db.admin.query(text, values)).rows;
const inbound = () => rows('select * from inbound_email where tenant_id = $1 order by uid', [tenant]);
const threads = () => rows('select * from mail_thread where tenant_id = $1 order by id', [tenant]);
const MARCH = new Date('2026-03-02T15:30:00Z');

/** A reminder of ours that went out; answers its id and Message-ID. */
async function remind(): Promise<{ id: string; messageId: string }> {
  const [id] = await db.inTenant(tenant, (ctx) =>
    queueEmails(ctx, [
      {
        dedupeKey: `r:${newId()}`,
        kind: 'reminder',
        customerId: party.customerId,
        templateId: party.templateId,
        toAddress: 'ap@tailspin.test',
        payload: { documentIds: party.invoiceIds },
      },
    ]),
  );
  await deliverDue(workFor(db.platform(), tenant, systemActor));
  const [row] = await rows('select message_id from outbound_email where id = $1', [id]);
  return { id: id!, messageId: row.message_id };
}

describe('an answer', () => {
  it('comes to the mail that it answers, in one conversation with it', async () => {
    const mail = await remind();
    imap.deliver(
      user,
      [mailOf({ from: 'Someone Else <cfo@group.test>', inReplyTo: `<${mail.messageId}>`, text: 'Paid on Friday.\n\nOn Mon, AR wrote:\n> pay' })],
      { at: MARCH },
    );
    expect(await fetch()).toMatchObject({ taken: true, stored: 1, matched: 1, finished: true, failure: null });
    expect(await inbound()).toMatchObject([
      {
        kind: 'message',
        state: 'matched',
        matched_by: 'thread',
        customer_id: party.customerId,
        email_id: mail.id,
        from_address: 'cfo@group.test',
        snippet: 'Paid on Friday.',
        read_at: null,
      },
    ]);
    expect(await threads()).toMatchObject([
      {
        customer_id: party.customerId,
        message_count: 2,
        unread_count: 1,
        last_direction: 'in',
        counterpart: 'Someone Else',
        subject: expect.stringContaining('Invoices from'),
      },
    ]);
    expect(await rows('select email_id from mail_thread_email where tenant_id = $1', [tenant])).toEqual([{ email_id: mail.id }]);
    expect(await rows("select customer_id from event where tenant_id = $1 and type = 'email.received'", [tenant])).toEqual([{ customer_id: party.customerId }]);
  });

  it('is known by a link that it quotes where a mail server changed our Message-ID', async () => {
    const mail = await remind();
    const [caught] = await catcher.messages();
    const link = /http\S+\/u\/\S+/.exec(caught!.parsed.text!)![0];
    imap.deliver(user, [mailOf({ from: 'x@elsewhere.test', inReplyTo: '<0102@email.amazonses.test>', text: `Thanks\n\n> ${link}` })], { at: MARCH });
    await fetch();
    expect(await inbound()).toMatchObject([{ state: 'matched', matched_by: 'quote', email_id: mail.id }]);
  });

  it('to an answer stays in the conversation, also within one batch', async () => {
    const mail = await remind();
    imap.deliver(
      user,
      [
        mailOf({ id: '<a@tailspin.test>', inReplyTo: `<${mail.messageId}>` }),
        mailOf({ id: '<b@tailspin.test>', inReplyTo: '<a@tailspin.test>', from: 'boss@other.test' }),
        mailOf({ id: '<c@tailspin.test>', references: '<x@y.test> <b@tailspin.test>', from: 'third@other.test' }),
      ],
      { at: MARCH },
    );
    await fetch();
    imap.deliver(user, [mailOf({ id: '<d@tailspin.test>', inReplyTo: '<c@tailspin.test>', from: 'fourth@other.test' })], { at: MARCH });
    await db.admin.query('update inbox_account set next_fetch_at = now()');
    await fetch();
    expect((await inbound()).map((row) => [row.state, row.matched_by])).toEqual(Array.from({ length: 4 }, () => ['matched', 'thread']));
    expect(await threads()).toMatchObject([{ message_count: 5, unread_count: 4 }]);
  });

  it('without a trace is matched by the address of a contact, whatever its case, unless two customers share it', async () => {
    imap.deliver(user, [mailOf({ subject: 'A question' }), mailOf({ from: 'nobody@else.test', subject: 'Buy now' })], { at: MARCH });
    await fetch();
    expect(await inbound()).toMatchObject([
      { state: 'matched', matched_by: 'address', customer_id: party.customerId },
      { state: 'unmatched', customer_id: null },
    ]);
    const other = await db.inTenant(tenant, (ctx) => seedParty(ctx, { companyName: 'Other', templateId: party.templateId }));
    await db.admin.query('insert into contact (tenant_id, id, customer_id, email) values ($1, $2, $3, $4)', [
      tenant,
      newId(),
      other.customerId,
      'ap@tailspin.test',
    ]);
    imap.deliver(user, [mailOf({ subject: 'Which one' })], { at: MARCH });
    await fetch();
    expect((await inbound())[2]).toMatchObject({ state: 'unmatched', subject: 'Which one' });
  });

  it('of another company’s mail matches nothing here', async () => {
    const mail = await remind();
    const elsewhere = await db.tenant();
    await db.inTenant(elsewhere, (ctx) => seedAccount(ctx, imap, `${user}-b`));
    imap.deliver(`${user}-b`, [mailOf({ inReplyTo: `<${mail.messageId}>` })], { at: MARCH });
    await fetchInbox(workFor(db.platform(), elsewhere, systemActor));
    expect(await rows('select state, email_id from inbound_email where tenant_id = $1', [elsewhere])).toEqual([{ state: 'unmatched', email_id: null }]);
  });
});

describe('what machines write', () => {
  it('is told from what people write, and waits for nobody', async () => {
    const mail = await remind();
    imap.deliver(
      user,
      [
        mailOf({ subject: 'Automatic reply: Invoices', inReplyTo: `<${mail.messageId}>`, headers: 'Auto-Submitted: auto-replied\r\nContent-Type: text/plain' }),
        mailOf({ from: 'news@shop.test', subject: 'Our offers', headers: 'List-Unsubscribe: <https://x.test>\r\nContent-Type: text/plain' }),
        mailOf({ from: 'stranger@x.test', subject: 'Out of office: back on Monday' }),
      ],
      { at: MARCH },
    );
    await fetch();
    expect((await inbound()).map((row) => [row.kind, row.state])).toEqual([
      ['auto_reply', 'matched'],
      ['bulk', 'set_aside'],
      ['auto_reply', 'set_aside'],
    ]);
    expect(await threads()).toMatchObject([
      { unread_count: 0, message_count: 2, set_aside: false },
      { unread_count: 0, set_aside: true },
      { unread_count: 0, set_aside: true },
    ]);
  });

  it('a delivery report stops mail to the address for good when it says that there is none', async () => {
    const mail = await remind();
    imap.deliver(user, [reportOf({ originalId: mail.messageId, recipient: 'ap@tailspin.test', status: '5.1.1' })], { at: MARCH });
    await fetch();
    expect(await inbound()).toMatchObject([{ kind: 'bounce', email_id: mail.id, thread_id: null }]);
    expect(await rows('select bounced, state from outbound_email where id = $1', [mail.id])).toEqual([{ bounced: 'hard', state: 'sent' }]);
    expect(await rows('select grade, source, status, detail from email_bounce where email_id = $1', [mail.id])).toEqual([
      { grade: 'hard', source: 'report', status: '5.1.1', detail: '550 5.1.1 no such user' },
    ]);
    expect(await rows('select address, reason from suppression where tenant_id = $1', [tenant])).toEqual([{ address: 'ap@tailspin.test', reason: 'bounce' }]);
  });

  it('a full mailbox is a soft bounce; the third in a month stops mail to the address', async () => {
    for (let n = 1; n <= 3; n++) {
      expect(await rows('select 1 from suppression where tenant_id = $1', [tenant])).toEqual([]);
      const mail = await remind();
      imap.deliver(user, [reportOf({ originalId: mail.messageId, recipient: 'ap@tailspin.test', status: '4.2.2', diagnostic: '452 4.2.2 mailbox full' })], {
        at: MARCH,
      });
      await fetch();
    }
    expect(await rows('select reason, detail from suppression where tenant_id = $1', [tenant])).toEqual([
      { reason: 'bounce', detail: '3 mails in 30 days came back. The last answer: 452 4.2.2 mailbox full' },
    ]);
  });

  it('a report that only says “delayed”, of an address that the mail did not go to, or of no mail of ours, changes nothing', async () => {
    const mail = await remind();
    imap.deliver(
      user,
      [
        reportOf({ originalId: mail.messageId, recipient: 'ap@tailspin.test', status: '4.4.1', action: 'delayed' }),
        reportOf({ originalId: mail.messageId, recipient: 'victim@bank.test', status: '5.1.1' }),
        reportOf({ originalId: `${newId()}@northwind.test`, recipient: 'ap@tailspin.test', status: '5.1.1' }),
      ],
      { at: MARCH },
    );
    await fetch();
    expect(await rows('select 1 from email_bounce where tenant_id = $1', [tenant])).toEqual([]);
    expect(await rows('select 1 from suppression where tenant_id = $1', [tenant])).toEqual([]);
  });
});

describe('the mailbox', () => {
  it('is read back as far as set; excluded domains and our own copies are left out; what was read elsewhere is not new', async () => {
    await db.inTenant(tenant, (ctx) => seedAccount(ctx, imap, user, { monthsBack: 1, excludedDomains: ['spam.test'] }));
    imap.deliver(user, [mailOf({ subject: 'too old' })], { at: new Date('2026-01-15T12:00:00Z') });
    imap.deliver(user, [mailOf({ subject: 'read', from: 'a@b.test' })], { at: MARCH, seen: true });
    imap.deliver(user, [mailOf({ from: 'x@mail.spam.test' }), mailOf({ from: 'y@spam.test' }), mailOf({ from: 'billing@northwind.test' })], { at: MARCH });
    imap.deliver(user, [mailOf({ subject: 'new', from: 'a@notspam.test' })], { at: MARCH });
    await fetch();
    expect((await inbound()).map((row) => [row.subject, row.read_at !== null])).toEqual([
      ['read', true],
      ['new', false],
    ]);
  });

  it('is read from where it stopped, and each message once when its numbers begin anew', async () => {
    imap.deliver(user, [mailOf({ subject: 'one' }), mailOf({ subject: 'two' })], { at: MARCH });
    await fetch();
    imap.deliver(user, [mailOf({ subject: 'three' })], { at: MARCH });
    expect(await fetch()).toMatchObject({ stored: 1 });
    expect(await fetch()).toMatchObject({ stored: 0, finished: true });
    const [before] = await rows('select uid_validity from inbox_account where tenant_id = $1', [tenant]);
    imap.renumber(user);
    imap.deliver(user, [mailOf({ subject: 'four' })], { at: MARCH });
    expect(await fetch()).toMatchObject({ stored: 1, failure: null });
    const [after] = await rows('select uid_validity from inbox_account where tenant_id = $1', [tenant]);
    expect(after.uid_validity).not.toBe(before.uid_validity);
    expect((await inbound()).map((row) => row.subject).sort()).toEqual(['four', 'one', 'three', 'two']);
  });

  it('is read by one process at a time, and every message once, with five at it', async () => {
    imap.deliver(
      user,
      Array.from({ length: 700 }, (_, n) => mailOf({ subject: `m${n}`, id: `<many${n}@tailspin.test>` })),
      { at: MARCH },
    );
    const reports = await Promise.all(Array.from({ length: 5 }, fetch));
    expect(reports.filter((report) => report.taken)).toHaveLength(1);
    expect(await inbound()).toHaveLength(700);
  });

  it('goes on after a crash at any point of a batch, and keeps every message once', async () => {
    imap.deliver(
      user,
      Array.from({ length: 1200 }, (_, n) => mailOf({ subject: `m${n}`, id: `<crash${n}@tailspin.test>` })),
      { at: MARCH },
    );
    for (const point of ['inbox.after_claim', 'inbox.after_files', 'inbox.batch.before_commit', 'inbox.batch.after_commit', 'inbox.before_release']) {
      onFault(async (name) => {
        if (name === point) throw new Error('killed here');
      });
      await expect(fetch()).rejects.toThrow('killed here');
      onFault(null);
      // what the dead process held ends with its lease
      await db.admin.query('update inbox_account set leased_until = null, lease = null');
    }
    expect((await fetch()).stored).toBe(0);
    expect(new Set((await inbound()).map((row) => row.subject)).size).toBe(1200);
    expect(await inbound()).toHaveLength(1200);
  });

  it('with large messages is kept in portions, and a crash between them brings none twice', async () => {
    const file = `--b\r\nContent-Type: application/pdf; name=scan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${`${'QUJD'.repeat(19)}\r\n`.repeat(26_000)}--b--`;
    imap.deliver(
      user,
      Array.from({ length: 12 }, (_, n) => mailOf({ subject: `scan ${n}`, headers: 'Content-Type: multipart/mixed; boundary=b', body: file })),
      { at: MARCH },
    );
    let commits = 0;
    onFault(async (name) => {
      if (name === 'inbox.batch.before_commit' && ++commits === 2) throw new Error('killed here');
    });
    await expect(fetch()).rejects.toThrow('killed here');
    onFault(null);
    const before = (await inbound()).length;
    expect(before).toSatisfy((count: number) => count > 0 && count < 12);
    await db.admin.query('update inbox_account set leased_until = null, lease = null');
    expect(await fetch()).toMatchObject({ stored: 12 - before, finished: true });
    expect(new Set((await inbound()).map((row) => row.subject)).size).toBe(12);
    expect(
      await rows('select count(*)::int as count, min(size_bytes)::int as size from inbound_attachment where tenant_id = $1 and file_id is not null', [tenant]),
    ).toEqual([{ count: 12, size: 26_000 * 57 }]);
  });

  it('writes nothing when another process has taken it meanwhile', async () => {
    imap.deliver(user, [mailOf()], { at: MARCH });
    onFault(async (name) => {
      if (name === 'inbox.after_files') await db.admin.query('update inbox_account set lease = $1', [newId()]);
    });
    expect(await fetch()).toMatchObject({ taken: true, stored: 0 });
    expect(await inbound()).toEqual([]);
  });

  it('that cannot be read says why, and administrators hear of it after a while, once a day', async () => {
    await db.inTenant(tenant, (ctx) => createStaffUser(ctx, { email: 'kim@northwind.test', name: 'Kim', role: 'administrator', password: 'a long pass word' }));
    const cases: [Parameters<typeof seedAccount>[3], RegExp][] = [
      [{ folder: 'No such folder' }, /Mailbox doesn't exist/],
      [{ host: '127.0.0.1', port: 1, secure: false }, /ECONNREFUSED/],
      [{ port: imap.port, secure: true }, /./],
    ];
    for (const [values, words] of cases) {
      await db.inTenant(tenant, (ctx) => seedAccount(ctx, imap, user, values));
      expect((await fetch()).failure).toMatch(words);
    }
    const events = () => rows("select data from event where tenant_id = $1 and type = 'inbox.failed'", [tenant]);
    expect(await events()).toEqual([]);
    for (const minutes of [20, 20, 24 * 60]) {
      db.clock.advance({ minutes });
      await fetch();
    }
    expect(await events()).toHaveLength(2);
    db.clock.set('2026-03-02T15:00:00Z');
  });
});
