import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Bench, BenchResult } from './bench.ts';

/** Each benchmark measures ours and the limit in one run; the command fails when one is under its goal. */
const benches: Record<string, () => Promise<Bench>> = {
  start: () => import('./start.ts'),
  upload: () => import('./upload.ts'),
  planning: () => import('./planning.ts'),
  backtest: () => import('./backtest.ts'),
  aging: () => import('./aging.ts'),
  lists: () => import('./lists.ts'),
  'pay-page': () => import('./pay-page.ts'),
  mail: () => import('./mail.ts'),
  inbox: () => import('./inbox.ts'),
  statements: () => import('./statements.ts'),
  growth: () => import('./growth.ts'),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rows: { type: 'string', default: '1000000' }, help: { type: 'boolean', default: false } },
});
const unknown = positionals.find((name) => !(name in benches));
if (values.help || unknown !== undefined) {
  console.log(
    `${unknown === undefined ? '' : `There is no benchmark ${unknown}.\n`}npm run bench -- [NAME …] [--rows N]\n\nNames: ${Object.keys(benches).join(', ')}`,
  );
  process.exit(unknown === undefined ? 0 : 2);
}

const results: BenchResult[] = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(benches)) {
  console.error(`${name} …`);
  const bench = await benches[name]!();
  results.push(...(await bench.run({ rows: Number(values.rows), log: (line) => console.error(`  ${line}`) })));
}
writeFileSync(fileURLToPath(new URL('./results.json', import.meta.url)), `${JSON.stringify(results, null, 2)}\n`);
print(results);
process.exit(results.every((result) => result.ratio >= result.goal) ? 0 : 1);

function print(rows: readonly BenchResult[]): void {
  const number = (value: number | null) => (value === null ? '–' : value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3));
  const width = Math.max(...rows.map((row) => row.name.length));
  console.log(`${'work'.padEnd(width)}  ${'ours'.padStart(12)}  ${'limit'.padStart(12)}  ${'unit'.padEnd(10)}  ${'ratio'.padStart(7)}  ${'goal'.padStart(6)}`);
  for (const row of rows)
    console.log(
      `${row.name.padEnd(width)}  ${number(row.ours).padStart(12)}  ${number(row.limit).padStart(12)}  ${row.unit.padEnd(10)}  ${row.ratio.toFixed(2).padStart(7)}  ${row.goal.toFixed(2).padStart(6)}  ${row.ratio >= row.goal ? '' : 'under its goal'}`,
    );
}
