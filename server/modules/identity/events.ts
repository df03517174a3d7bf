import { newId } from '../../kernel/ids.ts';
import type { Role } from '../../kernel/permission.ts';
import type { DomainEvent } from '../../platform/context.ts';

/** What is kept of a user before and after a change. */
export interface UserFacts {
  name: string;
  role: Role;
  disabled: boolean;
}

const ofUser = (type: string, userId: string, data: Record<string, unknown> = {}): DomainEvent => ({
  type,
  subjectType: 'staff_user',
  subjectId: userId,
  data,
});

export const staffUserCreated = (userId: string, user: { email: string; name: string; role: Role }): DomainEvent =>
  ofUser('staff_user.created', userId, { after: { email: user.email, name: user.name, role: user.role } });
/** Starts the mail with the invitation. `requestId` tells one request from the next: a mail for each, however often the job runs. */
export const staffUserInvited = (userId: string, email: string): DomainEvent => ofUser('staff_user.invited', userId, { email, requestId: newId() });
export const staffUserJoined = (userId: string): DomainEvent => ofUser('staff_user.joined', userId);
export const staffUserChanged = (userId: string, before: Partial<UserFacts>, after: Partial<UserFacts>): DomainEvent =>
  ofUser('staff_user.changed', userId, { before, after });

/** Starts the mail with the link. */
export const passwordResetRequested = (userId: string): DomainEvent => ofUser('password_reset.requested', userId, { requestId: newId() });
export const passwordChanged = (userId: string, by: 'link' | 'user'): DomainEvent => ofUser('password.changed', userId, { by });

export const totpEnabled = (userId: string): DomainEvent => ofUser('totp.enabled', userId, { before: 'off', after: 'on' });
export const totpDisabled = (userId: string): DomainEvent => ofUser('totp.disabled', userId, { before: 'on', after: 'off' });

export const sessionStarted = (sessionId: string, userId: string, userAgent: string): DomainEvent => ({
  type: 'session.started',
  subjectType: 'session',
  subjectId: sessionId,
  data: { userId, userAgent },
});
export const sessionEnded = (sessionId: string, userId: string): DomainEvent => ({
  type: 'session.ended',
  subjectType: 'session',
  subjectId: sessionId,
  data: { userId },
});
/** Somebody knew the address, and not the password or the code. */
export const signInRefused = (userId: string, wrong: 'password' | 'code'): DomainEvent => ofUser('sign_in.refused', userId, { wrong });
export const sessionsEnded = (userId: string, count: number): DomainEvent => ofUser('sessions.ended', userId, { count });

export const apiKeyCreated = (apiKeyId: string, key: { name: string; role: Role; key: string }): DomainEvent => ({
  type: 'api_key.created',
  subjectType: 'api_key',
  subjectId: apiKeyId,
  data: { after: { name: key.name, role: key.role, key: key.key } },
});
export const apiKeyRevoked = (apiKeyId: string, name: string): DomainEvent => ({
  type: 'api_key.revoked',
  subjectType: 'api_key',
  subjectId: apiKeyId,
  data: { name, before: 'active', after: 'revoked' },
});
