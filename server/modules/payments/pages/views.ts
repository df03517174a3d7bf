/** The pay pages. Who asks, how much, one button. They work without a script. */
import { html } from 'hono/html';
import { customerMessage } from '../../../gateways/failure.ts';
import type { MethodSummary, Rail } from '../../../gateways/gateway.ts';
import { withDefaults } from '../../tenants/index.ts';
import { errorSummary, textField } from '../../../platform/http/forms.ts';
import type { Brand, Html, Page } from '../../../platform/http/layout.ts';
import type { FieldError } from '../../../kernel/problem.ts';
import { ACTION_MINUTES } from '../attempt.ts';
import type { PayPageRow } from '../links/queries.ts';
import type { Attempt } from '../queries.ts';
import { dueWords, maskAddress, MAX_FAILURES, methodName, type PageMethod, type PageModel } from './model.ts';
import { dateText, moneyText } from './words.ts';

const brandOf = (row: PayPageRow): Brand => {
  const { branding } = withDefaults(row.setting);
  return { name: row.companyName, logoUrl: branding.logoUrl, accent: branding.accent };
};

/** How to reach the company, at the foot of every page. */
function footerOf(row: PayPageRow): Html | null {
  const { branding, mail } = withDefaults(row.setting);
  const address = branding.supportEmail ?? mail.replyTo;
  const parts = [address ? html`<a href="mailto:${address}">${address}</a>` : null, branding.phone ? html`<span>${branding.phone}</span>` : null].filter(
    (part) => part !== null,
  );
  if (parts.length === 0) return html`<p class="small muted">Questions? Answer the mail that brought you here.</p>`;
  return html`<p class="small muted">Questions? ${row.companyName}: ${parts.map((part, index) => html`${index > 0 ? ', ' : ''}${part}`)}</p>`;
}

const page = (row: PayPageRow, title: string, body: Html, more: Partial<Page> = {}): Page => ({
  title,
  body,
  brand: brandOf(row),
  width: 'medium',
  footer: footerOf(row),
  ...more,
});

const amountOf = (model: PageModel, minor = model.totalMinor): string => moneyText(minor, model.row.currency, model.row.locale);
const invoicesWord = (count: number): string => (count === 1 ? '1 invoice' : `${count} invoices`);

export interface FormKeys {
  csrf: string;
  op: string;
}

function invoiceTable(model: PageModel): Html {
  const { row } = model;
  return html`<table><thead><tr><th scope="col">Invoice</th><th scope="col">Due</th><th scope="col" class="number">Amount</th></tr></thead><tbody>${model.documents.map(
    (document) =>
      html`<tr><td><a href="/pay/l/${row.payLinkId}/invoices/${document.id}">${document.number}<span class="small muted"> PDF</span></a></td><td>${dateText(document.dueOn, row.locale)}<br><span class="small ${document.overdueDays > 0 ? 'overdue' : 'muted'}">${dueWords(document.overdueDays)}</span></td><td class="number">${amountOf(model, document.payableMinor)}${
        document.payableMinor < document.openMinor ? html`<br><span class="small muted">of ${amountOf(model, document.openMinor)}</span>` : ''
      }</td></tr>`,
  )}</tbody></table>`;
}

type Choice = { kind: 'saved'; method: PageMethod } | { kind: 'new'; rail: Rail };

const choiceValue = (choice: Choice): string => (choice.kind === 'saved' ? choice.method.id : choice.rail);

/** The way that the mail's button named comes first, then saved methods, then new ones. */
function choicesOf(model: PageModel, wanted: string | undefined): Choice[] {
  const saved = (rail: Rail): Choice[] =>
    model.methods
      .filter((method) => method.rail === rail)
      .slice(0, 2)
      .map((method) => ({ kind: 'saved', method }));
  const all: Choice[] = [...saved('card'), ...saved('bank'), ...model.rails.map((rail): Choice => ({ kind: 'new', rail }))];
  const first = all.findIndex((choice) => choiceValue(choice) === wanted);
  return first > 0 ? [all[first]!, ...all.slice(0, first), ...all.slice(first + 1)] : all;
}

