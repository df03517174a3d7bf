import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';

/** Certificates for servers of the tests: X.509 written by hand, because no tool for it is sure to be on a machine. */
export interface Certificate {
  cert: string;
  key: string;
  certFile: string;
  keyFile: string;
  /** PEM of the authority that signed it. */
  authority: string;
}

const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const length = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const explicit = (n: number, ...parts: Buffer[]) => der(0xa0 + n, ...parts);
const bits = (bytes: Buffer) => der(0x03, Buffer.from([0]), bytes);
const commonName = (text: string) => sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(text)))));
const time = (at: Date) => der(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));
/** ecdsa-with-SHA256 */
const algorithm = sequence(oid('2a8648ce3d040302'));
const pem = (bytes: Buffer) =>
  `-----BEGIN CERTIFICATE-----\n${bytes
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n')}\n-----END CERTIFICATE-----\n`;

const keys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

function certificate(subject: string, publicKey: KeyObject, issuer: string, issuerKey: KeyObject, extensions: Buffer[], days: [number, number]): Buffer {
  const now = Date.now();
  const day = 86_400_000;
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(8)]);
  const body = sequence(
    explicit(0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    commonName(issuer),
    sequence(time(new Date(now + days[0] * day)), time(new Date(now + days[1] * day))),
    commonName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions)),
  );
  return sequence(body, algorithm, bits(sign('sha256', body, issuerKey)));
}

const extension = (id: string, critical: boolean, value: Buffer) => sequence(oid(id), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value));

/** A certificate for the names, signed by an authority of its own. `days`: from when to when it is good, from today. */
export function makeCertificate(folder: string, names: string | string[], days: [number, number] = [-1, 30]): Certificate {
  const authorityKeys = keys();
  const issuer = `Tests ${randomBytes(4).toString('hex')}`;
  const authority = certificate(
    issuer,
    authorityKeys.publicKey,
    issuer,
    authorityKeys.privateKey,
    [extension('551d13', true, sequence(der(0x01, Buffer.from([0xff])))), extension('551d0f', true, der(0x03, Buffer.from([1, 6])))],
    [-1, 30],
  );
  const own = keys();
  const all = [names].flat();
  const alternatives = sequence(...all.map((name) => (isIPv4(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name)))));
  const leaf = certificate(all[0]!, own.publicKey, issuer, authorityKeys.privateKey, [extension('551d11', false, alternatives)], days);
  const made = {
    cert: pem(leaf),
    key: createPrivateKey(own.privateKey.export({ type: 'pkcs8', format: 'pem' })).export({ type: 'pkcs8', format: 'pem' }) as string,
    authority: pem(authority),
    certFile: join(folder, `${all[0]}.crt`),
    keyFile: join(folder, `${all[0]}.key`),
  };
  writeFileSync(made.certFile, made.cert);
  writeFileSync(made.keyFile, made.key, { mode: 0o600 });
  return made;
}
