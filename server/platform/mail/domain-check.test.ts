import { describe, expect, it } from 'vitest';
import { checkDomain, type DnsLookup, type DomainQuestion, dnsLookup, NoAnswer } from './domain-check.ts';

/** A name system of these records. */
const zone = (records: { txt?: Record<string, string[]>; mx?: Record<string, string[]>; a?: Record<string, string[]> }): DnsLookup => ({
  txt: async (name) => records.txt?.[name] ?? [],
  mx: async (name) => records.mx?.[name] ?? [],
  addresses: async (name) => records.a?.[name] ?? [],
});
const rsa = { name: 's1._domainkey.seller.test', type: 'TXT' as const, value: 'v=DKIM1; k=rsa; p=AAAA' };
const ask = async (records: Parameters<typeof zone>[0], more: Partial<DomainQuestion> = {}) => {
  const results = await checkDomain(zone(records), { domain: 'seller.test', smtpHost: 'smtp.gmail.com', dkimRecords: [rsa], ...more });
  return Object.fromEntries(results.map((one) => [one.what, one]));
};
const spf = async (record: string[], more: Partial<DomainQuestion> = {}, rest: Parameters<typeof zone>[0] = {}) =>
  (await ask({ ...rest, txt: { 'seller.test': record, ...rest.txt } }, more))['spf']!;

describe('a domain without any record', () => {
  it('is told exactly what to publish', async () => {
    const found = await ask({});
    expect(found['spf']).toMatchObject({ state: 'missing', add: { name: 'seller.test', value: 'v=spf1 include:_spf.google.com ~all' } });
    expect(found['dkim']).toMatchObject({ state: 'missing', add: rsa });
    expect(found['dmarc']).toMatchObject({ state: 'missing', add: { name: '_dmarc.seller.test', value: 'v=DMARC1; p=none' } });
    expect(found['mx']).toMatchObject({ state: 'missing' });
    for (const [host, record] of [
      ['smtp.office365.com', 'include:spf.protection.outlook.com'],
      ['email-smtp.eu-west-1.amazonaws.com', 'include:amazonses.com'],
      ['mail.seller.test', 'a:mail.seller.test'],
      ['198.51.100.7', 'ip4:198.51.100.7'],
    ])
      expect((await spf([], { smtpHost: host! })).add!.value).toBe(`v=spf1 ${record} ~all`);
  });

  it('whose mail goes through the installation, is told to ask its operator', async () => {
    expect(await spf([], { smtpHost: null })).toMatchObject({ state: 'missing', add: null });
  });
});

describe('SPF', () => {
  it('is right when the record, or one that it includes, lets the server send', async () => {
    expect(await spf(['v=spf1 include:_spf.google.com -all'])).toMatchObject({ state: 'ok', add: null });
    expect(await spf(['v=spf1 include:all.seller.test ~all'], {}, { txt: { 'all.seller.test': ['v=spf1 include:_spf.google.com ~all'] } })).toMatchObject({
      state: 'ok',
    });
    const own = { smtpHost: 'mail.seller.test' };
    const a = {
      a: { 'mail.seller.test': ['198.51.100.7'], 'seller.test': ['198.51.100.7'], 'mx.seller.test': ['198.51.100.7'] },
      mx: { 'seller.test': ['mx.seller.test'] },
    };
    for (const record of ['ip4:198.51.100.0/24', 'a', 'mx', 'a:mail.seller.test', 'redirect=other.test'])
      expect((await spf([`v=spf1 ${record}`], own, { ...a, txt: { 'other.test': ['v=spf1 ip4:198.51.100.7'] } })).state, record).toBe('ok');
    expect((await spf(['v=spf1 ip4:203.0.113.0/24 -ip4:198.51.100.7 ~all'], own, a)).state).toBe('wrong');
  });

  it('that lacks the server gets it put in before its end; several records become one; “+all” is taken back', async () => {
    expect((await spf(['v=spf1 mx include:other.test -all'])).add!.value).toBe('v=spf1 mx include:other.test include:_spf.google.com -all');
    expect((await spf(['v=spf1 mx'])).add!.value).toBe('v=spf1 mx include:_spf.google.com');
    expect(await spf(['v=spf1 mx -all', 'v=spf1 a ~all'])).toMatchObject({ state: 'wrong', add: { value: 'v=spf1 mx a ~all' } });
    expect(await spf(['v=spf1 mx +all'])).toMatchObject({ state: 'weak', add: { value: 'v=spf1 mx ~all' } });
  });

  it('with more than ten look-ups, in a circle too, is an error as receivers take it', async () => {
    expect(await spf(['v=spf1 include:seller.test ~all'])).toMatchObject({ state: 'wrong', say: expect.stringContaining('10 look-ups') });
  });
});

