import { newId } from '../../../kernel/ids.ts';
import type { Context, Work } from '../../../platform/context.ts';
import { headerText, plainAddress } from '../../../platform/mail/address.ts';
import { messageIdOf } from '../../../platform/mail/message-id.ts';
import type { OutgoingMail, SendOutcome } from '../../../platform/mail/sender.ts';
import { MAX_CC } from '../../templates/index.ts';
import { wentAlong } from '../attachments.ts';
import { recordBounce, statusIn } from '../commands/bounce.ts';
import { kindRules, LEASE_SECONDS, MAX_TRIES, retryDelay } from '../email.ts';
import { withoutTokens } from '../links.ts';
import {
  type ClaimedEmail,
  claimDue,
  insertEmailDocuments,
  insertEmailEvents,
  markSubmitted,
  readSuppressions,
  recordOutcomes,
  type RecordedOutcome,
  releaseExpired,
  type Suppression,
} from '../queries.ts';
import { rendererOf } from '../renderers/index.ts';
import { MAX_ATTACHED, type MailFrame, type Prepared, readFrame } from '../renderers/renderer.ts';
import { type HandOver, handOver } from './handover.ts';
import { type MailRoute, readRoute } from './senders.ts';
import { recordServer } from './server-state.ts';

/** Mails claimed and rendered together: their data comes in a few queries. */
const BATCH = 100;
/** Mails handed over between two commits; after a crash at most so many are in doubt. */
const GROUP = 16;
/** Groups under way side by side, so that rendering, signing, SMTP and recording overlap. */
const PUMPS = 3;
/** After this a run ends and the next job goes on, so that stopping a worker does not wait for a long queue. */
const RUN_MS = 20_000;
/** With no mail server set mails wait; they are looked at again this often. */
const NO_SERVER_MINUTES = 5;

interface Ready {
  claimed: ClaimedEmail;
  mail: OutgoingMail;
  prepared: Extract<Prepared, { kind: 'mail' }>;
}

interface Batch {
  ready: Ready[];
  route: MailRoute | null;
  claimedCount: number;
}

interface Sent extends HandOver {
  one: Ready;
}

export interface DeliverReport {
  sent: number;
  withdrawn: number;
  failed: number;
  deferred: number;
  uncertain: number;
  /** False when time ran out before the queue was empty. */
  finished: boolean;
}

/**
 * Sends what is due for the tenant. Any number of workers may do so at once. Order for each mail: claim, render from
 * what is true now, commit what will be said, speak SMTP with no transaction open, record.
 */
export async function deliverDue(work: Work): Promise<DeliverReport> {
  const report: DeliverReport = { sent: 0, withdrawn: 0, failed: 0, deferred: 0, uncertain: 0, finished: true };
  const until = performance.now() + RUN_MS;
  await work.transaction(async (ctx) => {
    const expired = await releaseExpired(ctx);
    const uncertain = expired.filter((mail) => mail.state === 'uncertain');
    report.uncertain += uncertain.length;
    await insertEmailEvents(
      ctx,
      uncertain.map((mail) => ({ id: newId(), type: 'email.uncertain', email_id: mail.id, customer_id: mail.customerId, data: {} })),
    );
  });
  // one claims while the groups of another are spoken; both end when nothing is due
  await Promise.all([runPumps(work, report, until), runPumps(work, report, until)]);
  return report;
}

async function runPumps(work: Work, report: DeliverReport, until: number): Promise<void> {
  for (;;) {
    if (performance.now() > until) {
      report.finished = false;
      return;
    }
    const batch = await work.transaction((ctx) => claimBatch(ctx, report));
    if (batch.claimedCount === 0) return;
    await work.platform.fault('mail.after_claim');
    const groups: Ready[][] = [];
    for (let at = 0; at < batch.ready.length; at += GROUP) groups.push(batch.ready.slice(at, at + GROUP));
    const pump = async () => {
      for (let group = groups.shift(); group; group = groups.shift()) {
        const { complete, rest } = await attach(work, group, report);
        if (rest.length > 0) groups.unshift(rest);
        if (complete.length > 0) await sendGroup(work, batch.route!, complete, report);
      }
    };
    await Promise.all(Array.from({ length: PUMPS }, pump));
  }
}

