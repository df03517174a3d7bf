import { describe, expect, it } from 'vitest';
import { codeAt, newTotpSecret, stepOf, totpEnrolment } from './totp.ts';

const at = Temporal.Instant.from('2026-03-02T15:00:10Z');

describe('a code of two-step sign-in', () => {
  it('is that of RFC 6238', () => {
    // appendix B: the secret "12345678901234567890" at 59 seconds gives 94287082, of which we show six digits
    expect(codeAt('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', Temporal.Instant.fromEpochMilliseconds(59_000))).toBe('287082');
  });

  it('belongs to one step of thirty seconds', () => {
    const secret = newTotpSecret();
    expect(stepOf(secret, codeAt(secret, at), at)).toBe(BigInt(Math.floor(at.epochMilliseconds / 30_000)));
  });

  it('is good one step early or late and no further', () => {
    const secret = newTotpSecret();
    const now = Math.floor(at.epochMilliseconds / 30_000);
    expect(stepOf(secret, codeAt(secret, at.subtract({ seconds: 30 })), at)).toBe(BigInt(now - 1));
    expect(stepOf(secret, codeAt(secret, at.add({ seconds: 30 })), at)).toBe(BigInt(now + 1));
    expect(stepOf(secret, codeAt(secret, at.subtract({ seconds: 90 })), at)).toBeNull();
  });

  it('may be typed with a space and nothing else', () => {
    const secret = newTotpSecret();
    const code = codeAt(secret, at);
    expect(stepOf(secret, `${code.slice(0, 3)} ${code.slice(3)}`, at)).not.toBeNull();
    expect(stepOf(secret, `${code}0`, at)).toBeNull();
    expect(stepOf(secret, '', at)).toBeNull();
  });

  it('is set up from an address and a picture of it', async () => {
    const { uri, qrSvg } = await totpEnrolment('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 'kim@example.com');
    expect(uri).toMatch(/^otpauth:\/\/totp\/PayorCRM:kim%40example\.com\?.*secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ/);
    expect(qrSvg).toMatch(/^<svg/);
  });
});
