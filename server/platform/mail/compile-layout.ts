/**
 * Compiles layout.mjml to layout.html, which is what the server reads: `node server/platform/mail/compile-layout.ts`.
 * A test fails when layout.html is stale.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { mjmlToHtml } from './mjml.ts';

export const compileLayout = async (): Promise<string> => mjmlToHtml(await readFile(new URL('./layout.mjml', import.meta.url), 'utf8'));

if (process.argv[1] === import.meta.filename) await writeFile(new URL('./layout.html', import.meta.url), await compileLayout());
