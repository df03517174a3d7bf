import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The stories that take minutes begin first, so that at the end no core waits for one of them. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => (moduleId.includes('/tests/crash/') ? 0 : moduleId.includes('/tests/') ? 1 : 2);
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ['server/**/*.test.ts', 'tests/**/*.test.ts', 'web/src/**/*.test.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    sequence: { sequencer: LongestFirst },
    // stories wait for processes and browsers half of their time: three at a time keep two cores busy
    maxWorkers: 3,
    // modules of the product keep nothing between companies, so that a worker loads them once and not for each file
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
