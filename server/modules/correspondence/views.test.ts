import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { linksOf } from '../../../tests/support/payer.ts';
import { startServer, type TestServer } from '../../../tests/support/server.ts';
import { type Story, tellStory } from '../../../tests/support/story.ts';
import { gradeOf } from './view-grade.ts';

let server: TestServer;
let story: Story;
let invoiceId: string;
let run = 0;

const BROWSER = { 'user-agent': 'Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15', 'accept-language': 'en-US' };
const SCANNER = { 'user-agent': 'Mozilla/5.0 (compatible; Barracuda Link Protection)', 'accept-language': 'en-US' };

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  await server.mail.clear();
  server.clock.set(`2026-03-${String(3 + run++).padStart(2, '0')}T15:00:00Z`);
  story = await tellStory(server);
  invoiceId = (await story.company.call('GET', '/v1/invoices')).body.items[0].id;
});

const link = (label: RegExp) => linksOf(story.mail.parsed.html ?? '').find((one) => label.test(one.label))!.url;
const look = (url: string, headers: Record<string, string>, method = 'GET') => fetch(url, { method, headers });
const seen = async () => (await story.company.call('GET', `/v1/invoices/${invoiceId}/views`)).body;
const later = () => server.clock.advance({ minutes: 5 });

describe('an invoice was last viewed', () => {
  it('when a person opens its PDF or its pay link, and on the customer too', async () => {
    later();
    await look(link(/view pdf/i), BROWSER);
    expect(await seen()).toMatchObject({ lastStrongAt: server.clock.now().toString(), strongCount: 1 });
    server.clock.advance({ hours: 1 });
    await look(link(/ending 4242/), BROWSER);
    // the same browser once more says nothing new
    await look(link(/ending 4242/), BROWSER);
    const { lastStrongAt, strongCount } = await seen();
    expect([lastStrongAt, strongCount]).toEqual([server.clock.now().toString(), 2]);
    expect((await story.company.call('GET', `/v1/customers/${story.customerId}/mail-facts`)).body.views.lastStrongAt).toBe(lastStrongAt);
  });

  it('not when a scanner or prefetcher opens every link, or somebody in the first seconds', async () => {
    const links = [link(/view pdf/i), link(/ending 4242/)];
    for (const url of links) await look(url, BROWSER);
    later();
    for (const url of links) {
      await look(url, SCANNER);
      await look(url, { ...BROWSER, 'sec-purpose': 'prefetch' });
      await look(url, BROWSER, 'HEAD');
    }
    expect((await seen()).strongCount).toBe(0);
    const email = (await story.company.call('GET', '/v1/emails?kind=reminder')).body.items[0];
    const { views } = (await story.company.call('GET', `/v1/emails/${email.id}`)).body;
    expect(views.filter((view: { grade: string }) => view.grade !== 'machine')).toEqual([]);
  });

  it('weakly when only the picture of a mail was loaded', async () => {
    later();
    const pixel = /src="([^"]+\/t\/o\/[^"]+)"/.exec(story.mail.parsed.html!)![1]!;
    await look(pixel, BROWSER);
    expect(await seen()).toEqual({ lastStrongAt: null, lastWeakAt: server.clock.now().toString(), strongCount: 0 });
  });
});

it('a link opened without the language that browsers send is weak: rules never use it', () => {
  const sighting = { kind: 'link', method: 'GET', userAgent: BROWSER['user-agent'], headers: {}, secondsSinceSent: 60 } as const;
  expect(gradeOf(sighting)).toBe('weak');
  expect(gradeOf({ ...sighting, headers: { 'accept-language': 'en' } })).toBe('strong');
});
