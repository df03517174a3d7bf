import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { from as copyFrom } from 'pg-copy-streams';
import { newId } from '../../kernel/ids.ts';
import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';
import { stagedColumns, type UploadedDocument } from './upload-row.ts';

/** What the merges of new and of changed rows have in common: the batch, its answer, and the staging table. */

export interface DocumentKey {
  number: string;
  customerId: string;
  companyCode: string;
  lineItem: string;
  accountingNumber: string;
  fiscalYear: string;
}

export interface UploadBatch {
  uploadId: string;
  /** No two of one batch are equal. */
  keys: readonly DocumentKey[];
  /** Of the rows' content; even. The lowest bit is this module's. */
  hashes: readonly number[];
  /** The checked row, or null when it has errors that the caller keeps. With the currency of the existing document. */
  read(position: number, currency?: string): UploadedDocument | null;
  /** The due date of a new document that names none. */
  dueOn(document: UploadedDocument, issuedOn: string): string;
  /** Remembers every document of the batch for {@link closeMissing}. */
  snapshot: boolean;
}

export type RowStatus = 'created' | 'updated' | 'unchanged' | 'error';

export interface RowNote {
  position: number;
  error: boolean;
  field: string;
  code: string;
  message: string;
}

export interface MergeResult {
  statuses: RowStatus[];
  /** Null for unchanged rows (not read back) and errors. */
  ids: (string | null)[];
  notes: RowNote[];
  /** Positions of unchanged rows whose warnings should be said again. */
  warnAgain: number[];
}

export const columnNames = stagedColumns.map(([name]) => name).join(', ');

export const stagedList = sql.raw(columnNames);

/** Rows prepared between two looks at the event loop, and lines that are handed to COPY as one piece. */
export const BREATH = 100;

export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const arrayItem = (text: string): string => (/["\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`);

export const textArray = (keys: readonly DocumentKey[], field: keyof DocumentKey): string => {
  let text = '{';
  for (let i = 0; i < keys.length; i++) text += (i > 0 ? ',' : '') + arrayItem(keys[i]![field]);
  return `${text}}`;
};

export const withMark = (hash: number, document: UploadedDocument): number => hash + (document.warned ? 1 : 0);

/** Transactions that have their staging table. */
const staging = new WeakSet<Context['tx']>();

/** Puts lines into the staging table of this transaction; whoever uses them empties it. */
export async function stage(ctx: Context, lines: Iterable<Buffer>): Promise<void> {
  if (!staging.has(ctx.tx)) {
    await ctx.tx.run(
      sql`create temporary table staged_document (${sql.raw(stagedColumns.map(([name, type]) => `${name} ${type}`).join(', '))}) on commit drop`,
    );
    staging.add(ctx.tx);
  }
  await pipeline(Readable.from(lines), ctx.tx.client.query(copyFrom(`copy staged_document (${columnNames}) from stdin`)));
}

interface SourceApplication {
  documentId: string;
  customerId: string;
  currency: string;
  sourceMinor: number;
  isVoid: boolean;
}

export async function insertSourceApplications(ctx: Context, uploadId: string, rows: readonly SourceApplication[]): Promise<void> {
  if (rows.length === 0) return;
  await ctx.tx.run(sql`
    insert into application (tenant_id, id, document_id, customer_id, source, amount_minor, currency, applied_on, reason, upload_id)
    select ${ctx.tenant.id}::uuid, id, document_id, customer_id, source, amount_minor, currency, ${ctx.clock.today()}::date, 'Balance of the source system', ${uploadId}::uuid
    from unnest(${rows.map(() => newId())}::uuid[], ${rows.map((r) => r.documentId)}::uuid[], ${rows.map((r) => r.customerId)}::uuid[],
      ${rows.map((r) => (r.isVoid ? 'void' : 'source_system'))}::text[], ${rows.map((r) => r.sourceMinor)}::bigint[], ${rows.map((r) => r.currency)}::text[])
      as t(id, document_id, customer_id, source, amount_minor, currency)`);
}
