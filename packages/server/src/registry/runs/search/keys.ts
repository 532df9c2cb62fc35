import { nearest } from '../../search/keys.ts';
import type { Segment } from '../../search/tokens.ts';
import type { Family, Operator } from './filter.ts';
import { attributeNames, columnNamed, type Noun } from './nouns.ts';

/** A key as it was written, and what it names: see Comparison. */
export interface Key {
  written: string;
  family: Family;
  name: string;
}

/** A key that there is not, and what could stand there. */
export class KeyError extends Error {
  readonly expected: string;
  constructor(expected: string) {
    super(`expected ${expected}`);
    this.name = 'KeyError';
    this.expected = expected;
  }
}

const MAX_KEY = 1_000;
const OF_DATASETS = ['name', 'digest', 'context'];
const FREE: Partial<Record<Family, string>> = {
  metric: 'metrics.<key>',
  param: 'params.<key>',
  tag: 'tags.<key>',
  dataset: 'datasets.name, datasets.digest, datasets.context',
};

/** Reads a key such as `run_name`, `attributes.status` or `` params.`a key` ``. Throws KeyError. */
export function readKey(noun: Noun, segments: readonly Segment[]): Key {
  let path = segments;
  const [only] = path;
  // A key that is quoted as a whole, `"metrics.odd key"`, is read as if its first part stood bare.
  const dot = path.length === 1 && only!.quote !== '' ? only!.text.indexOf('.') : -1;
  if (dot > 0) path = [only!.text.slice(0, dot), only!.text.slice(dot + 1)].map((text) => ({ text, quote: '"' }));
  const written = path.map(({ text }) => text).join('.');
  const family = path.length === 1 ? 'attribute' : noun.prefixes.get(path[0]!.text);
  const name = path.length === 1 ? written : written.slice(path[0]!.text.length + 1);
  if (family === undefined || (family !== 'attribute' && noun.families[family] === undefined))
    throw new KeyError(expectedKeys(noun, written));
  if (name === '' || name.length > MAX_KEY) throw new KeyError(`a key of 1 to ${MAX_KEY} characters after the dot`);
  if (family === 'dataset' && !OF_DATASETS.includes(name)) throw new KeyError(FREE.dataset!);
  if (family !== 'attribute') return { written, family, name };
  const column = columnNamed(noun, name);
  if (column === undefined) throw new KeyError(expectedKeys(noun, name));
  return { written, family, name: column };
}

/** `one of run_id, … or tags.<key>`, with the nearest first if one is near. */
export function expectedKeys(noun: Noun, wrong?: string): string {
  const names = attributeNames(noun);
  const near = wrong === undefined ? undefined : nearest(wrong, [...names, ...noun.aliases.keys()]);
  const free = Object.keys(noun.families).flatMap((family) => FREE[family as Family] ?? []);
  const all = `one of ${[...names, ...free].join(', ')}`;
  return near === undefined ? all : `${near}, or ${all}`;
}

export function operatorsOf(noun: Noun, { family, name }: Pick<Key, 'family' | 'name'>): readonly Operator[] {
  return family === 'attribute' ? noun.columns[name]!.operators : noun.families[family]!.operators;
}
