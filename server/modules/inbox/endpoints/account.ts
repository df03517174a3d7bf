import { isIP } from 'node:net';
import { z } from 'zod';
import { conflict, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { decodeCursor, encodeCursor } from '../../../platform/http/cursor.ts';
import { type Endpoint, endpoint } from '../../../platform/http/endpoint.ts';
import { idSchema, instantSchema, listQuery, pageOf } from '../../../platform/http/schemas.ts';
import { plainAddress } from '../../../platform/mail/address.ts';
import { getSettings, readSecret } from '../../tenants/index.ts';
import { type AccountInput, imapSettings, passwordFor, removeAccount, saveAccount } from '../commands/account.ts';
import { PASSWORD_SECRET } from '../commands/fetch.ts';
import { fetchMail } from '../jobs.ts';
import { type AccountRow, deleteSenderRule, listSenderRules, readAccount } from '../queries.ts';

const tag = 'Inbox';
const TLS_PORT = 993;
const SENDERS = 'inbox-senders';

const word = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => !/\p{Cc}/u.test(text), 'control characters cannot stand here');
const host = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const domain = z
  .string()
  .trim()
  .toLowerCase()
  .max(253)
  .regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/, 'write a domain such as example.com');

const accountInput = z.strictObject({
  host: z
    .string()
    .trim()
    .toLowerCase()
    .max(253)
    .refine((text) => isIP(text) !== 0 || host.test(text), 'write a host such as imap.example.com'),
  port: z.number().int().min(1).max(65535).default(TLS_PORT),
  user: word(320).trim().min(1),
  password: word(1000).min(1).optional().meta({ description: 'left out: the password stays, as long as host, port and user do' }),
  tls: z.enum(['always', 'opportunistic']).default('always'),
  secure: z.boolean().optional().meta({ description: 'TLS from the start of the connection instead of STARTTLS; without it: on port 993' }),
  folder: word(500).trim().min(1).default('INBOX'),
  monthsBack: z.number().int().min(0).max(24).default(3).meta({ description: 'how old messages may be that are brought in at first' }),
  excludedDomains: z.array(domain).max(200).default([]).meta({ description: 'mail from these domains, and those below them, is not brought in' }),
  active: z.boolean().default(true),
});

const inputOf = ({ user, ...body }: z.infer<typeof accountInput>): AccountInput => ({
  ...body,
  username: user,
  secure: body.secure ?? body.port === TLS_PORT,
  excludedDomains: [...new Set(body.excludedDomains)],
});

const answerSchema = z
  .object({
    account: z
      .object({
        host: z.string(),
        port: z.number().int(),
        user: z.string(),
        passwordSet: z.boolean(),
        tls: z.enum(['always', 'opportunistic']),
        secure: z.boolean(),
        folder: z.string(),
        monthsBack: z.number().int(),
        excludedDomains: z.array(z.string()),
        active: z.boolean(),
      })
      .nullable(),
    fetchedAt: instantSchema.nullable(),
    failing: z.object({ since: instantSchema, answer: z.string() }).nullable(),
    repliesGoTo: z.string().nullable().meta({ description: 'where answers to our mails go: the mailbox should be of this address' }),
  })
  .meta({ id: 'InboxSettings' });

const show = (row: AccountRow, passwordSet: boolean) => ({
  host: row.host,
  port: row.port,
  user: row.username,
  passwordSet,
  tls: row.tls,
  secure: row.secure,
  folder: row.folder,
  monthsBack: row.monthsBack,
  excludedDomains: row.excludedDomains,
  active: row.active,
});

async function present(ctx: Context): Promise<z.input<typeof answerSchema>> {
  const row = await readAccount(ctx);
  const { mail, branding } = await getSettings(ctx);
  return {
    account: row && show(row, (await readSecret(ctx, PASSWORD_SECRET)) !== null),
    fetchedAt: row?.fetchedAt?.toString() ?? null,
    failing: row?.failingSince ? { since: row.failingSince.toString(), answer: row.lastFailure ?? '' } : null,
    repliesGoTo: mail.replyTo ?? branding.supportEmail ?? mail.fromAddress,
  };
}

const read = endpoint({
  method: 'get',
  path: '/v1/settings/inbox',
  permission: 'settings.read',
  tag,
  summary: 'The mailbox that answers are read from, without its password',
  response: answerSchema,
  handler: (ctx) => present(ctx),
});

const put = endpoint({
  method: 'put',
  path: '/v1/settings/inbox',
  permission: 'settings.write',
  tag,
  summary: 'Set the mailbox that answers are read from',
  body: accountInput,
  response: answerSchema,
  example: { request: { host: 'imap.example.com', port: 993, user: 'billing@example.com', password: 'a password' } },
  handler: async (ctx, { body }) => {
    await saveAccount(ctx, inputOf(body));
    if (body.active) await ctx.enqueue(fetchMail, {}, { key: 'due' });
    return present(ctx);
  },
});

