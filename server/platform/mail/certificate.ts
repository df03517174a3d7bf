import { type PeerCertificate, TLSSocket } from 'node:tls';

/** What a server showed of itself when TLS began. */
export interface CertificateFacts {
  subject: string;
  issuer: string;
  names: string[];
  validFrom: string;
  validTo: string;
  protocol: string;
  cipher: string;
  /** Null: of this host and of a known authority; else what is wrong, in words. */
  problem: string | null;
}

const nameOf = (part: PeerCertificate['subject'] | undefined): string => [part?.CN, part?.O].flat().find((text) => text !== undefined) ?? 'unknown';

/** Null for a connection without TLS. */
export function certificateFacts(socket: unknown): CertificateFacts | null {
  if (!(socket instanceof TLSSocket)) return null;
  const certificate = socket.getPeerCertificate();
  if (!certificate?.valid_to) return null;
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    names: (certificate.subjectaltname ?? '')
      .split(', ')
      .filter((entry) => entry !== '')
      .map((entry) => entry.replace(/^(?:DNS|IP Address):/, ''))
      .slice(0, 20),
    validFrom: dayOf(certificate.valid_from),
    validTo: dayOf(certificate.valid_to),
    protocol: socket.getProtocol() ?? '',
    cipher: socket.getCipher()?.name ?? '',
    problem: socket.authorized ? null : tlsProblem(socket.authorizationError),
  };
}

/** `Mar  1 12:00:00 2026 GMT` as a day. */
const dayOf = (text: string): string => (text ? new Date(text).toISOString().slice(0, 10) : '');

const words: Record<string, string> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself, not by a known authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that is not known',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an authority that is not known',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is signed by an authority that is not known',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by an authority that is not known',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
};

/** A complaint about a certificate in words; null for an error that is none. */
export function tlsProblem(error: unknown): string | null {
  const code = typeof error === 'string' ? error : ((error as { code?: string } | null)?.code ?? (error as Error | null)?.message ?? '');
  const known = words[code];
  if (known !== undefined) return known;
  return /CERT|TLS|SSL/.test(code) ? `its certificate cannot be trusted (${code})` : null;
}
