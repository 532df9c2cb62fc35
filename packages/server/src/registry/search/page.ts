import type { Position } from '../paging/page-token.ts';
import { matches } from './evaluate.ts';
import { headOf } from './facets.ts';
import type { Filter, Noun } from './filter.ts';
import { placeOf } from './keys.ts';
import { comparePositions, isCut } from './levels.ts';
import { compareScalars } from './order.ts';
import { NEWEST, RANK, type SortKey } from './sort.ts';
import { type Subject, type Value, valuesOf } from './subject.ts';
import { rankOf, type Term } from './text-query.ts';
import { textRow } from './words.ts';

/** A document of the past, and the id that it has in the table. */
export type Doc = Subject & { id: number };

export interface Asked {
  filter?: Filter;
  words?: Term[];
  /** With its end: see withEnd. */
  sort: readonly SortKey[];
  page_size: number;
  after?: Position;
}

export interface DocPage<D> {
  docs: D[];
  /** Where the next page starts; null on the last one. */
  next: Position | null;
}

/** A page of documents in the order of the SQL search, holding at most one document more than the page. */
export async function pageOf<D extends Doc>(
  documents: AsyncIterable<D> | Iterable<D>,
  asked: Asked,
): Promise<DocPage<D>> {
  const compare = comparePositions(asked.sort);
  const best: Placed<D>[] = [];
  for await (const doc of documents) {
    if (asked.filter !== undefined && !matches(asked.filter, doc)) continue;
    const position = positionOf(doc, asked);
    if (position === undefined) continue;
    if (asked.after !== undefined && compare({ position }, { position: asked.after }) <= 0) continue;
    insert(best, { doc, position }, compare, asked.page_size + 1);
  }
  const page = best.slice(0, asked.page_size);
  return { docs: page.map(({ doc }) => doc), next: best.length > page.length ? page.at(-1)!.position : null };
}

interface Placed<D> {
  doc: D;
  position: Position;
}

function insert<D>(
  best: Placed<D>[],
  one: Placed<D>,
  compare: ReturnType<typeof comparePositions>,
  limit: number,
): void {
  let low = 0;
  let high = best.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(best[middle]!, one) < 0) low = middle + 1;
    else high = middle;
  }
  if (low < limit) best.splice(low, 0, one);
  if (best.length > limit) best.pop();
}

/** The values that a document sorts by; undefined if not every word of the full text is in it. */
export function positionOf(doc: Doc, { sort, words }: Pick<Asked, 'sort' | 'words'>): Position | undefined {
  const subject = 'model' in doc ? doc.model : { ...doc.version, name: doc.version.model };
  const rank = words === undefined ? 0 : rankOf(textRow(subject), words);
  if (rank === undefined) return undefined;
  return sort.map(({ key, desc }) => {
    if (key === RANK) return rank;
    if (key === NEWEST) return doc.id;
    const noun: Noun = 'model' in doc ? 'model' : 'version';
    const of = valuesAcross(doc, noun, key);
    const number = first(numbersOf(of), desc);
    if (number !== null) return number;
    const text = first(textsOf(of), desc);
    return text !== null && isCut(noun, key) ? headOf(String(text)) : text;
  });
}

function valuesAcross(doc: Doc, noun: Noun, key: string): readonly Value[] {
  if (!('model' in doc) || placeOf(noun, key)!.of === 'model') return valuesOf(doc, key);
  const live = [...doc.versions()].filter(({ version }) => version.deregistered === null);
  return live.flatMap((version) => valuesOf(version, key));
}

function numbersOf(values: readonly Value[]): number[] {
  return values.flatMap(({ num }) => num ?? []);
}

function textsOf(values: readonly Value[]): string[] {
  return values.flatMap(({ text, num }) => (num === null ? (text ?? []) : []));
}

function first(values: readonly (string | number)[], desc: boolean): string | number | null {
  return values.reduce<string | number | null>((best, value) => {
    if (best === null) return value;
    return compareScalars(value, best) > 0 === desc ? value : best;
  }, null);
}
