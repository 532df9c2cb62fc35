import { refuse } from '../../refusals.ts';
import { FilterError } from '../../search/errors.ts';
import { shown, type Token, tokenize } from '../../search/tokens.ts';
import type { Family } from './filter.ts';
import { type Key, KeyError, readKey } from './keys.ts';
import { attributeNames, type Noun } from './nouns.ts';

/** One key of an order. What is missing comes last in both directions, NaN before it. */
export interface OrderKey {
  family: Family;
  name: string;
  desc: boolean;
  /** Of a logged model's metric: only points of this data set count. */
  dataset?: { name?: string | undefined; digest?: string | undefined };
}

const MAX_KEYS = 20;

/** Reads items such as `metrics.auc DESC`; refuses those that name an unknown key, or one key twice. */
export function parseOrder(items: readonly string[], noun: Noun): OrderKey[] {
  return distinct(items.map((item) => parseItem(item, noun)));
}

function parseItem(item: string, noun: Noun): OrderKey {
  const [key, word, ...rest] = tokensOf(item, noun);
  const way = word === undefined || word.kind === 'end' ? 'ASC' : bareWord(word);
  const ends = word?.kind === 'end' || (rest.length === 1 && rest[0]!.kind === 'end');
  if (key?.kind !== 'path' || (way !== 'ASC' && way !== 'DESC') || !ends)
    return refuseOrder(`'${shown(item)}' is not a key, and ASC or DESC after it if you like`, noun);
  return { ...orderKey(noun, item, () => readKey(noun, key.segments)), desc: way === 'DESC' };
}

function tokensOf(item: string, noun: Noun): Token[] {
  try {
    return tokenize(item);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return refuseOrder(`in '${shown(item)}', ${error.message}`, noun);
  }
}

function bareWord(token: Token): string | undefined {
  if (token.kind !== 'path' || token.segments.length !== 1 || token.segments[0]!.quote !== '') return undefined;
  return token.segments[0]!.text.toUpperCase();
}

/** The key that `read` reads, where lists can be sorted by it. */
export function orderKey(noun: Noun, item: string, read: () => Key): Omit<OrderKey, 'desc'> {
  try {
    const { family, name } = read();
    if (family === 'attribute' || noun.sorted.includes(family)) return { family, name };
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
  }
  return refuseOrder(`there is no sorting by '${shown(item)}'`, noun);
}

/** The same keys, each once, and not too many. */
export function distinct(keys: OrderKey[]): OrderKey[] {
  const seen = new Set<string>();
  for (const { desc: _, ...key } of keys) {
    const one = JSON.stringify(key);
    if (seen.has(one)) refuse('sort-invalid', `order_by contains duplicate fields: '${shown(key.name)}'.`, {});
    seen.add(one);
  }
  if (keys.length > MAX_KEYS) refuse('sort-invalid', `order_by may name at most ${MAX_KEYS} keys.`, {});
  return keys;
}

const WRITTEN: Partial<Record<Family, string>> = { param: 'params.<key>', tag: 'tags.<key>', metric: 'metrics.<key>' };

export function refuseOrder(why: string, noun: Noun): never {
  const keys = [...attributeNames(noun), ...noun.sorted.map((family) => WRITTEN[family])].join(', ');
  return refuse('sort-invalid', `Invalid order_by clause: ${why}. The keys are ${keys}.`, {});
}
