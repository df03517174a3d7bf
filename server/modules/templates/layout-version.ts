import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

let version: string | null = null;

/** Names the layout that this program compiles mails with. */
export function layoutVersion(): string {
  if (version === null) {
    const hash = createHash('sha256');
    for (const name of ['layout.html', 'layout.mjml']) hash.update(readFileSync(new URL(`../../platform/mail/${name}`, import.meta.url)));
    version = hash.digest('hex').slice(0, 16);
  }
  return version;
}
