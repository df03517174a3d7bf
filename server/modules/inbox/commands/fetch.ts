import { newId } from '../../../kernel/ids.ts';
import type { Context, Work } from '../../../platform/context.ts';
import { type Mailbox, MailboxRefused, openMailbox, type RawMessage } from '../../../platform/mail/imap.ts';
import { getSettings, readSecret } from '../../tenants/index.ts';
import { type AccountRow, beginValidity, claimAccount, releaseAccount, takeAccountAlarm } from '../queries.ts';
import type { IncomingMessage } from '../reading/parse.ts';
import { readMessages } from '../reading/parse-pool.ts';
import { type KeptFiles, storeBatch } from './store-batch.ts';

export const PASSWORD_SECRET = 'inbox_password';

/** Longest time between two batches; then another process may take the mailbox. */
const LEASE_SECONDS = 300;
/** Messages read, matched and kept together, unless they are large: so many bytes at most are in memory before they are kept. */
const BATCH = 1000;
const PORTION_BYTES = 16 * 1024 * 1024;
/** Messages handed to the parser at once, and how often without waiting for what it answers. */
const PARSED_TOGETHER = 32;
const PARSED_BYTES = 2 * 1024 * 1024;
const UNDER_WAY = 2;
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
  await work.platform.fault('inbox.after_claim');
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
  await work.platform.fault('inbox.before_release');
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
  // while PostgreSQL keeps one portion the next is read and parsed
  let keeping: Promise<boolean> = Promise.resolve(true);
  try {
    for (let at = 0; at < uids.length; at += BATCH) {
      if (performance.now() > until) {
        report.finished = false;
        return;
      }
      for await (const portion of readBatch(work, mailbox, uids.slice(at, at + BATCH), reading)) {
        if (!(await keeping)) return;
        keeping = keep(work, mailbox, reading, portion, report);
        // told by the next await of it
        keeping.catch(() => {});
      }
    }
  } finally {
    await keeping;
  }
}

/** What is kept in one transaction: a batch, or a part of one whose messages are large. */
interface Portion {
  /** How far the mailbox is read with it; null: the batch goes on, and a crash reads it again. */
  lastUid: number | null;
  messages: IncomingMessage[];
  files: KeptFiles;
}

async function* readBatch(work: Work, mailbox: Mailbox, uids: readonly number[], reading: Reading): AsyncGenerator<Portion> {
  let [messages, files]: [IncomingMessage[], KeptFiles] = [[], new Map()];
  let bytes = 0;
  const under: Promise<[IncomingMessage[], KeptFiles]>[] = [];
  const take = async () => {
    const [more, theirs] = await under.shift()!;
    messages.push(...more);
    files = new Map([...files, ...theirs]);
  };
  for await (const raws of together(mailbox.read(uids))) {
    const portion = readTogether(work, raws, reading);
    // told where it is taken
    portion.catch(() => {});
    under.push(portion);
    if (under.length > UNDER_WAY) await take();
    bytes += sizeOf(raws);
    if (bytes < PORTION_BYTES) continue;
    while (under.length > 0) await take();
    yield { lastUid: null, messages, files };
    [messages, files, bytes] = [[], new Map(), 0];
  }
  while (under.length > 0) await take();
  yield { lastUid: uids.at(-1)!, messages, files };
}

const sizeOf = (raws: readonly RawMessage[]): number => raws.reduce((sum, raw) => sum + raw.bytes.length, 0);

/** Messages that are handed to the parser at once. */
async function* together(source: AsyncIterable<RawMessage>): AsyncGenerator<RawMessage[]> {
  let raws: RawMessage[] = [];
  for await (const raw of source) {
    raws.push(raw);
    if (raws.length < PARSED_TOGETHER && sizeOf(raws) < PARSED_BYTES) continue;
    yield raws;
    raws = [];
  }
  if (raws.length > 0) yield raws;
}

/** Reads messages and writes the files that came with them, whose bytes are let go. */
async function readTogether(work: Work, raws: readonly RawMessage[], reading: Reading): Promise<[IncomingMessage[], KeptFiles]> {
  const messages = (await readMessages(raws)).filter((message) => !isLeftOut(message, reading));
  const files = await writeFiles(work, messages);
  await work.platform.fault('inbox.after_files');
  return [messages, files];
}

/** Mail of excluded domains, and copies of what the company itself sent. */
function isLeftOut(message: IncomingMessage, { excluded, own }: Reading): boolean {
  if (own.has(message.fromAddress) && message.kind !== 'bounce') return true;
  for (let domain = message.fromAddress.slice(message.fromAddress.lastIndexOf('@') + 1); domain.includes('.'); domain = domain.slice(domain.indexOf('.') + 1))
    if (excluded.has(domain)) return true;
  return false;
}

async function keep(work: Work, mailbox: Mailbox, { lease }: Reading, { lastUid, messages, files }: Portion, report: FetchReport): Promise<boolean> {
  const kept = await work.transaction(async (ctx) => {
    const result = await storeBatch(ctx, { lease, leaseSeconds: LEASE_SECONDS, uidValidity: mailbox.uidValidity, lastUid }, messages, files);
    await work.platform.fault('inbox.batch.before_commit');
    return result;
  });
  await work.platform.fault('inbox.batch.after_commit');
  report.stored += kept.stored;
  report.matched += kept.matched;
  return kept.mine;
}

/** The bytes of attachments, before the transaction: those whose message is known already harm nobody. */
async function writeFiles(work: Work, messages: readonly IncomingMessage[]): Promise<KeptFiles> {
  const attachments = messages.flatMap((message) => message.attachments).filter((attachment) => attachment.bytes !== null);
  const kept = await work.platform.files.keep(
    work.tenantId,
    attachments.map(({ name, contentType, bytes }) => ({ name, contentType, bytes: Buffer.from(bytes!.buffer, bytes!.byteOffset, bytes!.length) })),
  );
  for (const attachment of attachments) attachment.bytes = null;
  return new Map(attachments.map((attachment, index) => [attachment, kept[index]!]));
}
