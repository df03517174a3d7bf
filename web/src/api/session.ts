import { queryOptions } from '@tanstack/react-query';
import { createContext, use } from 'react';
import { get, post } from './client.ts';

export type Role = 'administrator' | 'manager' | 'collector' | 'viewer';

export interface Session {
  user: { id: string; name: string; email: string; role: Role; totp: boolean };
  tenant: { id: string; name: string; currency: string; timezone: string; locale: string };
  permissions: readonly string[];
}

export const sessionQuery = queryOptions({ queryKey: ['session'], queryFn: () => get<Session>('/v1/session'), staleTime: Number.POSITIVE_INFINITY });

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error('useSession outside of SessionGate');
  return session;
}

/** A reason to show beside what this person may not do; undefined when they may. */
export function useRefusal(permission: string): string | undefined {
  const { permissions, user } = useSession();
  return permissions.includes(permission) ? undefined : `Your role (${user.role}) does not allow this. Ask an administrator.`;
}

export async function signOut(): Promise<void> {
  await post('/sign-out').catch(() => undefined);
  location.assign('/sign-in');
}
