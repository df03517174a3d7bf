/** The simulated provider's own pages. They work without a script, as a provider's hosted page must. */
import { html, raw } from 'hono/html';
import type { Ledger, Payment, Session } from './ledger.ts';
import { TEST_ROUTING_NUMBER, testAccounts, testCards } from './numbers.ts';

const style = `:root{color-scheme:light dark;--page:#eef1f6;--card:#fff;--text:#16191f;--muted:#566070;--line:#d5dae2;--accent:#0b6b53;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--page:#101319;--card:#191d25;--text:#eef1f5;--muted:#a3adbb;--line:#2d333e;--accent:#4cc29f;--bad:#ff9a90}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--text);font:16px/24px system-ui,sans-serif}
main{max-width:520px;margin:0 auto;padding:24px 16px 48px}main.wide{max-width:1000px}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:28px;margin:0 0 16px;overflow-x:auto}
h1{font-size:22px;line-height:28px;margin:0 0 4px}h2{font-size:17px;margin:0 0 8px}p{margin:0 0 16px}.muted{color:var(--muted);font-size:14px;line-height:20px}
label{display:block;font-weight:600;font-size:15px;margin:0 0 4px}input{width:100%;min-height:44px;padding:8px 12px;font:inherit;color:inherit;background:transparent;border:1px solid var(--muted);border-radius:8px;margin:0 0 16px}
.two{display:grid;grid-template-columns:1fr 1fr;gap:0 12px}button,.button{display:inline-block;min-height:46px;padding:10px 18px;font:inherit;font-weight:600;border:0;border-radius:8px;background:var(--accent);color:var(--card);cursor:pointer;text-decoration:none}
button.block{width:100%}button.quiet,.quiet{background:none;color:var(--text);border:1px solid var(--muted)}a{color:var(--accent)}.row{display:flex;gap:12px;flex-wrap:wrap}
table{border-collapse:collapse;width:100%;font-size:14px}td,th{text-align:left;padding:6px 12px 6px 0;border-top:1px solid var(--line);vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
code{white-space:nowrap}.error{border-left:4px solid var(--bad);padding:4px 12px;color:var(--bad);font-weight:600}:focus-visible{outline:3px solid var(--accent);outline-offset:2px}`;

const page = (title: string, body: unknown, wide = false) =>
  html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>${title}</title><link rel="icon" href="data:,"><style>${raw(style)}</style></head><body><main${wide ? raw(' class="wide"') : ''}>${body}</main></body></html>`;

const grouped = (number: string, every: number) => number.replace(new RegExp(`(.{${every}})(?=.)`, 'g'), '$1 ');
/** For people: the provider writes amounts as a person in the United States does. */
function major(minor: string, currency: string): string {
  const formatter = new Intl.NumberFormat('en-US', { style: 'currency', currency });
  const digits = formatter.resolvedOptions().maximumFractionDigits ?? 2;
  const padded = minor.padStart(digits + 1, '0');
  return formatter.format((digits === 0 ? padded : `${padded.slice(0, -digits)}.${padded.slice(-digits)}`) as Intl.StringNumericLiteral);
}

function numbersTable(rail: 'card' | 'bank') {
  const rows = rail === 'card' ? testCards : testAccounts;
  return html`<table><tbody>${rows.map(
    (row) =>
      html`<tr><td><code>${rail === 'card' ? grouped(row.number, 4) : row.number}</code></td><td>${rail === 'card' ? `${row.brand}, ` : ''}${row.meaning}</td></tr>`,
  )}</tbody></table>`;
}

/** Where the payer types a card or bank account. */
export function entryPage(session: Session, values: Record<string, string> = {}, error: string | null = null) {
  const field = (name: string, label: string, more = '') =>
    html`<label for="${name}">${label}</label><input id="${name}" name="${name}" value="${values[name] ?? ''}" autocomplete="off" ${raw(more)}>`;
  const card = session.rail === 'card';
  return page(
    card ? 'Enter a card' : 'Enter a bank account',
    html`<div class="card"><h1>${card ? 'Enter a card' : 'Enter a bank account'}</h1><p class="muted">For ${session.merchantName}, ${major(session.amount, session.currency)}. You confirm the amount on the next page.</p>
