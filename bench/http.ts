import { Agent, request } from 'node:http';

export interface Timed {
  status: number;
  ms: number;
  body: string;
  bytes: number;
}

/** One request at a time over one kept connection, as a browser's page would send it: what is timed is the answer. */
export function client(url: string, headers: Record<string, string>) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const get = (path: string, keepBody = true): Promise<Timed> =>
    new Promise((resolve, reject) => {
      const began = performance.now();
      const call = request(url + path, { agent, headers }, (response) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on('data', (part: Buffer) => {
          bytes += part.length;
          if (keepBody) parts.push(part);
        });
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode!, ms: performance.now() - began, body: Buffer.concat(parts).toString(), bytes }));
      });
      call.on('error', reject);
      call.end();
    });
  return {
    async get(path: string, keepBody = true): Promise<Timed> {
      const answer = await get(path, keepBody);
      if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.body.slice(0, 300)}`);
      return answer;
    },
    close: () => agent.destroy(),
  };
}
