import { lookup } from 'node:dns/promises';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type CertificateFacts, certificateFacts } from './certificate.ts';
import type { Envelope } from './compose.ts';
import { HostRefused, resolvePublicHost } from './public-host.ts';
import type { SmtpServer } from './smtp-url.ts';

export type ProbeStepName = 'dns' | 'connect' | 'greeting' | 'tls' | 'auth' | 'mail_from' | 'rcpt' | 'sent';

/** One step of a session and what the server answered to it. */
export interface ProbeStep {
  step: ProbeStepName;
  ok: boolean;
  answer: string;
  ms: number;
  certificate: CertificateFacts | null;
}

const CONNECT_MS = 15_000;
const ANSWER_MS = 30_000;
const MAX_ANSWER = 64 * 1024;

/** A step went wrong: the ones after it are not tried. */
class StepFailed extends Error {}

interface Reply {
  code: number;
  lines: string[];
}

const textOf = ({ code, lines }: Reply): string => `${code} ${lines.join(' ')}`.replace(/\s+/g, ' ').trim().slice(0, 500);

/** The lines of a session; a reply may have several. */
class Session {
  private socket: Socket;
  private buffered = '';
  private waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void } | null = null;
  private ended: Error | null = null;

  constructor(socket: Socket) {
    this.socket = socket;
    this.listen();
  }

  private listen(): void {
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => {
      this.buffered += text;
      if (this.buffered.length > MAX_ANSWER) this.end(new StepFailed('The server sends more than an answer may be long.'));
      this.settle();
    });
    this.socket.on('error', (error) => this.end(error));
    this.socket.on('close', () => this.end(new StepFailed('The server closed the connection.')));
    this.socket.setTimeout(ANSWER_MS, () => this.end(new StepFailed('The server did not answer in time.')));
  }

  private end(error: Error): void {
    this.ended ??= error;
    this.waiting?.reject(this.ended);
    this.waiting = null;
    this.socket.destroy();
  }

  private settle(): void {
    if (!this.waiting) return;
    const reply = /^((?:\d{3}-[^\n]*\n)*)(\d{3})(?: ([^\n]*))?\n/.exec(this.buffered);
    if (!reply) return;
    this.buffered = this.buffered.slice(reply[0].length);
    const lines = reply[0]
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.slice(4).trim());
    this.waiting.resolve({ code: Number(reply[2]), lines });
    this.waiting = null;
  }

  reply(): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(this.ended);
      this.waiting = { resolve, reject };
      this.settle();
    });
  }

  ask(command: string | Buffer): Promise<Reply> {
    if (!this.ended) this.socket.write(typeof command === 'string' ? `${command}\r\n` : command);
    return this.reply();
  }

  /** Goes on inside TLS on the same connection; what the server said in the clear before is forgotten. */
  async startTls(host: string): Promise<void> {
    const plain = this.socket;
    plain.removeAllListeners();
    plain.setTimeout(0);
    this.buffered = '';
    this.socket = await secured(host, { socket: plain });
    this.listen();
  }

  get certificate(): CertificateFacts | null {
    return certificateFacts(this.socket);
  }

  close(): void {
    this.socket.removeAllListeners();
    this.socket.on('error', () => {});
    this.socket.end('QUIT\r\n');
    this.socket.destroySoon();
  }
}

function secured(host: string, options: { socket: Socket } | { host: string; port: number }): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // whatever the certificate is, it is shown; the caller decides
    const socket = connectTls({ ...options, rejectUnauthorized: false, minVersion: 'TLSv1.2', ...(isIP(host) ? {} : { servername: host }) }, () =>
      resolve(socket),
    );
    socket.setTimeout(CONNECT_MS, () => socket.destroy(new StepFailed('TLS could not be agreed on in time.')));
    socket.once('error', reject);
  });
}

function plain(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectPlain({ host, port }, () => resolve(socket));
    socket.setTimeout(CONNECT_MS, () => socket.destroy(new StepFailed('Nothing answers at this address and port.')));
    socket.once('error', reject);
  });
}

const faults: Record<string, string> = {
  ENOTFOUND: 'There is no host of this name.',
  EAI_AGAIN: 'The name server did not answer.',
  ECONNREFUSED: 'Nothing listens on this port.',
  ETIMEDOUT: 'Nothing answers at this address and port.',
  EHOSTUNREACH: 'The host cannot be reached.',
  ECONNRESET: 'The server broke the connection.',
};

function wordsOf(error: unknown): string {
  if (error instanceof HostRefused || error instanceof StepFailed) return error.message;
  const { code, message } = error as { code?: string; message: string };
  if (/wrong.version|packet.length|EPROTO/i.test(`${code} ${message}`))
    return 'The server does not speak TLS on this port from the start. Ports such as 587 begin in the clear.';
  return faults[code ?? ''] ?? message.slice(0, 300);
}

/**
 * A whole SMTP session step by step, with what the server says at each, up to a mail that is really handed over. Stops at
 * the first step that fails. The password is in no answer.
 */
