// Rules of the house that no linter knows. Each finds lines in a file's text; tests/boundaries proves that each still
// sees its example.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './install.mjs';

/** Lines (from 1) whose code matches; comments and, unless asked for, nothing else are looked over. */
function linesWith(text, pattern) {
  const found = [];
  for (const [index, line] of text.split('\n').entries()) {
    const code = line.replace(/^\s*(\/\/|\*|\/\*|--).*$/, '').replace(/\s\/\/\s.*$/, '');
    if (pattern.test(code)) found.push(index + 1);
  }
  return found;
}

const isTest = (path) => /\.test\.tsx?$|\/test-data\.ts$|^tests\//.test(path);
const inServer = (path) => path.startsWith('server/') && /\.(ts|sql)$/.test(path) && !isTest(path);
const mayHoldSql = (path) =>
  /\/(queries|upload)(-[a-z-]+)?\.ts$|\/upload\/|^server\/migrations\/|^server\/platform\/|^server\/modules\/conditions\/compile\.ts$/.test(path);

export const houseRules = [
  {
    name: 'one clock',
    why: 'today and now come from ctx.clock, app.today() and app.now(), so that a test can move them',
    finds: (path, text) =>
      inServer(path) && !/^server\/(platform|migrations|cli)\//.test(path) && path !== 'server/kernel/ids.ts' && !path.includes('/simulator')
        ? linesWith(text, /\bDate\.now\(|\bnew Date\(\s*\)|\bcurrent_(date|timestamp)\b|\bTemporal\.Now\b|(?<![.\w])now\(\)(?=[^;{]*(interval|::|from|where))/i)
        : [],
    example: { path: 'server/modules/customers/commands/x.ts', bad: 'const at = Date.now();', good: 'const at = ctx.clock.now();' },
  },
  {
    name: 'SQL in its place',
    why: 'SQL stands in queries.ts, upload.ts and migrations, so that commands read as prose',
    finds: (path, text) => (inServer(path) && !mayHoldSql(path) ? linesWith(text, /\bsql`|\b(pool|client|owner)\.query\(\s*['"`](?!select 1\b)/) : []),
    example: { path: 'server/modules/customers/commands/x.ts', bad: 'await ctx.tx.run(sql`delete from customer`);', good: 'await deleteCustomer(ctx, id);' },
  },
  {
    name: 'nothing half done',
    why: 'what is not finished is not committed',
    finds: (path, text) =>
      /\.(ts|tsx|mjs|sql)$/.test(path) && path !== 'bin/house-rules.mjs' && !path.startsWith('tests/boundaries/')
        ? linesAnywhere(text, /\b(TODO|FIXME)\b|\b(test|describe|it)\.(only|skip|todo)\b/)
        : [],
    example: { path: 'server/app.ts', bad: '// TODO later', good: '// done' },
  },
  {
    name: 'no registry address',
    why: 'packages come from whatever registry the machine is set to',
    finds: (path, text) =>
      /(^|\/)(package(-lock)?\.json|\.npmrc)$/.test(path) ? linesAnywhere(text, /"resolved"\s*:\s*"https?:|^\s*registry\s*=|registry\.npmjs\.org/) : [],
    example: { path: 'package-lock.json', bad: '"resolved": "https://example.test/a.tgz"', good: '"version": "1.0.0"' },
  },
];

function linesAnywhere(text, pattern) {
  return text.split('\n').flatMap((line, index) => (pattern.test(line) ? [index + 1] : []));
}

function repositoryFiles() {
  const { stdout, status } = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error('git ls-files failed: the house rules look at the files of the repository');
  return [...new Set(stdout.split('\n'))].filter((path) => /\.(ts|tsx|mjs|sql|json)$|\.npmrc$/.test(path) && !path.startsWith('tests/boundaries/fixtures/'));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  let count = 0;
  for (const path of repositoryFiles()) {
    let text;
    try {
      text = readFileSync(join(root, path), 'utf8');
    } catch {
      continue; // deleted and not yet committed
    }
    for (const rule of houseRules)
      for (const line of rule.finds(path, text)) {
        count += 1;
        console.log(`${path}:${line} ${rule.name}: ${rule.why}`);
      }
  }
  process.exitCode = count === 0 ? 0 : 1;
}
