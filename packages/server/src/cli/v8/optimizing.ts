import { setFlagsFromString } from 'node:v8';

/** A start that takes longer has something to do that is worth optimizing, as a migration. */
const AT_MOST_MS = 1_000;

/**
 * Until `letOptimize`, V8 interprets and compiles plainly: code that only a start runs was optimized, at a tenth of what a
 * start takes, and kept in memory for good. Both flags are read each time that a function gets hot.
 */
export function holdOptimizing(): void {
  for (const flag of ['--no-opt', '--no-maglev']) setFlagsFromString(flag);
  setTimeout(letOptimize, AT_MOST_MS).unref();
}

export function letOptimize(): void {
  for (const flag of ['--opt', '--maglev']) setFlagsFromString(flag);
}