export async function probeSmtp(
  server: SmtpServer,
  mail: { envelope: Envelope; message: Buffer },
  options: { guarded: boolean; helloName: string },
): Promise<ProbeStep[]> {
  const steps: ProbeStep[] = [];
  let session: Session | null = null;
  const run = async (step: ProbeStepName, work: () => Promise<string | { answer: string; certificate: CertificateFacts | null }>): Promise<void> => {
    const began = performance.now();
    const put = (ok: boolean, answer: string, certificate: CertificateFacts | null) =>
      steps.push({ step, ok, answer, ms: Math.round(performance.now() - began), certificate });
    try {
      const result = await work();
      put(true, typeof result === 'string' ? result : result.answer, typeof result === 'string' ? null : result.certificate);
    } catch (error) {
      put(false, wordsOf(error), session?.certificate ?? null);
      throw new StepFailed();
    }
  };
  const expect = async (command: string | Buffer, code: number): Promise<string> => {
    const reply = await session!.ask(command);
    if (Math.floor(reply.code / 100) !== code) throw new StepFailed(textOf(reply));
    return textOf(reply);
  };
  try {
    let address = server.host;
    await run('dns', async () => {
      address = options.guarded ? await resolvePublicHost(server.host, server.port) : (await lookup(server.host)).address;
      return isIP(server.host) ? `${server.host} is an address.` : `${server.host} is ${address}.`;
    });
    await run('connect', async () => {
      session = new Session(server.secure ? await secured(server.host, { host: address, port: server.port }) : await plain(address, server.port));
      return `Connected to port ${server.port}${server.secure ? ', with TLS from the start' : ''}.`;
    });
    if (server.secure) await run('tls', async () => judged(session!.certificate, server));
    let offers: string[] = [];
    await run('greeting', async () => {
      const greeting = await session!.reply();
      if (greeting.code !== 220) throw new StepFailed(textOf(greeting));
      offers = await hello(session!, options.helloName);
      return textOf(greeting);
    });
    if (!server.secure)
      await run('tls', async () => {
        if (!offers.includes('STARTTLS')) return withoutTls(server);
        await expect('STARTTLS', 2);
        await session!.startTls(server.host);
        const judgement = judged(session!.certificate, server);
        offers = await hello(session!, options.helloName);
        return judgement;
      });
    await run('auth', async () => authenticate(expect, server, offers));
    await run('mail_from', () => expect(`MAIL FROM:<${mail.envelope.from}>`, 2));
    await run('rcpt', () => expect(`RCPT TO:<${mail.envelope.to[0]!}>`, 2));
    await run('sent', async () => {
      await expect('DATA', 3);
      return expect(dotted(mail.message), 2);
    });
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
  } finally {
    (session as Session | null)?.close();
  }
  return steps;
}

async function hello(session: Session, name: string): Promise<string[]> {
  const reply = await session.ask(`EHLO ${name}`);
  if (reply.code !== 250) throw new StepFailed(textOf(reply));
  return reply.lines.slice(1).map((line) => line.toUpperCase());
}

function withoutTls(server: SmtpServer): string {
  if (server.requireTls) throw new StepFailed('The server offers no TLS on this port, and TLS is set to “always on”.');
  return 'The server offers no TLS: mail and password travel unencrypted.';
}

function judged(certificate: CertificateFacts | null, server: SmtpServer): { answer: string; certificate: CertificateFacts | null } {
  const problem = certificate?.problem ?? null;
  if (problem !== null && server.verify) throw new StepFailed(`${server.host} cannot be trusted: ${problem}.`);
  const words = certificate ? `${certificate.protocol}, certificate of ${certificate.subject}, valid until ${certificate.validTo}` : 'Encrypted';
  return { answer: problem === null ? `${words}.` : `${words}. Accepted although ${problem}, because TLS is “opportunistic”.`, certificate };
}

async function authenticate(expect: (command: string, code: number) => Promise<string>, server: SmtpServer, offers: readonly string[]): Promise<string> {
  if (server.user === null) return 'No user is set: not signed in.';
  const ways = offers.filter((line) => /^AUTH[ =]/.test(line)).join(' ');
  const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');
  if (/\bPLAIN\b/.test(ways)) return expect(`AUTH PLAIN ${base64(`\u0000${server.user}\u0000${server.password ?? ''}`)}`, 2);
  if (!/\bLOGIN\b/.test(ways))
    throw new StepFailed(ways === '' ? 'The server takes no password on this connection.' : `The server takes none of PLAIN and LOGIN: ${ways.slice(0, 200)}`);
  await expect('AUTH LOGIN', 3);
  await expect(base64(server.user), 3);
  return expect(base64(server.password ?? ''), 2);
}

/** The message as DATA wants it: lines that begin with a dot get another, and a dot alone ends it. */
function dotted(message: Buffer): Buffer {
  const text = message.toString('latin1').replace(/^\./gm, '..');
  return Buffer.from(`${text}${text.endsWith('\r\n') ? '' : '\r\n'}.\r\n`, 'latin1');
}
