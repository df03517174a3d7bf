import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { composeMail, type Envelope, envelopeOf, type OutgoingMail } from './compose.ts';
import { type DkimKey, dkimSign } from './dkim.ts';
import { HostRefused, resolvePublicHost } from './public-host.ts';
import { parseSmtpUrl } from './smtp-url.ts';

/** One recipient that the server refused. */
export interface RefusedRecipient {
  address: string;
  answer: string;
  /** True when the answer says that the address itself will never work. */
  addressIsBad: boolean;
}

export type SendOutcome =
  /** The server took it for at least one recipient. */
  | { kind: 'sent'; answer: string; refused: RefusedRecipient[] }
  /** 5xx: it will not be taken, now or later. */
  | { kind: 'refused'; answer: string; refused: RefusedRecipient[] }
  /** 4xx, or no connection: nothing was taken, try again later. `server`: there was no session at all, whatever the mail. */
  | { kind: 'deferred'; answer: string; server?: boolean }
  /** The connection broke after the content went out: it may or may not have been taken. */
  | { kind: 'unknown'; answer: string };

export interface SenderOptions {
  /** smtp://user:password@host:port or smtps://; see smtp-url.ts. */
  url: string;
  connections?: number;
  /** True for a server that a tenant named: it must be on the public internet. */
  guarded?: boolean;
  /** How we introduce ourselves. */
  helloName?: string;
}

export type { Attachment, Envelope, OutgoingMail } from './compose.ts';

export interface Sender {
  /** Composes, signs with each of the keys, and sends. Throws a RangeError for an address that is not a plain one. */
  send(mail: OutgoingMail, keys?: readonly DkimKey[]): Promise<SendOutcome>;
  /** Sends bytes that are a whole message. */
  sendRaw(envelope: Envelope, message: Buffer): Promise<SendOutcome>;
  close(): void;
}

const CONNECTIONS = 8;
/** Servers close long sessions; a fresh connection after this many is what they expect. */
const MAILS_A_CONNECTION = 200;
const CONNECT_TIMEOUT_MS = 20_000;
const ANSWER_TIMEOUT_MS = 60_000;
const IDLE_MS = 10_000;

/** One message on its way to the socket; knows whether the server has asked for it. */
class Content extends Readable {
  started = false;
  private readonly bytes: Buffer;
  constructor(bytes: Buffer) {
    super();
    this.bytes = bytes;
  }
  override _read(): void {
    this.started = true;
    this.push(this.bytes);
    this.push(null);
  }
}

interface SmtpError extends Error {
  responseCode?: number;
  response?: string;
  command?: string;
  rejectedErrors?: SmtpError[];
  recipient?: string;
}

const answerOf = (error: SmtpError): string => (error.response ?? error.message).replace(/\s+/g, ' ').slice(0, 500);

/**
 * 5.1.x (no such address) and 5.2.1 (closed mailbox), or a plain 5xx to RCPT TO. Not 5.7.x and the like: they speak of
 * us or of the content, and a customer must not stay without mail for our reputation.
 */
function isBadAddress(error: SmtpError): boolean {
  if ((error.responseCode ?? 0) < 500) return false;
  const enhanced = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})/.exec(error.response ?? '')?.[1];
  if (enhanced) return enhanced.startsWith('5.1.') || enhanced === '5.2.1';
  return error.command === 'RCPT TO' && [550, 551, 553].includes(error.responseCode!);
}

const refusedRecipients = (errors: readonly SmtpError[] | undefined): RefusedRecipient[] =>
  (errors ?? [])
    .filter((error) => error.recipient && (error.responseCode ?? 0) >= 500)
    .map((error) => ({ address: error.recipient!, answer: answerOf(error), addressIsBad: isBadAddress(error) }));

const isTooLarge = (error: SmtpError): boolean => error.responseCode === 552 || /^\d{3}[ -]5\.(?:3\.4|2\.3)/.test(error.response ?? '');

/** What the error of a mail means. The answer to a command decides; without one, whether the content was under way. */
function outcomeOf(error: SmtpError, started: boolean, envelope: Envelope): SendOutcome {
  const answer = answerOf(error);
  const code = error.responseCode ?? 0;
  // a sender that may not send is a matter of the settings, not of this mail
  if (code >= 400 && error.command === 'MAIL FROM' && !isTooLarge(error)) return { kind: 'deferred', answer, server: true };
  const aboutMail = ['MAIL FROM', 'RCPT TO', 'DATA'].includes(error.command ?? '');
  if (code >= 500 && aboutMail) {
    const refused = refusedRecipients(error.rejectedErrors);
    if (refused.length === 0 && envelope.to.length === 1 && isBadAddress(error)) refused.push({ address: envelope.to[0]!, answer, addressIsBad: true });
    return { kind: 'refused', answer, refused };
  }
  if (code >= 400) return { kind: 'deferred', answer };
  return started ? { kind: 'unknown', answer } : { kind: 'deferred', answer };
}