async function claimBatch(ctx: Context, report: DeliverReport): Promise<Batch> {
  const claimed = await claimDue(ctx, BATCH, LEASE_SECONDS);
  if (claimed.length === 0) return { ready: [], route: null, claimedCount: 0 };
  const route = await readRoute(ctx);
  if (route === null) {
    await waitForServer(ctx, claimed);
    report.deferred += claimed.length;
    return { ready: [], route: null, claimedCount: claimed.length };
  }
  const frame = await readFrame(ctx);
  const suppressed = await readSuppressed(ctx, claimed);
  const outcomes = new Map<string, Prepared>();
  const allowed: ClaimedEmail[] = [];
  for (const mail of claimed) {
    const held = heldBySuppression(mail, suppressed);
    if (held) outcomes.set(mail.id, held);
    else allowed.push(mail);
  }
  for (const [kind, mails] of Map.groupBy(allowed, (mail) => mail.kind))
    for (const [id, prepared] of await rendererOf(kind)(ctx, mails, frame)) outcomes.set(id, prepared);
  const ready: Ready[] = [];
  const notSent: { claimed: ClaimedEmail; prepared: Extract<Prepared, { reason: string }> }[] = [];
  for (const mail of claimed) {
    const prepared = outcomes.get(mail.id)!;
    if (prepared.kind === 'mail') ready.push({ claimed: mail, prepared, mail: outgoing(ctx, frame, mail, prepared, suppressed) });
    else notSent.push({ claimed: mail, prepared });
  }
  await recordNotSent(ctx, notSent, report);
  return { ready, route, claimedCount: claimed.length };
}

async function readSuppressed(ctx: Context, mails: readonly ClaimedEmail[]): Promise<Map<string, Suppression>> {
  const rows = await readSuppressions(ctx, [...new Set(mails.flatMap((mail) => [mail.toAddress, ...mail.ccAddresses]))]);
  return new Map(rows.map((row) => [row.address, row]));
}

function heldBySuppression(mail: ClaimedEmail, suppressed: Map<string, Suppression>): Prepared | null {
  const row = suppressed.get(mail.toAddress);
  if (!row || !applies(mail, row)) return null;
  const why = {
    bounce: 'Mail to this address was refused for good',
    opt_out: 'The person stopped reminders to this address',
    wrong_person: 'The person at this address says that the mail is not for them',
    manual: 'This address is on the list of addresses not to write to',
  }[row.reason];
  return row.reason === 'opt_out' ? { kind: 'withdrawn', reason: `${why}.` } : { kind: 'failed', reason: `${why}${row.detail ? `: ${row.detail}` : '.'}` };
}

function applies(mail: ClaimedEmail, row: Suppression): boolean {
  const rules = kindRules[mail.kind];
  if (rules.toStaff) return false;
  return row.reason === 'opt_out' ? rules.optional : true;
}

function outgoing(ctx: Context, frame: MailFrame, claimed: ClaimedEmail, prepared: Ready['prepared'], suppressed: Map<string, Suppression>): OutgoingMail {
  const cc = [...new Set(prepared.cc.map((address) => plainAddress(address.toLowerCase())).filter((address) => address !== null))]
    .filter((address) => address !== claimed.toAddress)
    .filter((address) => !(suppressed.has(address) && applies(claimed, suppressed.get(address)!)))
    .slice(0, MAX_CC);
  return {
    messageId: messageIdOf(claimed.id, frame.from.address),
    from: senderOf(claimed, frame),
    replyTo: frame.replyTo,
    to: claimed.toAddress,
    cc,
    subject: prepared.rendered.subject,
    html: prepared.rendered.html,
    text: prepared.rendered.text,
    date: ctx.clock.now(),
    unsubscribeUrl: prepared.unsubscribeUrl,
    attachments: prepared.attachments,
    ...prepared.answering,
  };
}

/** The company, or who signs in its place: a step of a cadence may name somebody. */
function senderOf({ payload }: ClaimedEmail, { from }: MailFrame): MailFrame['from'] {
  const { sender } = payload;
  if (!sender) return from;
  return { name: sender.name ? headerText(sender.name) : from.name, address: (sender.address && plainAddress(sender.address)) ?? from.address };
}