function choiceLabel(choice: Choice, amount: string | null): string {
  const pay = amount ? `Pay ${amount}` : 'Pay';
  if (choice.kind === 'saved') return choice.method.rail === 'card' ? `${pay} with ${methodName(choice.method)}` : `${pay} from ${methodName(choice.method)}`;
  return choice.rail === 'card' ? `${pay} with a new card` : `${pay} from a new bank account`;
}

function choiceForms(model: PageModel, choices: readonly Choice[], keys: FormKeys, primaryFirst: boolean): Html {
  return html`<div class="choices">${choices.map(
    (choice, index) =>
      html`<form method="post" action="/pay/l/${model.row.payLinkId}/start"><input type="hidden" name="csrf" value="${keys.csrf}"><input type="hidden" name="op" value="${keys.op}"><input type="hidden" name="with" value="${choiceValue(choice)}"><button class="button block${primaryFirst && index === 0 ? '' : ' secondary'}" type="submit">${choiceLabel(choice, primaryFirst && index === 0 ? amountOf(model) : null)}</button></form>`,
  )}</div>`;
}

export function payPage(model: PageModel, keys: FormKeys, wanted: string | undefined): Page {
  const { row } = model;
  const choices = choicesOf(model, wanted);
  const first = choices[0]!;
  return page(
    row,
    'Pay your invoices',
    html`<div class="card"><p class="lead">${row.companyName} asks ${row.customerName} to pay</p><h1 class="amount">${amountOf(model)}</h1><p class="muted">for ${invoicesWord(model.documents.length)}</p>
${choiceForms(model, [first], keys, true)}<p class="small muted after">${
      first.kind === 'saved'
        ? `We first send a mail to ${maskAddress(row.emailAddress)}; nothing is charged before you confirm there.`
        : 'You enter it on the page of our payment provider and confirm the amount afterwards.'
    }</p>${choices.length > 1 ? html`<h2>Other ways to pay</h2>${choiceForms(model, choices.slice(1), keys, false)}` : ''}</div>
<div class="card"><h2>What you pay</h2>${invoiceTable(model)}</div>`,
  );
}

/** The second step for a saved method: this page's button pays. */
export function confirmPage(model: PageModel, keys: FormKeys): Page {
  const { row, chosen } = model;
  const others = model.rails.map((rail): Choice => ({ kind: 'new', rail }));
  if (!chosen)
    return page(
      row,
      'Choose another way to pay',
      html`<div class="card"><h1>This way to pay is no longer there</h1><p>The saved card or bank account was removed or has expired. Nothing was charged.</p>${choiceForms(model, others, keys, true)}</div>`,
    );
  return page(
    row,
    'Confirm your payment',
    html`<div class="card"><p class="lead">You pay ${row.companyName}</p><h1 class="amount">${amountOf(model)}</h1><p class="muted">${chosen.rail === 'card' ? 'with' : 'from'} ${methodName(chosen)}, for ${invoicesWord(model.documents.length)}</p>
<form method="post" action="/pay/l/${row.payLinkId}/confirm"><input type="hidden" name="csrf" value="${keys.csrf}"><input type="hidden" name="op" value="${keys.op}"><input type="hidden" name="amount" value="${model.totalMinor}"><button class="button block" type="submit">Pay ${amountOf(model)}</button></form>
<p class="small muted after">Nothing is charged until you press the button. The payment is complete when the next page says “Payment successful”.</p></div>
<div class="card"><h2>What you pay</h2>${invoiceTable(model)}</div>${others.length > 0 ? html`<div class="card"><h2>Other ways to pay</h2>${choiceForms(model, others, keys, false)}</div>` : ''}`,
  );
}

