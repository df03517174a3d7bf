/** All statements of a run in one file, streamed: ten thousand need no more room than two hundred. */
import { Readable } from 'node:stream';
import { conflict } from '../../kernel/problem.ts';
import type { Work } from '../../platform/context.ts';
import { drawPrintPdf, type StatementPdfModel } from '../../platform/pdf/statement-pdf.ts';
import { keptPdf, pdfOf, readLogo } from './commands/draw.ts';
import { modelOf } from './content.ts';
import { type FullStatement, readBatch, readStatements } from './documents/queries.ts';
import { statementUrl } from './links.ts';
import type { Run } from './runs/queries.ts';

const PORTION = 100;

interface Entry {
  id: string;
  number: string;
  customerName: string;
}

/** The statements in the order of their customers, a portion in each transaction. Problem 409 when there is none. */
async function entriesOf(work: Work, run: Run, onlyHeld: boolean): Promise<Entry[]> {
  const entries = await work.transaction((ctx) => readBatch(ctx, run.id, onlyHeld));
  if (entries.length === 0) throw conflict('no_statements', onlyHeld ? 'Every statement of this run went out by mail.' : 'This run has no statements.');
  return entries;
}

async function* portions(work: Work, entries: readonly Entry[]): AsyncGenerator<{ entry: Entry; statement: FullStatement }[]> {
  for (let at = 0; at < entries.length; at += PORTION) {
    const slice = entries.slice(at, at + PORTION);
    const statements = await work.transaction((ctx) =>
      readStatements(
        ctx,
        slice.map((entry) => entry.id),
      ),
    );
    const byId = new Map(statements.map((statement) => [statement.id, statement]));
    yield slice.flatMap((entry) => {
      const statement = byId.get(entry.id);
      return statement ? [{ entry, statement }] : [];
    });
  }
}

const safe = (text: string): string => text.replace(/[^\w. -]/g, '_').slice(0, 80);

const headers = (type: string, name: string): Record<string, string> => ({
  'content-type': type,
  'content-disposition': `attachment; filename="${name}"`,
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
});

const streamed = (chunks: AsyncIterable<Uint8Array>, type: string, name: string): Response =>
  new Response(Readable.toWeb(Readable.from(chunks, { objectMode: false })) as ReadableStream, { headers: headers(type, name) });

export async function zipResponse(work: Work, run: Run, onlyHeld: boolean): Promise<Response> {
  return streamed(zipped(work, run, await entriesOf(work, run, onlyHeld)), 'application/zip', `Statements ${run.asOf.toString()}.zip`);
}

async function* zipped(work: Work, run: Run, entries: readonly Entry[]): AsyncGenerator<Uint8Array> {
  const { Zip, ZipPassThrough } = await import('fflate');
  let ready: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    ready.push(chunk);
  });
  // the archive's own moment, so that the same run gives the same bytes
  const mtime = run.asOf.toZonedDateTime('UTC').epochMilliseconds;
  for await (const portion of portions(work, entries))
    for (const { entry, statement } of portion) {
      const { bytes } = (await keptPdf(work.platform, work.tenantId, statement)) ?? (await work.transaction((ctx) => pdfOf(ctx, statement)));
      // a PDF is compressed already
      const file = new ZipPassThrough(`${entry.number} ${safe(entry.customerName)}.pdf`);
      file.mtime = mtime;
      zip.add(file);
      file.push(bytes, true);
      yield* ready;
      ready = [];
    }
  zip.end();
  yield* ready;
}

export async function printResponse(work: Work, run: Run, onlyHeld: boolean): Promise<Response> {
  const entries = await entriesOf(work, run, onlyHeld);
  const logo = await work.transaction((ctx) => readLogo(ctx, run.frame));
  return streamed(drawPrintPdf(models(work, run, entries), logo), 'application/pdf', `Statements ${run.asOf.toString()}.pdf`);
}

async function* models(work: Work, run: Run, entries: readonly Entry[]): AsyncGenerator<StatementPdfModel[]> {
  for await (const portion of portions(work, entries))
    yield portion.map(({ statement }) =>
      modelOf(statement, run.frame, statementUrl(work.platform, run.frame.base, { tenantId: work.tenantId, statementId: statement.id })),
    );
}
