/**
 * How a session is protected. `always`: TLS from the start on port 465, else STARTTLS, and the certificate must be
 * right; without it nothing is sent. `opportunistic`: STARTTLS where it is offered, whatever the certificate.
 */
export type TlsMode = 'always' | 'opportunistic';

export interface SmtpServer {
  host: string;
  port: number;
  /** TLS from the start. */
  secure: boolean;
  requireTls: boolean;
  /** The certificate must be of this host and of a known authority. */
  verify: boolean;
  user: string | null;
  password: string | null;
}

/**
 * Reads an SMTP URL. `?tls=always` and `?tls=opportunistic` are the two modes; without them STARTTLS is used where it is
 * offered and its certificate must be right, except on this machine. Throws a RangeError that says what is expected.
 */
export function parseSmtpUrl(text: string): SmtpServer {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new RangeError('an SMTP address looks like smtp://user:password@host:587');
  }
  if (!['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === '') throw new RangeError('an SMTP address looks like smtp://user:password@host:587');
  const secure = url.protocol === 'smtps:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const mode = url.searchParams.get('tls');
  return {
    host,
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTls: mode === 'always' || url.searchParams.get('requireTls') === 'true',
    verify: mode === 'always' || (mode !== 'opportunistic' && !isLoopback(host)),
    user: url.username === '' ? null : decodeURIComponent(url.username),
    password: url.password === '' ? null : decodeURIComponent(url.password),
  };
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');
