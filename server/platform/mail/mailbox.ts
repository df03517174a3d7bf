import { createHash } from 'node:crypto';
import type { Hono } from 'hono';
import { html, raw } from 'hono/html';
import type { Email } from 'postal-mime';
import type { Platform } from '../context.ts';
import { type Html, pageHeaders, pageLayout } from '../http/layout.ts';
import { type HttpEnv, requestInfo, requireSameOrigin } from '../http/server.ts';
import type { CaughtMail, Catcher, ReadMail } from './catcher.ts';

const PAGE = 50;

const style = `
.box-head{display:flex;flex-wrap:wrap;gap:12px 16px;align-items:center;margin:0 0 16px}
.box-head h1{margin:0;flex:1 1 auto}
.box-head form{display:flex;gap:8px}
.box-head input{min-height:40px;padding:6px 12px;font:inherit;color:inherit;background:var(--raised);border:1px solid var(--control);border-radius:8px;width:100%;min-width:0}
.box-head .search{flex:1 1 280px}
.mails{list-style:none;margin:0;padding:0;background:var(--raised);border:1px solid var(--border);border-radius:var(--radius);overflow:hidden}
.mails li+li{border-top:1px solid var(--border)}
.mails a{display:grid;grid-template-columns:minmax(0,15fr) minmax(0,30fr) auto;gap:2px 20px;padding:11px 18px;color:inherit;text-decoration:none;font-size:15px;line-height:20px}
.mails a:hover{background:var(--sunken)}
.mails a:focus-visible{outline-offset:-3px}
.mails span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.mails .to{color:var(--muted)}
.mails .subject{font-weight:600}
.mails time{color:var(--muted);font-size:14px}
.mail{background:var(--raised);border:1px solid var(--border);border-radius:var(--radius);overflow:hidden}
.mail header{padding:20px 24px 12px}
.mail h1{font-size:22px;line-height:28px}
.mail dl.facts{font-size:15px;margin:0;gap:4px 16px}
.tabs{display:flex;flex-wrap:wrap;gap:4px;padding:0 16px;border-bottom:1px solid var(--border)}
.tabs a{padding:10px 12px;color:var(--muted);text-decoration:none;font-size:15px;border-bottom:2px solid transparent;margin-bottom:-1px}
.tabs a[aria-current]{color:var(--text);font-weight:600;border-color:var(--accent)}
.mail iframe{display:block;width:100%;height:min(1100px,78vh);min-height:560px;border:0;background:#f3f4f6}
.mail pre{margin:0;padding:20px 24px;overflow:auto;font:14px/21px ui-monospace,SFMono-Regular,Menlo,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
.files{display:flex;flex-wrap:wrap;gap:8px;padding:12px 24px;border-bottom:1px solid var(--border)}
.files a{display:inline-flex;gap:8px;padding:6px 12px;border:1px solid var(--border);border-radius:8px;font-size:14px;line-height:20px;text-decoration:none}
.back{display:inline-block;margin:0 0 12px;font-size:15px}
.pager{display:flex;justify-content:space-between;margin-top:12px;font-size:15px}
.empty{padding:48px 24px;text-align:center;background:var(--raised);border:1px solid var(--border);border-radius:var(--radius)}
.empty p{color:var(--muted);margin:4px auto 0;max-width:46ch}
@media (prefers-color-scheme:dark){.mail iframe{background:#111827}}
@media (max-width:640px){.mails a{grid-template-columns:minmax(0,1fr) auto;padding:12px 14px}.mails .subject{grid-column:1/-1;grid-row:2}.mail header{padding:16px 16px 10px}.files{padding:12px 16px}.tabs{padding:0 4px}.tabs a{padding:10px 8px;font-size:14px}.mail dl.facts{grid-template-columns:max-content 1fr}.mail pre{padding:16px}}
`.replaceAll('\n', '');
const styleHash = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;

