import type { Reporter, TestModule } from 'vitest/node';

/** Tests that may be skipped in CI, by title and reason: for what they need `.ci/run` cannot see to. All others must run there. */
const MAY_BE_SKIPPED = [
  /\(needs root\)$/, // who may not mount a small file system has the failing calls of the other tests
  /this clone does not hold the commit of the release/,
  /the registry does not answer about advisories/,
];

/**
 * Prints the one line that a build reads: `N passed, N failed`, and names every skipped test with its reason. In CI a
 * skipped test shows nothing, and counts as failed.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]) {
    let passed = 0;
    let failed = errors.length;
    let skipped = 0;
    for (const module of modules) {
      if (module.errors().length > 0) failed += 1;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') passed += 1;
        else if (result.state === 'failed') failed += 1;
        else {
          const note = result.state === 'skipped' && result.note ? ` (${result.note})` : '';
          const told = `${test.fullName}${note}`;
          const counts = process.env.CI && !MAY_BE_SKIPPED.some((reason) => reason.test(told));
          if (counts) failed += 1;
          else skipped += 1;
          process.stdout.write(`skipped${counts ? ', and must not be in CI' : ''}: ${told}\n`);
        }
      }
    }
    const tail = skipped > 0 ? `, ${skipped} skipped` : '';
    process.stdout.write(`\n${passed} passed, ${failed} failed${tail}\n`);
    if (failed > 0) process.exitCode = 1;
  }
}
