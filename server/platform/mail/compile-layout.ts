/**
 * Compiles layout.mjml to layout.html, which is what the server reads: `node server/platform/mail/compile-layout.ts`.
 * Importing mjml costs 1.3 s and 90 MB, so a running server never does; layout.test.ts fails when layout.html is stale.
 */
import { readFile, writeFile } from 'node:fs/promises';

export async function compileLayout(): Promise<string> {
  const { default: mjml2html } = await import('mjml');
  const source = await readFile(new URL('./layout.mjml', import.meta.url), 'utf8');
  const { html, errors } = await mjml2html(source, { validationLevel: 'strict', keepComments: false, fonts: {} });
  if (errors.length > 0) throw new Error(errors.map((error) => error.formattedMessage).join('\n'));
  // indentation of the markup is a third of its size; line breaks stay, because SMTP lines are short
  return html
    .replace(/^[ \t]+/gm, '')
    .replace(/\n{2,}/g, '\n')
    .trim();
}

if (process.argv[1] === import.meta.filename) await writeFile(new URL('./layout.html', import.meta.url), await compileLayout());
