import { invalid } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import type { ImapSettings } from '../../../platform/mail/imap.ts';
import { readSecret, writeSecret } from '../../tenants/index.ts';
import { type AccountRow, type AccountValues, deleteAccount, putAccount, readAccount } from '../queries.ts';
import { PASSWORD_SECRET } from './fetch.ts';

export interface AccountInput extends AccountValues {
  /** Left out: the password stays, as long as host, port and user do. */
  password?: string | undefined;
}

/** A password that is kept goes to no other host, port or user than it was given for. */
export async function passwordFor(ctx: Context, input: AccountInput): Promise<string> {
  if (input.password !== undefined) return input.password;
  const [before, kept] = [await readAccount(ctx), await readSecret(ctx, PASSWORD_SECRET)];
  if (!before || kept === null) throw invalid('password', 'password_needed', 'Write the password of this user.');
  if (before.host !== input.host || before.port !== input.port || before.username !== input.username)
    throw invalid('password', 'password_needed', 'Write the password again: it was given for another server or user.');
  return kept;
}

export const imapSettings = (values: AccountValues, password: string): ImapSettings => ({ ...values, user: values.username, password });

/** Sets the mailbox that answers are read from. Problem 422 when a password is needed. */
export async function saveAccount(ctx: Context, input: AccountInput): Promise<void> {
  const password = await passwordFor(ctx, input);
  const before = await readAccount(ctx);
  const { password: _, ...values } = input;
  await putAccount(ctx, values);
  if (input.password !== undefined) await writeSecret(ctx, PASSWORD_SECRET, password);
  await ctx.record({ type: 'inbox.changed', subjectType: 'tenant', subjectId: ctx.tenant.id, data: { before: before && facts(before), after: facts(values) } });
}

const facts = (row: AccountValues | AccountRow) => ({
  host: row.host,
  port: row.port,
  user: row.username,
  folder: row.folder,
  tls: row.tls,
  monthsBack: row.monthsBack,
  excludedDomains: row.excludedDomains,
  active: row.active,
});

/** Mail is read no more; what was read stays. */
export async function removeAccount(ctx: Context): Promise<void> {
  const before = await readAccount(ctx);
  if (!before) return;
  await deleteAccount(ctx);
  await writeSecret(ctx, PASSWORD_SECRET, null);
  await ctx.record({ type: 'inbox.changed', subjectType: 'tenant', subjectId: ctx.tenant.id, data: { before: facts(before), after: null } });
}
