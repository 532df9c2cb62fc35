import { problemOf } from 'assayer-client';
import type { Version } from '../../contract/version.ts';
import { Ended } from '../exit.ts';
import { kindOf } from '../server/answer.ts';
import { escapeLine } from '../terminal/escape.ts';

/** Whatever ends a push after its version was made also says how to go on. */
export async function goingOn<T>(
  version: Version | undefined,
  path: string,
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const how = version
      ? [
          `${version.model}/${version.number} is open and keeps what arrived. Go on with:`,
          `  assayer push ${quoted(version.model)} ${quoted(path)} --version ${version.number}`,
        ]
      : ['Nothing was sent.'];
    if (signal.aborted) throw new Ended(130, 'Interrupted.', how);
    // The same files would meet the same refusal.
    if (error instanceof Ended && kindOf(problemOf(error.document)) === 'path-taken') throw error;
    if (error instanceof Ended) throw new Ended(error.code, error.message, [...error.lines, ...how], error.document);
    if (version) process.stderr.write(`${how.map(escapeLine).join('\n')}\n`);
    throw error;
  }
}

function quoted(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
