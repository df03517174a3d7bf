import { newId } from '../../../kernel/ids.ts';
import { conflict, invalid, notFound, Problem } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { attachableKinds, attachableType } from '../../../platform/mail/attachable.ts';
import { collectionEvents } from '../events.ts';
import { archiveRow, countDocuments, countLinksOf, insertSharedFile, linkRows, readSharedFile, unlinkRow } from './queries.ts';

/** As much as mail servers take as attachments of one mail. */
export const MAX_SHARED_BYTES = 10_000_000;
/** Files on one invoice. */
const MAX_FILES = 20;

/** Keeps a file that mails can carry. Problems: 422 for a name or kind of file that cannot go along, 413 for one too large. */
export async function shareFile(ctx: Context, name: string, bytes: Buffer): Promise<string> {
  const contentType = attachableType(name);
  if (contentType === null) throw invalid('fileName', 'not_allowed', `Choose a file of one of these kinds: ${attachableKinds}.`);
  if (bytes.length === 0) throw invalid('body', 'empty', 'The file is empty.');
  if (bytes.length > MAX_SHARED_BYTES) throw new Problem(413, 'file_too_large', 'A shared file may have 10 MB at most.');
  const stored = await ctx.platform.files.put(ctx, { name, contentType, bytes });
  const id = newId();
  await insertSharedFile(ctx, { id, fileId: stored.id, name });
  await ctx.record({ type: collectionEvents.fileShared, subjectType: 'shared_file', subjectId: id, data: { name, sizeBytes: bytes.length } });
  return id;
}

/** Takes a file out of the list and off every invoice. Mails that carried it keep their record. */
export async function archiveFile(ctx: Context, id: string): Promise<void> {
  const file = await fileOf(ctx, id);
  await archiveRow(ctx, id);
  await ctx.record({ type: collectionEvents.fileArchived, subjectType: 'shared_file', subjectId: id, data: { name: file.name, invoices: file.invoiceCount } });
}

/** Puts the file on these invoices, so that templates with shared files carry it. */
export async function linkFile(ctx: Context, id: string, documentIds: readonly string[]): Promise<number> {
  const file = await fileOf(ctx, id);
  const wanted = [...new Set(documentIds)];
  if ((await countDocuments(ctx, wanted)) !== wanted.length) throw invalid('invoiceIds', 'unknown', 'One of these invoices does not exist.');
  const linked = await linkRows(ctx, id, wanted);
  if ((await countLinksOf(ctx, wanted)) > MAX_FILES) throw conflict('too_many_files', `An invoice may have ${MAX_FILES} files.`);
  for (const one of linked)
    await ctx.record({
      type: collectionEvents.fileLinked,
      subjectType: 'document',
      subjectId: one.documentId,
      customerId: one.customerId,
      data: { fileId: id, name: file.name },
    });
  return linked.length;
}

export async function unlinkFile(ctx: Context, id: string, documentId: string): Promise<void> {
  const file = await fileOf(ctx, id);
  if (!(await unlinkRow(ctx, id, documentId))) throw notFound('file on this invoice');
  await ctx.record({ type: collectionEvents.fileUnlinked, subjectType: 'document', subjectId: documentId, data: { fileId: id, name: file.name } });
}

async function fileOf(ctx: Context, id: string) {
  const file = await readSharedFile(ctx, id);
  if (!file) throw notFound('shared file');
  return file;
}