describe('DKIM and DMARC', () => {
  it('know a key that is published, another one, and one with spaces in it', async () => {
    const dkim = async (value: string) => (await ask({ txt: { [rsa.name]: [value] } }))['dkim']!.state;
    expect([await dkim('v=DKIM1; k=rsa; p=AAAA'), await dkim('k=rsa;p=AA AA'), await dkim('v=DKIM1; p=BBBB'), await dkim('something else')]).toEqual([
      'ok',
      'ok',
      'wrong',
      'missing',
    ]);
    expect((await ask({}, { dkimRecords: [] }))['dkim']).toMatchObject({ state: 'missing', add: null });
  });

  it('take the policy of the domain above, and say what can be better', async () => {
    const dmarc = async (records: Record<string, string[]>, domain = 'seller.test') => (await ask({ txt: records }, { domain }))['dmarc']!;
    expect(await dmarc({ '_dmarc.seller.test': ['v=DMARC1; p=reject'] })).toMatchObject({ state: 'ok' });
    expect(await dmarc({ '_dmarc.seller.test': ['v=DMARC1; p=quarantine'] }, 'billing.seller.test')).toMatchObject({ state: 'ok' });
    expect(await dmarc({ '_dmarc.seller.test': ['v=DMARC1; p=none; rua=mailto:x@seller.test'] })).toMatchObject({
      state: 'weak',
      add: { value: 'v=DMARC1; p=quarantine; rua=mailto:x@seller.test' },
    });
    expect(await dmarc({ '_dmarc.seller.test': ['v=DMARC1; p=reject', 'v=DMARC1; p=none'] })).toMatchObject({ state: 'wrong' });
    expect(await dmarc({ '_dmarc.seller.test': ['v=DMARC1'] })).toMatchObject({ state: 'wrong' });
  });
});

it('a name server that does not answer is told as that, and the other checks stand', async () => {
  const silent: DnsLookup = { ...zone({ mx: { 'seller.test': ['mx.seller.test'] } }), txt: () => Promise.reject(new NoAnswer('no')) };
  const results = await checkDomain(silent, { domain: 'seller.test', smtpHost: null, dkimRecords: [rsa] });
  expect(results.map((one) => [one.what, one.state])).toEqual([
    ['spf', 'unknown'],
    ['dkim', 'unknown'],
    ['dmarc', 'unknown'],
    ['mx', 'ok'],
  ]);
});

it('the real resolver asks the name servers that it is given, and tells one that is silent', async () => {
  const { createSocket } = await import('node:dgram');
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  // one TXT record of two strings for every question
  socket.on('message', (query, from) => {
    const text = Buffer.concat([Buffer.from([4]), Buffer.from('v=sp'), Buffer.from([4]), Buffer.from('f1 a')]);
    const question = query.subarray(12, query.indexOf(0, 12) + 5);
    const header = Buffer.concat([query.subarray(0, 2), Buffer.from('81800001000100000000', 'hex')]);
    const record = Buffer.concat([Buffer.from('c00c00100001', 'hex'), Buffer.from([0, 0, 0, 60]), Buffer.from([0, text.length]), text]);
    socket.send(Buffer.concat([header, question, record]), from.port, from.address);
  });
  const { port } = socket.address();
  expect(await dnsLookup([`127.0.0.1:${port}`]).txt('seller.test')).toEqual(['v=spf1 a']);
  socket.close();
  await expect(dnsLookup([`127.0.0.1:${port}`]).txt('seller.test')).rejects.toThrow(NoAnswer);
});