/** The demo's mailbox under /mailbox: every mail that the catcher keeps, to read as its reader would. */
export function mailboxPages(catcher: Catcher): (app: Hono<HttpEnv>, platform: Platform) => void {
  return (app, platform) => {
    app.get('/mailbox', (c) =>
      listPage(catcher, (c.req.query('q') ?? '').trim().slice(0, 200), Math.max(1, Number.parseInt(c.req.query('page') ?? '1', 10) || 1)),
    );
    app.post('/mailbox/delete', async (c) => {
      requireSameOrigin(platform, requestInfo(platform, c.env.incoming, c.req.raw));
      await catcher.clear();
      return c.redirect('/mailbox', 303);
    });
    app.get('/mailbox/:id', async (c) => {
      const mail = await catcher.read(c.req.param('id'));
      return mail ? mailPage(mail, c.req.query('view') ?? (mail.parsed.html ? 'html' : 'text')) : missing();
    });
    app.get('/mailbox/:id/html', async (c) => {
      const mail = await catcher.read(c.req.param('id'));
      return mail ? framed(mail.parsed) : missing();
    });
    app.get('/mailbox/:id/raw', async (c) => {
      const mail = await catcher.read(c.req.param('id'));
      return mail ? download(mail.raw, 'message/rfc822', `${mail.id}.eml`) : missing();
    });
    app.get('/mailbox/:id/files/:index', async (c) => {
      const mail = await catcher.read(c.req.param('id'));
      const file = mail?.parsed.attachments[Number(c.req.param('index'))];
      return file ? download(Buffer.from(file.content as ArrayBuffer), file.mimeType, file.filename ?? 'attachment') : missing();
    });
  };
}

async function respond(title: string, body: Html, status = 200): Promise<Response> {
  const page = await pageLayout({
    title,
    body,
    width: 'wide',
    head: html`<style>${raw(style)}</style>`,
    footer: 'The mailbox of the demo. Mail that is caught here never leaves this machine.',
  });
  const headers = pageHeaders({}, { frame: "'self'" });
  headers['content-security-policy'] = headers['content-security-policy']!.replace('style-src ', `style-src ${styleHash} `);
  return new Response(String(page), { status, headers });
}

const missing = (): Promise<Response> =>
  respond('No such mail', html`<div class="empty"><h1>This mail is not here any more</h1><p><a href="/mailbox">All mails</a></p></div>`, 404);

function listPage(catcher: Catcher, query: string, page: number): Promise<Response> {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const all = catcher.list();
  const found = all.filter((mail) => words.every((word) => `${mail.from} ${mail.envelopeTo.join(' ')} ${mail.subject}`.toLowerCase().includes(word)));
  const shown = found.slice((page - 1) * PAGE, page * PAGE);
  const pageUrl = (to: number) => `/mailbox?${new URLSearchParams({ ...(query ? { q: query } : {}), page: String(to) })}`;
  const count = query ? `${found.length} of ${all.length} mails` : all.length === 1 ? '1 mail' : `${all.length} mails`;
  return respond(
    'Mailbox',
    html`<div class="box-head"><h1>Mailbox</h1><form class="search" method="get" action="/mailbox" role="search"><input type="search" name="q" value="${query}" aria-label="Search sender, address and subject" placeholder="Search sender, address, subject"><button class="button secondary small" type="submit">Search</button></form>${
      all.length > 0
        ? html`<form method="post" action="/mailbox/delete"><button class="button secondary small" type="submit">Delete all ${all.length}</button></form>`
        : ''
    }</div>${shown.length > 0 ? html`<p class="small muted">${count}, newest first</p><ul class="mails">${shown.map(row)}</ul>` : emptyList(query)}<div class="pager"><span>${
      page > 1 ? html`<a href="${pageUrl(page - 1)}">Newer</a>` : ''
    }</span><span>${page * PAGE < found.length ? html`<a href="${pageUrl(page + 1)}">Older</a>` : ''}</span></div>`,
  );
}

