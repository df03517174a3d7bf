/**
 * Where a picture is shown: `/i/` and the company and the picture's token in 43 characters. Templates keep the path, so
 * that they outlive a change of the public host; `{{app_url}}` before it is filled in when a mail is written.
 */
const path = /^\/i\/([\w-]{43})\.(?:png|jpg|gif|webp)$/;
export const picturePaths = /\/i\/([\w-]{43})\.(?:png|jpg|gif|webp)/g;

const packed = (tenantId: string): Buffer => Buffer.from(tenantId.replaceAll('-', ''), 'hex');

export const pictureRef = (tenantId: string, token: Buffer): string => Buffer.concat([packed(tenantId), token]).toString('base64url');

export const isPicturePath = (address: string): boolean => path.test(address);

export function readPictureRef(ref: string): { tenantId: string; token: Buffer } | null {
  const bytes = Buffer.from(ref, 'base64url');
  if (bytes.length !== 32 || bytes.toString('base64url') !== ref) return null;
  return {
    tenantId: bytes
      .subarray(0, 16)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    token: bytes.subarray(16),
  };
}

/** Puts our host before the pictures of a compiled text. */
export const withPictureHost = (html: string): string => html.replace(/(<img\b[^>]*?\ssrc=")(\/i\/[\w-]{43}\.(?:png|jpg|gif|webp)")/g, '$1{{app_url}}$2');