async function waitForServer(ctx: Context, claimed: readonly ClaimedEmail[]): Promise<void> {
  const again = ctx.clock.now().add({ minutes: NO_SERVER_MINUTES }).toString();
  await recordOutcomes(
    ctx,
    claimed.map((mail) => ({
      id: mail.id,
      state: 'ready',
      reason: 'No mail server is set. Set one under Settings, or start the server with SMTP_URL.',
      smtp_answer: null,
      next_try_at: again,
      sent: false,
    })),
  );
}

async function recordNotSent(
  ctx: Context,
  rows: readonly { claimed: ClaimedEmail; prepared: { kind: 'withdrawn' | 'failed'; reason: string } }[],
  report: DeliverReport,
): Promise<void> {
  await recordOutcomes(
    ctx,
    rows.map(({ claimed, prepared }) => ({ id: claimed.id, state: prepared.kind, reason: prepared.reason, smtp_answer: null, next_try_at: null, sent: false })),
  );
  await insertEmailEvents(
    ctx,
    rows.map(({ claimed, prepared }) => ({
      id: newId(),
      type: `email.${prepared.kind}`,
      email_id: claimed.id,
      customer_id: claimed.customerId,
      data: { kind: claimed.kind, reason: prepared.reason },
    })),
  );
  for (const { prepared } of rows) report[prepared.kind] += 1;
}

/**
 * The second step of the renderers: attachments, mail after mail, until the group holds as many bytes as a process may.
 * The rest follows as a group of its own. A mail whose attachments cannot be made is held with the reason.
 */
async function attach(work: Work, group: readonly Ready[], report: DeliverReport): Promise<{ complete: Ready[]; rest: Ready[] }> {
  const complete: Ready[] = [];
  const held: { claimed: ClaimedEmail; prepared: { kind: 'failed'; reason: string } }[] = [];
  let bytes = 0;
  let at = 0;
  for (; at < group.length && bytes < MAX_ATTACHED; at += 1) {
    const one = group[at]!;
    if (!one.prepared.attach) {
      complete.push(one);
      continue;
    }
    await work.platform.fault('mail.before_attach');
    try {
      const attachments = [...one.prepared.attachments, ...(await one.prepared.attach(work))];
      const size = attachments.reduce((sum, attachment) => sum + attachment.content.length, 0);
      if (size > MAX_ATTACHED) throw new Error(`they are larger than ${MAX_ATTACHED / 1_000_000} MB together`);
      bytes += size;
      complete.push({ ...one, mail: { ...one.mail, attachments } });
    } catch (error) {
      work.platform.log.warn({ err: error, emailId: one.claimed.id }, 'attachments could not be made');
      held.push({ claimed: one.claimed, prepared: { kind: 'failed', reason: `The attachments could not be made: ${(error as Error).message.slice(0, 200)}` } });
    }
  }
  if (held.length > 0) await work.transaction((ctx) => recordNotSent(ctx, held, report));
  return { complete, rest: group.slice(at) };
}

async function sendGroup(work: Work, route: MailRoute, group: readonly Ready[], report: DeliverReport): Promise<void> {
  const { platform } = work;
  const marked = await work.transaction(async (ctx) => {
    const ids = await markSubmitted(ctx, group.map(storedCopy), LEASE_SECONDS);
    const mine = group.filter((one) => ids.has(one.claimed.id));
    await insertEmailDocuments(
      ctx,
      mine.flatMap(({ claimed, prepared }) => prepared.listed.map((document) => ({ emailId: claimed.id, ...document }))),
    );
    return mine;
  });
  const results = await Promise.all(
    marked.map(async (one): Promise<Sent> => {
      await platform.fault('mail.before_smtp');
      const handed = await handOver(platform.log, route, one.claimed.kind, one.mail);
      await platform.fault('mail.after_smtp');
      return { ...handed, one };
    }),
  );
  await platform.fault('mail.before_record');
  await work.transaction(async (ctx) => {
    await recordGroup(ctx, results, report);
    await recordServer(ctx, route, results);
  });
  await platform.fault('mail.after_record');
}