/** After a method was entered at the gateway: what will be paid with it, and whether to keep it. */
export function reviewPage(model: PageModel, method: MethodSummary, capture: string, keys: FormKeys): Page {
  const { row } = model;
  const name = methodName(method);
  return page(
    row,
    'Confirm your payment',
    html`<div class="card"><p class="lead">You pay ${row.companyName}</p><h1 class="amount">${amountOf(model)}</h1><p class="muted">${method.rail === 'card' ? 'with' : 'from'} ${name}, for ${invoicesWord(model.documents.length)}</p>
<form method="post" action="/pay/l/${row.payLinkId}/pay"><input type="hidden" name="csrf" value="${keys.csrf}"><input type="hidden" name="op" value="${keys.op}"><input type="hidden" name="capture" value="${capture}"><input type="hidden" name="amount" value="${model.totalMinor}">
<label class="choice"><input type="checkbox" name="save" value="yes"><span>Keep this ${method.rail === 'card' ? 'card' : 'bank account'} for next time<br><span class="small muted">It stays with our payment provider. A payment with it always needs your confirmation.</span></span></label>
<button class="button block" type="submit">Pay ${amountOf(model)}</button></form><p class="small after"><a href="/pay/l/${row.payLinkId}">Choose another way to pay</a></p></div>
<div class="card"><h2>What you pay</h2>${invoiceTable(model)}</div>`,
  );
}

export function mailSentPage(model: PageModel): Page {
  const { row } = model;
  return page(
    row,
    'Look into your mailbox',
    html`<div class="card"><div class="seal" aria-hidden="true">✉</div><h1>Look into your mailbox</h1><p>We sent a mail to <strong>${maskAddress(row.emailAddress)}</strong>. Press the link in it, then the button on its page: only that pays.</p><p class="muted">Nothing was charged yet. The mail can take a minute. If it does not come, look into the spam folder or <a href="/pay/l/${row.payLinkId}">go back</a> and press the button again.</p></div>`,
  );
}

const receiptWords = (row: PayPageRow): string => `We send a receipt to ${maskAddress(row.emailAddress)}.`;

/** What became of an attempt. `refreshSeconds` pages look again by themselves. */
export function resultPage(row: PayPageRow, attempt: Attempt): Page {
  const amount = moneyText(attempt.amountMinor, attempt.currency, row.locale);
  const method = attempt.methodSummary ? methodName(attempt.methodSummary) : 'your bank account';
  switch (attempt.state) {
    case 'settled':
      return page(
        row,
        'Payment successful',
        html`<div class="card"><div class="seal positive" aria-hidden="true">✓</div><h1>Payment successful</h1><p>You paid <strong>${amount}</strong> to ${row.companyName} with ${method}.</p><p class="muted">${receiptWords(row)} You can close this page.</p></div>`,
      );
    case 'processing':
      return page(
        row,
        'Payment submitted',
        html`<div class="card"><div class="seal positive" aria-hidden="true">✓</div><h1>Payment submitted</h1><p>Your bank has our request for <strong>${amount}</strong> from ${method}. Banks take one to three working days for this.</p><p class="muted">There is nothing else to do. ${receiptWords(row).replace('We send', 'When it is done we send')}</p></div>`,
      );
    case 'requires_action':
      return page(
        row,
        'Confirm at your bank',
        html`<div class="card"><div class="seal caution" aria-hidden="true">!</div><h1>Your bank asks you to confirm</h1><p>Your bank wants to be sure that it is you who pays <strong>${amount}</strong> with ${method}. Nothing is charged before you confirm there.</p><a class="button block" href="${attempt.nextAction?.url ?? `/pay/l/${row.payLinkId}`}" rel="noreferrer">Continue to your bank</a></div>`,
      );
    case 'created':
    case 'submitted':
    case 'unknown':
      return page(
        row,
        'We are confirming your payment',
        html`<div class="card"><div class="seal caution" aria-hidden="true">…</div><h1>We are confirming your payment</h1><p>We have not yet heard from the bank about your payment of <strong>${amount}</strong>. <strong>Please do not pay again</strong>: we find out by ourselves, and these invoices take no second payment meanwhile.</p><p class="muted">This page looks again every few seconds. You can close it: when the payment went through, the receipt comes by mail, and the link in our mail always shows how it stands.</p></div>`,
        { head: html`<meta http-equiv="refresh" content="5">` },
      );
    case 'failed':
      return failedPage(row, customerMessage(attempt.failure?.code ?? 'PROVIDER'), amount);
    case 'returned':
      return page(
        row,
        'Payment returned',
        html`<div class="card"><div class="seal critical" aria-hidden="true">!</div><h1>Your bank returned the payment</h1><p>${customerMessage(attempt.failure?.code ?? 'BANK_ACCOUNT')} The invoices are open again.</p><a class="button block" href="/pay/l/${row.payLinkId}">Choose another way to pay</a></div>`,
        { failed: true },
      );
    case 'canceled':
      return page(
        row,
        'Payment not completed',
        html`<div class="card"><div class="seal caution" aria-hidden="true">!</div><h1>The payment was not completed</h1><p>It was not confirmed in time, so it was called off. Nothing was charged.</p><a class="button block" href="/pay/l/${row.payLinkId}">Try again</a></div>`,
        { failed: true },
      );
  }
}

