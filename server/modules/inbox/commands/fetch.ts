import { newId } from '../../../kernel/ids.ts';
import type { Context, Work } from '../../../platform/context.ts';
import { type Mailbox, MailboxRefused, openMailbox } from '../../../platform/mail/imap.ts';
import { getSettings, readSecret } from '../../tenants/index.ts';
import { type AccountRow, beginValidity, claimAccount, releaseAccount, takeAccountAlarm } from '../queries.ts';
import { type IncomingMessage, readMessage } from '../reading/parse.ts';
import { type KeptFiles, storeBatch } from './store-batch.ts';

export const PASSWORD_SECRET = 'inbox_password';

/** Longest time between two batches; then another process may take the mailbox. */
const LEASE_SECONDS = 300;
/** Messages read, matched and kept together. */
const BATCH = 250;
/** Messages parsed side by side: decoding a part waits for the thread pool. A large one is parsed alone. */
const PARSED_TOGETHER = 32;
const PARSED_BYTES = 2 * 1024 * 1024;
/** After this a run ends and the next job goes on, so that stopping a worker does not wait for a long first look. */
const RUN_MS = 30_000;
/** Between two looks, and after a failure. */
const EVERY_SECONDS = 60;
const AFTER_FAILURE_SECONDS = 300;
/** Administrators hear of a mailbox that cannot be read for so long, once in so many minutes. */
const ALARM_AFTER_MINUTES = 15;
const ALARM_EVERY_MINUTES = 24 * 60;

export interface FetchReport {
  /** False: another process reads this mailbox, or it is off. */
  taken: boolean;
  stored: number;
  matched: number;
  /** False when time ran out before everything was read. */
  finished: boolean;
  failure: string | null;
}

interface Reading {
  account: AccountRow;
  lease: string;
  excluded: ReadonlySet<string>;
  /** Addresses of the company itself. */
  own: ReadonlySet<string>;
}

/** Reads what is new in the company's mailbox. Any number of workers may call it at once: one of them reads. */
export async function fetchInbox(work: Work): Promise<FetchReport> {
  const lease = newId();
  const claimed = await work.transaction(async (ctx) => {
    const account = await claimAccount(ctx, lease, LEASE_SECONDS);
    return account && { account, password: await readSecret(ctx, PASSWORD_SECRET), own: await ownAddresses(ctx, account) };
  });
  const report: FetchReport = { taken: claimed !== null, stored: 0, matched: 0, finished: true, failure: null };
  if (claimed === null) return report;
  const { account } = claimed;
  try {
    if (claimed.password === null) throw new MailboxRefused('sign_in', 'The password of the mailbox is not set.');
    const mailbox = await openMailbox({ ...account, user: account.username, password: claimed.password }, { guarded: !work.platform.config.mailPrivateHosts });
    try {
      await readNew(work, mailbox, { account, lease, excluded: new Set(account.excludedDomains), own: claimed.own }, report);
    } finally {
      await mailbox.close();
    }
  } catch (error) {
    if (!(error instanceof MailboxRefused) && !isNetworkFault(error)) {
      await work.transaction((ctx) => releaseAccount(ctx, lease, AFTER_FAILURE_SECONDS, 'A fault of the program stopped the reading of this mailbox.'));
      throw error;
    }
    report.failure = (error as Error).message.slice(0, 500);
  }
  await work.transaction((ctx) => finish(ctx, lease, report));
  return report;
}

/** What the connection does is the server's; what PostgreSQL refuses is ours. */
const isNetworkFault = (error: unknown): boolean =>
  error instanceof Error && !('severity' in error) && ('code' in error || 'responseStatus' in error) && !(error instanceof TypeError);

async function finish(ctx: Context, lease: string, report: FetchReport): Promise<void> {
  await releaseAccount(ctx, lease, report.failure !== null ? AFTER_FAILURE_SECONDS : report.finished ? EVERY_SECONDS : 0, report.failure);
  if (report.failure === null) return;
  const since = await takeAccountAlarm(ctx, ALARM_EVERY_MINUTES, ALARM_AFTER_MINUTES);
  if (since !== null)
    await ctx.record({ type: 'inbox.failed', subjectType: 'tenant', subjectId: ctx.tenant.id, data: { answer: report.failure, since: since.toString() } });
}

