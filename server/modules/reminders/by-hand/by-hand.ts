import { newId } from '../../../kernel/ids.ts';
import { conflict, invalid, notFound, Problem } from '../../../kernel/problem.ts';
import type { Context, Work } from '../../../platform/context.ts';
import { plainAddress } from '../../../platform/mail/address.ts';
import { fillWords, type Preview, previewText, queueEmails, readLanguages } from '../../correspondence/index.ts';
import { lockCustomer, readRecipients } from '../../customers/index.ts';
import { findStaffUser, may } from '../../identity/index.ts';
import { compileText, MAX_CC, readTemplate, type TemplateRow, textFor } from '../../templates/index.ts';
import { reminderEvents } from '../events.ts';
import { messageHtml, messageOf } from './message.ts';
import { insertByHand, readSuppressed } from './queries.ts';
import { ask, type Asked } from './warnings.ts';

export interface Draft {
  customerId: string;
  documentIds: readonly string[];
  templateId: string;
  to: string;
  cc: readonly string[];
  /** Null: the template's. */
  subject: string | null;
  /** Plain text with merge tags, in place of the template's words; null: the template as it is. */
  message: string | null;
  attach: { statement: boolean; invoices: boolean; files: boolean };
}

/** A text that was written for one mail, compiled, with the merge tags still in it. */
interface OwnText {
  subject: string;
  html: string;
  text: string;
  language: string;
}

interface Written {
  own: OwnText | null;
  /** Of the one written to. */
  spoken: string | null;
}

export interface Prefilled extends Asked {
  template: TemplateRow;
  to: string | null;
  cc: string[];
  subject: string;
  message: string;
}

/** What the form begins with: recipients by purpose, the template's words in the language of the one written to. */
export async function prefill(ctx: Context, customerId: string, documentIds: readonly string[], templateId: string): Promise<Prefilled> {
  const template = await reminderTemplate(ctx, templateId);
  const recipients = await readRecipients(ctx, 'reminders', [customerId]);
  const suppressed = new Set(
    (
      await readSuppressed(
        ctx,
        recipients.map((one) => one.email.toLowerCase()),
      )
    ).map((row) => row.address),
  );
  const reachable = recipients.filter((one) => !suppressed.has(one.email.toLowerCase()));
  const to = reachable[0]?.email ?? null;
  const asked = await ask(ctx, customerId, documentIds, to?.toLowerCase() ?? null);
  const words = await prefilledWords(ctx, template, customerId, asked, reachable[0]?.language ?? null);
  if (words === null) throw new Problem(422, 'cannot_be_filled', `The template “${template.name}” cannot be filled for this customer. Choose another.`);
  return {
    ...asked,
    template,
    to,
    cc: [...new Set([...reachable.slice(1).map((one) => one.email), ...template.cc])].slice(0, MAX_CC),
    ...words,
  };
}

/** The template's words for one reader, with names, dates, amounts and the invoices of loops filled in; null where they cannot be. */
async function prefilledWords(ctx: Context, template: TemplateRow, customerId: string, { documents }: Asked, spoken: string | null) {
  const { compiled, language } = textFor(template, spoken, documents.length);
  const documentIds = documents.map((one) => one.id);
  const shownText = { ...compiled, text: messageOf(compiled.text) };
  const filled = await fillWords(ctx, { kind: 'reminder', compiled: shownText, language, spoken, customerId, documentIds, single: false });
  return filled && { subject: filled.subject, message: filled.text.trim() };
}

async function reminderTemplate(ctx: Context, id: string): Promise<TemplateRow> {
  const template = await readTemplate(ctx, id);
  if (template?.kind !== 'reminder') throw notFound('reminder template');
  return template;
}

/** The words of the mail, compiled; null where the template's own go. Outside of a transaction. */
async function written(work: Work, draft: Draft): Promise<Written> {
  const to = draft.to.trim().toLowerCase();
  const { spoken, picked, filled } = await work.transaction(async (ctx) => {
    const template = await reminderTemplate(ctx, draft.templateId);
    const reader = (await readLanguages(ctx, [draft.customerId])).get(`${draft.customerId} ${to}`) ?? null;
    const asked = await ask(ctx, draft.customerId, draft.documentIds, null);
    return {
      spoken: reader,
      picked: textFor(template, reader, asked.documents.length),
      filled: await prefilledWords(ctx, template, draft.customerId, asked, reader),
    };
  });
  const own = (text: OwnText | null): Written => ({ own: text, spoken });
  // what the form began with is the template's, filled in or not
  const ours = [filled?.message, messageOf(picked.compiled.text).trim()];
  const message = draft.message !== null && ours.includes(draft.message.trim()) ? null : draft.message;
  const wanted = draft.subject?.trim() || filled?.subject;
  const subject = wanted === undefined || wanted === filled?.subject ? picked.compiled.subject : wanted;
  if (message === null)
    return own(
      subject === picked.compiled.subject
        ? null
        : { subject: await checkedSubject(subject), html: picked.compiled.html, text: picked.compiled.text, language: picked.language },
    );
  const compiled = await compileText('reminder', { subject, body: messageHtml(message), design: null }, 'message');
  return own({ subject: compiled.subject, html: compiled.compiledHtml, text: compiled.compiledText, language: picked.language });
}

