import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { SessionContext, sessionQuery } from '../api/session.ts';
import { Failure } from '../components/states.tsx';
import { setZone } from '../format/dates.ts';

/** Nothing is drawn before we know who is here: their company's zone and rights decide what everything looks like. */
export function SessionGate({ children }: { children: ReactNode }) {
  const session = useQuery(sessionQuery);
  if (session.data) {
    setZone(session.data.tenant.timezone);
    return <SessionContext value={session.data}>{children}</SessionContext>;
  }
  if (session.isError) return <Failure error={session.error} what="PayorCRM could not start" retry={() => void session.refetch()} />;
  return <div role="status" aria-label="Loading" className="min-h-dvh" />;
}
