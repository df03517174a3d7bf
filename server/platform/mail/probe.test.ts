import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Certificate, makeCertificate } from '../../../tests/support/certificate.ts';
import { probeSmtp } from './probe.ts';
import { parseSmtpUrl } from './smtp-url.ts';

let folder: string;
let good: Certificate;
let other: Certificate;
const running: { close(done: () => void): void }[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'payorcrm-probe-'));
  good = makeCertificate(folder, ['localhost', '127.0.0.1']);
  other = makeCertificate(folder, 'elsewhere.test');
  setDefaultCACertificates([...getCACertificates('default'), good.authority, other.authority]);
});
afterEach(async () => {
  for (const server of running.splice(0)) await new Promise<void>((resolve) => server.close(resolve));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let taken = '';
async function smtp(certificate: Certificate, options: SMTPServerOptions = {}): Promise<number> {
  const server = new SMTPServer({
    key: certificate.key,
    cert: certificate.cert,
    disableReverseLookup: true,
    onAuth: (auth, _session, done) =>
      auth.password === 'right' ? done(null, { user: 'x' }) : done(Object.assign(new Error('5.7.8 wrong password'), { responseCode: 535 })),
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        taken = Buffer.concat(chunks).toString();
        done(null, 'kept as 42');
      });
    },
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.push(server);
  return (server.server.address() as { port: number }).port;
}

/** A server that says whatever it likes. */
async function strange(speak: (socket: Socket) => void): Promise<number> {
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket.on('error', () => {}).resume());
    speak(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.push({
    close: (done) => {
      for (const socket of open) socket.destroy();
      server.close(() => done());
    },
  });
  return (server.address() as { port: number }).port;
}

const message = Buffer.from('From: a@b.test\r\nSubject: x\r\n\r\n.a line that begins with a dot\r\n..two\r\n');
const probe = (url: string, guarded = false) =>
  probeSmtp(parseSmtpUrl(url), { envelope: { from: 'a@b.test', to: ['c@d.test'] }, message }, { guarded, helloName: 'test.local' });
const short = async (url: string) => (await probe(url)).map((step) => `${step.ok ? '' : 'NOT '}${step.step}`);

it('says what the server answers at each step, and what its certificate is', async () => {
  const port = await smtp(good);
  const steps = await probe(`smtp://u:right@localhost:${port}?tls=always`);
  expect(steps.map((step) => [step.step, step.ok])).toEqual(
    ['dns', 'connect', 'greeting', 'tls', 'auth', 'mail_from', 'rcpt', 'sent'].map((step) => [step, true]),
  );
  const [dns, connect, greeting, tls, auth, , , sent] = steps;
  expect(dns!.answer).toMatch(/^localhost is (127\.0\.0\.1|::1)\.$/);
  expect(connect!.answer).toBe(`Connected to port ${port}.`);
  expect(greeting!.answer).toMatch(/^220 /);
  expect(tls!.certificate).toMatchObject({ subject: 'localhost', names: ['localhost', '127.0.0.1'], protocol: 'TLSv1.3', problem: null });
  expect(auth!.answer).toMatch(/^235 /);
  expect(sent!.answer).toBe('250 kept as 42');
  expect(taken).toBe(message.toString());
  expect(JSON.stringify(steps)).not.toContain('right');
});

it('speaks TLS from the start where the port does, and AUTH LOGIN where nothing better is offered', async () => {
  const port = await smtp(good, { secure: true, authMethods: ['LOGIN'] });
  expect(await short(`smtps://u:right@localhost:${port}?tls=always`)).toEqual(['dns', 'connect', 'tls', 'greeting', 'auth', 'mail_from', 'rcpt', 'sent']);
});

it('stops at the first step that fails, with the reason in words', async () => {
  const last = async (url: string) => (await probe(url)).at(-1)!;
  expect(await last('smtp://no-such-host.invalid:587')).toMatchObject({ step: 'dns', ok: false });
  const closed = await strange(() => {});
  running.pop()!.close(() => {});
  expect(await last(`smtp://127.0.0.1:${closed}`)).toMatchObject({ step: 'connect', ok: false, answer: 'Nothing listens on this port.' });
  expect(await last(`smtp://127.0.0.1:${await strange((socket) => socket.end('554 go away\r\n'))}`)).toMatchObject({
    step: 'greeting',
    ok: false,
    answer: '554 go away',
  });
  expect(await last(`smtps://127.0.0.1:${await smtp(good)}`)).toMatchObject({
    step: 'connect',
    ok: false,
    answer: expect.stringContaining('does not speak TLS'),
  });
  expect(await last(`smtp://u:wrong@localhost:${await smtp(good)}?tls=always`)).toMatchObject({
    step: 'auth',
    ok: false,
    answer: expect.stringContaining('535'),
  });
  const wrongHost = await last(`smtp://u:right@localhost:${await smtp(other)}?tls=always`);
  expect(wrongHost).toMatchObject({
    step: 'tls',
    ok: false,
    answer: 'localhost cannot be trusted: its certificate is for another host.',
    certificate: { names: ['elsewhere.test'] },
  });
  const plain = await smtp(good, { hideSTARTTLS: true, disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
  expect(await last(`smtp://u:right@localhost:${plain}?tls=always`)).toMatchObject({
    step: 'tls',
    ok: false,
    answer: expect.stringContaining('offers no TLS'),
  });
  const refusing = await smtp(good, { onRcptTo: (_address, _session, done) => done(Object.assign(new Error('5.1.1 nobody'), { responseCode: 550 })) });
  expect(await last(`smtp://u:right@localhost:${refusing}?tls=always`)).toMatchObject({ step: 'rcpt', ok: false, answer: '550 5.1.1 nobody' });
});

it('with “opportunistic” goes on and says what is not as it should be', async () => {
  const steps = await probe(`smtp://u:right@localhost:${await smtp(other)}?tls=opportunistic`);
  expect(steps.at(-1)).toMatchObject({ step: 'sent', ok: true });
  expect(steps.find((step) => step.step === 'tls')!.answer).toContain('Accepted although its certificate is for another host');
});

it('ends when a server floods it, says nonsense, or hangs up in the middle', async () => {
  expect(await short(`smtp://127.0.0.1:${await strange((socket) => socket.write('x'.repeat(200_000)))}`)).toEqual(['dns', 'connect', 'NOT greeting']);
  expect(await short(`smtp://127.0.0.1:${await strange((socket) => socket.end('220 hello\r\n'))}`)).toEqual(['dns', 'connect', 'NOT greeting']);
  // an answer smuggled in before TLS begins is forgotten
  const smuggler = await strange((socket) => {
    socket.write('220 hi\r\n');
    socket.on('data', (data) => socket.write(String(data).startsWith('STARTTLS') ? '220 go\r\n250 smuggled\r\n' : '250-x\r\n250 STARTTLS\r\n'));
  });
  expect((await short(`smtp://localhost:${smuggler}?tls=always`)).at(-1)).toBe('NOT tls');
});

it('reaches nothing inside the network for a company', async () => {
  for (const url of ['smtp://127.0.0.1:587', 'smtp://10.0.0.1:25', 'smtp://8.8.8.8:8080'])
    expect(await probe(url, true)).toMatchObject([{ step: 'dns', ok: false, answer: expect.stringContaining('not on the public internet') }]);
});