const remove = endpoint({
  method: 'delete',
  path: '/v1/settings/inbox',
  permission: 'settings.write',
  tag,
  summary: 'Read the mailbox no more; what was read stays',
  response: answerSchema,
  handler: async (ctx) => {
    await removeAccount(ctx);
    return present(ctx);
  },
});

const test = endpoint({
  method: 'post',
  path: '/v1/settings/inbox/test',
  permission: 'settings.write',
  tag,
  summary: 'Sign in to a mailbox now and look how many messages are in its folder',
  description: 'Tests the mailbox in `account` without keeping it, or the one that is set. Nothing in the mailbox changes.',
  network: true,
  body: z.strictObject({ account: accountInput.nullable().default(null) }),
  response: z.object({
    ok: z.boolean(),
    failedAt: z.enum(['address', 'connect', 'tls', 'sign_in', 'folder', 'read']).nullable(),
    answer: z.string(),
    messages: z.number().int().nullable(),
    certificate: z
      .object({
        subject: z.string(),
        issuer: z.string(),
        names: z.array(z.string()),
        validFrom: z.string(),
        validTo: z.string(),
        protocol: z.string(),
        cipher: z.string(),
        problem: z.string().nullable(),
      })
      .nullable(),
  }),
  example: { request: { account: null } },
  handler: async (work, { body }) => {
    const { MailboxRefused, openMailbox } = await import('../../../platform/mail/imap.ts');
    const settings = await work.transaction(async (ctx) => {
      if (body.account) {
        const input = inputOf(body.account);
        return imapSettings(input, await passwordFor(ctx, input));
      }
      const [row, password] = [await readAccount(ctx), await readSecret(ctx, PASSWORD_SECRET)];
      if (!row || password === null) throw conflict('no_mailbox', 'No mailbox is set yet.');
      return imapSettings(row, password);
    });
    try {
      const mailbox = await openMailbox(settings, { guarded: !work.platform.config.mailPrivateHosts });
      await mailbox.close();
      const words = `Signed in as ${settings.user}; ${settings.folder} has ${mailbox.count} ${mailbox.count === 1 ? 'message' : 'messages'}.`;
      return {
        ok: true,
        failedAt: null,
        answer: mailbox.certificate ? words : `${words} The connection is not encrypted.`,
        messages: mailbox.count,
        certificate: mailbox.certificate,
      };
    } catch (error) {
      if (!(error instanceof MailboxRefused)) throw error;
      return { ok: false, failedAt: error.step, answer: error.message, messages: null, certificate: null };
    }
  },
});

const fetchNow = endpoint({
  method: 'post',
  path: '/v1/inbox/fetch',
  permission: 'correspondence.write',
  tag,
  summary: 'Look for new mail now',
  status: 202,
  response: z.object({ enqueued: z.boolean() }),
  handler: async (ctx) => {
    const account = await readAccount(ctx);
    if (!account?.active) throw conflict('no_mailbox', 'No mailbox is set, or it is switched off.');
    await ctx.enqueue(fetchMail, {}, { key: 'due' });
    return { enqueued: true };
  },
});

const senders = endpoint({
  method: 'get',
  path: '/v1/inbox/senders',
  permission: 'correspondence.read',
  tag,
  summary: 'Senders of whom a person said whose mail is',
  query: z.object(listQuery),
  response: pageOf(
    z.object({ address: z.string(), customer: z.object({ id: idSchema, name: z.string() }).nullable(), madeBy: z.string(), madeAt: instantSchema }),
  ),
  handler: async (ctx, { query }) => {
    const rows = await listSenderRules(ctx, query.cursor ? decodeCursor(SENDERS, query.cursor)[0]! : null, query.limit + 1);
    const items = rows.slice(0, query.limit);
    return {
      items: items.map((row) => ({
        address: row.address,
        customer: row.customerId === null ? null : { id: row.customerId, name: row.customerName ?? '' },
        madeBy: row.madeBy,
        madeAt: row.madeAt.toString(),
      })),
      nextCursor: rows.length > query.limit ? encodeCursor(SENDERS, [items.at(-1)!.address]) : null,
    };
  },
});

const forgetSender = endpoint({
  method: 'delete',
  path: '/v1/inbox/senders/{address}',
  permission: 'correspondence.write',
  tag,
  summary: 'Forget what was said of a sender; what was assigned stays',
  status: 204,
  params: z.object({ address: z.string().max(254) }),
  response: z.null(),
  handler: async (ctx, { params }) => {
    const address = plainAddress(params.address.trim().toLowerCase());
    if (address === null || (await deleteSenderRule(ctx, address)) === 0) throw notFound('sender with a rule');
    await ctx.record({ type: 'inbox_sender.removed', subjectType: 'tenant', subjectId: ctx.tenant.id, data: { address } });
    return null;
  },
});

export const accountEndpoints: Endpoint[] = [read, put, remove, test, fetchNow, senders, forgetSender];
