import { Resolver } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/** What the check asks the name system. Unknown names answer an empty list; no answer throws {@link NoAnswer}. */
export interface DnsLookup {
  txt(name: string): Promise<string[]>;
  mx(name: string): Promise<string[]>;
  addresses(name: string): Promise<string[]>;
}

export class NoAnswer extends Error {}

const nothing = new Set(['ENOTFOUND', 'ENODATA', 'ENONAME']);

/** The name servers of this machine, or those given. */
export function dnsLookup(servers: readonly string[] | null): DnsLookup {
  const resolver = new Resolver({ timeout: 3000, tries: 2 });
  if (servers !== null) resolver.setServers([...servers]);
  const ask = async <T>(question: () => Promise<T[]>): Promise<T[]> => {
    try {
      return await question();
    } catch (error) {
      if (nothing.has((error as { code?: string }).code ?? '')) return [];
      throw new NoAnswer('The name server did not answer.');
    }
  };
  return {
    txt: async (name) => (await ask(() => resolver.resolveTxt(name))).map((parts) => parts.join('')),
    mx: async (name) => (await ask(() => resolver.resolveMx(name))).map((record) => record.exchange),
    addresses: async (name) => [...(await ask(() => resolver.resolve4(name))), ...(await ask(() => resolver.resolve6(name)))],
  };
}

export interface RecordToAdd {
  name: string;
  type: 'TXT';
  value: string;
}

/** ok: as it should be; weak: works, can be better; missing, wrong: mail suffers; unknown: nobody answered. */
export type CheckState = 'ok' | 'weak' | 'missing' | 'wrong' | 'unknown';

export interface CheckResult {
  what: 'spf' | 'dkim' | 'dmarc' | 'mx';
  state: CheckState;
  /** The record that is there now. */
  found: string | null;
  say: string;
  /** What to publish, exactly; for a record that is there, what takes its place. */
  add: RecordToAdd | null;
}

export interface DomainQuestion {
  /** Of the sender's address. */
  domain: string;
  /** The server that mail leaves through; null: the server of this installation, which is not asked about. */
  smtpHost: string | null;
  /** What our keys need. */
  dkimRecords: readonly RecordToAdd[];
}

/** Where SPF says of a provider who may send. */
const providers: [RegExp, string][] = [
  [/(?:^|\.)(?:gmail|google|googlemail)\.com$/, '_spf.google.com'],
  [/(?:^|\.)(?:office365|outlook|hotmail)\.com$/, 'spf.protection.outlook.com'],
  [/(?:^|\.)amazonaws\.com$/, 'amazonses.com'],
  [/(?:^|\.)mailgun\.org$/, 'mailgun.org'],
  [/(?:^|\.)sendgrid\.net$/, 'sendgrid.net'],
];

/** RFC 7208 4.6.4: more look-ups make the record fail. */
const MAX_LOOKUPS = 10;

/** Whether receivers will believe that mail of this domain is ours, and exactly what to publish where not. */
export async function checkDomain(dns: DnsLookup, question: DomainQuestion): Promise<CheckResult[]> {
  const checks: [CheckResult['what'], () => Promise<CheckResult[]>][] = [
    ['spf', async () => [await checkSpf(dns, question)]],
    ['dkim', () => checkDkim(dns, question)],
    ['dmarc', async () => [await checkDmarc(dns, question)]],
    ['mx', async () => [await checkMx(dns, question)]],
  ];
  const results = await Promise.all(
    checks.map(([what, check]) =>
      check().catch((error): CheckResult[] => {
        if (!(error instanceof NoAnswer)) throw error;
        return [{ what, state: 'unknown', found: null, say: 'The name server did not answer. Try again in a minute.', add: null }];
      }),
    ),
  );
  return results.flat();
}

const txtOf = async (dns: DnsLookup, name: string, start: RegExp): Promise<string[]> => (await dns.txt(name)).filter((text) => start.test(text.trim()));

