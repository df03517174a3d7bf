import type { Context as HonoContext, Hono } from 'hono';
import { html } from 'hono/html';
import type { FieldError } from '../../../kernel/problem.ts';
import { type Context, inTenant, type Platform, systemActor } from '../../../platform/context.ts';
import { readBytes, requireStorable } from '../../../platform/http/body.ts';
import { errorSummary, submitButton, textField } from '../../../platform/http/forms.ts';
import { type Brand, type Html, pageResponse } from '../../../platform/http/layout.ts';
import { dateSchema } from '../../../platform/http/schemas.ts';
import { type HttpEnv, requestInfo } from '../../../platform/http/server.ts';
import { brandOf, type EmailRef, gone, type PayerAct, readPayerLink } from '../../correspondence/index.ts';
import { type Claim, claimPaid, reportWrongPerson } from './answers.ts';
import { type AskingMail, readAskingMail, readNotMe, withinLimit } from './queries.ts';

type C = HonoContext<HttpEnv>;

const MAX_FORM_BYTES = 8 * 1024;
/** How often in how many seconds: forms of one mail, forms of one IP address, wrong links of one IP address. */
const LIMITS = { mail: [20, 3600], network: [100, 600], wrong: [60, 600] } as const;

/** What a payer says by a link in the foot of a mail. A GET shows a page with a button: scanners open every link. */
export function pages(app: Hono<HttpEnv>, platform: Platform): void {
  app.get('/m/:act{paid|not-me}/:ref/:token', async (c) => {
    const ref = await refOf(platform, c);
    if (ref instanceof Response) return ref;
    return actOf(c) === 'paid' ? showClaim(platform, ref) : showNotMe(platform, ref);
  });

  app.post('/m/:act{paid|not-me}/:ref/:token', async (c) => {
    const ref = await refOf(platform, c);
    if (ref instanceof Response) return ref;
    const within = (await limit(platform, 'mail', ref.emailId)) && (await limit(platform, 'network', ipOf(platform, c)));
    if (!within) return tooMany();
    const form = new URLSearchParams((await readBytes(c.env.incoming, MAX_FORM_BYTES)).toString('utf8'));
    requireStorable([...form.values()]);
    return actOf(c) === 'paid' ? takeClaim(platform, ref, form, ipOf(platform, c)) : takeNotMe(platform, ref, form, ipOf(platform, c));
  });
}

const actOf = (c: C): PayerAct => c.req.param('act') as PayerAct;
const ipOf = (platform: Platform, c: C): string => requestInfo(platform, c.env.incoming, c.req.raw).ip;
const limit = (platform: Platform, name: keyof typeof LIMITS, key: string): Promise<boolean> =>
  withinLimit(platform, `answer:${name}:${key}`, LIMITS[name][0], LIMITS[name][1]);

async function refOf(platform: Platform, c: C): Promise<EmailRef | Response> {
  const ref = readPayerLink(platform, actOf(c), c.req.param('ref') ?? '', c.req.param('token') ?? '');
  if (ref) return ref;
  return (await limit(platform, 'wrong', ipOf(platform, c))) ? gone() : tooMany();
}

/** As the payer, whom the records name by the address that the mail went to. */
const asPayer = <T>(platform: Platform, ref: EmailRef, name: string, ip: string, fn: (ctx: Context) => Promise<T>): Promise<T> =>
  inTenant(platform, ref.tenantId, { kind: 'payer', id: null, name, role: 'viewer', ip }, fn);

interface View {
  mail: AskingMail;
  brand: Brand;
  today: Temporal.PlainDate;
  notMe: string[];
}

/** Null when the mail is gone: its company closed, its customer deleted. */
const viewOf = (platform: Platform, ref: EmailRef): Promise<View | null> =>
  inTenant(platform, ref.tenantId, systemActor, async (ctx) => {
    const mail = await readAskingMail(ctx, ref.emailId);
    return mail && { mail, brand: await brandOf(ctx), today: ctx.clock.today(), notMe: await readNotMe(ctx, [mail.toAddress, ...mail.ccAddresses]) };
  });

// "I already paid"

async function showClaim(platform: Platform, ref: EmailRef): Promise<Response> {
  const view = await viewOf(platform, ref);
  return view ? claimPage(view, {}, []) : gone();
}

async function takeClaim(platform: Platform, ref: EmailRef, form: URLSearchParams, ip: string): Promise<Response> {
  const view = await viewOf(platform, ref);
  if (!view) return gone();
  const values = { paidOn: (form.get('paidOn') ?? '').trim(), reference: (form.get('reference') ?? '').trim(), note: (form.get('note') ?? '').trim() };
  const read = readClaim(values, view.today);
  if (Array.isArray(read)) return claimPage(view, values, read);
  const mail = await asPayer(platform, ref, view.mail.toAddress, ip, async (ctx) => {
    const after = await claimPaid(ctx, ref.emailId, read);
    await ctx.platform.fault('collections.claim.before_commit');
    return after;
  });
  return mail ? claimPage({ ...view, mail }, {}, []) : gone();
}

