import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { dkimKeys, dkimSign, relaxedBody } from './dkim.ts';

const at = Temporal.Instant.from('2026-03-02T15:00:00Z');

/** A verifier written from RFC 6376 and RFC 8463, apart from the signer: relaxed/relaxed only. */
function verifySignatures(message: string, keyOf: (selector: string) => KeyObject): { algorithm: string; names: string[]; valid: boolean }[] {
  const split = message.indexOf('\r\n\r\n');
  const fields = message
    .slice(0, split)
    .split(/\r\n(?![ \t])/)
    .map((line) => ({ name: line.slice(0, line.indexOf(':')).trim().toLowerCase(), value: line.slice(line.indexOf(':') + 1) }));
  const relaxed = (value: string) =>
    value
      .replace(/\r\n/g, '')
      .replace(/[ \t]+/g, ' ')
      .trim();
  return fields
    .filter((field) => field.name === 'dkim-signature')
    .map((signature) => {
      const tags = Object.fromEntries(
        signature.value
          .replace(/\r\n/g, '')
          .split(';')
          .filter((tag) => tag.includes('='))
          .map((tag) => [tag.slice(0, tag.indexOf('=')).trim(), tag.slice(tag.indexOf('=') + 1).replace(/\s/g, '')]),
      );
      const names = tags['h']!.toLowerCase().split(':');
      const left = fields.filter((field) => field.name !== 'dkim-signature');
      let data = '';
      for (const name of names) {
        const index = left.findLastIndex((field) => field.name === name);
        if (index < 0) continue;
        data += `${name}:${relaxed(left[index]!.value)}\r\n`;
        left.splice(index, 1);
      }
      data += `dkim-signature:${relaxed(signature.value.replace(/\bb=[\s\S]*$/, 'b='))}`;
      const body = createHash('sha256')
        .update(relaxedBody(message.slice(split + 4)), 'latin1')
        .digest('base64');
      const bytes = Buffer.from(data, 'latin1');
      const given = Buffer.from(tags['b']!, 'base64');
      const key = keyOf(tags['s']!);
      const signed =
        tags['a'] === 'rsa-sha256' ? verify('RSA-SHA256', bytes, key, given) : verify(null, createHash('sha256').update(bytes).digest(), key, given);
      return { algorithm: tags['a']!, names, valid: signed && body === tags['bh'] };
    });
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed = generateKeyPairSync('ed25519');
const keys = dkimKeys({
  domain: 'seller.test',
  selector: 'r1',
  rsaPrivateKey: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  ed25519PrivateKey: ed.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  ed25519Selector: 'e1',
});
const keyOf = (selector: string) => (selector === 'r1' ? rsa.publicKey : ed.publicKey);
const mail =
  'From: "Seller" <ar@seller.test>\r\nTo: ap@cust.test\r\nSubject: Two  spaces\r\n and a fold\r\nDate: Mon, 02 Mar 2026 15:00:00 +0000\r\nMessage-ID: <1@seller.test>\r\nList-Unsubscribe: <https://x.test/u/1>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nX-Other: not signed\r\n\r\nHello \t  you \r\n\r\n\r\nLast\r\n\r\n\r\n';

describe('DKIM', () => {
  it('signs with RSA and Ed25519, and the one-click header is inside both signatures', async () => {
    const signed = (await dkimSign(Buffer.from(mail), keys, at)).toString('latin1');
    const results = verifySignatures(signed, keyOf);
    expect(results.map(({ algorithm, valid }) => [algorithm, valid])).toEqual([
      ['rsa-sha256', true],
      ['ed25519-sha256', true],
    ]);
    for (const { names } of results) {
      expect(names).toContain('list-unsubscribe-post');
      expect(names.filter((name) => name === 'from')).toHaveLength(2);
      expect(names).not.toContain('x-other');
    }
    expect(signed.split('\r\n').every((line) => line.length <= 200)).toBe(true);
  });

  it.each([
    ['another recipient', (text: string) => text.replace('To: ap@', 'To: xx@')],
    ['another word in the body', (text: string) => text.replace('Last', 'Lost')],
    ['a second From in front', (text: string) => `From: evil@bad.test\r\n${text}`],
    ['another unsubscribe address', (text: string) => text.replace('https://x.test/u/1', 'https://y.test/u/1')],
  ])('does not verify after %s', async (_what, change) => {
    const signed = (await dkimSign(Buffer.from(mail), keys, at)).toString('latin1');
    expect(verifySignatures(change(signed), keyOf).map((result) => result.valid)).toEqual([false, false]);
  });

  it('still verifies when a relay folds headers anew and adds empty lines at the end', async () => {
    const signed = (await dkimSign(Buffer.from(mail), keys, at)).toString('latin1');
    const relayed = `Received: by relay\r\n${signed.replace('Two  spaces\r\n and a fold', 'Two spaces and\r\n\ta fold')}\r\n\r\n`;
    expect(verifySignatures(relayed, keyOf).every((result) => result.valid)).toBe(true);
  });

  it('makes the body hash of RFC 8463, appendix A', () => {
    const body = 'Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n';
    expect(createHash('sha256').update(relaxedBody(body)).digest('base64')).toBe('2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=');
  });

  it('is checked by a verifier that accepts the signature of RFC 8463, appendix A', () => {
    const message =
      'DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n subject : date : message-id : from : subject : date;\r\n bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\nFrom: Joe SixPack <joe@football.example.com>\r\nTo: Suzie Q <suzie@shopping.example.net>\r\nSubject: Is dinner ready?\r\nDate: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\nMessage-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\nHi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n';
    const raw = Buffer.from('11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=', 'base64');
    const key = createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]), format: 'der', type: 'spki' });
    expect(verifySignatures(message, () => key)).toMatchObject([{ valid: true }]);
  });

  it('refuses a key of the wrong kind', () => {
    expect(() => dkimKeys({ domain: 'a.test', selector: 's', rsaPrivateKey: ed.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string })).toThrow(
      'not an RSA key',
    );
  });
});
