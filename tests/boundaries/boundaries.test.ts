import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { houseRules } from '../../bin/house-rules.mjs';

const root = join(import.meta.dirname, '../..');
const fixtures = 'tests/boundaries/fixtures';

interface Violation {
  rule: { name: string };
  from: string;
}

function violations(): Violation[] {
  const tool = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const { stdout, stderr } = spawnSync(process.execPath, [tool, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', fixtures], {
    cwd: root,
    env: { ...process.env, BOUNDARIES_ROOT: fixtures },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  try {
    return (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations;
  } catch {
    throw new Error(stderr || stdout);
  }
}

test('every import rule has a fixture that breaks it, and no healthy fixture is refused', () => {
  const { forbidden } = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs')) as { forbidden: { name: string }[] };
  const found = violations();
  const broken = new Set(found.map((violation) => violation.rule.name));
  expect(forbidden.map((rule) => rule.name).filter((name) => !broken.has(name))).toEqual([]);
  expect(found.map((violation) => violation.from).filter((from) => !/\/(broken|circle)[^/]*\.ts$/.test(from))).toEqual([]);
});

test('every house rule refuses its example and lets its counterpart through', () => {
  for (const rule of houseRules) {
    expect(rule.finds(rule.example.path, rule.example.bad), `${rule.name}: bad`).not.toEqual([]);
    expect(rule.finds(rule.example.path, rule.example.good), `${rule.name}: good`).toEqual([]);
  }
});