interface Line {
  connection: SMTPConnection;
  broken: boolean;
  sent: number;
  idle: NodeJS.Timeout | undefined;
}

/**
 * A pool of SMTP connections to one server. The envelope is set by us and holds validated addresses only. Outcomes are
 * values: nothing that a server does is thrown.
 */
export function createSender(options: SenderOptions): Sender {
  const server = parseSmtpUrl(options.url);
  const limit = options.connections ?? CONNECTIONS;
  const free: Line[] = [];
  const open = new Set<Line>();
  const waiting: ((slot: null) => void)[] = [];
  let used = 0;
  let closed = false;

  async function connect(): Promise<Line> {
    const host = options.guarded ? await resolvePublicHost(server.host, server.port) : server.host;
    const connection = new SMTPConnection({
      host,
      port: server.port,
      secure: server.secure,
      ...(isIP(server.host) ? {} : { servername: server.host }),
      requireTLS: server.requireTls,
      name: options.helloName ?? 'payorcrm.local',
      connectionTimeout: CONNECT_TIMEOUT_MS,
      greetingTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: ANSWER_TIMEOUT_MS,
      tls: { rejectUnauthorized: server.verify, minVersion: 'TLSv1.2' },
    } as ConstructorParameters<typeof SMTPConnection>[0]);
    const line: Line = { connection, broken: false, sent: 0, idle: undefined };
    await new Promise<void>((resolve, reject) => {
      connection.on('error', (error: Error) => {
        line.broken = true;
        reject(error);
      });
      connection.on('end', () => {
        line.broken = true;
      });
      connection.connect((error?: Error | null) => (error ? reject(error) : resolve()));
    });
    if (server.user !== null)
      await new Promise<void>((resolve, reject) => {
        connection.login({ user: server.user!, pass: server.password ?? '' } as Parameters<SMTPConnection['login']>[0], (error?: Error | null) =>
          error ? reject(error) : resolve(),
        );
      }).catch((error: unknown) => {
        connection.close();
        throw error;
      });
    open.add(line);
    return line;
  }

  async function take(): Promise<Line> {
    if (used >= limit) await new Promise<null>((resolve) => waiting.push(resolve));
    else used += 1;
    for (;;) {
      const line = free.pop();
      if (!line) break;
      clearTimeout(line.idle);
      if (!line.broken) return line;
      open.delete(line);
    }
    try {
      return await connect();
    } catch (error) {
      giveSlot();
      throw error;
    }
  }

  function giveSlot(): void {
    const next = waiting.shift();
    if (next) next(null);
    else used -= 1;
  }

  function release(line: Line): void {
    if (line.broken || closed || line.sent >= MAILS_A_CONNECTION) drop(line);
    else {
      line.idle = setTimeout(() => {
        free.splice(free.indexOf(line), 1);
        drop(line);
      }, IDLE_MS).unref();
      free.push(line);
    }
    giveSlot();
  }

  function drop(line: Line): void {
    open.delete(line);
    if (!line.broken) line.connection.quit();
  }

  async function sendRaw(envelope: Envelope, message: Buffer): Promise<SendOutcome> {
    let line: Line;
    try {
      line = await take();
    } catch (error) {
      const answer = error instanceof HostRefused ? error.message : answerOf(error as SmtpError);
      return { kind: 'deferred', answer, server: true };
    }
    const content = new Content(message);
    const outcome = await new Promise<SendOutcome>((resolve) => {
      line.connection.send({ from: envelope.from, to: [...envelope.to], size: message.length }, content, (error, info) => {
        if (error) {
          line.broken ||= !(error as SmtpError).responseCode;
          resolve(outcomeOf(error as SmtpError, content.started, envelope));
        } else {
          const result = info as unknown as { response: string; rejectedErrors?: SmtpError[] };
          resolve({ kind: 'sent', answer: result.response.replace(/\s+/g, ' ').slice(0, 500), refused: refusedRecipients(result.rejectedErrors) });
        }
      });
    });
    line.sent += 1;
    // after a refusal the session may be in any state: a new connection costs less than a doubt
    if (outcome.kind !== 'sent') {
      line.sent = MAILS_A_CONNECTION;
      if (line.broken) line.connection.close();
    }
    release(line);
    return outcome;
  }

  return {
    sendRaw,
    async send(mail, keys = []) {
      const message = await dkimSign(await composeMail(mail), keys, mail.date);
      return sendRaw(envelopeOf(mail), message);
    },
    close() {
      closed = true;
      for (const line of open) {
        clearTimeout(line.idle);
        line.connection.quit();
      }
      open.clear();
      free.length = 0;
    },
  };
}