async function checkSpf(dns: DnsLookup, { domain, smtpHost }: DomainQuestion): Promise<CheckResult> {
  const records = await txtOf(dns, domain, /^v=spf1(?:\s|$)/i);
  const include = smtpHost === null ? null : (providers.find(([host]) => host.test(smtpHost.toLowerCase()))?.[1] ?? null);
  const mechanism = include !== null ? `include:${include}` : smtpHost === null ? null : isIP(smtpHost) ? `ip${isIP(smtpHost)}:${smtpHost}` : `a:${smtpHost}`;
  const result = (state: CheckState, say: string, value: string | null): CheckResult => ({
    what: 'spf',
    state,
    found: records.length > 0 ? records.join('\n') : null,
    say,
    add: value === null ? null : { name: domain, type: 'TXT', value },
  });
  if (records.length === 0)
    return mechanism === null
      ? result(
          'missing',
          'Nothing says which servers may send for this domain. Ask whoever runs this installation which servers it sends through, and name them in a record.',
          null,
        )
      : result('missing', 'Nothing says which servers may send for this domain. Publish this record.', `v=spf1 ${mechanism} ~all`);
  if (records.length > 1) {
    const parts = records.flatMap((record) => record.trim().split(/\s+/).slice(1)).filter((part) => !/^[-~?+]?all$/i.test(part));
    return result(
      'wrong',
      'There are several SPF records: receivers then take none. Keep one, and take the others away.',
      `v=spf1 ${[...new Set(parts)].join(' ')} ~all`,
    );
  }
  const record = records[0]!.trim();
  if (/\s\+?all(?:\s|$)/i.test(record))
    return result('weak', '“+all” lets everybody send for this domain. Publish this instead.', record.replace(/\s\+?all(?=\s|$)/i, ' ~all'));
  if (mechanism === null) return result('ok', 'There is a record. It must name the servers of this installation.', null);
  const allowed = await spfAllows(dns, domain, include, smtpHost!);
  if (allowed === 'too_many')
    return result(
      'wrong',
      `The record needs more than ${MAX_LOOKUPS} look-ups: receivers then take it for an error. Take entries away that are not needed.`,
      null,
    );
  if (allowed) return result('ok', include === null ? `The record lets ${smtpHost} send.` : `The record names ${include}.`, null);
  const before = /\s(?:[-~?]all|redirect=\S+)/i;
  return result(
    'wrong',
    `The record does not let ${smtpHost} send. Publish this instead.`,
    before.test(record) ? record.replace(before, (end) => ` ${mechanism}${end}`) : `${record} ${mechanism}`,
  );
}

/** Follows the record as a receiver does, until it lets the provider or one of the server's addresses send. */
async function spfAllows(dns: DnsLookup, domain: string, include: string | null, smtpHost: string): Promise<boolean | 'too_many'> {
  const addresses = include !== null ? [] : isIP(smtpHost) ? [smtpHost] : await dns.addresses(smtpHost);
  let lookups = 0;
  const fits = (list: readonly string[]) => list.some((one) => addresses.includes(one));
  const follow = async (name: string): Promise<boolean | 'too_many'> => {
    const [record] = await txtOf(dns, name, /^v=spf1(?:\s|$)/i);
    for (const part of record?.trim().split(/\s+/).slice(1) ?? []) {
      const [, qualifier = '', kind = '', value = ''] = /^([-~?+]?)(\w+)(?:[:=](.*))?$/.exec(part) ?? [];
      if (['-', '~', '?'].includes(qualifier)) continue;
      const key = kind.toLowerCase();
      if (['include', 'redirect', 'a', 'mx', 'exists', 'ptr'].includes(key) && ++lookups > MAX_LOOKUPS) return 'too_many';
      if (key === 'include' || key === 'redirect') {
        if (include !== null && value.toLowerCase() === include) return true;
        const below = await follow(value);
        if (below !== false) return below;
      } else if (key === 'a' && fits(await dns.addresses(value.split('/')[0] || name))) return true;
      else if (key === 'mx') {
        for (const host of (await dns.mx(value.split('/')[0] || name)).slice(0, 10)) if (fits(await dns.addresses(host))) return true;
      } else if ((key === 'ip4' || key === 'ip6') && addresses.some((address) => inNet(address, value))) return true;
    }
    return false;
  };
  return follow(domain);
}

