import { newId } from '../../../kernel/ids.ts';
import { invalid, notFound, Problem } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { attachableKinds, attachableType } from '../../../platform/mail/attachable.ts';
import { MAX_ATTACHED } from '../../correspondence/index.ts';
import { deleteUnsentFiles, insertReplyFile, lockReplyFiles, readThread, type ReplyFileRow, sendFilesWith } from '../threads/queries.ts';

export const MAX_REPLY_FILES = 20;

/** Puts a file up for an answer in this conversation. Problems: 422 for a kind that cannot go along, 413 for one too large. */
export async function addReplyFile(ctx: Context, threadId: string, name: string, bytes: Buffer): Promise<ReplyFileRow> {
  if (!(await readThread(ctx, threadId))) throw notFound('conversation');
  const contentType = attachableType(name);
  if (contentType === null) throw invalid('fileName', 'not_allowed', `Choose a file of one of these kinds: ${attachableKinds}.`);
  if (bytes.length === 0) throw invalid('body', 'empty', 'The file is empty.');
  if (bytes.length > MAX_ATTACHED) throw new Problem(413, 'file_too_large', 'A file may have 10 MB at most.');
  await deleteUnsentFiles(ctx);
  const file = await ctx.platform.files.put(ctx, { name, contentType, bytes });
  const row = { id: newId(), name, contentType, sizeBytes: BigInt(bytes.length), fileId: file.id };
  await insertReplyFile(ctx, threadId, row);
  return row;
}

/** The files go along with this answer, in this order. Problem 422 for one that is not there any more, or for too much. */
export async function takeReplyFiles(ctx: Context, threadId: string, ids: readonly string[], emailId: string): Promise<void> {
  if (ids.length === 0) return;
  const files = await lockReplyFiles(ctx, threadId, ids);
  if (files.length !== new Set(ids).size) throw invalid('files', 'unknown', 'One of the files is not there any more. Attach it again.');
  const bytes = files.reduce((sum, file) => sum + file.sizeBytes, 0n);
  if (ids.length > MAX_REPLY_FILES || bytes > BigInt(MAX_ATTACHED))
    throw invalid('files', 'too_much', `An answer carries ${MAX_REPLY_FILES} files and 10 MB at most. Take one off.`);
  await sendFilesWith(ctx, ids, emailId);
}
