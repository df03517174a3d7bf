import { queryOptions } from '@tanstack/react-query';
import { createContext, use } from 'react';
import { api, ask } from './client.ts';
import type { Answer } from './types.ts';

export type Session = Answer<'/v1/me', 'get'>;
export type Role = Session['user']['role'];

export const sessionQuery = queryOptions({ queryKey: ['session'], queryFn: () => ask(api.GET('/v1/me')), staleTime: Number.POSITIVE_INFINITY });

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error('useSession outside of SessionGate');
  return session;
}

/** A reason to show beside what this person may not do; undefined when they may. */
export function useRefusal(permission: Session['permissions'][number]): string | undefined {
  const { permissions, user } = useSession();
  return permissions.includes(permission) ? undefined : `Your role (${user.role}) does not allow this. Ask an administrator.`;
}

/** Ends this session; the sign-in page is the server's. */
export async function signOut(): Promise<void> {
  await fetch('/sign-out', { method: 'POST', credentials: 'same-origin', redirect: 'manual' }).catch(() => undefined);
  location.assign('/sign-in');
}
