import type { Context, Platform } from '../../../platform/context.ts';
import { catchesAll } from '../../../platform/mail/catches-all.ts';
import type { DkimKey } from '../../../platform/mail/dkim.ts';
import type { Sender } from '../../../platform/mail/sender.ts';
import { getSettings, readDkim, readSecret } from '../../tenants/index.ts';

/** How a company's mail leaves: through which server, and signed with what. */
export interface MailRoute {
  sender: Sender;
  keys: DkimKey[];
  /** The company's own server: its failures are told to the administrators. */
  own: boolean;
  /** The server of this installation, where it is another one. */
  platform: Sender | null;
  /** The company lets its mail go through that one when its own server fails. */
  fallback: boolean;
  /** What the own server said when it failed, so that the rest of a batch does not wait for it again. */
  down: string | null;
}

interface Kept {
  sender: Sender;
  usedAt: number;
}

/** One pool of connections for each mail server in this process. */
const senders = new Map<string, Kept>();
const MAX_SENDERS = 50;
const keysOf = new Map<string, DkimKey[]>();
const MAX_KEYS = 200;

/** The company's own server; null when it has none, and under the demo's catcher, which takes everything. */
export async function ownServer(ctx: Context): Promise<string | null> {
  return catchesAll(ctx.platform.config.smtpUrl) ? null : readSecret(ctx, 'smtp_url');
}

/** Null: there is no mail server to send through. The signing keys are read once. */
export async function readRoute(ctx: Context): Promise<MailRoute | null> {
  const { platform } = ctx;
  const own = await ownServer(ctx);
  const common = platform.config.smtpUrl === null ? null : await senderFor(platform, platform.config.smtpUrl, false);
  const sender = own === null ? common : await senderFor(platform, own, !platform.config.mailPrivateHosts);
  if (sender === null) return null;
  const { mail } = await getSettings(ctx);
  return { sender, keys: await keysFor(ctx), own: own !== null, platform: own === null ? null : common, fallback: mail.fallback, down: null };
}

async function senderFor(platform: Platform, url: string, guarded: boolean): Promise<Sender> {
  const key = `${guarded}:${url}`;
  let kept = senders.get(key);
  if (!kept) {
    const { createSender } = await import('../../../platform/mail/sender.ts');
    kept = senders.get(key) ?? { sender: createSender({ url, guarded, helloName: new URL(platform.config.publicUrl).hostname }), usedAt: 0 };
    senders.set(key, kept);
    if (senders.size > MAX_SENDERS) closeOldest(key);
  }
  kept.usedAt = performance.now();
  return kept.sender;
}

function closeOldest(except: string): void {
  const [oldest] = [...senders].filter(([key]) => key !== except).sort(([, a], [, b]) => a.usedAt - b.usedAt);
  if (!oldest) return;
  senders.delete(oldest[0]);
  oldest[1].sender.close();
}

async function keysFor(ctx: Context): Promise<DkimKey[]> {
  const settings = await readDkim(ctx);
  if (settings === null) return [];
  const text = JSON.stringify(settings);
  let keys = keysOf.get(text);
  if (!keys) {
    const { dkimKeys } = await import('../../../platform/mail/dkim.ts');
    // checked when they were saved: a key that cannot be read now is a fault
    keys = dkimKeys({
      domain: settings.domain,
      selector: settings.selector,
      ...(settings.rsaPrivateKey ? { rsaPrivateKey: settings.rsaPrivateKey } : {}),
      ...(settings.ed25519PrivateKey ? { ed25519PrivateKey: settings.ed25519PrivateKey } : {}),
      ...(settings.ed25519Selector ? { ed25519Selector: settings.ed25519Selector } : {}),
    });
    if (keysOf.size >= MAX_KEYS) keysOf.clear();
    keysOf.set(text, keys);
  }
  return keys;
}

/** Closes the connections of this process; for its end. */
export async function closeSenders(): Promise<void> {
  for (const { sender } of senders.values()) sender.close();
  senders.clear();
}
