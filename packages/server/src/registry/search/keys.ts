import type { Noun } from './filter.ts';

export type KeyType = 'text' | 'number' | 'time' | 'any';

/** Where the values of a key are: in a column of `of`'s table, or else in its facets. */
export interface Place {
  of: Noun;
  type: KeyType;
  column?: string;
  nullable?: boolean;
  /** The column has facet rows too: these are in order of the list, and hold the lower-case form. */
  listed?: boolean;
  /** Indexes have the column in order of the list, as facets have others: of what is not in the trash. */
  indexed?: boolean;
  /** A subject may have several values. */
  several?: boolean;
  oneOf?: readonly string[];
}

const STATUSES = ['draft', 'staging', 'production', 'archived'];
const VERDICTS = ['clean', 'suspicious', 'unsafe', 'malformed', 'unknown'];

const MODEL: Record<string, Place> = {
  name: { of: 'model', type: 'text', column: 'name', listed: true },
  owner: { of: 'model', type: 'text', column: 'owner', nullable: true, listed: true },
  description: { of: 'model', type: 'text' },
  created_at: { of: 'model', type: 'time', column: 'created_at' },
  updated_at: { of: 'model', type: 'time', column: 'updated_at' },
  created_by: { of: 'model', type: 'text' },
  latest_version: { of: 'model', type: 'number', column: 'latest_version', nullable: true },
  version_count: { of: 'model', type: 'number', column: 'version_count' },
  alias: { of: 'model', type: 'text', several: true },
};

/** Of a version alone: on a model these mean that some live version of it satisfies the comparison. */
const VERSION_ONLY: Record<string, Place> = {
  number: { of: 'version', type: 'number', column: 'number' },
  status: { of: 'version', type: 'text', column: 'status', indexed: true, oneOf: STATUSES },
  state: { of: 'version', type: 'text', column: 'state', oneOf: ['open', 'sealed'] },
  verdict: { of: 'version', type: 'text', column: 'verdict', listed: true, oneOf: VERDICTS },
  digest: { of: 'version', type: 'text', column: 'digest', nullable: true },
  size_bytes: { of: 'version', type: 'number', column: 'size_bytes' },
  artifact_count: { of: 'version', type: 'number', column: 'artifact_count' },
  framework: { of: 'version', type: 'text', column: 'framework', nullable: true, listed: true },
  format: { of: 'version', type: 'text', several: true },
  source: { of: 'version', type: 'text' },
  'lineage.run_id': { of: 'version', type: 'text' },
  'lineage.git_commit': { of: 'version', type: 'text' },
  'lineage.git_url': { of: 'version', type: 'text' },
  'lineage.datasets': { of: 'version', type: 'text', several: true },
  'lineage.base': { of: 'version', type: 'text', several: true },
};

const VERSION: Record<string, Place> = {
  ...VERSION_ONLY,
  name: MODEL.name!,
  owner: MODEL.owner!,
  description: { of: 'version', type: 'text' },
  created_at: { of: 'version', type: 'time', column: 'created_at' },
  updated_at: { of: 'version', type: 'time', column: 'updated_at' },
  created_by: { of: 'version', type: 'text' },
  alias: { of: 'version', type: 'text', several: true },
};

const KEYS: Record<Noun, ReadonlyMap<string, Place>> = {
  model: new Map(Object.entries({ ...VERSION_ONLY, ...MODEL })),
  version: new Map(Object.entries(VERSION)),
};

/** Where a canonical key is kept, seen from a model or a version; undefined if there is no such key. */
export function placeOf(noun: Noun, key: string): Place | undefined {
  if (key.startsWith('tags.')) return { of: noun, type: 'text' };
  if (key.startsWith('properties.')) return { of: noun, type: 'any', several: true };
  if (key.startsWith('metrics.')) return { of: 'version', type: 'number' };
  return KEYS[noun].get(key);
}

/** MLflow's other names of our keys (mlflow/utils/search_utils.py, SearchModelVersionUtils). */
export const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['version_number', 'number'],
  ['run_id', 'lineage.run_id'],
  ['source_path', 'source'],
  ['creation_timestamp', 'created_at'],
  ['last_updated_timestamp', 'updated_at'],
  ['current_stage', 'status'],
]);

const FREE = ['tags.<key>', 'properties.<path>', 'metrics.<name>'];

/** The keys that a filter may name. */
export interface Vocabulary {
  placeOf(key: string): Place | undefined;
  otherNames: ReadonlyMap<string, string>;
  /** What is said where there is no such key. */
  known(wrong: string): string;
}

const vocabularyOf = (noun: Noun): Vocabulary => ({
  placeOf: (key) => placeOf(noun, key),
  otherNames: OTHER_NAMES,
  known: (wrong) => knownAmong([...KEYS[noun].keys()], [...OTHER_NAMES.keys()], FREE, wrong),
});
export const VOCABULARIES: Record<Noun, Vocabulary> = {
  model: vocabularyOf('model'),
  version: vocabularyOf('version'),
};

/** `name, owner, … or tags.<key>`, with the nearest first if one is near. */
export function knownAmong(
  known: readonly string[],
  others: readonly string[],
  free: readonly string[],
  wrong: string,
): string {
  const near = nearest(wrong, [...known, ...others, ...free.map((key) => key.replace(/\..*/, ''))]);
  const all = `one of ${[...known, ...free].join(', ')}`;
  return near === undefined ? all : `${near}, or ${all}`;
}

/** The word with the fewest edits from `wrong`, at most a third of its length. */
export function nearest(wrong: string, words: readonly string[]): string | undefined {
  if (wrong.length > 64) return undefined;
  let best: string | undefined;
  let least = Math.max(1, Math.floor(wrong.length / 3)) + 1;
  for (const word of words) {
    const edits = distance(wrong.toLowerCase(), word);
    if (edits < least) [best, least] = [word, edits];
  }
  return best;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}