function readClaim(values: { paidOn: string; reference: string; note: string }, today: Temporal.PlainDate): Claim | FieldError[] {
  const errors: FieldError[] = [];
  const day = dateSchema.safeParse(values.paidOn).success ? Temporal.PlainDate.from(values.paidOn) : null;
  if (!day) errors.push({ field: 'paidOn', code: 'missing', message: 'Say on which day you paid' });
  else if (Temporal.PlainDate.compare(day, today.add({ days: 1 })) > 0)
    errors.push({ field: 'paidOn', code: 'in_the_future', message: 'Choose today or a day before' });
  else if (Temporal.PlainDate.compare(day, today.subtract({ years: 2 })) < 0)
    errors.push({ field: 'paidOn', code: 'too_old', message: 'Choose a day within the last two years' });
  if (!values.reference) errors.push({ field: 'reference', code: 'missing', message: 'Write a reference, such as the number of the transfer or check' });
  if (values.reference.length > 100) errors.push({ field: 'reference', code: 'too_long', message: 'A reference has 100 characters at most' });
  if (values.note.length > 500) errors.push({ field: 'note', code: 'too_long', message: 'A note has 500 characters at most' });
  return day && errors.length === 0 ? { paidOn: day, reference: values.reference, note: values.note || null } : errors;
}

const listed = (mail: AskingMail): Html | string =>
  mail.invoices.length === 0 ? '' : html`<p class="small muted">${mail.invoices.length === 1 ? 'Invoice' : 'Invoices'} ${nameSome(mail)}</p>`;

function nameSome(mail: AskingMail): string {
  const numbers = mail.invoices.map((invoice) => invoice.number);
  return numbers.length <= 10 ? numbers.join(', ') : `${numbers.slice(0, 10).join(', ')} and ${numbers.length - 10} more`;
}

function claimPage(view: View, values: { paidOn?: string; reference?: string; note?: string }, errors: readonly FieldError[]): Promise<Response> {
  const { mail, brand } = view;
  const settled = mail.invoices.length > 0 && mail.invoices.every((invoice) => !invoice.open);
  const body = mail.claimedAt
    ? html`<div class="card"><div class="seal positive" aria-hidden="true">✓</div><h1>Thank you</h1><p class="lead">${brand.name} knows that you have paid and looks for your payment. No reminders about these invoices come meanwhile.</p>${listed(mail)}</div>`
    : settled
      ? html`<div class="card"><div class="seal positive" aria-hidden="true">✓</div><h1>All paid</h1><p class="lead">Nothing of this e-mail is open any more.</p>${listed(mail)}</div>`
      : claimForm(view, values, errors);
  return pageResponse({ title: 'I already paid', brand, body, failed: errors.length > 0 }, errors.length > 0 ? 422 : 200);
}

function claimForm(view: View, values: { paidOn?: string; reference?: string; note?: string }, errors: readonly FieldError[]): Html {
  return html`<div class="card"><h1>You have paid already?</h1><p class="lead">Tell ${view.brand.name} when and how, so that they find your payment. Reminders wait meanwhile.</p>${listed(view.mail)}<form method="post" novalidate>${errorSummary(errors)}${textField({ name: 'paidOn', label: 'Paid on', type: 'date', value: values.paidOn ?? view.today.toString(), errors })}${textField({ name: 'reference', label: 'Reference', help: 'Number of the transfer, check or card receipt', value: values.reference ?? '', maxlength: 100, errors })}${textField({ name: 'note', label: 'Note', value: values.note ?? '', maxlength: 500, optional: true, errors })}${submitButton('Send')}</form></div>`;
}

// "This is not me"

async function showNotMe(platform: Platform, ref: EmailRef): Promise<Response> {
  const view = await viewOf(platform, ref);
  return view ? notMePage(view) : gone();
}

async function takeNotMe(platform: Platform, ref: EmailRef, form: URLSearchParams, ip: string): Promise<Response> {
  const view = await viewOf(platform, ref);
  if (!view) return gone();
  const address = form.get('address') ?? view.mail.toAddress;
  const known = await asPayer(platform, ref, view.mail.toAddress, ip, async (ctx) => {
    const ok = await reportWrongPerson(ctx, ref.emailId, address);
    await ctx.platform.fault('collections.wrong_person.before_commit');
    return ok;
  });
  const after = known ? await viewOf(platform, ref) : null;
  return after ? notMePage(after) : gone();
}

function notMePage({ mail, brand, notMe }: View): Promise<Response> {
  const addresses = [mail.toAddress, ...mail.ccAddresses];
  const left = addresses.filter((address) => !notMe.includes(address));
  const said = addresses.filter((address) => notMe.includes(address));
  const thanks = said.map(
    (address) => html`<div class="notice positive"><p>${brand.name} writes no more to <strong>${address}</strong> and corrects its records.</p></div>`,
  );
  const forms = left.map(
    (address) =>
      html`<form method="post" class="after"><input type="hidden" name="address" value="${address}"><p><strong>${address}</strong></p><button class="button block${said.length > 0 ? ' secondary' : ''}" type="submit">This is not me</button></form>`,
  );
  const body = html`<div class="card"><h1>${said.length > 0 ? 'Thank you' : 'This is not you?'}</h1><p class="lead">${
    left.length === 0
      ? 'Nothing more to do.'
      : `These mails are for ${mail.customerName}. If they are not for you, ${brand.name} stops writing to this address: no reminders, no statements.`
  }</p>${thanks}${forms}</div>`;
  return pageResponse({ title: 'This is not me', brand, body });
}

const tooMany = (): Promise<Response> =>
  pageResponse(
    {
      title: 'Too many tries',
      failed: true,
      body: html`<div class="card"><h1>Too many tries</h1><p>Wait some minutes, then open the link again.</p></div>`,
    },
    429,
  );
