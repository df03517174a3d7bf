import { describe, expect, it } from 'vitest';
import { networkOf } from './network.ts';
import { localPath } from './pages/forms.ts';

describe('tries are counted', () => {
  it('by the IPv4 address, also inside IPv6', () => {
    expect(networkOf('192.0.2.7')).toBe('192.0.2.7');
    expect(networkOf('::ffff:192.0.2.7')).toBe('192.0.2.7');
  });
  it('by the /64 of an IPv6 address, however it is written', () => {
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
    expect(networkOf('2001:0DB8:1:2::9')).toBe('2001:db8:1:2::/64');
    expect(networkOf('2001:db8::1')).toBe('2001:db8:0:0::/64');
    expect(networkOf('::1')).toBe('0:0:0:0::/64');
  });
});

describe('the address after the sign-in', () => {
  it.each(['/', '/app/invoices?state=open#x', '/app/'])('is taken when it is ours: %s', (path) => {
    expect(localPath(path)).toBe(path);
  });
  it.each(['', 'https://evil.example/', '//evil.example/', '/\\evil.example/', '/\t/evil.example', 'javascript:alert(1)', '/a b'])(
    'is the start page when it is not: %s',
    (path) => {
      expect(localPath(path)).toBe('/');
    },
  );
});