export function failedPage(row: PayPageRow, reason: string, amount: string | null): Page {
  return page(
    row,
    'Payment not successful',
    html`<div class="card"><div class="seal critical" aria-hidden="true">!</div><h1>The payment was not successful</h1><p>${reason}</p><p class="muted">${amount ? `${amount} was not taken. ` : ''}Your invoices are still open.</p><a class="button block" href="/pay/l/${row.payLinkId}">Choose how to pay</a></div>`,
    { failed: true },
  );
}

/** Somebody has begun to pay: what it waits for, and that nobody needs to pay again. */
function underWayPage({ row, inProgress }: PageModel): Page {
  const waits = inProgress?.state === 'requires_action';
  const amount = inProgress ? moneyText(BigInt(inProgress.amountMinor), row.currency, row.locale) : '';
  const title = waits ? 'The bank waits for an answer' : 'A payment is under way';
  const words = waits
    ? html`<p>Somebody began to pay ${amount}, and the bank asks for a confirmation. Nothing is charged before that. Without an answer the payment ends by itself after ${ACTION_MINUTES} minutes; then you can pay in another way.</p>`
    : inProgress?.state === 'processing'
      ? html`<p>A bank payment of ${amount} is on its way. Banks take one to three working days for this. You do not need to pay again.</p>`
      : html`<p>Somebody is paying these invoices at this moment, or we are waiting for the bank’s answer. You do not need to pay again.</p>`;
  const there =
    inProgress && inProgress.payLinkId === row.rootId
      ? html`<a class="button block" href="/pay/l/${row.payLinkId}/result?attempt=${inProgress.id}">${waits ? 'Go on with it' : 'See how it stands'}</a>`
      : '';
  return page(
    row,
    title,
    html`<div class="card"><div class="seal caution" aria-hidden="true">${waits ? '!' : '…'}</div><h1>${title}</h1>${words}${there}</div>`,
    inProgress?.state === 'processing' ? {} : { head: html`<meta http-equiv="refresh" content="15">` },
  );
}

