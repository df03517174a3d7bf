import type { GatewayOutcome } from './gateway.ts';

/** The reply of a provider, or the way in which it is missing. */
export type Reply = { kind: 'reply'; status: number; body: unknown } | { kind: 'unknown'; reason: 'timeout' | 'connection' | 'http_5xx' | 'malformed' };

export interface Call {
  method: 'GET' | 'POST' | 'DELETE';
  url: string;
  headers: Record<string, string>;
  body?: string;
  timeoutMs: number;
}

/** The largest reply that is read. */
const MAX_REPLY_BYTES = 4 * 1024 * 1024;

/**
 * One call, never repeated. A reply counts only when it came whole and is JSON; everything else is unknown, because
 * the provider may have done what was asked.
 */
export async function callOnce(call: Call, fetcher: typeof fetch): Promise<Reply> {
  const signal = AbortSignal.timeout(call.timeoutMs);
  try {
    const response = await fetcher(call.url, {
      method: call.method,
      headers: call.headers,
      ...(call.body === undefined ? {} : { body: call.body }),
      redirect: 'error',
      signal,
    });
    const text = await response.text();
    if (response.status >= 500) return { kind: 'unknown', reason: 'http_5xx' };
    if (text.length > MAX_REPLY_BYTES) return { kind: 'unknown', reason: 'malformed' };
    try {
      return { kind: 'reply', status: response.status, body: JSON.parse(text) as unknown };
    } catch {
      return { kind: 'unknown', reason: 'malformed' };
    }
  } catch {
    return { kind: 'unknown', reason: signal.aborted ? 'timeout' : 'connection' };
  }
}

/** Applies a pure parser to a reply; a reply that the parser cannot understand is unknown, never guessed. */
export function parseReply<T>(reply: Reply, parse: (status: number, body: unknown) => GatewayOutcome<T>): GatewayOutcome<T> {
  if (reply.kind === 'unknown') return reply;
  try {
    return parse(reply.status, reply.body);
  } catch {
    return { kind: 'unknown', reason: 'malformed' };
  }
}
