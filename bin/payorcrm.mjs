#!/usr/bin/env node
// The door to every command. Plain JavaScript that any Node from 20 on runs: it brings what a fresh clone lacks
// (packages, the pinned Node, the built staff app) and hands over to server/main.ts.
import { spawn } from 'node:child_process';
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled, ensureWebBuilt, installedNode, root, runsPinnedNode } from './install.mjs';

/** Commands of the repository rather than of the product. */
const tasks = ['build', 'check', 'test', 'bench'];
/** Commands that answer browsers. */
const needsWeb = ['serve', 'demo', 'build', 'test', 'bench'];

const [major] = process.versions.node.split('.').map(Number);
if (major < 20) {
  console.error(`PayorCRM needs Node 20 or newer to start; this is ${process.version}.`);
  process.exit(1);
}

const [command = 'help', ...rest] = process.argv.slice(2);
const asksForHelp = rest.includes('--help') || rest.includes('-h');
try {
  const fresh = await ensureInstalled();
  if (needsWeb.includes(command) && !asksForHelp) await ensureWebBuilt();
  if (tasks.includes(command)) {
    const { runTask } = await import('./tasks.mjs');
    process.exitCode = await runTask(command, rest);
  } else await handOver(fresh);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** Runs server/main.ts: in this process when it is the pinned Node already, else in one of it. */
async function handOver(fresh) {
  const main = join(root, 'server/main.ts');
  // before main.ts: with the first file in it too, Node does not load its translator of TypeScript at all
  const compiled = process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules/.cache/compile');
  if (!fresh && runsPinnedNode()) {
    nodeModule.enableCompileCache(compiled);
    process.argv.splice(1, 1, main);
    await import(pathToFileURL(main).href);
    return;
  }
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled };
  const child = spawn(installedNode(), [main, ...process.argv.slice(2)], { stdio: 'inherit', env });
  // a terminal's Ctrl-C reaches the child by itself; what another process sends us is handed on
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise((done, refuse) => {
    child.on('error', refuse);
    child.on('exit', (code, signal) => done(code ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 1)));
  });
}