function inNet(address: string, net: string): boolean {
  const [base = '', bits] = net.split('/');
  const family = isIP(base);
  if (family === 0 || isIP(address) !== family) return false;
  const size = bits === undefined ? (family === 4 ? 32 : 128) : Number(bits);
  if (!Number.isInteger(size) || size < 0 || size > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(base, size, family === 4 ? 'ipv4' : 'ipv6');
  return list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

async function checkDkim(dns: DnsLookup, { dkimRecords }: DomainQuestion): Promise<CheckResult[]> {
  if (dkimRecords.length === 0)
    return [
      {
        what: 'dkim',
        state: 'missing',
        found: null,
        say: 'Mail is not signed. Make keys here, then publish their records; or let your mail server sign.',
        add: null,
      },
    ];
  return Promise.all(
    dkimRecords.map(async (wanted): Promise<CheckResult> => {
      const [found] = await txtOf(dns, wanted.name, /(?:^|;)\s*p=/i);
      const keyIn = (text: string) => /(?:^|;)\s*p=([^;]*)/i.exec(text)?.[1]?.replace(/\s+/g, '') ?? '';
      if (found === undefined) return { what: 'dkim', state: 'missing', found: null, say: `The key of ${wanted.name} is not published yet.`, add: wanted };
      if (keyIn(found) === keyIn(wanted.value)) return { what: 'dkim', state: 'ok', found, say: `The key of ${wanted.name} is published.`, add: null };
      return { what: 'dkim', state: 'wrong', found, say: `Another key is published under ${wanted.name}: signatures fail. Publish this instead.`, add: wanted };
    }),
  );
}

async function checkDmarc(dns: DnsLookup, { domain }: DomainQuestion): Promise<CheckResult> {
  const labels = domain.split('.');
  // a domain without a record of its own falls under that of the domain above it
  for (let at = 0; at <= labels.length - 2; at++) {
    const name = `_dmarc.${labels.slice(at).join('.')}`;
    const [found, another] = await txtOf(dns, name, /^v=DMARC1(?:\s|;|$)/i);
    if (found === undefined) continue;
    const policy = /(?:^|;)\s*p\s*=\s*(none|quarantine|reject)\b/i.exec(found)?.[1]?.toLowerCase();
    if (another !== undefined || policy === undefined)
      return {
        what: 'dmarc',
        state: 'wrong',
        found,
        say: another === undefined ? 'The record has no valid policy (p=).' : 'There are several DMARC records: receivers then take none. Keep one.',
        add: { name, type: 'TXT', value: 'v=DMARC1; p=none' },
      };
    return policy === 'none'
      ? {
          what: 'dmarc',
          state: 'weak',
          found,
          say: 'The record only watches (p=none). When SPF and DKIM have been right for a while, let receivers put aside what is forged.',
          add: { name, type: 'TXT', value: found.replace(/p\s*=\s*none/i, 'p=quarantine') },
        }
      : { what: 'dmarc', state: 'ok', found, say: `Forged mail is ${policy === 'reject' ? 'refused' : 'put aside'}.`, add: null };
  }
  return {
    what: 'dmarc',
    state: 'missing',
    found: null,
    say: 'Large providers expect a DMARC record of whoever sends them many mails. Publish this one.',
    add: { name: `_dmarc.${domain}`, type: 'TXT', value: 'v=DMARC1; p=none' },
  };
}

async function checkMx(dns: DnsLookup, { domain }: DomainQuestion): Promise<CheckResult> {
  const hosts = await dns.mx(domain);
  if (hosts.length > 0 && !(hosts.length === 1 && hosts[0] === ''))
    return { what: 'mx', state: 'ok', found: hosts.slice(0, 5).join(', '), say: 'Answers and delivery reports can arrive.', add: null };
  return { what: 'mx', state: 'missing', found: null, say: 'The domain takes no mail: answers to the sender and delivery reports are lost.', add: null };
}
