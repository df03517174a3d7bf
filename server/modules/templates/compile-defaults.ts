/**
 * Writes defaults.compiled.json: `node server/modules/templates/compile-defaults.ts`, after the default templates or
 * the layout of mails were changed. A test fails when it is stale.
 */
import { writeFile } from 'node:fs/promises';
import { closeMjml } from '../../platform/mail/mjml-compiler.ts';
import { compileText, type CompiledText } from './compile.ts';
import { defaultTemplates } from './defaults.ts';

export async function compileDefaults(): Promise<Record<'reminder' | 'statement', CompiledText>> {
  const of = (kind: 'reminder' | 'statement') =>
    compileText(kind, { subject: defaultTemplates[kind].subject, body: null, design: defaultTemplates[kind].design });
  return { reminder: await of('reminder'), statement: await of('statement') };
}

if (process.argv[1] === import.meta.filename) {
  await writeFile(new URL('./defaults.compiled.json', import.meta.url), `${JSON.stringify(await compileDefaults(), null, 2)}\n`);
  closeMjml();
}
