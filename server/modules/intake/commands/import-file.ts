import { newId } from '../../../kernel/ids.ts';
import { conflict, notFound, Problem } from '../../../kernel/problem.ts';
import type { Context, Work } from '../../../platform/context.ts';
import { getSettings, updateSettings } from '../../tenants/index.ts';
import { hashOfText } from '../json-rows.ts';
import { type Row, RowFault, type RowSlice } from '../json-slice.ts';
import { attributesOf, guessKind, type Mapping, mappingKey, requiredAttributes, rowOf, suggestMapping } from '../mapping.ts';
import { type Draft, insertDraft, markImported, readDraft, saveMapping, type UploadKind } from '../queries.ts';
import { type RowResult, RowResults } from '../row-results.ts';
import { openTable, type Table } from '../table-file.ts';
import { runUpload, type UploadSummary } from './run-upload.ts';

export interface ImportView {
  id: string;
  kind: UploadKind;
  fileName: string;
  format: string;
  columns: string[];
  /** The first rows, each cell as text. */
  rows: (string | null)[][];
  mapping: Mapping;
  attributes: { name: string; required: boolean }[];
  missing: string[];
  uploadId: string | null;
}

const PREVIEW_ROWS = 20;
const SLICE_ROWS = 500;
/** Rows with errors that a check or an import answers; all are counted. */
export const MAX_SHOWN_ERRORS = 200;

/** Keeps the file and says how it is understood. Problem 415 or 422 for a file that cannot be read. */
export async function startImport(ctx: Context, file: { name: string; bytes: Buffer; kind: UploadKind | undefined }): Promise<ImportView> {
  const table = await openTable(file.bytes);
  const kind = file.kind ?? guessKind(table.columns);
  const stored = await ctx.platform.files.put(ctx, { name: file.name, contentType: 'application/octet-stream', bytes: file.bytes });
  const draft = { id: newId(), kind, fileId: stored.id, fileName: file.name, mapping: await mappingFor(ctx, kind, table.columns) };
  await insertDraft(ctx, draft);
  return view({ ...draft, uploadId: null }, table);
}

async function mappingFor(ctx: Context, kind: UploadKind, columns: readonly string[]): Promise<Mapping> {
  const { mappings } = (await getSettings(ctx)).intake;
  const saved = mappings[mappingKey(kind, columns)];
  const suggested = suggestMapping(kind, columns);
  return saved && typeof saved === 'object' ? checkedMapping(kind, columns, { ...suggested, ...(saved as Mapping) }) : suggested;
}

export async function readImport(ctx: Context, id: string): Promise<ImportView> {
  const { draft, table } = await open(ctx, id);
  return view(draft, table);
}

async function open(ctx: Context, id: string): Promise<{ draft: Draft; table: Table }> {
  const draft = await readDraft(ctx, id);
  const file = draft && (await ctx.platform.files.get(ctx, draft.fileId));
  if (!draft || !file) throw notFound('import');
  return { draft, table: await openTable(file.bytes) };
}

/** Says what each column is. A change of the kind begins with a new proposal. */
export async function mapColumns(ctx: Context, id: string, input: { kind: UploadKind; mapping?: Mapping | undefined }): Promise<ImportView> {
  const { draft, table } = await open(ctx, id);
  if (draft.uploadId) throw conflict('already_imported', 'This file was imported already.');
  const mapping = input.mapping ? checkedMapping(input.kind, table.columns, input.mapping) : await mappingFor(ctx, input.kind, table.columns);
  await saveMapping(ctx, id, input.kind, mapping);
  return view({ ...draft, kind: input.kind, mapping }, table);
}

function checkedMapping(kind: UploadKind, columns: readonly string[], given: Mapping): Mapping {
  const allowed = new Set(attributesOf(kind));
  const taken = new Set<string>();
  const mapping: Mapping = {};
  for (const column of columns) {
    const target = (Object.hasOwn(given, column) ? given[column] : null) ?? null;
    if (target !== null && target !== 'custom') {
      if (!allowed.has(target)) throw new Problem(422, 'invalid_mapping', `${target} is not an attribute of ${kind}.`);
      if (taken.has(target)) throw new Problem(422, 'invalid_mapping', `Two columns are ${target}; leave one out.`);
      taken.add(target);
    }
    mapping[column] = target;
  }
  return mapping;
}

