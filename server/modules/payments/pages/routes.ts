import type { Context as HonoContext, Hono } from 'hono';
import { isId, newId } from '../../../kernel/ids.ts';
import { invalid, Problem } from '../../../kernel/problem.ts';
import { type Platform, workFor } from '../../../platform/context.ts';
import { readBytes } from '../../../platform/http/body.ts';
import type { HttpEnv } from '../../../platform/http/server.ts';
import { plainAddress } from '../../../platform/mail/address.ts';
import { invoicePdf } from '../../receivables/index.ts';
import { withinLimit } from '../links/queries.ts';
import { checkAttempt } from '../protocol.ts';
import { type Attempt, readAttempt } from '../queries.ts';
import { beginEntry, inspectEntry, type Payer, payWithEntry, payWithSaved, requestConfirmation, requestLinkAgain } from './actions.ts';
import { type PageModel, pageModel } from './model.ts';
import { cookieOf, csrfFits, csrfOf, infoOf, openByCookie, openByToken, payerWork, seeOther, show, type Visit } from './session.ts';
import { payPageShown } from './shown.ts';
import * as views from './views.ts';

type C = HonoContext<HttpEnv>;

const MAX_FORM_BYTES = 16 * 1024;
/** How often in how many seconds: forms of one link and of one IP address, mails of one link, wrong tokens and requests for a new link of one IP address, and of one e-mail address. */
const LIMITS = { forms: [60, 600], formsOfAddress: [300, 600], mails: [5, 3600], wrongTokens: [60, 600], again: [10, 3600], againAddress: [3, 3600] } as const;

/** The fields of a form; repeated ones count once. */
async function readForm(c: C): Promise<URLSearchParams> {
  const bytes = await readBytes(c.env.incoming, MAX_FORM_BYTES);
  return new URLSearchParams(bytes.toString('utf8'));
}

const limited = (platform: Platform, name: keyof typeof LIMITS, key: string): Promise<boolean> =>
  withinLimit(platform, `pay:${name}:${key}`, LIMITS[name][0], LIMITS[name][1]).then((within) => !within);

/** What a wrong or worn-out link answers. */
async function unknownLink(platform: Platform, c: C): Promise<Response> {
  if (await limited(platform, 'wrongTokens', infoOf(platform, c).ip)) return show(views.tooManyPage(null), null, 429);
  return show(views.invalidTokenPage(null, { token: '' }), null, 404);
}

/** The page on which a visit begins: the pay page, or the confirmation page of a saved method. */
async function landing(platform: Platform, visit: Visit, wanted: string | undefined): Promise<Response> {
  const { row } = visit;
  const model = pageModel(row, platform.clock.now());
  const headers = { 'set-cookie': cookieOf(platform, visit) };
  if (model.status === 'expired') return show(views.invalidTokenPage(row, { token: visit.token }), row, 410, headers);
  if (model.status !== 'payable') return show(views.blockedPage(model), row, 200, headers);
  if (row.purpose === 'pay') return show(views.payPage(model, { op: 'start', csrf: csrfOf(platform, visit, 'start') }, wanted), row, 200, headers);
  // the operation is fixed when the page is made: pressing its button twice is one payment
  const op = newId();
  return show(views.confirmPage(model, { op, csrf: csrfOf(platform, visit, op) }), row, 200, headers);
}

/** A form's common checks: the link is this browser's, the form is ours, and there are not too many of them. */
async function formOf(platform: Platform, c: C): Promise<Response | { visit: Visit; model: PageModel; form: URLSearchParams; op: string }> {
  const visit = await openByCookie(platform, c);
  if (!visit) return show(views.sessionLostPage(), null, 403);
  if ((await limited(platform, 'forms', visit.row.payLinkId)) || (await limited(platform, 'formsOfAddress', infoOf(platform, c).ip)))
    return show(views.tooManyPage(visit.row), visit.row, 429);
  const form = await readForm(c);
  const op = form.get('op') ?? '';
  if (!csrfFits(platform, visit, op, form.get('csrf') ?? '')) return show(views.sessionLostPage(), null, 403);
  return { visit, model: pageModel(visit.row, platform.clock.now()), form, op };
}

/** Where the money is moved: what stands against it becomes a page. */
async function pay(
  platform: Platform,
  visit: Visit,
  op: string,
  shownMinor: string | null,
  collect: (model: PageModel) => Promise<Attempt | null>,
): Promise<Response> {
  const { row } = visit;
  const work = payerWork(platform, row, '');
  if (!isId(op)) return show(views.sessionLostPage(), null, 403);
  const known = await work.transaction((ctx) => readAttempt(ctx, op));
  if (known && known.payLinkId === row.rootId) return seeOther(resultPath(row.payLinkId, known.id));
  const model = pageModel(row, platform.clock.now());
  if (model.status !== 'payable') return landing(platform, visit, undefined);
  if (shownMinor !== model.totalMinor.toString()) return show(views.amountChangedPage(model), row, 409);
  try {
    const attempt = await collect(model);
    return attempt
      ? seeOther(resultPath(row.payLinkId, attempt.id))
      : show(views.failedPage(row, 'What was entered can no longer be used. Nothing was charged; please enter it again.', null), row, 409);
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 409) throw error;
    return refused(platform, visit, error);
  }
}

