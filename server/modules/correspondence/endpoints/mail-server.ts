import { isIP } from 'node:net';
import { z } from 'zod';
import { newId } from '../../../kernel/ids.ts';
import { conflict, invalid } from '../../../kernel/problem.ts';
import type { Context, Work } from '../../../platform/context.ts';
import { type Endpoint, endpoint } from '../../../platform/http/endpoint.ts';
import { instantSchema } from '../../../platform/http/schemas.ts';
import { domainOf, plainAddress } from '../../../platform/mail/address.ts';
import { catchesAll } from '../../../platform/mail/catches-all.ts';
import { messageIdOf } from '../../../platform/mail/message-id.ts';
import { parseSmtpUrl, type SmtpServer } from '../../../platform/mail/smtp-url.ts';
import { renderMail } from '../../../platform/mail/template.ts';
import { dkimRecords, readDkim, readSecret, writeSecret } from '../../tenants/index.ts';
import { systemTemplate } from '../renderers/bodies.ts';
import { baseValues, momentText, readFrame } from '../renderers/renderer.ts';
import { readServerState } from '../sending/queries.ts';
import { readRoute } from '../sending/senders.ts';

const tag = 'Settings';
const TLS_PORT = 465;

const hostSchema = z
  .string()
  .trim()
  .toLowerCase()
  .max(253)
  .refine(
    (text) => isIP(text) !== 0 || /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text),
    'write a host such as smtp.example.com',
  );
const word = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => !/\p{Cc}/u.test(text), 'control characters cannot stand here');

const serverFields = {
  host: hostSchema,
  port: z.number().int().min(1).max(65535),
  user: word(320).trim().nullable(),
  tls: z.enum(['always', 'opportunistic']).meta({
    description: 'always: nothing is sent without TLS and a right certificate; opportunistic: TLS where the server offers it, whatever its certificate',
  }),
  secure: z.boolean().optional().meta({ description: 'TLS from the start of the connection instead of STARTTLS; without it: on port 465' }),
};
const serverInput = z.strictObject({
  ...serverFields,
  password: word(1000).nullable().optional().meta({ description: 'left out: the password stays, as long as host, port and user do' }),
});
type ServerInput = z.infer<typeof serverInput>;

const answerSchema = z
  .object({
    own: z
      .object({
        host: z.string(),
        port: z.number().int(),
        user: z.string().nullable(),
        passwordSet: z.boolean(),
        tls: z.enum(['always', 'opportunistic']),
        secure: z.boolean(),
      })
      .nullable()
      .meta({ description: 'null: mail goes through the server of this installation' }),
    installation: z.enum(['set', 'not_set', 'catches_all']).meta({ description: 'the server of this installation; catches_all: a demo that keeps every mail' }),
    failing: z.object({ since: instantSchema, lastAt: instantSchema, answer: z.string(), sentOtherwise: z.number().int() }).nullable(),
  })
  .meta({ id: 'MailServer' });

async function present(ctx: Context): Promise<z.input<typeof answerSchema>> {
  const url = await readSecret(ctx, 'smtp_url');
  const own = url === null ? null : parseSmtpUrl(url);
  const state = await readServerState(ctx);
  const { smtpUrl } = ctx.platform.config;
  return {
    own: own && {
      host: own.host,
      port: own.port,
      user: own.user,
      passwordSet: own.password !== null,
      tls: own.verify && (own.secure || own.requireTls) ? 'always' : 'opportunistic',
      secure: own.secure,
    },
    installation: smtpUrl === null ? 'not_set' : catchesAll(smtpUrl) ? 'catches_all' : 'set',
    failing:
      own && state?.failingSince
        ? {
            since: state.failingSince.toString(),
            lastAt: (state.lastFailedAt ?? state.failingSince).toString(),
            answer: state.lastFailure ?? '',
            sentOtherwise: state.fallbacks,
          }
        : null,
  };
}

/** The URL under which the server is kept. A password that is kept goes to no other host, port or user than it was given for. */
async function urlOf(ctx: Context, input: ServerInput): Promise<string> {
  const user = input.user?.trim() || null;
  const secure = input.secure ?? input.port === TLS_PORT;
  let password = input.password ?? null;
  if (input.password === undefined && user !== null) {
    const kept = await readSecret(ctx, 'smtp_url');
    const before = kept === null ? null : parseSmtpUrl(kept);
    if (before?.password == null) throw invalid('password', 'password_needed', 'Write the password of this user.');
    if (before.host !== input.host || before.port !== input.port || before.user !== user)
      throw invalid('password', 'password_needed', 'Write the password again: it was given for another server or user.');
    password = before.password;
  }
  const url = new URL(`${secure ? 'smtps' : 'smtp'}://${isIP(input.host) === 6 ? `[${input.host}]` : input.host}:${input.port}`);
  if (user !== null) {
    url.username = encodeURIComponent(user);
    url.password = encodeURIComponent(password ?? '');
  }
  url.searchParams.set('tls', input.tls);
  return url.toString();
}

const read = endpoint({
  method: 'get',
  path: '/v1/settings/mail-server',
  permission: 'settings.read',
  tag,
  summary: 'The mail server of the company, without its password, and how it goes',
  response: answerSchema,
  handler: (ctx) => present(ctx),
});

