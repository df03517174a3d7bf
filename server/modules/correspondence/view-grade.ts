/** How much it says that a pixel, link or PDF of a mail was fetched. */
export type Grade = 'weak' | 'strong' | 'machine';

export interface Sighting {
  kind: 'pixel' | 'pdf' | 'link';
  method: string;
  userAgent: string;
  /** Of the request; names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Since the mail was handed to the mail server; null when that is not known. */
  secondsSinceSent: number | null;
}

/** Scanners look at every link within seconds of delivery, with the name of a real browser. Nobody reads that fast. */
const SCANNER_SECONDS = 10;

/** Programs that say what they are: proxies of mail providers, security scanners, previews, libraries. */
const machineAgents =
  /googleimageproxy|ggpht\.com|yahoomailproxy|outlook-?ios-?proxy|bot\b|crawler|spider|scanner|safelinks|barracuda|mimecast|proofpoint|urldefense|fireeye|trendmicro|symantec|messagelabs|forcepoint|ironport|cisco|sophos|avanan|checkpoint|virustotal|preview|slackbot|whatsapp|telegram|facebookexternalhit|skypeuripreview|microsoft office|ms-office|outlook-express|headless|phantomjs|puppeteer|playwright|selenium|curl|wget|python|java\/|okhttp|go-http|axios|node-fetch|undici|libwww|httpclient|apache-|postman|monitor|uptime|feedfetcher|appengine/i;

/** A browser, by the name it gives itself. */
const browserAgents = /(?:chrome|firefox|safari|edg|opr|crios|fxios|samsungbrowser)\/[\d.]+/i;
/** Apple Mail Privacy Protection loads everything through a proxy with nothing but this. */
const appleProxy = /^mozilla\/5\.0$/i;

const prefetchHeaders = ['purpose', 'sec-purpose', 'x-purpose', 'x-moz'] as const;

/**
 * - `machine`: a scanner, proxy or prefetcher; says nothing about a person
 * - `weak`: a pixel loaded by what may be a person's mail program
 * - `strong`: a person opened a link or PDF in a browser
 *
 * No rule of the product branches on `weak`; `machine` is never shown as an opening.
 */
export function gradeOf(sighting: Sighting): Grade {
  const agent = sighting.userAgent.trim();
  if (sighting.method !== 'GET' || agent === '' || appleProxy.test(agent) || machineAgents.test(agent)) return 'machine';
  if (prefetchHeaders.some((name) => /prefetch|preview|prerender/i.test(String(sighting.headers[name] ?? '')))) return 'machine';
  if (sighting.secondsSinceSent === null || sighting.secondsSinceSent < SCANNER_SECONDS) return 'machine';
  if (sighting.kind === 'pixel') return 'weak';
  return browserAgents.test(agent) && sighting.headers['accept-language'] !== undefined ? 'strong' : 'weak';
}
