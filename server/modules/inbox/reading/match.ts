import { newId } from '../../../kernel/ids.ts';
import type { Context } from '../../../platform/context.ts';
import { emailRefOf, readSentMails, type SentMail } from '../../correspondence/index.ts';
import type { IncomingMessage } from './parse.ts';
import { type NewThread, readByMessageId, readCustomersOf, readSenderRules, readThreadCustomers, readThreadsOf } from './queries.ts';

/** Whose message it is, and in which conversation it stands. */
export interface Match {
  state: 'matched' | 'unmatched' | 'set_aside';
  customerId: string | null;
  matchedBy: 'thread' | 'quote' | 'address' | 'rule' | null;
  /** Our mail that it answers or reports on. */
  answers: SentMail | null;
  threadId: string | null;
}

export interface Matches {
  of: Map<IncomingMessage, Match>;
  newThreads: NewThread[];
  /** Our mails that come into a conversation with this batch. */
  joining: { email: SentMail; threadId: string }[];
}

/** `<row id>@<domain of the sender>`: see platform/mail/message-id.ts. */
const ownId = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})@/;

/** The ids that a message refers to, the nearest first. */
const referred = (message: IncomingMessage): string[] => [
  ...new Set([...(message.inReplyTo ? [message.inReplyTo] : []), ...message.references.toReversed(), ...(message.report?.originalIds ?? [])]),
];

/**
 * Matches a batch with a handful of queries: by the ids that each message refers to (ours, or of messages here), by links
 * of ours that it quotes, by the sender's rule, by a contact's address that is of one customer only.
 */
export async function matchBatch(ctx: Context, messages: readonly IncomingMessage[]): Promise<Matches> {
  const known = await readKnown(ctx, messages);
  const matches: Matches = { of: new Map(), newThreads: [], joining: [] };
  for (const message of messages) {
    const match = matchOne(message, known, matches);
    matches.of.set(message, match);
    // messages of one batch may answer each other
    if (message.messageId !== null && match.threadId !== null && !known.threadOfMessage.has(message.messageId))
      known.threadOfMessage.set(message.messageId, match.threadId);
  }
  return matches;
}

interface Known {
  sent: Map<string, SentMail>;
  quoted: Map<string, string>;
  threadOfMessage: Map<string, string>;
  threadOfEmail: Map<string, string>;
  customerOfThread: Map<string, string | null>;
  rules: Map<string, string | null>;
  customersOf: Map<string, string[]>;
}

async function readKnown(ctx: Context, messages: readonly IncomingMessage[]): Promise<Known> {
  const ids = new Set(messages.flatMap(referred));
  const quoted = new Map<string, string>();
  for (const ref of messages.flatMap((message) => message.quotedRefs)) {
    const mail = emailRefOf(ref);
    if (mail?.tenantId === ctx.tenant.id) quoted.set(ref, mail.emailId);
  }
  const own = [...ids].map((id) => ownId.exec(id)?.[1]).filter((id) => id !== undefined);
  const addresses = [...new Set(messages.map((message) => message.fromAddress).filter((address) => address !== ''))];
  const sent = await readSentMails(ctx, [...new Set([...own, ...quoted.values()])]);
  const before = await readByMessageId(ctx, [...ids]);
  const threadOfEmail = new Map(
    (
      await readThreadsOf(
        ctx,
        sent.map((mail) => mail.id),
      )
    ).map((row) => [row.emailId, row.threadId]),
  );
  const threadIds = [...new Set([...before.map((row) => row.threadId), ...threadOfEmail.values()])];
  const rules = await readSenderRules(ctx, addresses);
  const contacts = await readCustomersOf(ctx, addresses);
  return {
    sent: new Map(sent.map((mail) => [mail.id, mail])),
    quoted,
    threadOfMessage: new Map(before.map((row) => [row.messageId, row.threadId])),
    threadOfEmail,
    customerOfThread: new Map((await readThreadCustomers(ctx, threadIds)).map((row) => [row.id, row.customerId])),
    rules: new Map(rules.map((rule) => [rule.address, rule.customerId])),
    customersOf: new Map([...Map.groupBy(contacts, (row) => row.address)].map(([address, rows]) => [address, rows.map((row) => row.customerId)])),
  };
}

function answered(message: IncomingMessage, known: Known): { mail: SentMail; by: 'thread' | 'quote' } | null {
  for (const id of referred(message)) {
    const mail = known.sent.get(ownId.exec(id)?.[1] ?? '');
    // the whole id: its random part cannot be guessed, and its domain is the one that we sent it with
    if (mail?.messageId === id) return { mail, by: 'thread' };
  }
  for (const ref of message.quotedRefs) {
    const mail = known.sent.get(known.quoted.get(ref) ?? '');
    if (mail) return { mail, by: 'quote' };
  }
  return null;
}

function matchOne(message: IncomingMessage, known: Known, matches: Matches): Match {
  const answer = answered(message, known);
  const threadId =
    referred(message)
      .map((id) => known.threadOfMessage.get(id))
      .find((id) => id !== undefined) ?? (answer ? known.threadOfEmail.get(answer.mail.id) : undefined);
  const inThread = threadId === undefined ? null : (known.customerOfThread.get(threadId) ?? null);
  const rule = known.rules.get(message.fromAddress);
  const contacts = known.customersOf.get(message.fromAddress) ?? [];
  const found: [string | null | undefined, Match['matchedBy']] =
    answer?.mail.customerId != null
      ? [answer.mail.customerId, answer.by]
      : inThread !== null
        ? [inThread, 'thread']
        : rule != null
          ? [rule, 'rule']
          : [contacts.length === 1 ? contacts[0] : null, 'address'];
  const customerId = found[0] ?? null;
  const state = customerId !== null ? 'matched' : message.kind !== 'message' || rule === null ? 'set_aside' : 'unmatched';
  return {
    state,
    customerId,
    matchedBy: customerId === null ? null : found[1],
    answers: answer?.mail ?? null,
    // reports are shown on the mail that did not arrive
    threadId:
      message.kind === 'bounce'
        ? null
        : (threadId ?? openThread(message, { customerId, setAside: state === 'set_aside' }, answer?.mail ?? null, known, matches)),
  };
}

function openThread(
  message: IncomingMessage,
  of: { customerId: string | null; setAside: boolean },
  answers: SentMail | null,
  known: Known,
  matches: Matches,
): string {
  const id = newId();
  const subject = answers?.subject ?? message.subject.replace(/^(?:(?:re|aw|fwd?|sv|antw|wg)\s*:\s*)+/i, '');
  matches.newThreads.push({ id, customer_id: of.customerId, subject: subject.slice(0, 500), set_aside: of.setAside });
  known.customerOfThread.set(id, of.customerId);
  if (answers && !known.threadOfEmail.has(answers.id)) {
    known.threadOfEmail.set(answers.id, id);
    matches.joining.push({ email: answers, threadId: id });
  }
  return id;
}
