import type { Config } from '../../platform/config/config.ts';

/** Whether people reach us by https: then cookies are Secure, and bound to this host by their name. */
const isHttps = (config: Config): boolean => config.publicUrl.startsWith('https:');

export const sessionCookieName = (config: Config): string => (isHttps(config) ? '__Host-payorcrm_session' : 'payorcrm_session');
export const stepCookieName = (config: Config): string => (isHttps(config) ? '__Host-payorcrm_step' : 'payorcrm_step');

/** The value of one cookie in a `Cookie` header; undefined when it is not there. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  if (!header) return undefined;
  for (const part of header.split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return undefined;
}

/** A `Set-Cookie` value that no script can read and no other site's form can send. `maxAge` 0 takes it away. */
export function cookie(config: Config, name: string, value: string, maxAgeSeconds: number): string {
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${isHttps(config) ? '; Secure' : ''}`;
}