/** A subject goes through the same check as that of a template. */
const checkedSubject = async (subject: string): Promise<string> =>
  (await compileText('reminder', { subject, body: '<p>{{invoice_list}}</p>', design: null }, 'subject')).subject;

/** The mail as its reader would see it, with these invoices; its links lead nowhere. */
export async function preview(work: Work, draft: Draft): Promise<Preview['rendered']> {
  const text = await written(work, draft);
  return work.transaction(async (ctx) => (await previewText(ctx, await shown(ctx, draft, text))).rendered);
}

async function shown(ctx: Context, draft: Draft, { own, spoken }: Written) {
  const documentIds = (await ask(ctx, draft.customerId, draft.documentIds, null)).documents.map((one) => one.id);
  const picked = textFor(await reminderTemplate(ctx, draft.templateId), spoken, documentIds.length);
  return {
    kind: 'reminder' as const,
    compiled: own ?? picked.compiled,
    language: own?.language ?? picked.language,
    spoken,
    customerId: draft.customerId,
    documentIds,
    single: false,
  };
}

/** The same to the person who asks, to look at it: nothing is recorded, and its links lead nowhere. */
export async function sendToMe(work: Work, draft: Draft): Promise<{ emailId: string; to: string }> {
  const text = await written(work, draft);
  return work.transaction(async (ctx) => {
    const user = ctx.actor.kind === 'user' && ctx.actor.id ? await findStaffUser(ctx, ctx.actor.id) : null;
    if (!user) throw new Problem(403, 'users_only', 'This is for a signed-in person, not for an API key.');
    const { compiled, ...rest } = await shown(ctx, draft, text);
    const emailId = newId();
    await queueEmails(ctx, [
      {
        id: emailId,
        dedupeKey: `test:${emailId}`,
        kind: 'test',
        toAddress: user.email,
        payload: { customerId: draft.customerId, documentIds: rest.documentIds, draft: { ...compiled, ...rest, attach: draft.attach } },
      },
    ]);
    return { emailId, to: user.email };
  });
}

/**
 * Sends a reminder that a person wrote. What would hold a rule's reminder back is refused with its reasons, until a
 * manager passes it; that is recorded. `id` makes sending twice one mail.
 * Problems: 404; 409 archived, nothing open, held_back; 403; 422.
 */
export async function sendByHand(work: Work, id: string, draft: Draft, pass: boolean): Promise<{ emailId: string }> {
  const { own } = await written(work, draft);
  const sent = await work.transaction(async (ctx) => {
    await lockCustomer(ctx, draft.customerId);
    const to = address(draft.to, 'to');
    const cc = draft.cc.map((one, index) => address(one, `cc.${index}`)).filter((one) => one !== to);
    const blocked = (await readSuppressed(ctx, [to]))[0];
    if (blocked)
      throw invalid('to', 'suppressed', `Mail to ${to} is suppressed (${suppressedWords[blocked.reason] ?? blocked.reason}). Choose another address.`);
    const { documents, warnings } = await ask(ctx, draft.customerId, draft.documentIds, to);
    if (warnings.length > 0 && !pass) throw conflict('held_back', `${warnings.map((warning) => warning.text).join('. ')}.`);
    if (warnings.length > 0 && !may(ctx.actor.role, 'reminders.run'))
      throw new Problem(403, 'not_allowed', `Only a manager may send this all the same: ${warnings.map((warning) => warning.text).join('. ')}.`);
    const documentIds = documents.map((document) => document.id);
    const queued = await queueEmails(ctx, [
      {
        id,
        dedupeKey: `by_hand:${id}`,
        kind: 'reminder',
        customerId: draft.customerId,
        templateId: draft.templateId,
        toAddress: to,
        ccAddresses: cc,
        payload: { documentIds, byHand: { text: own, attach: draft.attach } },
      },
    ]);
    if (queued.length === 0) return { emailId: id };
    const passed = warnings.map(({ reason, documentIds: about }) => ({ reason, documentIds: about }));
    await insertByHand(ctx, { emailId: id, customerId: draft.customerId, documentIds, passed });
    await ctx.record({
      type: reminderEvents.sentByHand,
      subjectType: 'email',
      subjectId: id,
      customerId: draft.customerId,
      data: { to, invoices: documents.slice(0, 20).map((document) => document.number), passed: warnings.map((warning) => warning.text) },
    });
    await ctx.platform.fault('reminders.by_hand.before_commit');
    return { emailId: id };
  });
  await work.platform.fault('reminders.by_hand.after_commit');
  return sent;
}

const suppressedWords: Record<string, string> = {
  bounce: 'the mail server refused it for good',
  opt_out: 'the person wants no reminders',
  manual: 'stopped by staff',
  wrong_person: 'the person says: this is not me',
};

function address(text: string, field: string): string {
  const plain = plainAddress(text.trim().toLowerCase());
  if (plain === null) throw invalid(field, 'invalid_email', `“${text.slice(0, 100)}” is not one e-mail address.`);
  return plain;
}
