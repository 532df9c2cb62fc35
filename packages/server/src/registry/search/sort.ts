import { FilterError, SortError } from './errors.ts';
import { type Noun, propertyKey } from './filter.ts';
import { nearest, OTHER_NAMES } from './keys.ts';
import { type Segment, tokenize } from './tokens.ts';

/** One key of a sort. Missing values come last in both directions. */
export interface SortKey {
  key: string;
  desc: boolean;
}

const MAX_KEYS = 5;
const MAX_KEY = 512;
const KNOWN: Record<Noun, readonly string[]> = {
  model: ['name', 'created_at', 'updated_at', 'version_count', 'latest_version', 'owner'],
  version: ['number', 'name', 'created_at', 'updated_at', 'size_bytes', 'status', 'verdict', 'framework'],
};
const FAMILIES = ['tags', 'properties', 'metrics'];

/** The rank of a full-text search, as a key that no client can name. */
export const RANK = '#rank';
/** The id: the order in which subjects came to be. */
export const NEWEST = '#newest';

/** Reads `-updated_at,name`; keys may be quoted as in filters. Throws SortError. */
export function parseSort(text: string, noun: Noun): SortKey[] {
  const keys: SortKey[] = [];
  for (const segments of lists(text, noun)) {
    const desc = segments[0]!.quote === '' && segments[0]!.text.startsWith('-');
    if (desc) segments[0] = { text: segments[0]!.text.slice(1), quote: '' };
    const key = canonical(segments, noun);
    if (keys.some((other) => other.key === key)) throw new SortError(key, `sort names ${key} twice`);
    keys.push({ key, desc });
  }
  if (keys.length > MAX_KEYS) throw new SortError(keys[MAX_KEYS]!.key, `sort may name at most ${MAX_KEYS} keys`);
  return keys;
}

function lists(text: string, noun: Noun): Segment[][] {
  try {
    const tokens = tokenize(text).slice(0, -1);
    const keys = tokens.filter((_, i) => i % 2 === 0);
    const commas = tokens.filter((_, i) => i % 2 === 1);
    const paired = keys.length === commas.length + 1 && commas.every((t) => t.kind === 'sign' && t.value === ',');
    if (paired && keys.every((token) => token.kind === 'path')) return keys.map((token) => token.segments);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
  }
  throw new SortError(text, `sort is a list of keys such as -updated_at,name; the keys are ${known(noun)}`);
}

function canonical(segments: Segment[], noun: Noun): string {
  const written = segments.map((segment) => segment.text);
  const first = written[0] === 'tag' || written[0] === 'metric' ? `${written[0]}s` : written[0]!;
  const rest = written.slice(1);
  if (FAMILIES.includes(first) && rest.length > 0 && rest.every((segment) => segment !== '')) {
    const key = first === 'properties' ? propertyKey(rest) : `${first}.${rest.join('.')}`;
    if (key.length <= MAX_KEY) return key;
  }
  const name = OTHER_NAMES.get(written.join('.')) ?? written.join('.');
  if (KNOWN[noun].includes(name)) return name;
  const near = nearest(name, KNOWN[noun]);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  throw new SortError(name, `sort has no key ${name.slice(0, 100)}: the keys are ${known(noun)}${hint}`);
}

function known(noun: Noun): string {
  return [...KNOWN[noun], 'tags.<key>', 'properties.<path>', 'metrics.<name>'].join(', ');
}

/** The sort of a query: as asked; or by rank for full text; or models by name, versions the newest first. */
export function sortOf(noun: Noun, query: { sort?: string; model_id?: number }, ranked: boolean): SortKey[] {
  if (asksForSort(query)) return parseSort(query.sort!, noun);
  if (ranked)
    return [
      { key: RANK, desc: true },
      { key: 'updated_at', desc: true },
    ];
  if (noun === 'model') return [{ key: 'name', desc: false }];
  return query.model_id === undefined ? [{ key: NEWEST, desc: true }] : [{ key: 'number', desc: true }];
}

export function asksForSort({ sort }: { sort?: string }): boolean {
  return sort !== undefined && sort.trim() !== '';
}
