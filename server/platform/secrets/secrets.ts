import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/** Encryption, token hashing and signatures, all from the one SECRET_KEY, which is never in the database. */
export interface Secrets {
  /** AES-256-GCM with a key derived for the tenant. */
  seal(tenantId: string, plain: Buffer | string): Buffer;
  /** Throws when the bytes were not sealed for this tenant with this key. */
  open(tenantId: string, sealed: Buffer): Buffer;
  /** A short signature (128 bits, base64url) for links that carry no secret. */
  sign(text: string): string;
  verify(text: string, signature: string): boolean;
}

/** 256 random bits as base64url. */
export const newToken = (): string => randomBytes(32).toString('base64url');

/** What the database stores of a token. */
export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest();

const VERSION = 1;

export function createSecrets(secretKey: string): Secrets {
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', secretKey, 'payorcrm', purpose, 32));
  const signingKey = derive('links');
  const keys = new Map<string, Buffer>();
  const keyOf = (tenantId: string) => {
    let key = keys.get(tenantId);
    if (!key) {
      key = derive(`tenant:${tenantId}`);
      if (keys.size < 10_000) keys.set(tenantId, key);
    }
    return key;
  };
  const sign = (text: string) => createHmac('sha256', signingKey).update(text).digest().subarray(0, 16).toString('base64url');
  return {
    seal(tenantId, plain) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', keyOf(tenantId), nonce);
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([Buffer.from([VERSION]), nonce, cipher.getAuthTag(), body]);
    },
    open(tenantId, sealed) {
      if (sealed[0] !== VERSION) throw new Error('unknown form of encrypted value');
      const decipher = createDecipheriv('aes-256-gcm', keyOf(tenantId), sealed.subarray(1, 13));
      decipher.setAuthTag(sealed.subarray(13, 29));
      return Buffer.concat([decipher.update(sealed.subarray(29)), decipher.final()]);
    },
    sign,
    verify(text, signature) {
      const expected = Buffer.from(sign(text));
      const given = Buffer.from(signature);
      return expected.length === given.length && timingSafeEqual(expected, given);
    },
  };
}
