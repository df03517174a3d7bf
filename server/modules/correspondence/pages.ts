import type { Hono } from 'hono';
import { html } from 'hono/html';
import { type Context, inTenant, type Platform, systemActor } from '../../platform/context.ts';
import { type Brand, type Html, pageResponse } from '../../platform/http/layout.ts';
import { type HttpEnv, requestInfo } from '../../platform/http/server.ts';
import { getSettings } from '../tenants/index.ts';
import { optIn, optOut } from './commands/suppress.ts';
import { readInvoicePdf } from './invoice-document.ts';
import { type EmailRef, readPdfLink, readPixelLink, readUnsubscribeLink } from './links.ts';
import { listsDocument, readSentMail, readSuppressions } from './queries.ts';
import { recordSighting, type Sight } from './views.ts';

const MAX_FORM_BYTES = 4096;

/** The smallest picture that there is: 1 × 1, transparent. */
const pixel = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
const noStore = { 'cache-control': 'no-store, private', 'referrer-policy': 'no-referrer', 'x-robots-tag': 'noindex', 'x-content-type-options': 'nosniff' };

/** What a mail's links lead to: the pixel, the invoice PDFs, and the page that stops reminders. */
export function pages(app: Hono<HttpEnv>, platform: Platform): void {
  app.get('/t/o/:ref/:file', async (c) => {
    const ref = readPixelLink(platform, c.req.param('ref'), c.req.param('file').replace(/\.gif$/, ''));
    if (ref) await see(platform, ref, { kind: 'pixel', documentId: null, method: c.req.method, request: requestInfo(platform, c.env.incoming, c.req.raw) });
    // the same answer for a wrong link: a mail program shows nothing either way
    return new Response(new Uint8Array(pixel), { headers: { ...noStore, 'content-type': 'image/gif' } });
  });

  app.get('/t/p/:ref/:document/:token', async (c) => {
    const documentId = c.req.param('document');
    const ref = readPdfLink(platform, c.req.param('ref'), documentId, c.req.param('token'));
    const file = ref
      ? await inTenant(platform, ref.tenantId, systemActor, async (ctx) =>
          (await listsDocument(ctx, ref.emailId, documentId)) ? readInvoicePdf(ctx, documentId) : null,
        )
      : null;
    if (!ref || !file) return gone();
    await see(platform, ref, { kind: 'pdf', documentId, method: c.req.method, request: requestInfo(platform, c.env.incoming, c.req.raw) });
    return new Response(new Uint8Array(file.bytes), {
      headers: {
        ...noStore,
        'content-type': 'application/pdf',
        'content-disposition': `inline; filename="${file.name.replaceAll('"', '')}"`,
        'content-security-policy': "default-src 'none'; object-src 'self'; plugin-types application/pdf; sandbox",
      },
    });
  });

  app.get('/u/:token', async (c) => {
    const ref = readUnsubscribeLink(platform, c.req.param('token'));
    // a GET only shows: scanners open every link
    return ref ? stopPage(platform, ref, null) : gone();
  });

  app.post('/u/:token', async (c) => {
    const ref = readUnsubscribeLink(platform, c.req.param('token'));
    if (!ref) return gone();
    const length = Number(c.req.header('content-length') ?? 0);
    const form = new URLSearchParams(length > 0 && length <= MAX_FORM_BYTES ? await c.req.text() : '');
    // RFC 8058: a mail program posts this without cookies and looks at the status only
    if (form.get('List-Unsubscribe') === 'One-Click') {
      await change(platform, ref, null, 'stop');
      return new Response('Stopped.\n', { headers: { ...noStore, 'content-type': 'text/plain; charset=utf-8' } });
    }
    const act = form.get('act') === 'resume' ? 'resume' : 'stop';
    const address = form.get('address');
    const done = await change(platform, ref, address, act);
    return stopPage(platform, ref, done ? { act, address: done } : null);
  });
}

