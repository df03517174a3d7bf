import { describe, expect, it } from 'vitest';
import { type Grade, gradeOf, type Sighting } from './view-grade.ts';

const chrome = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';
const person = { 'accept-language': 'en-US' };

/** What such programs send, by their public descriptions; the label is what a person would say it is. */
const fixtures: [label: string, sighting: Partial<Sighting>, grade: Grade][] = [
  ['a person opens the PDF in Chrome', { kind: 'pdf', userAgent: chrome }, 'strong'],
  [
    'a person opens the PDF in Safari on an iPhone',
    {
      kind: 'pdf',
      userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1',
    },
    'strong',
  ],
  ['a person opens the PDF in Firefox', { kind: 'pdf', userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0' }, 'strong'],
  ['a person follows a link in Edge', { kind: 'link', userAgent: `${chrome} Edg/142.0.0.0` }, 'strong'],
  ['Thunderbird shows the pixel', { kind: 'pixel', userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.4.0' }, 'weak'],
  [
    'Outlook on the desktop shows the pixel',
    { kind: 'pixel', userAgent: 'Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; Microsoft Outlook 16.0.17328)' },
    'weak',
  ],
  ['Apple Mail Privacy Protection loads the pixel of a mail that nobody opened', { kind: 'pixel', userAgent: 'Mozilla/5.0' }, 'machine'],
  [
    'the image proxy of Gmail',
    { kind: 'pixel', userAgent: 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)' },
    'machine',
  ],
  ['the image proxy of Yahoo', { kind: 'pixel', userAgent: 'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html' }, 'machine'],
  ['Safe Links of Microsoft with the name of a browser, right after delivery', { kind: 'pdf', userAgent: chrome, secondsSinceSent: 3 }, 'machine'],
  ['Barracuda', { kind: 'pdf', userAgent: 'BarracudaCentral/1.0' }, 'machine'],
  ['Mimecast', { kind: 'link', userAgent: 'Mozilla/5.0 (compatible; Mimecast URL scanner)' }, 'machine'],
  ['Proofpoint URL Defense', { kind: 'link', userAgent: `${chrome} Proofpoint` }, 'machine'],
  ['a scanner in headless Chromium a minute later', { kind: 'pdf', userAgent: chrome.replace('Chrome', 'HeadlessChrome'), secondsSinceSent: 60 }, 'machine'],
  ['a HEAD request', { kind: 'pdf', userAgent: chrome, method: 'HEAD' }, 'machine'],
  ['a prefetch by Chrome', { kind: 'pdf', userAgent: chrome, headers: { ...person, 'sec-purpose': 'prefetch;prerender' } }, 'machine'],
  ['a prefetch by Firefox', { kind: 'pdf', userAgent: chrome, headers: { ...person, 'x-moz': 'prefetch' } }, 'machine'],
  ['a link preview by Safari', { kind: 'link', userAgent: chrome, headers: { ...person, 'x-purpose': 'preview' } }, 'machine'],
  ['Slack unfurls the link', { kind: 'link', userAgent: 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)' }, 'machine'],
  ['WhatsApp previews the link', { kind: 'link', userAgent: 'WhatsApp/2.23.20.0' }, 'machine'],
  ['curl', { kind: 'pdf', userAgent: 'curl/8.5.0' }, 'machine'],
  ['a Python script', { kind: 'pdf', userAgent: 'python-requests/2.32' }, 'machine'],
  ['no name at all', { kind: 'pdf', userAgent: '' }, 'machine'],
  ['a browser without a language, as scripts are', { kind: 'pdf', userAgent: chrome, headers: {} }, 'weak'],
  ['a mail of which it is not known when it left', { kind: 'pdf', userAgent: chrome, secondsSinceSent: null }, 'machine'],
];

describe('the grade of a sighting', () => {
  it.each(fixtures)('%s', (_label, sighting, grade) => {
    expect(gradeOf({ kind: 'pixel', method: 'GET', userAgent: chrome, headers: person, secondsSinceSent: 3600, ...sighting })).toBe(grade);
  });
});
