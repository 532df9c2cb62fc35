import type { Status } from '../../contract/version.ts';

/** What a version is made from, as its source names it. */
export type Origin =
  /** A version of this registry: by number, alias, the newest, or the highest number in a status. */
  | { kind: 'version'; model: string; pick: Pick }
  /** A logged model. */
  | { kind: 'logged-model'; model_id: string }
  /** A path among the files of a run; empty is all of them. */
  | { kind: 'run'; run_id: string; path: string }
  /** A path among all files that are kept here. */
  | { kind: 'stored'; path: string }
  /** A path of some machine. */
  | { kind: 'local'; path: string }
  /** Anything else: recorded, and never opened. */
  | { kind: 'elsewhere' };

export type Pick = { number: number } | { alias: string } | { latest: true } | { highestIn: Status };
