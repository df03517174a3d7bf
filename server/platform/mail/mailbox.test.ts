import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Platform } from '../context.ts';
import { type HttpEnv, type Listening, listen } from '../http/server.ts';
import { type Catcher, startCatcher } from './catcher.ts';
import { mailboxPages } from './mailbox.ts';
import { createSender, type Sender } from './sender.ts';

const folder = mkdtempSync(join(tmpdir(), 'payorcrm-mailbox-'));
let catcher: Catcher;
let sender: Sender;
let http: Listening;
const send = (subject: string, more = {}) =>
  sender.send({
    messageId: `${subject}@x.test`,
    from: { name: 'Northwind', address: 'ar@x.test' },
    to: 'ap@cust.test',
    subject,
    html: '<html><head></head><body><script>alert(1)</script><p>Hello</p></body></html>',
    text: 'Hello',
    date: Temporal.Instant.from('2026-03-02T15:00:00Z'),
    ...more,
  });
const get = async (path: string) => {
  const response = await fetch(`http://127.0.0.1:${http.port}${path}`);
  return { status: response.status, headers: response.headers, text: await response.text() };
};

beforeAll(async () => {
  catcher = await startCatcher({ folder });
  sender = createSender({ url: catcher.url });
  const app = new Hono<HttpEnv>();
  app.onError((error, c) => c.text(error.message, 403));
  mailboxPages(catcher)(app, { config: { publicUrl: 'http://127.0.0.1' } } as Platform);
  http = await listen(app, 0, '127.0.0.1');
  await send('First <b>');
  await send('Second ü', {
    attachments: [
      { fileName: 'Receipt 1.pdf', contentType: 'application/pdf', content: Buffer.from('%PDF-1') },
      { fileName: 'evil.html', contentType: 'text/html', content: Buffer.from('<script>') },
    ],
  });
});
afterAll(async () => {
  sender.close();
  await http.stop();
  await catcher.stop();
  rmSync(folder, { recursive: true });
});

describe('the mailbox', () => {
  it('lists the newest first, escaped, and searches', async () => {
    const list = await get('/mailbox');
    expect(list.text.indexOf('Second ü')).toBeLessThan(list.text.indexOf('First &lt;b&gt;'));
    const found = await get('/mailbox?q=CUST.test+first');
    expect(found.text).toContain('1 of 2 mails');
    expect((await get('/mailbox?q=%22%3E%3Cscript%3E')).text).toContain('No mail matches “&quot;&gt;&lt;script&gt;”');
  });

  it('shows a mail in a sandbox without scripts, with links in a new tab', async () => {
    const [second] = catcher.list();
    const page = await get(`/mailbox/${second!.id}`);
    expect(page.text).toContain('sandbox="allow-popups allow-popups-to-escape-sandbox"');
    const inside = await get(`/mailbox/${second!.id}/html`);
    expect(inside.text).toContain('<base target="_blank">');
    expect(inside.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox allow-popups/);
    expect((await get(`/mailbox/${second!.id}?view=text`)).text).toContain('Hello');
    expect((await get(`/mailbox/${second!.id}?view=headers`)).text).toContain('Message-ID');
    expect((await get('/mailbox/nothing')).status).toBe(404);
  });

  it('hands out attachments, and never a page of somebody else', async () => {
    const [second] = catcher.list();
    const pdf = await get(`/mailbox/${second!.id}/files/0`);
    expect([pdf.headers.get('content-type'), pdf.text]).toEqual(['application/pdf', '%PDF-1']);
    const page = await get(`/mailbox/${second!.id}/files/1`);
    expect(page.headers.get('content-type')).toBe('application/octet-stream');
    expect(page.headers.get('content-disposition')).toContain('attachment');
    expect((await get(`/mailbox/${second!.id}/files/9`)).status).toBe(404);
  });

  it('survives a restart, and is emptied only from its own page', async () => {
    const again = await startCatcher({ folder });
    expect(again.list().map((mail) => mail.subject)).toEqual(['Second ü', 'First <b>']);
    await again.stop();
    const url = `http://127.0.0.1:${http.port}/mailbox/delete`;
    expect((await fetch(url, { method: 'POST', headers: { origin: 'https://evil.test' } })).status).toBe(403);
    expect(catcher.list()).toHaveLength(2);
    await fetch(url, { method: 'POST' });
    expect((await get('/mailbox')).text).toContain('No mail yet');
  });
});