async function ownAddresses(ctx: Context, account: AccountRow): Promise<Set<string>> {
  const { mail, branding } = await getSettings(ctx);
  return new Set([mail.fromAddress, mail.replyTo, branding.supportEmail, account.username].flatMap((one) => (one === null ? [] : [one.toLowerCase()])));
}

async function readNew(work: Work, mailbox: Mailbox, reading: Reading, report: FetchReport): Promise<void> {
  const { account, lease } = reading;
  const anew = account.uidValidity !== mailbox.uidValidity;
  if (anew && !(await work.transaction((ctx) => beginValidity(ctx, lease, mailbox.uidValidity)))) return;
  const today = await work.transaction(async (ctx) => ctx.clock.today());
  const uids = await mailbox.newer(anew ? 0 : Number(account.lastUid), today.subtract({ months: account.monthsBack }));
  const until = performance.now() + RUN_MS;
  // while PostgreSQL keeps one batch the next is read and parsed
  let keeping: Promise<boolean> = Promise.resolve(true);
  for (let at = 0; at < uids.length; at += BATCH) {
    if (performance.now() > until) {
      report.finished = false;
      break;
    }
    const batch = uids.slice(at, at + BATCH);
    const read = await readBatch(work, mailbox, batch, reading);
    if (!(await keeping)) return;
    keeping = keep(work, mailbox, reading, batch.at(-1)!, read, report);
    // told by the next await of it
    keeping.catch(() => {});
  }
  await keeping;
}

interface ReadBatch {
  messages: IncomingMessage[];
  /** Written while the rest of the batch is read. */
  files: Promise<KeptFiles>[];
}

async function readBatch(work: Work, mailbox: Mailbox, uids: readonly number[], reading: Reading): Promise<ReadBatch> {
  const messages: IncomingMessage[] = [];
  const files: Promise<KeptFiles>[] = [];
  let parsing: Promise<IncomingMessage>[] = [];
  let bytes = 0;
  const finishParsing = async () => {
    const fresh = (await Promise.all(parsing)).filter((message) => !isLeftOut(message, reading));
    messages.push(...fresh);
    const writing = writeFiles(work, fresh);
    // told where the batch is kept
    writing.catch(() => {});
    files.push(writing);
    parsing = [];
    bytes = 0;
  };
  for await (const raw of mailbox.read(uids)) {
    parsing.push(readMessage(raw));
    bytes += raw.bytes.length;
    if (parsing.length >= PARSED_TOGETHER || bytes >= PARSED_BYTES) await finishParsing();
  }
  await finishParsing();
  return { messages, files };
}

/** Mail of excluded domains, and copies of what the company itself sent. */
function isLeftOut(message: IncomingMessage, { excluded, own }: Reading): boolean {
  if (own.has(message.fromAddress) && message.kind !== 'bounce') return true;
  for (let domain = message.fromAddress.slice(message.fromAddress.lastIndexOf('@') + 1); domain.includes('.'); domain = domain.slice(domain.indexOf('.') + 1))
    if (excluded.has(domain)) return true;
  return false;
}

async function keep(work: Work, mailbox: Mailbox, { lease }: Reading, lastUid: number, read: ReadBatch, report: FetchReport): Promise<boolean> {
  const { fault } = work.platform;
  await fault('inbox.batch.before');
  const files: KeptFiles = new Map((await Promise.all(read.files)).flatMap((kept) => [...kept]));
  const kept = await work.transaction(async (ctx) => {
    const result = await storeBatch(ctx, { lease, leaseSeconds: LEASE_SECONDS, uidValidity: mailbox.uidValidity, lastUid }, read.messages, files);
    await fault('inbox.batch.before_commit');
    return result;
  });
  await fault('inbox.batch.after_commit');
  report.stored += kept.stored;
  report.matched += kept.matched;
  return kept.mine;
}

/** The bytes of attachments, before the transaction: those whose message is known already harm nobody. */
async function writeFiles(work: Work, messages: readonly IncomingMessage[]): Promise<KeptFiles> {
  const attachments = messages.flatMap((message) => message.attachments).filter((attachment) => attachment.bytes !== null);
  const kept = await work.platform.files.keep(
    work.tenantId,
    attachments.map(({ name, contentType, bytes }) => ({ name, contentType, bytes: bytes! })),
  );
  return new Map(attachments.map((attachment, index) => [attachment, kept[index]!]));
}
