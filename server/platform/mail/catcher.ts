import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { newId } from '../../kernel/ids.ts';

/** The newest are kept; a reminder run of the demo company sends about 150. */
const MAX_KEPT = 2000;
const MAX_MESSAGE_BYTES = 30 * 1024 * 1024;

export interface CaughtMail {
  id: string;
  receivedAt: string;
  envelopeFrom: string;
  envelopeTo: string[];
  from: string;
  to: string;
  subject: string;
  sizeBytes: number;
}

/** A caught mail with everything in it. */
export interface ReadMail extends CaughtMail {
  raw: Buffer;
  parsed: Email;
}

/** How the catcher behaves as a mail server; for tests of refusals. Codes are SMTP answers such as 450 or 550. */
export interface CatcherAnswers {
  /** To RCPT TO. Null accepts. */
  recipient?: (address: string) => { code: number; message: string } | null;
  /** To the content. 'drop' keeps the mail and breaks the connection without an answer. */
  content?: (to: string[]) => { code: number; message: string } | 'drop' | null;
}

export interface Catcher {
  /** An SMTP URL; `catch=all` in it says that no other mail server may be used beside it. */
  readonly url: string;
  readonly port: number;
  answers: CatcherAnswers;
  /** Newest first. */
  list(): CaughtMail[];
  read(id: string): Promise<ReadMail | null>;
  /** Oldest first, parsed: what a test wants to look at. */
  messages(): Promise<ReadMail[]>;
  /** The first mail, caught already or to come, for which `wanted` holds. Fails after the time. */
  waitFor(wanted: (mail: ReadMail) => boolean, options?: { timeoutMs?: number }): Promise<ReadMail>;
  clear(): Promise<void>;
  stop(): Promise<void>;
}

interface Kept extends CaughtMail {
  raw: Buffer | null;
}

/**
 * A mail server that keeps everything and sends nothing on. Listens on 127.0.0.1 only. With `folder` mails survive a
 * restart, one file each; without, they are in memory.
 */