const put = endpoint({
  method: 'put',
  path: '/v1/settings/mail-server',
  permission: 'settings.write',
  tag,
  summary: 'Set the mail server of the company',
  body: serverInput,
  response: answerSchema,
  example: { request: { host: 'smtp.example.com', port: 587, user: 'billing@example.com', password: 'a password', tls: 'always' } },
  handler: async (ctx, { body }) => {
    await writeSecret(ctx, 'smtp_url', await urlOf(ctx, body));
    return present(ctx);
  },
});

const remove = endpoint({
  method: 'delete',
  path: '/v1/settings/mail-server',
  permission: 'settings.write',
  tag,
  summary: 'Send through the server of this installation again',
  response: answerSchema,
  handler: async (ctx) => {
    await writeSecret(ctx, 'smtp_url', null);
    return present(ctx);
  },
});

const certificateSchema = z.object({
  subject: z.string(),
  issuer: z.string(),
  names: z.array(z.string()),
  validFrom: z.string(),
  validTo: z.string(),
  protocol: z.string(),
  cipher: z.string(),
  problem: z.string().nullable(),
});
const stepSchema = z.object({
  step: z.enum(['dns', 'connect', 'greeting', 'tls', 'auth', 'mail_from', 'rcpt', 'sent']),
  ok: z.boolean(),
  answer: z.string(),
  ms: z.number().int(),
  certificate: certificateSchema.nullable(),
});

async function testMessage(work: Work, to: string, input: ServerInput | null) {
  return work.transaction(async (ctx) => {
    const frame = await readFrame(ctx);
    const rendered = renderMail('system:mail_test', systemTemplate('mail_test'), {
      ...baseValues(frame, 'test', null),
      user_name: work.actor.name,
      expires: momentText(ctx, ctx.clock.now()),
    });
    const { smtpUrl } = ctx.platform.config;
    // under the demo's catcher no other server is spoken to
    const own = catchesAll(smtpUrl) ? null : input ? await urlOf(ctx, input) : await readSecret(ctx, 'smtp_url');
    const url = own ?? smtpUrl;
    if (url === null) throw conflict('no_mail_server', 'No mail server is set. Set one here, or start the server with SMTP_URL.');
    const mail = { messageId: messageIdOf(newId(), frame.from.address), from: frame.from, replyTo: frame.replyTo, to, ...rendered, date: ctx.clock.now() };
    return { mail, server: parseSmtpUrl(url), guarded: own !== null && !ctx.platform.config.mailPrivateHosts, keys: (await readRoute(ctx))?.keys ?? [] };
  });
}

const test = endpoint({
  method: 'post',
  path: '/v1/settings/mail-server/test',
  permission: 'settings.write',
  tag,
  summary: 'Send a test mail now, and see what the server answers at each step',
  description: 'Tests the server that is set, or the one in `server` without keeping it. Stops at the first step that fails. A mail is really sent.',
  network: true,
  body: z.strictObject({ to: z.string().max(254), server: serverInput.nullable().default(null) }),
  response: z.object({ delivered: z.boolean(), steps: z.array(stepSchema) }),
  example: { request: { to: 'you@example.com' } },
  handler: async (work, { body }) => {
    const to = plainAddress(body.to.trim().toLowerCase());
    if (to === null) throw invalid('to', 'invalid_email', 'Write one e-mail address, such as you@example.com.');
    const { mail, server, guarded, keys } = await testMessage(work, to, body.server);
    const { composeMail, envelopeOf } = await import('../../../platform/mail/compose.ts');
    const { dkimSign } = await import('../../../platform/mail/dkim.ts');
    const { probeSmtp } = await import('../../../platform/mail/probe.ts');
    const message = await dkimSign(await composeMail(mail), keys, mail.date);
    const steps = await probeSmtp(
      server as SmtpServer,
      { envelope: envelopeOf(mail), message },
      { guarded, helloName: new URL(work.platform.config.publicUrl).hostname },
    );
    return { delivered: steps.at(-1)?.step === 'sent' && steps.at(-1)!.ok, steps };
  },
});

const domainCheck = endpoint({
  method: 'get',
  path: '/v1/settings/mail-server/domain',
  permission: 'settings.read',
  tag,
  summary: 'SPF, DKIM and DMARC of the sender’s domain, and exactly what to publish',
  network: true,
  response: z.object({
    domain: z.string(),
    checks: z.array(
      z.object({
        what: z.enum(['spf', 'dkim', 'dmarc', 'mx']),
        state: z.enum(['ok', 'weak', 'missing', 'wrong', 'unknown']),
        found: z.string().nullable(),
        say: z.string(),
        add: z.object({ name: z.string(), type: z.literal('TXT'), value: z.string() }).nullable(),
      }),
    ),
  }),
  handler: async (work) => {
    const question = await work.transaction(async (ctx) => {
      const { from } = await readFrame(ctx);
      const dkim = await readDkim(ctx);
      const url = await readSecret(ctx, 'smtp_url');
      return { domain: domainOf(from.address), smtpHost: url === null ? null : parseSmtpUrl(url).host, dkimRecords: dkim ? dkimRecords(dkim) : [] };
    });
    const { checkDomain, dnsLookup } = await import('../../../platform/mail/domain-check.ts');
    return { domain: question.domain, checks: await checkDomain(dnsLookup(work.platform.config.dnsServers), question) };
  },
});

export const mailServerEndpoints: Endpoint[] = [read, put, remove, test, domainCheck];