function storedCopy({ claimed, mail, prepared }: Ready) {
  const cut = (text: string) => withoutTokens(text, prepared.secrets);
  return {
    email_id: claimed.id,
    html: cut(prepared.rendered.html),
    body_text: cut(prepared.rendered.text),
    headers: {
      From: `${mail.from.name} <${mail.from.address}>`,
      To: mail.to,
      ...(mail.cc!.length > 0 ? { Cc: mail.cc!.join(', ') } : {}),
      ...(mail.replyTo ? { 'Reply-To': mail.replyTo } : {}),
      Subject: mail.subject,
      'Message-ID': `<${mail.messageId}>`,
      ...(mail.inReplyTo ? { 'In-Reply-To': `<${mail.inReplyTo}>` } : {}),
    },
    subject: mail.subject,
    message_id: mail.messageId,
    went_along: wentAlong(mail.attachments ?? []),
  };
}

async function recordGroup(ctx: Context, results: readonly Sent[], report: DeliverReport): Promise<void> {
  const recorded = results.map(({ one, outcome }) => resultOf(ctx, one.claimed, outcome));
  await recordOutcomes(ctx, recorded);
  await insertEmailEvents(
    ctx,
    results.flatMap(({ one, outcome }, index) => {
      const { state } = recorded[index]!;
      if (state === 'ready') return [];
      return [
        {
          id: newId(),
          type: `email.${state}`,
          email_id: one.claimed.id,
          customer_id: one.claimed.customerId,
          data: { kind: one.claimed.kind, to: one.mail.to, subject: one.mail.subject, answer: outcome.answer },
        },
      ];
    }),
  );
  for (const [index, { one, outcome }] of results.entries()) await recordBounces(ctx, one.claimed, outcome, recorded[index]!.state === 'failed');
  for (const { state } of recorded) {
    if (state === 'sent' || state === 'failed' || state === 'uncertain') report[state] += 1;
    else report.deferred += 1;
  }
}

/** What the answer says of the addresses. Mail to staff says nothing of customers' addresses. */
async function recordBounces(ctx: Context, mail: ClaimedEmail, outcome: SendOutcome, failed: boolean): Promise<void> {
  if (kindRules[mail.kind].toStaff) return;
  const bounce = (address: string, grade: 'hard' | 'soft', answer: string) =>
    recordBounce(ctx, { emailId: mail.id, customerId: mail.customerId, address, grade, source: 'smtp', status: statusIn(answer), detail: answer });
  if (outcome.kind === 'sent' || outcome.kind === 'refused')
    for (const refused of outcome.refused) await bounce(refused.address, refused.addressIsBad ? 'hard' : 'soft', refused.answer);
  else if (failed && outcome.kind === 'deferred' && !outcome.server) await bounce(mail.toAddress, 'soft', outcome.answer);
}

/** What the answer of the mail server means for the mail. */
function resultOf(ctx: Context, mail: ClaimedEmail, outcome: SendOutcome): RecordedOutcome {
  const base = { id: mail.id, smtp_answer: outcome.answer, next_try_at: null, sent: false };
  const later = (reason: string): RecordedOutcome =>
    mail.tries >= MAX_TRIES
      ? { ...base, state: 'failed', reason: `Given up after three days. The last answer: ${outcome.answer}` }
      : { ...base, state: 'ready', reason, next_try_at: ctx.clock.now().add(retryDelay(mail.tries)).toString() };
  switch (outcome.kind) {
    case 'sent': {
      const lost = outcome.refused.find((refused) => refused.address === mail.toAddress);
      if (lost) return { ...base, state: 'failed', reason: `The mail server refused the address: ${lost.answer}` };
      return { ...base, state: 'sent', reason: null, sent: true };
    }
    case 'refused':
      return { ...base, state: 'failed', reason: `The mail server refused the mail: ${outcome.answer}` };
    case 'deferred':
      return later(`The mail server could not take it yet: ${outcome.answer}`);
    case 'unknown':
      return mail.resendIfUncertain
        ? later('The connection broke before the mail server answered; it is sent again.')
        : { ...base, state: 'uncertain', reason: 'The connection broke before the mail server answered. The mail may have arrived.' };
  }
}
