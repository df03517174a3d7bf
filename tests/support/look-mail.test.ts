import { writeFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { it } from 'vitest';
import { Hono } from 'hono';
import { startServer } from './server.ts';
import { seedParty } from '../../server/modules/correspondence/test-data.ts';
import { listTemplateRows } from '../../server/modules/correspondence/templates/queries.ts';
import { queueEmails } from '../../server/modules/correspondence/index.ts';
import { mailboxPages } from '../../server/platform/mail/mailbox.ts';
import { listen } from '../../server/platform/http/server.ts';
import { saveDemoMethod } from '../../server/modules/payments/index.ts';

it('looks', async () => {
  const server = await startServer();
  const company = await server.company();
  const party = await company.inTenant(async (ctx) => {
    const { updateSettings } = await import('../../server/modules/tenants/index.ts');
    await updateSettings(ctx, { branding: { address: '100 Harbor Way\nSeattle, WA 98101', phone: '+1 206 555 0100', supportEmail: 'billing@northwind.example' } } as never);
    return seedParty(ctx, { templateId: (await listTemplateRows(ctx))[0]!.id, invoices: [['1042', 125_000n, '2026-02-18'], ['INV-2026-000001043-LONG-NUMBER', 50_050n, '2026-03-02'], ['1044', 9_999_999n, '2026-03-20']] });
  });
  try { await company.inTenant((ctx) => saveDemoMethod(ctx, { customerId: party.customerId, rail: 'card', number: '4242424242424242' } as never)); } catch (e) { console.log(String(e)); }
  await company.inTenant((ctx) => queueEmails(ctx, [
    { dedupeKey: 'a', kind: 'reminder', customerId: party.customerId, templateId: party.templateId, toAddress: 'ap@tailspin.test', payload: { documentIds: party.invoiceIds } },
    { dedupeKey: 'b', kind: 'pay_link_again', customerId: party.customerId, toAddress: 'ap@tailspin.test' },
  ]));
  await server.settle();
  const app = new Hono<any>();
  mailboxPages(server.mail)(app, server.platform);
  const http = await listen(app, 0, '127.0.0.1');
  const base = `http://127.0.0.1:${http.port}`;
  const mails = server.mail.list();
  writeFileSync('/tmp/look/text.txt', (await server.mail.messages())[0]!.parsed.text!);
  const reminder = mails.find((m) => m.subject.startsWith('Invoices from'))!;
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  for (const scheme of ['light', 'dark'] as const) for (const width of [375, 1100]) {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
    await page.goto(`${base}/mailbox`); await page.screenshot({ path: `/tmp/look/list-${scheme}-${width}.png` });
    await page.goto(`${base}/mailbox/${reminder.id}`); await page.waitForTimeout(300); await page.screenshot({ path: `/tmp/look/mail-${scheme}-${width}.png`, fullPage: true });
    await page.goto(`${base}/mailbox/${reminder.id}/html`); await page.screenshot({ path: `/tmp/look/html-${scheme}-${width}.png`, fullPage: true });
    await page.close();
  }
  const stop = /u\/[\w.-]+/.exec((await server.mail.messages())[0]!.parsed.headers.find((h) => h.key === 'list-unsubscribe')!.value)?.[0];
  const page = await browser.newPage({ viewport: { width: 375, height: 800 } });
  await page.goto(`${server.url}/${stop}`); await page.screenshot({ path: '/tmp/look/stop.png' });
  await browser.close(); await http.stop(); await server.close();
});