${error ? html`<p class="error" role="alert">${error}</p>` : ''}
<form method="post">${
      card
        ? html`${field('number', 'Card number', 'inputmode="numeric" required autofocus')}<div class="two"><div>${field('expiry', 'Expiry (MM/YY)', 'inputmode="numeric" required')}</div><div>${field('code', 'Security code', 'inputmode="numeric" required')}</div></div>${field('holder', 'Name on the card')}`
        : html`${field('routing', 'Routing number', 'inputmode="numeric" required autofocus')}${field('account', 'Account number', 'inputmode="numeric" required')}${field('holder', 'Name on the account')}`
    }<button class="block" type="submit">Continue</button></form>
<p class="muted" style="margin:16px 0 0"><a href="${back(session.returnUrl)}">Go back without paying</a></p></div>
<div class="card"><h2>Test numbers</h2><p class="muted">Demonstration: only these work. ${card ? 'Any future date and any code.' : html`Routing number <code>${TEST_ROUTING_NUMBER}</code>.`}</p>${numbersTable(session.rail)}</div>`,
  );
}

function back(returnUrl: string): string {
  const url = new URL(returnUrl);
  url.searchParams.set('canceled', '1');
  return url.toString();
}

/** The bank's own question in a 3-D Secure step. */
export function challengePage(payment: Payment) {
  return page(
    'Confirm at your bank',
    html`<div class="card"><h1>Demo Bank</h1><p>Do you confirm the payment of <strong>${major(payment.amount, payment.currency)}</strong> with the card ending ${payment.instrument.last4}?</p>
<form method="post"><div class="row"><button name="answer" value="yes">Yes, I confirm</button><button class="quiet" name="answer" value="no">No, refuse</button></div></form></div>`,
  );
}

/** What the provider's dashboard would show, with the clock's handle. */
export function homePage(ledger: Ledger, secret: (merchant: string) => string) {
  const payments = [...ledger.tables.payment.values()].reverse().slice(0, 100);
  const merchants = [...new Set([...ledger.tables.payment.values()].map((payment) => payment.merchant))];
  return page(
    'Demo gateway',
    html`<div class="card"><h1>Demo gateway</h1><p class="muted">A stand-in for a payment provider. No money moves here.</p>
<p>Its clock reads <strong>${new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }).format(ledger.now() * 1000)} UTC</strong>. Bank payments wait for it.</p>
<form method="post" action="/advance"><div class="row"><button name="seconds" value="86400">Forward one day</button><button class="quiet" name="seconds" value="259200">Forward three days</button></div></form></div>
<div class="card"><h2>Payments</h2>${
      payments.length === 0
        ? html`<p class="muted">None yet.</p>`
        : html`<table><thead><tr><th>Payment</th><th>Method</th><th class="n">Amount</th><th class="n">Refunded</th><th>State</th></tr></thead><tbody>${payments.map(
            (payment) =>
              html`<tr><td><code>${payment.id}</code></td><td>${payment.instrument.brand} ${payment.instrument.last4}</td><td class="n">${major(payment.amount, payment.currency)}</td><td class="n">${major(payment.refunded, payment.currency)}</td><td>${payment.status.replace('_', ' ')}${payment.failure ? html`: ${payment.failure.message}` : ''}</td></tr>`,
          )}</tbody></table>`
    }</div>
<div class="card"><h2>Card numbers</h2>${numbersTable('card')}</div><div class="card"><h2>Bank accounts</h2><p class="muted">Routing number <code>${TEST_ROUTING_NUMBER}</code></p>${numbersTable('bank')}</div>
${merchants.length === 0 ? '' : html`<div class="card"><h2>Accounts</h2><table><tbody>${merchants.map((merchant) => html`<tr><td><code>${merchant}</code></td><td>webhook secret <code>${secret(merchant)}</code></td></tr>`)}</tbody></table></div>`}`,
    true,
  );
}
