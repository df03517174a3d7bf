import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Command, exitCodes, readArgs } from './command.ts';

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

export const openapi: Command = {
  help: `payorcrm openapi [--check]

Writes openapi.json from the endpoints, and web/src/api/schema.d.ts from it.

  --check   changes nothing; exit code 1 when one of the two is not fresh`,
  async run(args) {
    const { options } = readArgs(args, { check: { type: 'boolean' } });
    const { openApi } = await import('../app.ts');
    const document = `${JSON.stringify(openApi(), null, 2)}\n`;
    const { default: generate, astToString } = await import('openapi-typescript');
    const types = `// Generated from openapi.json by "npm run openapi". Do not edit.\n${astToString(await generate(JSON.parse(document)))}`;
    const files: [string, string][] = [
      ['openapi.json', document],
      ['web/src/api/schema.d.ts', types],
    ];
    const stale = files.filter(([name, text]) => !existsSync(path(name)) || readFileSync(path(name), 'utf8') !== text);
    if (options['check']) {
      for (const [name] of stale) console.error(`${name} is not fresh. Run: npm run openapi`);
      return stale.length === 0 ? exitCodes.ok : exitCodes.failed;
    }
    for (const [name, text] of stale) writeFileSync(path(name), text);
    console.log(stale.length === 0 ? 'Everything is fresh.' : `Wrote ${stale.map(([name]) => name).join(', ')}.`);
    return exitCodes.ok;
  },
};
