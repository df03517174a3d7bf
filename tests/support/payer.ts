/** A payer's browser without scripts: follows redirects, keeps cookies, fills in forms. */
export interface Page {
  status: number;
  url: string;
  html: string;
  /** The page's words, without its markup. */
  text: string;
}

export interface Payer {
  open(url: string): Promise<Page>;
  /** Presses the button with that text (or part of it) on the page; `fields` are what was typed. */
  press(page: Page, button: string | RegExp, fields?: Record<string, string>): Promise<Page>;
}

const MAX_REDIRECTS = 10;

export function newPayer(): Payer {
  /** By origin: gateway and seller are different sites. */
  const jars = new Map<string, Map<string, string>>();

  async function request(url: string, init: RequestInit = {}, redirects = 0): Promise<Page> {
    const { origin } = new URL(url);
    const jar = jars.get(origin) ?? new Map<string, string>();
    jars.set(origin, jar);
    const headers = new Headers(init.headers);
    if (jar.size > 0) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    headers.set('user-agent', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36');
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair] = cookie.split(';');
      const at = pair!.indexOf('=');
      jar.set(pair!.slice(0, at), pair!.slice(at + 1));
    }
    const location = response.headers.get('location');
    if (location && response.status >= 300 && response.status < 400) {
      await response.arrayBuffer();
      if (redirects >= MAX_REDIRECTS) throw new Error(`too many redirects at ${url}`);
      return request(new URL(location, url).href, {}, redirects + 1);
    }
    const html = await response.text();
    return { status: response.status, url, html, text: wordsOf(html) };
  }

  return {
    open: (url) => request(url),
    press(page, button, fields = {}) {
      const form = formsOf(page.html).find((one) =>
        one.buttons.some(({ label }) => (typeof button === 'string' ? label.includes(button) : button.test(label))),
      );
      if (!form) throw new Error(`there is no button ${button} on the page: ${page.text.slice(0, 600)}`);
      const pressed = form.buttons.find(({ label }) => (typeof button === 'string' ? label.includes(button) : button.test(label)))!;
      const body = new URLSearchParams({ ...form.values, ...(pressed.name ? { [pressed.name]: pressed.value } : {}), ...fields });
      const target = new URL(form.action || page.url, page.url).href;
      return form.method === 'post'
        ? request(target, { method: 'POST', body, headers: { 'sec-fetch-site': 'same-origin', origin: new URL(page.url).origin } })
        : request(`${target}?${body}`);
    },
  };
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ' };
const decode = (text: string): string => text.replace(/&(#?\w+);/g, (all, name: string) => entities[name] ?? all);

export const wordsOf = (html: string): string =>
  decode(html.replace(/<(style|script|head)[\s\S]*?<\/\1>/g, ' ').replace(/<[^>]+>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();

const attribute = (tag: string, name: string): string => decode(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '');

function formsOf(html: string) {
  return [...html.matchAll(/<form\b[^>]*>[\s\S]*?<\/form>/g)].map(([form]) => {
    const open = /<form\b[^>]*>/.exec(form)![0];
    const values: Record<string, string> = {};
    for (const [input] of form.matchAll(/<input\b[^>]*>/g))
      if (!/type="(checkbox|radio)"/.test(input) || /\schecked/.test(input)) values[attribute(input, 'name')] = attribute(input, 'value');
    const buttons = [...form.matchAll(/(<button\b[^>]*>)([\s\S]*?)<\/button>/g)].map(([, tag, label]) => ({
      name: attribute(tag!, 'name'),
      value: attribute(tag!, 'value'),
      label: wordsOf(label!),
    }));
    return { action: attribute(open, 'action'), method: attribute(open, 'method').toLowerCase() || 'get', values, buttons };
  });
}

/** The addresses that a mail's HTML links to, with their words. */
export const linksOf = (html: string): { url: string; label: string }[] =>
  [...html.matchAll(/<a\b[^>]*\shref="([^"]*)"[^>]*>([\s\S]*?)<\/a>/g)].map(([, url, label]) => ({ url: decode(url!), label: wordsOf(label!) }));
