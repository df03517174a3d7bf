/** The signed address of one statement: the same at any time, so that its PDF can be drawn again to the byte. */
import type { Platform } from '../../platform/context.ts';

/** How long after its date the page of a statement can be opened. */
export const LINK_DAYS = 180;

const packed = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');
const unpacked = (bytes: Buffer): string => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** The part that must not be kept in the copy of a mail. */
const signatureOf = (platform: Platform, ref: string): string => platform.secrets.sign(`statement:${ref}`);

export interface StatementRef {
  tenantId: string;
  statementId: string;
}

/** Tenant and statement in 43 characters and a signature: a link finds its tenant without a table across tenants. */
export function statementToken(platform: Platform, { tenantId, statementId }: StatementRef): { token: string; secret: string } {
  const ref = Buffer.concat([packed(tenantId), packed(statementId)]).toString('base64url');
  const secret = signatureOf(platform, ref);
  return { token: `${ref}.${secret}`, secret };
}

export const statementUrl = (platform: Platform, base: string, ref: StatementRef): string => `${base}/s/${statementToken(platform, ref).token}`;

/** Null for a link that is not ours. */
export function readStatementToken(platform: Platform, token: string): StatementRef | null {
  const [ref = '', signature = ''] = token.split('.', 2);
  if (!platform.secrets.verify(`statement:${ref}`, signature)) return null;
  const bytes = Buffer.from(ref, 'base64url');
  if (bytes.length !== 32 || bytes.toString('base64url') !== ref) return null;
  return { tenantId: unpacked(bytes.subarray(0, 16)), statementId: unpacked(bytes.subarray(16)) };
}
