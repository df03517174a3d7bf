import { type BenchOptions, type BenchResult, bound } from './bench.ts';
import * as planning from './planning.ts';
import * as upload from './upload.ts';

const SMALL = 10_000;
/** Work for a hundred times the rows may cost 100^1.05 times as much. */
const MOST = 1.05;

/** How the cost of upload and planning grows from 10,000 rows to the big run, beside the limit's own growth. */
export async function run(options: BenchOptions): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const [name, bench, first] of [
    ['upload', upload, 'upload of new invoices'],
    ['planning', planning, 'planning of the default rules'],
  ] as const) {
    const small = (await bench.run({ ...options, rows: SMALL })).find((result) => result.name.startsWith(first));
    const big = (await bench.run(options)).find((result) => result.name.startsWith(first));
    if (!small || !big) throw new Error(`the benchmark ${name} has no line "${first}"`);
    const ours = exponent(small, big, options.rows, (result) => result.ours);
    const limit = exponent(small, big, options.rows, (result) => result.limit!);
    options.log(`${name}: exponent ${ours.toFixed(3)}, the limit's own ${limit.toFixed(3)}`);
    results.push(bound(`growth of ${name} from ${SMALL.toLocaleString('en-US')} rows (limit's own ${limit.toFixed(2)})`, ours, MOST, 'exponent'));
  }
  return results;
}

/** b in cost ~ rows^b, from a rate (rows/s) or a time (ms, s). */
function exponent(small: BenchResult, big: BenchResult, rows: number, of: (result: BenchResult) => number): number {
  const perRate = /\/s$/.test(small.unit);
  const ratio = perRate ? rows / of(big) / (SMALL / of(small)) : of(big) / of(small);
  return Math.log(ratio) / Math.log(rows / SMALL);
}
