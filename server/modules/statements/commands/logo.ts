import { invalid } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { updateSettings } from '../../tenants/index.ts';
import { statementEvents } from '../events.ts';

const MAX_LOGO_BYTES = 500_000;

/** What the bytes are, by how they begin. */
function typeOf(bytes: Buffer): 'image/png' | 'image/jpeg' | null {
  if (bytes.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex'))) return 'image/png';
  return bytes.subarray(0, 3).equals(Buffer.from('ffd8ff', 'hex')) ? 'image/jpeg' : null;
}

/** The picture on statements made from now on; earlier ones keep theirs. Answers its file. Problem 422. */
export async function setLogo(ctx: Context, bytes: Buffer | null): Promise<string | null> {
  let logoFileId: string | null = null;
  if (bytes !== null) {
    const contentType = typeOf(bytes);
    if (contentType === null) throw invalid('image', 'wrong_type', 'The logo must be a PNG or a JPEG.');
    if (bytes.length > MAX_LOGO_BYTES) throw invalid('image', 'too_large', 'The logo may have 500 kB at most.');
    logoFileId = (await ctx.platform.files.put(ctx, { name: contentType === 'image/png' ? 'logo.png' : 'logo.jpg', contentType, bytes })).id;
  }
  await updateSettings(ctx, { statements: { logoFileId } });
  await ctx.record({ type: statementEvents.logoChanged, subjectType: 'tenant', subjectId: ctx.tenant.id, data: { after: { logoFileId } } });
  return logoFileId;
}
