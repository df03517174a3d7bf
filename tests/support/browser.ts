import { expect } from 'vitest';

/** A browser with cookies and without scripts, for the server's own pages and the API behind them. */
export function browser(url: string) {
  const jar = new Map<string, string>();
  async function go(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
    const response = await fetch(url + path, {
      method,
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '), ...headers },
      ...(body === undefined ? {} : { body }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...flags] = line.split('; ');
      const [name, value] = pair!.split(/=(.*)/s);
      expect(flags).toEqual(expect.arrayContaining(['HttpOnly', 'SameSite=Lax', 'Path=/']));
      if (value === '') jar.delete(name!);
      else jar.set(name!, value!);
    }
    return { status: response.status, location: response.headers.get('location'), headers: response.headers, text: await response.text() };
  }
  return {
    jar,
    get: (path: string) => go('GET', path),
    submit: (path: string, fields: Record<string, string>, headers?: Record<string, string>) =>
      go('POST', path, new URLSearchParams(fields).toString(), headers),
    async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
      const answer = await go(method, path, body === undefined ? undefined : JSON.stringify(body), { 'content-type': 'application/json', ...headers });
      return { status: answer.status, body: answer.text ? JSON.parse(answer.text) : null };
    },
  };
}
