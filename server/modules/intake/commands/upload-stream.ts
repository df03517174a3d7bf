import type { Readable } from 'node:stream';
import type { Work } from '../../../platform/context.ts';
import { readJsonRows } from '../json-rows.ts';
import type { UploadKind, UploadSource } from '../queries.ts';
import { type RowResult, RowResults } from '../row-results.ts';
import { runUpload, type UploadSummary } from './run-upload.ts';

export interface UploadAnswer extends UploadSummary {
  success: boolean;
  results: RowResult[];
}

/** False when rows were sent and none was accepted. */
export const succeeded = (summary: UploadSummary): boolean => summary.received === 0 || summary.failed < summary.received;

/** The command line's way in: the same as the API's, with the results read whole. Problem 400 or 413 leaves nothing behind. */
export async function uploadStream(
  work: Work,
  body: Readable | AsyncIterable<Uint8Array>,
  options: {
    kind: UploadKind;
    source?: UploadSource;
    fileName?: string | null;
    snapshot?: boolean;
    createCustomers?: boolean;
    lines?: boolean;
    onProgress?: (rows: number) => void;
  },
): Promise<UploadAnswer> {
  const { config } = work.platform;
  const results = new RowResults(false);
  try {
    const summary = await work.transaction((ctx) =>
      runUpload(
        ctx,
        { source: 'cli', ...options },
        (seed, lazy) =>
          readJsonRows(body, { seed, lazy, lines: options.lines ?? false, limits: { maxBytes: config.uploadMaxBytes, maxRows: config.uploadMaxRows } }),
        results,
      ),
    );
    return { success: succeeded(summary), ...summary, results: JSON.parse(`[${Buffer.concat([...results.read()]).toString()}]`) as RowResult[] };
  } finally {
    results.close();
  }
}
