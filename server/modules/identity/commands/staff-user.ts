import { newId } from '../../../kernel/ids.ts';
import type { Role } from '../../../kernel/permission.ts';
import { conflict, invalid, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { headerText, plainAddress } from '../../../platform/mail/address.ts';
import { staffUserChanged, staffUserCreated, staffUserInvited, totpDisabled, type UserFacts } from '../events.ts';
import { hashPassword } from '../password.ts';
import {
  deleteSessionsOf,
  endOneTimeTokens,
  findUser,
  insertUser,
  lockAdministrators,
  lockUser,
  type StaffUser,
  updateUser,
  writeTotpSecret,
} from '../queries.ts';

/** The address in the one form in which it is stored and compared. Throws a Problem naming the field. */
function staffEmail(text: string): string {
  const address = plainAddress(text.trim());
  if (address === null) throw invalid('email', 'invalid_email', 'Write one e-mail address, such as name@example.com.');
  return address.toLowerCase();
}

function staffName(text: string): string {
  const name = headerText(text);
  if (name === '') throw invalid('name', 'missing', 'Write a name.');
  return name;
}

/** A new user; with a password they can sign in at once. The password must have been checked for its strength. */
export async function createStaffUser(
  ctx: Context,
  input: { email: string; name: string; role: Role; password?: string | null },
): Promise<{ id: string; email: string }> {
  const user = {
    id: newId(),
    email: staffEmail(input.email),
    name: staffName(input.name),
    role: input.role,
    passwordHash: input.password ? await hashPassword(input.password) : null,
  };
  if (!(await insertUser(ctx, user))) throw conflict('email_in_use', `${user.email} has access already.`);
  await ctx.record(staffUserCreated(user.id, user));
  return { id: user.id, email: user.email };
}

/** A user who gets a mail with a link to choose a password. */
export async function inviteStaffUser(ctx: Context, input: { email: string; name: string; role: Role }): Promise<StaffUser> {
  const { id: userId, email } = await createStaffUser(ctx, input);
  await ctx.record(staffUserInvited(userId, email));
  return (await findUser(ctx, userId))!;
}

/** The invitation once more; the links of earlier mails end. */
export async function inviteAgain(ctx: Context, userId: string): Promise<void> {
  const user = await lockUser(ctx, userId);
  if (!user) throw notFound('user');
  if (user.disabledAt !== null) throw conflict('user_disabled', `${user.name} is disabled. Give them access first.`);
  if (user.passwordHash !== null) throw conflict('user_active', `${user.name} has joined already.`);
  await endOneTimeTokens(ctx, userId);
  await ctx.record(staffUserInvited(userId, user.email));
}

/** Changes name, role or access. Refuses to leave the company without an administrator who can sign in. */
export async function changeStaffUser(ctx: Context, userId: string, change: { name?: string; role?: Role; disabled?: boolean }): Promise<StaffUser> {
  // first the administrators, then the user: the same order for everybody
  const administrators = await lockAdministrators(ctx);
  const user = await lockUser(ctx, userId);
  if (!user) throw notFound('user');
  const before: UserFacts = { name: user.name, role: user.role, disabled: user.disabledAt !== null };
  const after: UserFacts = {
    name: change.name === undefined ? user.name : staffName(change.name),
    role: change.role ?? user.role,
    disabled: change.disabled ?? before.disabled,
  };
  const staysAdministrator = after.role === 'administrator' && !after.disabled;
  if (!staysAdministrator && administrators.length === 1 && administrators[0]!.id === userId)
    throw conflict('last_administrator', `${user.name} is the last administrator. Make somebody else an administrator first.`);
  const changed = (Object.keys(before) as (keyof UserFacts)[]).filter((field) => before[field] !== after[field]);
  if (changed.length === 0) return user;
  await updateUser(ctx, { id: userId, name: after.name, role: after.role, disabledAt: after.disabled ? (user.disabledAt ?? ctx.clock.now()) : null });
  if (after.disabled && !before.disabled) {
    await deleteSessionsOf(ctx, userId, null);
    await endOneTimeTokens(ctx, userId);
  }
  const pick = (facts: UserFacts) => Object.fromEntries(changed.map((field) => [field, facts[field]]));
  await ctx.record(staffUserChanged(userId, pick(before), pick(after)));
  return (await findUser(ctx, userId))!;
}

/** For somebody who lost the phone: they sign in with the password alone, until they set it up again. */
export async function resetTotpOf(ctx: Context, userId: string): Promise<void> {
  const user = await lockUser(ctx, userId);
  if (!user) throw notFound('user');
  if (user.totpCiphertext === null) return;
  await writeTotpSecret(ctx, userId, null);
  await ctx.record(totpDisabled(userId));
}
