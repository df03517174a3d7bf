import { isIP } from 'node:net';
import { type CertificateFacts, certificateFacts, tlsProblem } from './certificate.ts';
import { HostRefused, IMAP_PORTS, resolvePublicHost } from './public-host.ts';
import type { TlsMode } from './smtp-url.ts';

export interface ImapSettings {
  host: string;
  port: number;
  user: string;
  password: string;
  tls: TlsMode;
  /** TLS from the start, as on port 993; else STARTTLS. */
  secure: boolean;
  folder: string;
}

/** A message as it lies in the mailbox. */
export interface RawMessage {
  uid: number;
  sizeBytes: number;
  receivedAt: Temporal.Instant;
  seen: boolean;
  /** The whole message, or its headers when it is too large. */
  bytes: Buffer;
  complete: boolean;
}

export interface Mailbox {
  readonly uidValidity: bigint;
  readonly count: number;
  readonly certificate: CertificateFacts | null;
  /** The numbers above `after` of messages that arrived since `since`, rising. */
  newer(after: number, since: Temporal.PlainDate): Promise<number[]>;
  read(uids: readonly number[]): AsyncGenerator<RawMessage>;
  close(): Promise<void>;
}

export type MailboxStep = 'address' | 'connect' | 'tls' | 'sign_in' | 'folder' | 'read';

/** Why a mailbox cannot be read, in words for the person who set it. */
export class MailboxRefused extends Error {
  readonly step: MailboxStep;
  constructor(step: MailboxStep, message: string) {
    super(message);
    this.step = step;
  }
}

const CONNECT_MS = 20_000;
const SILENCE_MS = 60_000;
/** Read of each message at first; longer ones follow one by one. */
const FIRST_BYTES = 128 * 1024;
/** Of longer messages only the headers are read. */
export const MAX_MESSAGE_BYTES = 25 * 1024 * 1024;
const MAX_HEADER_BYTES = 256 * 1024;

interface ImapError extends Error {
  code?: string;
  authenticationFailed?: boolean;
  responseText?: string;
  serverResponseCode?: string;
  reason?: string;
}

const said = (error: ImapError): string => (error.responseText ?? error.reason ?? error.message).replace(/\s+/g, ' ').slice(0, 300);

function refusedAt(step: MailboxStep, error: unknown, host: string): MailboxRefused {
  if (error instanceof MailboxRefused) return error;
  if (error instanceof HostRefused) return new MailboxRefused('address', error.message);
  const fault = error as ImapError;
  const tls = tlsProblem(fault);
  if (tls !== null) return new MailboxRefused('tls', `${host} cannot be trusted: ${tls}.`);
  if (fault.code === 'ENOTFOUND' || fault.code === 'EAI_AGAIN') return new MailboxRefused('address', `There is no host of the name ${host}.`);
  if (fault.authenticationFailed) return new MailboxRefused('sign_in', `The mail server refused the user or the password: ${said(fault)}`);
  if (/STARTTLS/i.test(fault.message)) return new MailboxRefused('tls', 'The mail server offers no TLS on this port, and TLS is set to “always on”.');
  return new MailboxRefused(step, said(fault));
}

/** Connects, signs in and opens the folder for reading only: nothing in the mailbox changes. Throws {@link MailboxRefused}. */
export async function openMailbox(settings: ImapSettings, options: { guarded: boolean }): Promise<Mailbox> {
  const { ImapFlow } = await import('imapflow');
  let host = settings.host;
  try {
    if (options.guarded) host = await resolvePublicHost(settings.host, settings.port, IMAP_PORTS);
  } catch (error) {
    throw refusedAt('address', error, settings.host);
  }
  const client = new ImapFlow({
    host,
    port: settings.port,
    secure: settings.secure,
    ...(settings.secure || settings.tls === 'opportunistic' ? {} : { doSTARTTLS: true }),
    ...(isIP(settings.host) ? {} : { servername: settings.host }),
    auth: { user: settings.user, pass: settings.password },
    tls: { rejectUnauthorized: settings.tls === 'always', minVersion: 'TLSv1.2' },
    logger: false,
    disableAutoIdle: true,
    disableCompression: true,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    maxLineLength: 8 * 1024 * 1024,
    maxLiteralSize: MAX_MESSAGE_BYTES + MAX_HEADER_BYTES,
    maxResponseSize: MAX_MESSAGE_BYTES + 10 * 1024 * 1024,
  });
  // an error outside a command ends the connection; the command under way tells it
  client.on('error', () => {});
  const socketOf = () => (client as unknown as { socket: unknown }).socket;
  try {
    await client.connect();
  } catch (error) {
    client.close();
    throw refusedAt('connect', error, settings.host);
  }
  const certificate = certificateFacts(socketOf());
  let opened: { uidValidity: bigint; exists: number };
  try {
    opened = await client.mailboxOpen(settings.folder, { readOnly: true });
  } catch (error) {
    client.close();
    throw refusedAt('folder', error, settings.host);
  }
  return {
    uidValidity: opened.uidValidity,
    count: opened.exists,
    certificate,
    async newer(after, since) {
      // "n:*" holds the newest message even when its number is below n
      const found = await client.search({ uid: `${after + 1}:*`, since: new globalThis.Date(`${since.toString()}T00:00:00Z`) }, { uid: true });
      if (!found) throw new MailboxRefused('read', 'The mail server could not search the folder.');
      return found.filter((uid) => uid > after).sort((a, b) => a - b);
    },
    async *read(uids) {
      if (uids.length === 0) return;
      const query = { uid: true, size: true, internalDate: true, flags: true, source: { start: 0, maxLength: FIRST_BYTES } } as const;
      const long: RawMessage[] = [];
      for await (const found of client.fetch(rangesOf(uids), query, { uid: true })) {
        const message: RawMessage = {
          uid: found.uid,
          sizeBytes: found.size ?? found.source?.length ?? 0,
          receivedAt: Temporal.Instant.fromEpochMilliseconds(new globalThis.Date(found.internalDate ?? 0).getTime() || 0),
          seen: found.flags?.has('\\Seen') ?? false,
          bytes: found.source ?? Buffer.alloc(0),
          complete: true,
        };
        if (message.sizeBytes <= FIRST_BYTES || message.bytes.length < FIRST_BYTES) yield message;
        else if (message.sizeBytes > MAX_MESSAGE_BYTES) yield { ...message, bytes: headersOf(message.bytes), complete: false };
        else long.push({ ...message, bytes: Buffer.alloc(0) });
      }
      for (const message of long) {
        const found = await client.fetchOne(String(message.uid), { uid: true, source: { start: 0, maxLength: MAX_MESSAGE_BYTES } }, { uid: true });
        // gone meanwhile: somebody deleted it
        const bytes = found ? found.source : undefined;
        if (bytes) yield { ...message, bytes };
      }
    },
    async close() {
      await client.logout().catch(() => client.close());
    },
  };
}

function headersOf(start: Buffer): Buffer {
  const end = start.indexOf('\r\n\r\n');
  return start.subarray(0, end < 0 ? start.length : end + 4);
}

/** "1:5,7,9:12": rising numbers as IMAP writes them. */
export function rangesOf(uids: readonly number[]): string {
  const ranges: string[] = [];
  for (let at = 0; at < uids.length; ) {
    let end = at;
    while (uids[end + 1] === uids[end]! + 1) end += 1;
    ranges.push(end === at ? String(uids[at]) : `${uids[at]}:${uids[end]}`);
    at = end + 1;
  }
  return ranges.join(',');
}
