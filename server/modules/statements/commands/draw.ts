import type { Context, Platform } from '../../../platform/context.ts';
import type { KeptFile } from '../../../platform/files/files.ts';
import { drawStatements } from '../../../platform/pdf/statement-pool.ts';
import { drawStatementPdf } from '../../../platform/pdf/statement-pdf.ts';
import { type Drawable, type Frame, modelOf } from '../content.ts';
import type { DrawnRow, FullStatement } from '../documents/queries.ts';
import { statementUrl } from '../links.ts';

export type Drawing = Drawable & { id: string };

export interface DrawnChunk {
  rows: DrawnRow[];
  kept: KeptFile[];
}

const fileName = (number: string): string => `Statement ${number}.pdf`;

/** The logo of a run's statements; null when there is none or its file has gone. */
export async function readLogo(ctx: Context, frame: Frame): Promise<Buffer | null> {
  if (frame.logoFileId === null) return null;
  return (await ctx.platform.files.get(ctx, frame.logoFileId))?.bytes ?? null;
}

const model = (platform: Platform, tenantId: string, frame: Frame, statement: Drawing) =>
  modelOf(statement, frame, statementUrl(platform, frame.base, { tenantId, statementId: statement.id }));

/** Draws statements of one run in threads and keeps their bytes; no transaction is open meanwhile. */
export async function drawChunk(platform: Platform, tenantId: string, frame: Frame, logo: Buffer | null, statements: readonly Drawing[]): Promise<DrawnChunk> {
  if (statements.length === 0) return { rows: [], kept: [] };
  const drawn = await drawStatements(
    statements.map((statement) => model(platform, tenantId, frame, statement)),
    logo,
  );
  await platform.fault('statements.after_drawing');
  const good = drawn.flatMap((one, index) =>
    'bytes' in one ? [{ index, bytes: Buffer.from(one.bytes.buffer, one.bytes.byteOffset, one.bytes.byteLength) }] : [],
  );
  const kept = await platform.files.keep(
    tenantId,
    good.map(({ index, bytes }) => ({ name: fileName(statements[index]!.number), contentType: 'application/pdf', bytes })),
  );
  await platform.fault('statements.after_keeping');
  const fileOf = new Map(good.map(({ index }, at) => [index, kept[at]!.id]));
  const rows = drawn.map(
    (one, index): DrawnRow => ({ id: statements[index]!.id, fileId: fileOf.get(index) ?? null, failure: 'failure' in one ? one.failure : null }),
  );
  return { rows, kept };
}

/** The PDF that was kept; null when there is none or its bytes have gone. No transaction is needed. */
export async function keptPdf(platform: Platform, tenantId: string, statement: FullStatement): Promise<{ name: string; bytes: Buffer } | null> {
  const bytes = statement.fileSha256 === null ? null : await platform.files.read(tenantId, statement.fileSha256);
  return bytes && { name: fileName(statement.number), bytes };
}

/**
 * The PDF of a statement: the one that was kept, else drawn from its content, which gives the same bytes. For one
 * statement at a time, in this thread.
 */
export async function pdfOf(ctx: Context, statement: FullStatement): Promise<{ name: string; bytes: Buffer }> {
  const kept = await keptPdf(ctx.platform, ctx.tenant.id, statement);
  if (kept) return kept;
  const drawn = await drawStatementPdf(model(ctx.platform, ctx.tenant.id, statement.frame, statement), await readLogo(ctx, statement.frame));
  return { name: fileName(statement.number), bytes: drawn };
}
