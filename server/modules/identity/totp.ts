import { Secret, TOTP } from 'otpauth';

/** RFC 6238 as every authenticator app knows it: SHA-1, six digits, thirty seconds. */
const PERIOD_SECONDS = 30;
/** 160 bits, the length of the hash (RFC 4226, R6). */
const SECRET_BYTES = 20;
/** A code of the step before or after is good too: phones' clocks differ. */
const WINDOW = 1;

const totpOf = (secret: string, account = ''): TOTP =>
  new TOTP({ issuer: 'PayorCRM', label: account, algorithm: 'SHA1', digits: 6, period: PERIOD_SECONDS, secret: Secret.fromBase32(secret) });

/** A new secret in base32. */
export const newTotpSecret = (): string => new Secret({ size: SECRET_BYTES }).base32;

/** What the authenticator app reads: as an address and as a picture of it. */
export async function totpEnrolment(secret: string, account: string): Promise<{ uri: string; qrSvg: string }> {
  const uri = totpOf(secret, account).toString();
  // loaded when somebody enrols: 57 files that a start need not read
  const { default: QRCode } = await import('qrcode');
  return { uri, qrSvg: await QRCode.toString(uri, { type: 'svg', margin: 1, errorCorrectionLevel: 'M' }) };
}

/** The step whose code this is, or null. The caller refuses a step that was used before. */
export function stepOf(secret: string, code: string, at: Temporal.Instant): bigint | null {
  const digits = code.replaceAll(/\s/g, '');
  if (!/^\d{6}$/.test(digits)) return null;
  const delta = totpOf(secret).validate({ token: digits, timestamp: at.epochMilliseconds, window: WINDOW });
  if (delta === null) return null;
  return BigInt(Math.floor(at.epochMilliseconds / 1000 / PERIOD_SECONDS) + delta);
}

/** The code of that moment, as the app would show it. */
export const codeAt = (secret: string, at: Temporal.Instant): string => totpOf(secret).generate({ timestamp: at.epochMilliseconds });