const resultPath = (linkId: string, attemptId: string): string => `/pay/l/${linkId}/result?attempt=${attemptId}`;

/** Somebody was faster, or the invoices changed: the link is read again and shows how things stand now. */
async function refused(platform: Platform, visit: Visit, problem: Problem): Promise<Response> {
  const fresh = (await openByToken(platform, visit.token)) ?? visit;
  const model = pageModel(fresh.row, platform.clock.now());
  if (problem.code === 'amount_changed') return show(views.amountChangedPage(model), fresh.row, 409);
  return landing(platform, fresh, undefined);
}

export function pages(app: Hono<HttpEnv>, platform: Platform): void {
  const safe = (handler: (c: C) => Promise<Response>) => (c: C) => handler(c).catch((error: unknown) => fault(platform, error));
  const visited = (handler: (c: C, visit: Visit) => Promise<Response>) => safe((c) => withVisit(platform, c, (visit) => handler(c, visit)));
  app.post(
    '/pay/again',
    safe((c) => again(platform, c)),
  );
  app.get(
    '/pay/confirm/:token',
    safe((c) => open(platform, c, 'confirm')),
  );
  app.get(
    '/pay/l/:link',
    visited((c, visit) => landing(platform, visit, c.req.query('with'))),
  );
  app.get(
    '/pay/l/:link/review',
    visited((c, visit) => review(platform, c, visit)),
  );
  app.get(
    '/pay/l/:link/result',
    visited((c, visit) => result(platform, c, visit)),
  );
  app.get(
    '/pay/l/:link/invoices/:document',
    visited((c, visit) => invoice(platform, c, visit)),
  );
  app.post(
    '/pay/l/:link/start',
    safe((c) => start(platform, c)),
  );
  app.post(
    '/pay/l/:link/pay',
    safe((c) => payNew(platform, c)),
  );
  app.post(
    '/pay/l/:link/confirm',
    safe((c) => confirm(platform, c)),
  );
  app.get(
    '/pay/:token',
    safe((c) => open(platform, c, 'pay')),
  );
}

/** A bug or an outage. What was under way is looked up by the sweep, so nobody needs to pay twice. */
function fault(platform: Platform, error: unknown): Promise<Response> {
  if (error instanceof Problem && error.status === 413) return show(views.tooManyPage(null), null, 413);
  const reference = newId().slice(-12);
  platform.log.error({ err: error, reference }, 'a pay page failed');
  return show(views.faultPage(reference), null, 500);
}

/** `GET` with the token in the address. It changes nothing but the list of views: mail scanners open links too. */
async function open(platform: Platform, c: C, purpose: 'pay' | 'confirm'): Promise<Response> {
  const token = c.req.param('token') ?? '';
  const visit = await openByToken(platform, token);
  if (!visit || visit.row.purpose !== purpose) return unknownLink(platform, c);
  const { tenantId, payLinkId } = visit.row;
  await payPageShown(platform, { tenantId, payLinkId }, { method: c.req.method, request: infoOf(platform, c) });
  return landing(platform, visit, c.req.query('with'));
}

async function withVisit(platform: Platform, c: C, fn: (visit: Visit) => Promise<Response>): Promise<Response> {
  const visit = await openByCookie(platform, c);
  return visit ? fn(visit) : show(views.sessionLostPage(), null, 403);
}

/** The button of a way to pay: a saved method asks for the confirmation mail, a new one leads to the gateway's page. */
async function start(platform: Platform, c: C): Promise<Response> {
  const checked = await formOf(platform, c);
  if (checked instanceof Response) return checked;
  const { visit, model, form } = checked;
  if (model.status !== 'payable') return landing(platform, visit, undefined);
  const work = payerWork(platform, visit.row, infoOf(platform, c).ip);
  const wanted = form.get('with') ?? '';
  if (wanted === 'card' || wanted === 'bank') {
    const url = await beginEntry(work, model, wanted);
    return url
      ? seeOther(url)
      : show(views.failedPage(visit.row, 'We could not reach our payment provider; nothing was charged. Try again in a few minutes.', null), visit.row, 503);
  }
  if (!model.methods.some((method) => method.id === wanted)) return landing(platform, visit, undefined);
  if (await limited(platform, 'mails', visit.row.rootId)) return show(views.tooManyPage(visit.row), visit.row, 429);
  await requestConfirmation(work, model, wanted);
  return show(views.mailSentPage(model), visit.row);
}

