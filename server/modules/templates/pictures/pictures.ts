import { randomBytes } from 'node:crypto';
import { newId } from '../../../kernel/ids.ts';
import { conflict, invalid, notFound, Problem } from '../../../kernel/problem.ts';
import type { Context, Work } from '../../../platform/context.ts';
import { getSettings } from '../../tenants/index.ts';
import type { LintFinding } from '../lint.ts';
import { picturePaths, pictureRef, readPictureRef } from './address.ts';
import { countPictures, deletePictureRow, insertPicture, type Picture, readByContent, readPictureRow, readTokens, readUsers } from './queries.ts';
import { readPicture } from './sniff.ts';

/** Readers on phones wait for it. */
export const MAX_PICTURE_BYTES = 2_000_000;
const MAX_SIDE = 4000;
const MAX_PICTURES = 500;

/**
 * Keeps a picture for mails; the same one is kept once. What it is, its bytes say. Problems: 422 for anything but a PNG,
 * JPEG, GIF or WebP and for one with too many points, 413 for one too large, 409 for one too many.
 */
export async function uploadPicture(work: Work, name: string, bytes: Buffer): Promise<Picture> {
  if (bytes.length === 0) throw invalid('body', 'empty', 'The file is empty.');
  const facts = readPicture(bytes);
  if (!facts) throw invalid('body', 'not_a_picture', 'This is no picture that mail programs show: choose a PNG, JPEG, GIF or WebP file.');
  if (bytes.length > MAX_PICTURE_BYTES) throw new Problem(413, 'picture_too_large', 'A picture may have 2 MB at most. Save it smaller.');
  if (Math.max(facts.width, facts.height) > MAX_SIDE)
    throw invalid(
      'body',
      'too_many_points',
      `The picture has ${facts.width} × ${facts.height} points; ${MAX_SIDE} on each side are allowed. Mails show 568 at most.`,
    );
  // the bytes lie there before their row: a hash without one harms nobody
  const [kept] = await work.platform.files.keep(work.tenantId, [{ name, contentType: facts.contentType, bytes }]);
  return work.transaction(async (ctx) => {
    const same = await readByContent(ctx, kept!.sha256);
    if (same) return same;
    if ((await countPictures(ctx)) >= MAX_PICTURES) throw conflict('too_many_pictures', `There are ${MAX_PICTURES} pictures. Delete some first.`);
    await ctx.platform.files.record(ctx, [kept!]);
    const id = newId();
    await insertPicture(ctx, { id, fileId: kept!.id, token: randomBytes(16), name, width: facts.width, height: facts.height });
    await ctx.record({ type: 'picture.uploaded', subjectType: 'picture', subjectId: id, data: { name, sizeBytes: bytes.length } });
    return (await readPictureRow(ctx, id))!;
  });
}

/** Its address shows nothing from then on. Problem 404; 409 while a template or the logo shows it. */
export async function deletePicture(ctx: Context, id: string): Promise<void> {
  const picture = await readPictureRow(ctx, id);
  if (!picture) throw notFound('picture');
  const ref = pictureRef(ctx.tenant.id, picture.token);
  const used = (await readUsers(ctx, ref)).map((name) => `the template “${name}”`);
  if ((await getSettings(ctx)).branding.logoUrl?.includes(ref)) used.unshift('your logo');
  if (used.length > 0)
    throw conflict(
      'picture_used',
      `The picture is shown by ${used.slice(0, 3).join(', ')}${used.length > 3 ? ` and ${used.length - 3} more` : ''}. Put another one there first.`,
    );
  await deletePictureRow(ctx, id);
  await ctx.record({ type: 'picture.deleted', subjectType: 'picture', subjectId: id, data: { name: picture.name } });
}

/** Pictures of ours in a text that are not there any more, as after an earlier version came back. */
export async function missingPictures(ctx: Context, html: string): Promise<LintFinding[]> {
  const refs = [...new Set([...html.matchAll(picturePaths)].map((match) => match[1]!))].map(readPictureRef);
  if (refs.length === 0) return [];
  const there = await readTokens(
    ctx,
    refs.flatMap((ref) => (ref?.tenantId === ctx.tenant.id ? [ref.token] : [])),
  );
  if (refs.every((ref) => ref?.tenantId === ctx.tenant.id && there.has(ref.token.toString('hex')))) return [];
  return [{ severity: 'warning', message: 'A picture of this mail was deleted: choose another one.' }];
}