async function view(draft: Omit<Draft, 'createdAt'>, table: Table): Promise<ImportView> {
  const rows: (string | null)[][] = [];
  for await (const row of table.rows()) {
    if (rows.length === PREVIEW_ROWS) break;
    rows.push(row instanceof RowFault ? [row.message] : table.columns.map((column, index) => shown(Array.isArray(row) ? row[index] : row[column])));
  }
  const mapped = new Set(Object.values(draft.mapping));
  return {
    id: draft.id,
    kind: draft.kind,
    fileName: draft.fileName,
    format: table.format,
    columns: table.columns,
    rows,
    mapping: draft.mapping,
    attributes: attributesOf(draft.kind).map((name) => ({ name, required: requiredAttributes[draft.kind].includes(name) })),
    missing: requiredAttributes[draft.kind].filter((name) => !mapped.has(name)),
    uploadId: draft.uploadId,
  };
}

function shown(cell: unknown): string | null {
  if (cell === null || cell === undefined || cell === '') return null;
  if (cell instanceof Date) return cell.toISOString().slice(0, 10);
  return (typeof cell === 'object' ? JSON.stringify(cell) : String(cell)).slice(0, 500);
}

export interface ImportOptions {
  snapshot: boolean;
  createCustomers: boolean | undefined;
}

export interface ImportOutcome extends UploadSummary {
  /** The first rows with errors or warnings. */
  results: RowResult[];
}

/** Undoes the transaction of a check, which is an import to the last step. */
class Checked extends Error {
  readonly outcome: ImportOutcome;
  constructor(outcome: ImportOutcome) {
    super('checked');
    this.outcome = outcome;
  }
}

/** What importing would do and which rows it would refuse; nothing is written. */
export async function checkImport(work: Work, id: string, options: ImportOptions): Promise<ImportOutcome> {
  try {
    return await work.transaction(async (ctx) => {
      throw new Checked(await importRows(ctx, id, options));
    });
  } catch (error) {
    if (error instanceof Checked) return error.outcome;
    throw error;
  }
}

/** Imports the file by the same path as the API's, and remembers its mapping for the next file with these columns. */
export async function runImport(work: Work, id: string, options: ImportOptions): Promise<ImportOutcome> {
  return work.transaction(async (ctx) => {
    const outcome = await importRows(ctx, id, options);
    await markImported(ctx, id, outcome.uploadId);
    return outcome;
  });
}

async function importRows(ctx: Context, id: string, options: ImportOptions): Promise<ImportOutcome> {
  const { draft, table } = await open(ctx, id);
  if (draft.uploadId) throw conflict('already_imported', 'This file was imported already.');
  const results = new RowResults(false);
  try {
    const summary = await runUpload(
      ctx,
      { kind: draft.kind, source: 'file', fileName: draft.fileName, ...options, serials: table.format === 'xlsx' },
      (seed) => slicesOf(table, draft.mapping, seed),
      results,
    );
    const { intake } = await getSettings(ctx);
    const key = mappingKey(draft.kind, table.columns);
    if (JSON.stringify(intake.mappings[key]) !== JSON.stringify(draft.mapping))
      await updateSettings(ctx, { intake: { mappings: { ...intake.mappings, [key]: draft.mapping } } });
    const noted = (JSON.parse(`[${Buffer.concat([...results.read()]).toString()}]`) as RowResult[]).filter((row) => row.errors || row.warnings);
    return { ...summary, results: [...noted.filter((row) => row.errors), ...noted.filter((row) => !row.errors)].slice(0, MAX_SHOWN_ERRORS) };
  } finally {
    results.close();
  }
}

async function* slicesOf(table: Table, mapping: Mapping, seed: string): AsyncGenerator<RowSlice> {
  let first = 0;
  let rows: Row[] = [];
  for await (const row of table.rows()) {
    rows.push(rowOf(row, table.columns, mapping));
    if (rows.length < SLICE_ROWS) continue;
    yield sliceOf(first, rows, seed);
    first += rows.length;
    rows = [];
  }
  if (rows.length > 0) yield sliceOf(first, rows, seed);
}

function sliceOf(first: number, rows: Row[], seed: string): RowSlice {
  return {
    first,
    rows,
    hashes: Float64Array.from(rows, (row) => (row instanceof RowFault ? 0 : hashOfText(JSON.stringify(row), seed))),
    escaped: new Uint8Array(rows.length).fill(1),
    tidy: true,
    peek: (n) => (rows[n] instanceof RowFault ? null : rows[n]!),
    release: () => {},
  };
}