const railOf = (text: string | null | undefined): 'card' | 'bank' => (text === 'bank' ? 'bank' : 'card');

/** The payer is back from the gateway's page. */
async function review(platform: Platform, c: C, visit: Visit): Promise<Response> {
  const capture = c.req.query('capture') ?? '';
  const model = pageModel(visit.row, platform.clock.now());
  if (capture === '' || model.status !== 'payable') return landing(platform, visit, undefined);
  const entry = await inspectEntry(payerWork(platform, visit.row, infoOf(platform, c).ip), model, railOf(c.req.query('rail')), capture);
  if (!entry)
    return show(views.failedPage(visit.row, 'What was entered can no longer be used. Nothing was charged; please enter it again.', null), visit.row, 409);
  const op = newId();
  return show(views.reviewPage(model, entry.method, capture, { op, csrf: csrfOf(platform, visit, op) }), visit.row);
}

function payerOf(platform: Platform, c: C, op: string): Payer {
  const { ip, userAgent } = infoOf(platform, c);
  return { op, ip, userAgent };
}

async function payNew(platform: Platform, c: C): Promise<Response> {
  const checked = await formOf(platform, c);
  if (checked instanceof Response) return checked;
  const { visit, form, op } = checked;
  const payer = payerOf(platform, c, op);
  const work = payerWork(platform, visit.row, payer.ip);
  return pay(platform, visit, op, form.get('amount'), async (model) => {
    const capture = form.get('capture') ?? '';
    const entry = (await inspectEntry(work, model, 'card', capture)) ?? (await inspectEntry(work, model, 'bank', capture));
    return entry ? payWithEntry(work, model, entry, form.get('save') === 'yes', payer) : null;
  });
}

async function confirm(platform: Platform, c: C): Promise<Response> {
  const checked = await formOf(platform, c);
  if (checked instanceof Response) return checked;
  const { visit, form, op } = checked;
  if (visit.row.purpose !== 'confirm') return show(views.sessionLostPage(), null, 403);
  const payer = payerOf(platform, c, op);
  return pay(platform, visit, op, form.get('amount'), (model) => payWithSaved(payerWork(platform, visit.row, payer.ip), model, payer));
}

/** How an attempt of this link stands. Back from the bank it is looked up at once. */
async function result(platform: Platform, c: C, visit: Visit): Promise<Response> {
  const id = c.req.query('attempt') ?? '';
  const work = payerWork(platform, visit.row, infoOf(platform, c).ip);
  let attempt = isId(id) ? await work.transaction((ctx) => readAttempt(ctx, id)) : null;
  if (!attempt || attempt.payLinkId !== visit.row.rootId) return landing(platform, visit, undefined);
  if (attempt.state === 'requires_action' && c.req.query('back') === '1') attempt = await checkAttempt(work, attempt.id, 'return');
  return show(views.resultPage(visit.row, attempt), visit.row);
}

async function invoice(platform: Platform, c: C, visit: Visit): Promise<Response> {
  const id = c.req.param('document') ?? '';
  if (!visit.row.documents.some((document) => document.id === id)) return show(views.invalidTokenPage(visit.row, { token: visit.token }), visit.row, 404);
  const file = await payerWork(platform, visit.row, infoOf(platform, c).ip).transaction((ctx) => invoicePdf(ctx, id));
  return new Response(new Uint8Array(file.bytes), {
    headers: {
      'content-type': file.contentType,
      'content-disposition': `inline; filename="${file.name.replace(/[^\w.-]/g, '_')}"`,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    },
  });
}

/** "Send me a new link": the answer is the same whatever the address is. */
async function again(platform: Platform, c: C): Promise<Response> {
  const form = await readForm(c);
  const { ip } = infoOf(platform, c);
  const token = form.get('token') ?? '';
  const given = (form.get('email') ?? '').trim();
  const visit = await openByToken(platform, token);
  const address = plainAddress(given);
  if (!address) {
    const errors = invalid('email', 'not_an_address', 'Write one e-mail address, such as ada@example.com.').errors;
    return show(views.invalidTokenPage(visit?.row ?? null, { token, errors, address: given.slice(0, 254) }), visit?.row ?? null, 422);
  }
  if (await limited(platform, 'again', ip)) return show(views.tooManyPage(visit?.row ?? null), visit?.row ?? null, 429);
  if (!(await limited(platform, 'againAddress', address.toLowerCase())))
    await requestLinkAgain(platform, visit, address, (tenantId, customerId) =>
      workFor(platform, tenantId, { kind: 'payer', id: customerId, name: address, role: 'viewer', ip }),
    );
  return show(views.againPage(visit?.row ?? null), visit?.row ?? null);
}