const emptyList = (query: string): Html =>
  query
    ? html`<div class="empty"><h1>No mail matches “${query}”</h1><p><a href="/mailbox">Show all mails</a></p></div>`
    : html`<div class="empty"><h1>No mail yet</h1><p>Run the reminders, or press a pay button: every mail that PayorCRM sends lands here within a second or two. <a href="/mailbox">Look again</a></p></div>`;

const row = (mail: CaughtMail): Html =>
  html`<li><a href="/mailbox/${mail.id}"><span class="to">${mail.envelopeTo.join(', ')}</span><span class="subject">${mail.subject || '(no subject)'}</span>${moment(mail.receivedAt)}</a></li>`;

/** A server does not know the reader's zone; UTC is said so. */
function moment(at: string): Html {
  const zoned = Temporal.Instant.from(at).toZonedDateTimeISO('UTC');
  return html`<time datetime="${at}">${zoned.toLocaleString('en-US', { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' })} UTC</time>`;
}

const views = [
  ['html', 'Message'],
  ['text', 'Plain text'],
  ['headers', 'Headers'],
] as const;

function mailPage(mail: ReadMail, view: string): Promise<Response> {
  const { parsed } = mail;
  const current = views.some(([name]) => name === view) ? view : 'text';
  return respond(
    mail.subject || '(no subject)',
    html`<a class="back" href="/mailbox">← All mails</a><article class="mail"><header><h1>${mail.subject || '(no subject)'}</h1><dl class="facts"><dt>From</dt><dd>${mail.from}</dd><dt>To</dt><dd>${mail.envelopeTo.join(', ')}</dd><dt>Received</dt><dd>${moment(mail.receivedAt)}</dd></dl></header>${
      parsed.attachments.length > 0
        ? html`<div class="files">${parsed.attachments.map((file, index) => html`<a href="/mailbox/${mail.id}/files/${index}" target="_blank" rel="noopener"><span aria-hidden="true">📎</span>${file.filename ?? 'attachment'} <span class="muted">${sizeText((file.content as ArrayBuffer).byteLength)}</span></a>`)}</div>`
        : ''
    }<nav class="tabs" aria-label="How to show it">${views
      .filter(([name]) => name !== 'html' || parsed.html)
      .map(
        ([name, label]) => html`<a href="/mailbox/${mail.id}?view=${name}"${name === current ? html` aria-current="page"` : ''}>${label}</a>`,
      )}<a href="/mailbox/${mail.id}/raw">Download</a></nav>${content(mail, current)}</article>`,
  );
}

function content(mail: ReadMail, view: string): Html {
  if (view === 'html' && mail.parsed.html)
    return html`<iframe src="/mailbox/${mail.id}/html" title="The message as its reader sees it" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>`;
  // a scrolling region must be reachable by keyboard
  if (view === 'headers')
    return html`<pre tabindex="0">${mail.parsed.headers.map((header) => `${header.originalKey ?? header.key}: ${header.value}`).join('\n')}</pre>`;
  return html`<pre tabindex="0">${mail.parsed.text ?? '(This mail has no text part.)'}</pre>`;
}

/** The mail's own HTML, alone in a sandbox: no script, no form; links open in a new tab. */
function framed(parsed: Email): Response {
  const source = parsed.html ?? '';
  const base = '<base target="_blank">';
  const body = /<head[^>]*>/i.test(source) ? source.replace(/<head[^>]*>/i, (head) => head + base) : base + source;
  return new Response(body, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; img-src http: https: data:; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
  });
}

function download(bytes: Buffer, type: string, name: string): Response {
  const pdf = type === 'application/pdf';
  return new Response(new Uint8Array(bytes), {
    headers: {
      'content-type': pdf || type === 'message/rfc822' ? type : 'application/octet-stream',
      'content-disposition': `${pdf ? 'inline' : 'attachment'}; filename="${name.replace(/[^\w. -]/g, '_')}"`,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
  });
}

const sizeText = (bytes: number): string =>
  bytes < 1024 ? `${bytes} B` : bytes < 1_048_576 ? `${Math.round(bytes / 1024)} kB` : `${(bytes / 1_048_576).toFixed(1)} MB`;
