import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/** Where a mail server may listen; other ports would make our SMTP client a port scanner. */
export const SMTP_PORTS: ReadonlySet<number> = new Set([25, 465, 587, 2525]);
export const IMAP_PORTS: ReadonlySet<number> = new Set([143, 993]);

const inside = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  inside.addSubnet(net, bits, 'ipv4');
// everything but global unicast 2000::/3, and the parts of it that carry or hide IPv4 addresses
const outside = new BlockList();
outside.addSubnet('2000::', 3, 'ipv6');
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  inside.addSubnet(net, bits, 'ipv6');

/** True for an address of the public internet. IPv4 inside IPv6 (mapped, NAT64, 6to4) is not. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !inside.check(address, 'ipv4');
  if (family === 6) return outside.check(address, 'ipv6') && !inside.check(address, 'ipv6');
  return false;
}

export class HostRefused extends Error {
  constructor() {
    // one text for all refusals: it does not tell a closed port from an open one
    super('This mail server cannot be used: its address is not on the public internet or its port is not a mail port.');
  }
}

/**
 * The address to connect to for a host that a tenant gave us. Every address of the name must be public, and the caller
 * connects to the very address returned, so that a name cannot point elsewhere between check and use.
 */
export async function resolvePublicHost(host: string, port: number, ports: ReadonlySet<number> = SMTP_PORTS): Promise<string> {
  if (!ports.has(port)) throw new HostRefused();
  const bare = host.replace(/^\[|\]$/g, '');
  const addresses = isIP(bare) ? [bare] : (await lookup(bare, { all: true })).map((entry) => entry.address);
  if (addresses.length === 0 || !addresses.every(isPublicAddress)) throw new HostRefused();
  return addresses[0]!;
}
