import type { Metrics, Tags } from '../../contract/shapes.ts';
import { type Filter, isComparison } from '../search/filter.ts';
import { knownAmong, type Place, type Vocabulary } from '../search/keys.ts';
import type { Value } from '../search/subject.ts';

const text: Place = { of: 'version', type: 'text' };
const number: Place = { of: 'version', type: 'number' };
const time: Place = { of: 'version', type: 'time' };

const KEYS: ReadonlyMap<string, Place> = new Map([
  ['model', text],
  ['number', number],
  ['version_digest', text],
  ['dataset.name', text],
  ['dataset.digest', text],
  ['evaluator', text],
  ['n', number],
  ['at', time],
  ['recorded_at', time],
  ['recorded_by', text],
  ['run_id', text],
]);

const OTHERS: ReadonlyMap<string, string> = new Map([
  ['name', 'model'],
  ['version', 'number'],
  ['dataset', 'dataset.name'],
  ['digest', 'dataset.digest'],
  ['created_at', 'recorded_at'],
  ['created_by', 'recorded_by'],
  ['source.run_id', 'run_id'],
]);

/** What evaluations are filtered by. */
export const EVALUATION_KEYS: Vocabulary = {
  placeOf: (key) => (key.startsWith('tags.') ? text : key.startsWith('metrics.') ? number : KEYS.get(key)),
  otherNames: OTHERS,
  known: (wrong) => knownAmong([...KEYS.keys()], [...OTHERS.keys()], ['tags.<key>', 'metrics.<name>'], wrong),
};

/** What a filter looks at of an evaluation, as columns hold it. */
export interface Filtered {
  id: number;
  model: string;
  number: number;
  version_digest: string | null;
  dataset_name: string;
  dataset_digest: string;
  evaluator: string | null;
  n: number | null;
  at: number;
  recorded_at: number;
  recorded_by: string;
  source: string | null;
  metrics: string;
  tags: string;
}

/** The values that an evaluation has by key: none or one. NaN is smaller or greater than nothing, as everywhere. */
export function valuesOf(row: Filtered): (key: string) => readonly Value[] {
  let metrics: Metrics | undefined;
  let tags: Tags | undefined;
  const own = (key: string): string | number | null | undefined => {
    if (key.startsWith('metrics.')) {
      metrics ??= JSON.parse(row.metrics) as Metrics;
      const value = member(metrics, key.slice('metrics.'.length));
      return value === undefined || value === 'NaN' ? value : Number(value);
    }
    if (key.startsWith('tags.')) {
      tags ??= JSON.parse(row.tags) as Tags;
      return member(tags, key.slice('tags.'.length));
    }
    if (key === 'dataset.name') return row.dataset_name;
    if (key === 'dataset.digest') return row.dataset_digest;
    if (key === 'run_id') return row.source === null ? null : (JSON.parse(row.source) as { run_id: string }).run_id;
    return row[key as keyof Filtered];
  };
  return (key) => {
    const value = own(key);
    if (value === null || value === undefined) return [];
    return typeof value === 'number' ? [{ text: null, num: value }] : [{ text: value, num: null }];
  };
}

function member<T>(map: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** What every evaluation that satisfies a filter has as the value of a key, where the filter says so at its top. */
export function required(filter: Filter | undefined, key: string): string | undefined {
  if (!filter) return undefined;
  if (isComparison(filter)) return filter.key === key && filter.op === '=' ? String(filter.values[0]) : undefined;
  if (filter.op !== 'AND') return undefined;
  for (const part of filter.parts) {
    const value = required(part, key);
    if (value !== undefined) return value;
  }
  return undefined;
}
