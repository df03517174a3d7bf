import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type axe from 'axe-core';
import type { Page } from 'playwright-core';

/** The short form: half of what is sent to each page and read there. */
const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * What is wrong with the page when it has loaded: each rule of axe that it breaks, with where, and how much it is too
 * wide. `frames: false` leaves out what others wrote, which stands in frames.
 */
export async function pageFaults(page: Page, { frames = true } = {}): Promise<string[]> {
  await page.locator('[role=status][aria-label=Loading], .skeleton').first().waitFor({ state: 'detached' });
  await page.evaluate(source);
  const faults = await page.evaluate(async (iframes) => {
    const results = await (window as unknown as { axe: typeof axe }).axe.run(document, { resultTypes: ['violations'], iframes });
    return results.violations.map(
      (violation) =>
        `${violation.id}: ${violation.nodes
          .map((node) => node.target.join(' '))
          .slice(0, 3)
          .join(' | ')}`,
    );
  }, frames);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return overflow > 0 ? [...faults, `is ${overflow} pixels too wide`] : faults;
}
