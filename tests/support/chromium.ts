import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** The browser of this machine: `CHROMIUM_PATH`, else where distributions put it. Throws with what to do when there is none. */
export function chromiumPath(): string {
  const path = process.env['CHROMIUM_PATH'] ?? places.find((place) => existsSync(place));
  if (path === undefined) throw new Error('Chromium is missing: install the package chromium, or set CHROMIUM_PATH to the path of a Chromium or Chrome.');
  return path;
}

export interface Chromium {
  /** A window of its own: nothing is shared with other windows. */
  window(options?: { width?: number; height?: number; scheme?: 'light' | 'dark' }): Promise<BrowserContext>;
  close(): Promise<void>;
}

/** A headless Chromium that reaches nothing but this machine. */
export async function startChromium(): Promise<Chromium> {
  const home = mkdtempSync(join(tmpdir(), 'payorcrm-chromium-'));
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    headless: true,
    env: { ...process.env, HOME: home },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * 127.0.0.1',
    ],
  });
  return {
    window: ({ width = 1440, height = 900, scheme = 'light' } = {}) =>
      browser.newContext({
        viewport: { width, height },
        colorScheme: scheme,
        reducedMotion: 'reduce',
        locale: 'en-US',
        timezoneId: 'America/New_York',
        hasTouch: width < 600,
      }),
    close: async () => {
      await browser.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
