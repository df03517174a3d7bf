import { createReadStream, existsSync, statSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { loadConfig } from '../platform/config/config.ts';
import { type Command, exitCodes, Failure, optional, type Options, readArgs, UsageError } from './command.ts';
import { chosenTenant, withApp } from './open.ts';
import { rowsOf } from './upload-rows.ts';

export const upload: Command = {
  help: `payorcrm upload customers|invoices FILE [--url URL --key KEY --secret SECRET] [--snapshot] [--json] [--tenant ID]

Customers or invoices from a file by the rules of the upload API. FILE is JSON (an object or an array), NDJSON (an object
on each line) or CSV (the first line names the attributes); its name says which: .json, .ndjson or .jsonl, .csv.

  --url        a running PayorCRM, such as https://billing.example.com; without it the rows go into the database of the
               settings (DATABASE_URL, else the embedded one)
  --key        API key, or API_KEY in the environment
  --secret     API secret, or API_SECRET in the environment
  --snapshot   the file lists every open invoice: what is missing from it is closed
  --json       the API's answer as it is
  --tenant     without --url: the company's id or name; needed when there are several

Exit codes: 0 all rows taken; 3 some rows refused; 1 nothing was done.`,
  async run(args) {
    const { options, words } = readArgs(
      args,
      {
        url: { type: 'string' },
        key: { type: 'string' },
        secret: { type: 'string' },
        snapshot: { type: 'boolean' },
        json: { type: 'boolean' },
        tenant: { type: 'string' },
      },
      ['customers|invoices', 'FILE'],
    );
    const [kind, file] = words as [string, string];
    if (kind !== 'customers' && kind !== 'invoices') throw new UsageError(`"${kind}": expected customers or invoices.`);
    if (!existsSync(file)) throw new Failure(`There is no file ${file}.`);
    const body = bodyOf(file);
    const answer = optional(options, 'url') ? await sendTo(options, kind, body) : await sendHere(options, kind, body);
    if (options['json']) console.log(JSON.stringify(answer));
    else printAnswer(kind, answer);
    return answer.failed > 0 ? exitCodes.findings : exitCodes.ok;
  },
};

/** What the upload API answers. */
interface Answer {
  success: boolean;
  received: number;
  created: number;
  updated: number;
  unchanged: number;
  failed: number;
  closed?: number;
  results?: { index: number; key?: string; status: string; errors?: { field: string; message: string }[] }[];
}

/** The file as the JSON that the API takes, with a progress bar when a person watches. */
function bodyOf(file: string): Readable {
  const total = statSync(file).size;
  const source = createReadStream(file, { highWaterMark: 256 * 1024 });
  if (process.stderr.isTTY && total > 0) showProgress(source, total);
  return Readable.from(rowsOf(source, extname(file).toLowerCase()), { objectMode: false });
}

function showProgress(source: Readable, total: number): void {
  let read = 0;
  let shown = -1;
  source.on('data', (chunk: Buffer) => {
    read += chunk.length;
    const percent = Math.floor((read / total) * 100);
    if (percent === shown) return;
    shown = percent;
    const bar = '█'.repeat(Math.floor(percent / 4)).padEnd(25, '·');
    process.stderr.write(`\r${bar} ${String(percent).padStart(3)} % of ${(total / 1e6).toFixed(1)} MB${percent === 100 ? '\n' : ''}`);
  });
}

const queryOf = (options: Options) => (options['snapshot'] ? '?snapshot=true' : '');

/** Streams the body over HTTP. `node:http` and not fetch, which gives up on an answer that takes five minutes. */
async function sendTo(options: Options, kind: string, body: Readable): Promise<Answer> {
  const base = optional(options, 'url')!;
  let url: URL;
  try {
    url = new URL(`${base.replace(/\/+$/, '')}/jsonApi/upload/${kind}${queryOf(options)}`);
  } catch {
    throw new UsageError('--url: expected an address such as https://billing.example.com');
  }
  const key = optional(options, 'key') ?? process.env['API_KEY'];
  const secret = optional(options, 'secret') ?? process.env['API_SECRET'];
  if (!key || !secret) throw new UsageError('--key and --secret are missing (or API_KEY and API_SECRET in the environment).');
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send(url, { method: 'POST', headers: { 'content-type': 'application/json', api_key: key, api_secret: secret } });
  const answered = new Promise<{ status: number; text: string }>((done, refuse) => {
    request.on('error', refuse);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => done({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
      response.on('error', refuse);
    });
  });
  const { status, text } = await Promise.race([answered, pipeline(body, request).then(() => answered)]);
  return readAnswer(status, text);
}

export function readAnswer(status: number, text: string): Answer {
  let parsed: (Answer & { detail?: string; title?: string }) | null = null;
  try {
    parsed = JSON.parse(text) as Answer;
  } catch {
    // said below
  }
  if (status === 200 && parsed) return parsed;
  throw new Failure(parsed?.detail ?? parsed?.title ?? `The server answered with status ${status}.`);
}

/** The same code as the API's, in this process. */
async function sendHere(options: Options, kind: 'customers' | 'invoices', body: Readable): Promise<Answer> {
  const source = { kind, snapshot: options['snapshot'] === true, fileName: null };
  return withApp(loadConfig(process.env), async (app) => {
    const { uploadStream } = await import('../modules/intake/index.ts');
    const { systemActor, workFor } = await import('../platform/context.ts');
    const tenant = await chosenTenant(app, optional(options, 'tenant'));
    return uploadStream(workFor(app.platform, tenant.id, { ...systemActor, name: 'Command line' }), body, source);
  });
}

function printAnswer(kind: string, answer: Answer): void {
  const closed = answer.closed ? `, ${answer.closed} closed` : '';
  console.log(
    `${answer.received} ${kind}: ${answer.created} created, ${answer.updated} updated, ${answer.unchanged} unchanged${closed}, ${answer.failed} refused`,
  );
  const refused = (answer.results ?? []).filter((row) => row.errors && row.errors.length > 0);
  for (const row of refused.slice(0, 20))
    console.log(`  row ${row.index + 1}${row.key ? ` (${row.key})` : ''}: ${row.errors!.map((error) => `${error.field}: ${error.message}`).join('; ')}`);
  if (refused.length > 20) console.log(`  and ${refused.length - 20} more (--json lists them)`);
}