export async function startCatcher(options: { port?: number; folder?: string | null } = {}): Promise<Catcher> {
  const folder = options.folder ?? null;
  const kept: Kept[] = folder === null ? [] : await loadFolder(folder);
  const watchers = new Set<(mail: Kept) => void>();
  const server = new SMTPServer({
    authOptional: true,
    // no AUTH is offered, so that a tenant's real password never travels here
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    hideSTARTTLS: true,
    size: MAX_MESSAGE_BYTES,
    onRcptTo(address, _session, done) {
      const answer = catcher.answers.recipient?.(address.address) ?? null;
      done(answer && smtpError(answer));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map((one) => one.address);
        const from = session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address;
        const answer = catcher.answers.content?.(to) ?? null;
        if (answer !== null && answer !== 'drop') return done(smtpError(answer));
        keep(from, to, Buffer.concat(chunks)).then(
          () => {
            if (answer === null) return done(null, 'kept');
            for (const connection of server.connections) if (connection.session?.id === session.id) connection._socket.destroy();
          },
          (error: Error) => done(error),
        );
      });
    },
  });
  // a client that goes away in the middle is its own business
  server.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.server.address() as AddressInfo;

  async function keep(from: string, to: string[], raw: Buffer): Promise<void> {
    const id = newId();
    const envelope = { envelopeFrom: from, envelopeTo: to, receivedAt: Temporal.Now.instant().round('millisecond').toString() };
    const mail: Kept = { id, ...envelope, ...summaryOf(raw), sizeBytes: raw.length, raw: folder === null ? raw : null };
    if (folder !== null) {
      const half = join(folder, `${id}.half`);
      await writeFile(half, Buffer.concat([Buffer.from(`${JSON.stringify(envelope)}\n`), raw]), { mode: 0o600 });
      await rename(half, join(folder, `${id}.mail`));
    }
    kept.push(mail);
    while (kept.length > MAX_KEPT) await forget(kept.shift()!);
    for (const watcher of watchers) watcher(mail);
  }

  async function forget(mail: Kept): Promise<void> {
    if (folder !== null) await rm(join(folder, `${mail.id}.mail`), { force: true });
  }

  async function open(mail: Kept): Promise<ReadMail> {
    const raw = mail.raw ?? withoutEnvelope(await readFile(join(folder!, `${mail.id}.mail`)));
    const { default: PostalMime } = await import('postal-mime');
    return { ...mail, raw, parsed: await PostalMime.parse(raw) };
  }

  const catcher: Catcher = {
    url: `smtp://127.0.0.1:${port}?catch=all`,
    port,
    answers: {},
    list: () => kept.map(({ raw: _, ...mail }) => mail).reverse(),
    async read(id) {
      const mail = kept.find((one) => one.id === id);
      return mail ? open(mail) : null;
    },
    messages: () => Promise.all(kept.map(open)),
    waitFor: (wanted, { timeoutMs = 10_000 } = {}) =>
      new Promise<ReadMail>((resolve, reject) => {
        const seen: string[] = [];
        const finish = (act: () => void) => {
          clearTimeout(timer);
          watchers.delete(look);
          act();
        };
        const look = (mail: Kept): void => {
          seen.push(`${mail.to}: ${mail.subject}`);
          open(mail).then(
            (read) => wanted(read) && finish(() => resolve(read)),
            (error) => finish(() => reject(error)),
          );
        };
        const timer = setTimeout(
          () => finish(() => reject(new Error(`no such mail within ${timeoutMs} ms; caught: ${seen.join(' | ') || 'nothing'}`))),
          timeoutMs,
        );
        watchers.add(look);
        for (const mail of kept) look(mail);
      }),
    async clear() {
      await Promise.all(kept.splice(0).map(forget));
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return catcher;
}

const smtpError = (answer: { code: number; message: string }): Error => Object.assign(new Error(answer.message), { responseCode: answer.code });

const withoutEnvelope = (file: Buffer): Buffer => file.subarray(file.indexOf(10) + 1);

/** From, To and Subject for the list, read from the head of the mail. */
function summaryOf(raw: Buffer): { from: string; to: string; subject: string } {
  const end = raw.indexOf('\r\n\r\n');
  const head = raw
    .subarray(0, end < 0 ? raw.length : end)
    .toString('utf8')
    .replace(/\r\n[ \t]+/g, ' ');
  const value = (name: string) => decodeWords(new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(head)?.[1] ?? '');
  return { from: value('From'), to: value('To'), subject: value('Subject') };
}

/** RFC 2047 encoded words. */
function decodeWords(text: string): string {
  return text.replace(/\?=\s+=\?/g, '?==?').replace(/=\?([\w-]+)\?([BQ])\?([^?]*)\?=/gi, (_whole, charset: string, kind: string, content: string) => {
    const bytes =
      kind.toUpperCase() === 'B'
        ? Buffer.from(content, 'base64')
        : Buffer.from(
            content.replaceAll('_', ' ').replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
            'latin1',
          );
    return new TextDecoder(charset.toLowerCase() === 'utf-8' ? 'utf-8' : 'latin1').decode(bytes);
  });
}

async function loadFolder(folder: string): Promise<Kept[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = (await readdir(folder)).filter((name) => name.endsWith('.mail')).sort();
  const old = names.splice(0, Math.max(0, names.length - MAX_KEPT));
  await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
  const mails: Kept[] = [];
  for (const name of names) {
    const file = await readFile(join(folder, name));
    const raw = withoutEnvelope(file);
    const envelope = JSON.parse(file.subarray(0, file.indexOf(10)).toString()) as Pick<CaughtMail, 'envelopeFrom' | 'envelopeTo' | 'receivedAt'>;
    mails.push({ id: name.slice(0, -'.mail'.length), ...envelope, ...summaryOf(raw), sizeBytes: raw.length, raw: null });
  }
  return mails;
}