const see = (platform: Platform, ref: EmailRef, sight: Sight): Promise<unknown> =>
  inTenant(platform, ref.tenantId, systemActor, (ctx) => recordSighting(ctx, ref.emailId, sight));

/** Opts one of the mail's addresses out or in; without one, the address that the mail was sent to. Null for another. */
async function change(platform: Platform, ref: EmailRef, wanted: string | null, act: 'stop' | 'resume'): Promise<string | null> {
  return inTenant(platform, ref.tenantId, systemActor, async (ctx) => {
    const mail = await readSentMail(ctx, ref.emailId);
    if (!mail) return null;
    const address = wanted ?? mail.toAddress;
    if (address !== mail.toAddress && !mail.ccAddresses.includes(address)) return null;
    const about = { emailId: ref.emailId, customerId: mail.customerId };
    await (act === 'stop' ? optOut(ctx, address, about) : optIn(ctx, address, about));
    return address;
  });
}

async function stopPage(platform: Platform, ref: EmailRef, done: { act: 'stop' | 'resume'; address: string } | null): Promise<Response> {
  const view = await inTenant(platform, ref.tenantId, systemActor, async (ctx) => {
    const mail = await readSentMail(ctx, ref.emailId);
    if (!mail) return null;
    const addresses = [mail.toAddress, ...mail.ccAddresses];
    const suppressed = new Map((await readSuppressions(ctx, addresses)).map((row) => [row.address, row.reason]));
    const stateOf = (reason: string | undefined) => (reason === undefined ? 'written_to' : reason === 'opt_out' ? 'stopped' : 'silent');
    return { brand: await brandOf(ctx), addresses: addresses.map((address) => ({ address, state: stateOf(suppressed.get(address)) }) as const) };
  });
  if (!view) return gone();
  // bounced, or of the wrong person: nothing comes, whatever is pressed here
  const silent = view.addresses.some(({ address, state }) => address === done?.address && state === 'silent');
  const body = html`<div class="card">${
    done === null
      ? html`<h1>Fewer reminders?</h1><p class="lead">${view.brand.name} sends reminders about open invoices to these addresses. You can stop them: then only statements and receipts come.</p>`
      : done.act === 'stop'
        ? html`<div class="seal positive" aria-hidden="true">✓</div><h1>Reminders stopped</h1><p class="lead">${view.brand.name} sends no more reminders to ${done.address}.${silent ? '' : ' Statements and receipts still come.'}</p>`
        : html`<h1>Reminders come again</h1><p class="lead">${view.brand.name} sends reminders to ${done.address} again.</p>`
  }${view.addresses.map(addressForm)}</div>`;
  return pageResponse({ title: 'Reminders', brand: view.brand, body });
}

function addressForm({ address, state }: { address: string; state: 'written_to' | 'stopped' | 'silent' }): Html {
  if (state === 'silent') return html`<p class="after"><strong>${address}</strong> gets no mails.</p>`;
  const stopped = state === 'stopped';
  return html`<form method="post" class="after"><input type="hidden" name="address" value="${address}"><input type="hidden" name="act" value="${stopped ? 'resume' : 'stop'}"><p><strong>${address}</strong>${stopped ? ' gets no reminders.' : ''}</p><button class="button block${stopped ? ' secondary' : ''}" type="submit">${stopped ? 'Send reminders again' : 'Stop reminders to this address'}</button></form>`;
}

export async function brandOf(ctx: Context): Promise<Brand> {
  const { branding } = await getSettings(ctx);
  return { name: ctx.tenant.name, logoUrl: branding.logoUrl, accent: branding.accent };
}

/** One answer for a wrong, old or foreign link. */
export function gone(): Promise<Response> {
  return pageResponse(
    {
      title: 'This link does not work',
      failed: true,
      body: html`<div class="card"><h1>This link does not work</h1><p>It may be incomplete or too old. Open it from the newest e-mail, or reply to that e-mail and ask.</p></div>`,
    },
    404,
  );
}
