import { setFlagsFromString } from 'node:v8';

/** Of CPU: a start that takes more has something to do that is worth optimizing, as a migration. */
const AT_MOST_MS = 1_000;
const LOOKED_AT_EVERY_MS = 100;
/** V8 does not tell what its flags are. Letting it optimize where it was started without a compiler (`--jitless`) ends the process. */
const IS_TOLD = /--(no[-_]?)?(jitless|lite[-_]mode|opt|turbofan|maglev)(?![-_\w])/;

let watch: NodeJS.Timeout | undefined;

/**
 * Until `letOptimize`, V8 interprets and compiles plainly: code that only a start runs was optimized, at a tenth of what a
 * start takes, and kept in memory for good. Both flags are read each time that a function gets hot.
 */
export function holdOptimizing(): void {
  if (isTold()) return;
  for (const flag of ['--no-opt', '--no-maglev']) setFlagsFromString(flag);
  const begun = process.cpuUsage();
  watch = setInterval(() => {
    const { user, system } = process.cpuUsage(begun);
    if (user + system >= AT_MOST_MS * 1_000) letOptimize();
  }, LOOKED_AT_EVERY_MS).unref();
}

export function letOptimize(): void {
  clearInterval(watch);
  if (isTold()) return;
  for (const flag of ['--opt', '--maglev']) setFlagsFromString(flag);
}

/** Whether somebody who started the process said himself what is to be optimized. */
function isTold(): boolean {
  return [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((text) => IS_TOLD.test(text));
}
