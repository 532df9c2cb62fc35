import { problemOfPath } from '../names.ts';
import { refuse } from '../refusals.ts';

/*
 * The tree of all files: `<experiment>/<run>/artifacts/…`, `<experiment>/models/<logged model>/artifacts/…`, or below
 * whatever location an experiment was given; and `versions/<model id>/<number>/…`, which is read only: what stands there
 * belongs to versions. A path follows the rules of artifacts, so that every file can become one.
 */

/** Where the files of a run, a logged model or a version begin: the length of paths is counted from there. */
const ROOT = /^(?:\d{1,19}\/(?:[0-9a-f]{32}|models\/m-[0-9a-f]{32})\/artifacts|versions\/\d{1,15}\/\d{1,15})\/(?=.)/s;
const VERSIONS = 'versions';

/** Where a path leads. */
export type Place =
  | { of: 'files'; path: string }
  /** What a version holds; `path` is empty for all of it. */
  | { of: 'version'; model_id: number; number: number; path: string }
  /** Above all versions, or no version's. */
  | { of: 'versions' };

/** Reads a path that is not empty, or refuses it. At most 1,024 bytes, which begin after the root of a run or a logged model. */
export function placeOf(path: string): Place {
  assertFilePath(path);
  const [top, model, number, ...rest] = path.split('/');
  if (top !== VERSIONS) return { of: 'files', path };
  if (!isId(model) || !isId(number)) return { of: 'versions' };
  return { of: 'version', model_id: Number(model), number: Number(number), path: rest.join('/') };
}

/** The path of a file that is to be written or deleted. */
export function assertWritable(path: string): void {
  assertFilePath(path);
  if (path === VERSIONS || path.startsWith(`${VERSIONS}/`))
    refuse(
      'path-invalid',
      'Invalid path: what is below versions/ belongs to versions, which own their bytes. Log to a run, and create a version from it.',
      { path },
    );
  if (path.includes('#'))
    refuse('path-invalid', 'Invalid path: it must not hold a #, which clients read as the end of an address.', {
      path,
    });
}

function assertFilePath(path: string): void {
  const problem = problemOfFile(path);
  if (problem) refuse('path-invalid', `Invalid path: it ${problem}.`, { path });
}

/** Why this cannot be the path of a file, or undefined. */
export function problemOfFile(path: string): string | undefined {
  return problemOfPath(path.slice(ROOT.exec(path)?.[0].length ?? 0));
}

function isId(text: string | undefined): text is string {
  return text !== undefined && /^[1-9]\d{0,14}$/.test(text);
}
