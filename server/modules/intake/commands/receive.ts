import { createHash, type Hash } from 'node:crypto';
import { Problem } from '../../../kernel/problem.ts';
import type { Work } from '../../../platform/context.ts';
import type { RequestInfo } from '../../../platform/http/endpoint.ts';
import { sizeWords } from '../../../platform/http/body.ts';
import { claimKey, type StoredAnswer, storeAnswer } from '../../../platform/http/idempotency.ts';
import { readJsonRows } from '../json-rows.ts';
import type { UploadKind } from '../queries.ts';
import { RowResults } from '../row-results.ts';
import { runUpload, type UploadSummary } from './run-upload.ts';
import { succeeded } from './upload-stream.ts';

/** A body up to this size is read before the transaction opens: a slow sender of one invoice holds no connection. */
const READ_FIRST_BYTES = 256 * 1024;
/** A sender of a large body that falls silent for this long is cut off, because its transaction holds locks. */
const SILENCE_MS = 30_000;
/** Results are kept with an idempotency key up to this size; above, the counts alone are answered again. */
const MAX_KEPT_RESULTS = 256 * 1024;

export interface ReceiveOptions {
  kind: UploadKind;
  snapshot: boolean;
  createCustomers: boolean | undefined;
  results: 'all' | 'notable';
}

/** Thrown to undo this run when its key turns out to be answered already. */
class Replay extends Error {
  readonly answer: StoredAnswer;
  constructor(answer: StoredAnswer) {
    super('replay');
    this.answer = answer;
  }
}

/** One request of the upload API, from its bytes to its answer. */
export async function receiveUpload(work: Work, request: RequestInfo, options: ReceiveOptions): Promise<Response> {
  const { config } = work.platform;
  refuseEarly(request, config.uploadMaxBytes);
  const key = request.headers['idempotency-key'];
  const digest = typeof key === 'string' ? createHash('sha256').update(JSON.stringify(options)) : null;
  const body = await bodyOf(request, digest, config.uploadMaxBytes);
  const results = new RowResults(options.results === 'all');
  try {
    const summary = await work.transaction(async (ctx) => {
      const done = await runUpload(
        ctx,
        { ...options, source: 'api' },
        (seed, lazy) => readJsonRows(body, { seed, lazy, lines: isLines(request), limits: { maxBytes: config.uploadMaxBytes, maxRows: config.uploadMaxRows } }),
        results,
      );
      if (digest) {
        const operation = `upload ${options.kind}`;
        const stored = await claimKey(ctx, operation, key as string, digest.digest());
        if (stored) throw new Replay(stored);
        await storeAnswer(ctx, operation, key as string, { status: 200, body: kept(done, results) });
      }
      return done;
    });
    return new Response(streamed(summary, results), { status: 200, headers: json });
  } catch (error) {
    results.close();
    if (error instanceof Replay)
      return new Response(JSON.stringify(error.answer.body), { status: error.answer.status, headers: { ...json, 'idempotency-replayed': 'true' } });
    throw error;
  }
}

const json = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

const isLines = (request: RequestInfo): boolean => /ndjson|jsonl|json-seq/.test(String(request.headers['content-type'] ?? ''));

function refuseEarly(request: RequestInfo, maxBytes: number): void {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > maxBytes) throw new Problem(413, 'body_too_large', `No more than ${sizeWords(maxBytes)} can be sent at once. Send it in parts.`);
  const encoding = request.headers['content-encoding'];
  if (encoding && encoding !== 'identity') throw new Problem(415, 'unsupported_encoding', 'Send the body without Content-Encoding.');
}

/** The bytes as they come, counted into the digest; a small body is waited for first. */
async function bodyOf(request: RequestInfo, digest: Hash | null, maxBytes: number): Promise<AsyncIterable<Uint8Array>> {
  const stream = listened(request, digest);
  const length = Number(request.headers['content-length'] ?? Number.NaN);
  if (!(length <= Math.min(READ_FIRST_BYTES, maxBytes))) return stream;
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return (async function* () {
    yield* chunks;
  })();
}

async function* listened(request: RequestInfo, digest: Hash | null): AsyncGenerator<Uint8Array> {
  const { incoming } = request;
  let silent = false;
  const timer = setTimeout(() => {
    silent = true;
    incoming.destroy();
  }, SILENCE_MS);
  try {
    for await (const chunk of incoming) {
      digest?.update(chunk as Buffer);
      // the pause between two chunks is the sender's; the time that we take for one is not
      clearTimeout(timer);
      yield chunk as Buffer;
      timer.refresh();
    }
  } catch {
    throw new Problem(
      silent ? 408 : 400,
      silent ? 'sender_silent' : 'body_cut',
      `${silent ? `Nothing came for ${SILENCE_MS / 1000} seconds` : 'The connection ended before the body did'}. Nothing was stored.`,
    );
  } finally {
    clearTimeout(timer);
  }
}

const headOf = (summary: UploadSummary): string => JSON.stringify({ success: succeeded(summary), ...summary });

function kept(summary: UploadSummary, results: RowResults): unknown {
  const rows: Buffer[] = [];
  let size = 0;
  for (const piece of results.read()) {
    size += piece.length;
    if (size > MAX_KEPT_RESULTS) return { ...(JSON.parse(headOf(summary)) as object), results: [], resultsOmitted: true };
    rows.push(piece);
  }
  return { ...(JSON.parse(headOf(summary)) as object), results: JSON.parse(`[${Buffer.concat(rows).toString()}]`) };
}

/** Head, rows, end; rows come from disk when they are many. */
function streamed(summary: UploadSummary, results: RowResults): ReadableStream<Uint8Array> {
  const rows = results.read();
  let begun = false;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (!begun) {
        begun = true;
        controller.enqueue(Buffer.from(`${headOf(summary).slice(0, -1)},"results":[`));
        return;
      }
      const next = rows.next();
      if (!next.done) return controller.enqueue(next.value);
      controller.enqueue(Buffer.from(']}'));
      controller.close();
      results.close();
    },
    cancel: () => results.close(),
  });
}