/** What stands in the way of paying with this link. */
export function blockedPage(model: PageModel): Page {
  const { row } = model;
  const one = model.row.documents.length === 1;
  switch (model.status) {
    case 'paid':
      return page(
        row,
        'Already paid',
        html`<div class="card"><div class="seal positive" aria-hidden="true">✓</div><h1>${one ? 'This invoice is already paid' : 'These invoices are already paid'}</h1><p>Nothing is open on ${model.row.documents.map((document, index) => html`${index > 0 ? ', ' : ''}${document.number}`)}. Thank you. Nothing was charged now.</p></div>`,
      );
    case 'in_progress':
      return underWayPage(model);
    case 'too_many_failures':
      return page(
        row,
        'Too many tries',
        html`<div class="card"><div class="seal critical" aria-hidden="true">!</div><h1>This link takes no more tries</h1><p>${MAX_FAILURES} payments with it have failed. Nothing was charged. Ask your bank why, then ask for a new link, or write to ${row.companyName}.</p></div>`,
        { failed: true },
      );
    case 'no_way_to_pay':
      return page(
        row,
        'Please contact us to pay',
        html`<div class="card"><h1>Online payment is not set up</h1><p>${row.companyName} takes no payments online at the moment. You owe ${amountOf(model)}; please answer the mail that brought you here.</p></div>${html`<div class="card">${invoiceTable(model)}</div>`}`,
      );
    default:
      throw new Error(`nothing blocks a page that is ${model.status}`);
  }
}

/** Invalid, expired, replaced: what happened, and how to get a link that works. Never says whether an invoice exists. */
export function invalidTokenPage(row: PayPageRow | null, input: { token: string; errors?: FieldError[]; address?: string }): Page {
  const body = html`<div class="card"><h1>This link no longer works</h1><p>It has expired, was replaced by a newer one, or was not copied whole. Nothing was charged.</p><p>Look for our newest mail, or ask for a new link.</p>${errorSummary(input.errors)}<form method="post" action="/pay/again"><input type="hidden" name="token" value="${input.token}">${textField({ name: 'email', label: 'Your e-mail address', type: 'email', autocomplete: 'email', help: 'The address at which you receive the invoices.', value: input.address ?? '', errors: input.errors ?? [] })}<button class="button block" type="submit">Send me a new link</button></form></div>`;
  return { title: 'This link no longer works', body, brand: row ? brandOf(row) : null, width: 'narrow', failed: true, footer: row ? footerOf(row) : null };
}

/** The same whatever the address was. */
export function againPage(row: PayPageRow | null): Page {
  const body = html`<div class="card"><div class="seal" aria-hidden="true">✉</div><h1>Look into your mailbox</h1><p>If the address is on file and something is open, a mail with a new link is on its way. It can take a minute.</p><p class="muted">No mail? Then the invoices go to another address: ask the person who sends them.</p></div>`;
  return { title: 'Look into your mailbox', body, brand: row ? brandOf(row) : null, width: 'narrow', footer: row ? footerOf(row) : null };
}

export function amountChangedPage(model: PageModel): Page {
  return page(
    model.row,
    'The amount has changed',
    html`<div class="card"><h1>The amount has changed</h1><p>What is open on these invoices changed while you were looking: it is <strong>${amountOf(model)}</strong> now. Nothing was charged.</p><a class="button block" href="/pay/l/${model.row.payLinkId}">See what is open now</a></div>`,
    { failed: true },
  );
}

export function tooManyPage(row: PayPageRow | null): Page {
  const body = html`<div class="card"><h1>Too many requests</h1><p>Wait a few minutes, then try again. Nothing was charged.</p></div>`;
  return { title: 'Too many requests', body, brand: row ? brandOf(row) : null, width: 'narrow', failed: true };
}

export function faultPage(reference: string): Page {
  return {
    title: 'Something went wrong',
    body: html`<div class="card"><h1>Something went wrong on our side</h1><p>If you were paying, do not pay again yet: open the link of the mail in a minute. It shows whether the payment went through.</p><p class="small muted">Reference ${reference}</p></div>`,
    brand: null,
    width: 'narrow',
    failed: true,
  };
}

export function sessionLostPage(): Page {
  return {
    title: 'Open the link again',
    body: html`<div class="card"><h1>Open the link of the mail again</h1><p>This page belongs to a link that was opened in another browser, or cookies are off here. Nothing was charged.</p></div>`,
    brand: null,
    width: 'narrow',
    failed: true,
  };
}
