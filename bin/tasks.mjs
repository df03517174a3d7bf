// The repository's own tasks: build, check, test, bench. Each runs with the pinned Node.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { ensureChromium, installedNode, root, runsPinnedNode } from './install.mjs';

const cache = join(root, 'node_modules/.cache');
const pinnedNode = () => (runsPinnedNode() ? process.execPath : installedNode());

/** Runs a program of ours with the pinned Node; `quiet` keeps its output for the answer. */
function runNode(args, { quiet = false, env = {} } = {}) {
  const node = pinnedNode();
  return new Promise((done, refuse) => {
    const child = spawn(node, args, {
      cwd: root,
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`, ...env },
    });
    const output = [];
    child.stdout?.on('data', (bytes) => output.push(bytes));
    child.stderr?.on('data', (bytes) => output.push(bytes));
    const forward = (signal) => child.kill(signal);
    process.once('SIGTERM', forward);
    child.on('error', refuse);
    child.on('close', (code) => {
      process.removeListener('SIGTERM', forward);
      done({ code: code ?? 1, output: Buffer.concat(output).toString() });
    });
  });
}

const tool = (path) => join('node_modules', path);

/** What `check` looks at, in the order of how long it takes, so that two cores are busy to the end. */
const checks = [
  { name: 'types of the server', args: [tool('typescript/bin/tsc'), '-p', 'tsconfig.json'] },
  { name: 'types of the staff app', args: [tool('typescript/bin/tsc'), '-p', 'web/tsconfig.json', '--noEmit'] },
  { name: 'boundaries', args: [tool('dependency-cruiser/bin/dependency-cruise.mjs'), '--config', '.dependency-cruiser.cjs', 'server', 'web/src'] },
  { name: 'unused files, exports and packages', args: [tool('knip/bin/knip.js'), '--no-progress'] },
  { name: 'openapi.json and its types are fresh', args: ['server/main.ts', 'openapi', '--check'] },
  { name: 'lint and format', args: [tool('@biomejs/biome/bin/biome'), 'check', '--colors=off', '--max-diagnostics=50', '.'] },
  { name: 'house rules (clock, SQL, registry addresses)', args: ['bin/house-rules.mjs'] },
];

async function check(args) {
  const started = performance.now();
  if (args.includes('--fix')) await runNode([tool('@biomejs/biome/bin/biome'), 'check', '--write', '--colors=off', '.']);
  mkdirSync(cache, { recursive: true });
  const waiting = [...checks];
  let failed = 0;
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const began = performance.now();
      const { code, output } = await runNode(next.args, { quiet: true });
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${next.name} (${seconds} s)`);
      if (code !== 0) {
        failed += 1;
        console.log(
          output
            .trim()
            .split('\n')
            .map((line) => `       ${line}`)
            .join('\n'),
        );
      }
    }
  };
  await Promise.all([lane(), lane()]);
  console.log(`check: ${checks.length - failed} ok, ${failed} failed, ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return failed === 0 ? 0 : 1;
}

/** Counts single tests; a file that cannot even be loaded is one failure. */
function summaryOf(file) {
  if (!existsSync(file)) return { passed: 0, failed: 1 };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const broken = report.testResults.filter((result) => result.status === 'failed' && !result.assertionResults.some((one) => one.status === 'failed'));
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
}

async function test(args) {
  const chromium = await ensureChromium();
  const report = join(cache, 'test-report.json');
  mkdirSync(cache, { recursive: true });
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { code } = await runNode([tool('vitest/vitest.mjs'), 'run', ...reporters, ...args], { env: { CHROMIUM_PATH: chromium } });
  const { passed, failed } = summaryOf(report);
  console.log(`${passed} passed, ${code !== 0 && failed === 0 ? 1 : failed} failed`);
  return code;
}

const bench = async (args) => (await runNode(['--expose-gc', 'bench/run.ts', ...args])).code;

/** Answers the exit code. `build` has nothing left to do: the door has built the staff app already. */
export async function runTask(name, args) {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(help[name]);
    return 0;
  }
  if (name === 'check') return check(args);
  if (name === 'test') return test(args);
  if (name === 'bench') return bench(args);
  return 0;
}

const help = {
  build: 'npm run build\n\nInstalls packages and builds the staff app into web/dist when they are not fresh.',
  check: 'npm run check [-- --fix]\n\nTypes, lint, boundaries, unused code, openapi.json, house rules. --fix formats and mends what can be mended first.',
  test: 'npm test [-- FILTER …]\n\nRuns the tests once; installs Chromium when it is missing and we are root. Ends with "N passed, N failed".',
  bench: 'npm run bench [-- NAME --rows N]\n\nMeasures ours beside the limit and writes bench/results.json; fails under a goal.',
};
