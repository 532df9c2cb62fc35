import { matches } from './evaluate.ts';
import { headOf } from './facets.ts';
import type { Filter, Noun } from './filter.ts';
import { placeOf } from './keys.ts';
import { compareScalars } from './order.ts';
import type { Position } from './page-token.ts';
import { RANK, type SortKey } from './sort.ts';
import { type Subject, type Value, valuesOf } from './subject.ts';
import { rankOf, type Term } from './text-query.ts';
import { textRow } from './words.ts';

/** A document of the past, and the id that it has in the table. */
export type Doc = Subject & { id: number };

export interface Asked {
  filter?: Filter;
  words?: Term[];
  sort: readonly SortKey[];
  page_size: number;
  after?: Position;
}

export interface DocPage<D> {
  docs: D[];
  /** Where the next page starts; null on the last one. */
  next: Position | null;
}

interface Placed<D> {
  doc: D;
  position: Position;
}

/** A page of documents in the order of the SQL search, holding at most one document more than the page. */
export async function pageOf<D extends Doc>(
  documents: AsyncIterable<D> | Iterable<D>,
  asked: Asked,
): Promise<DocPage<D>> {
  const directions = directionsOf(asked.sort);
  const best: Placed<D>[] = [];
  for await (const doc of documents) {
    if (asked.filter !== undefined && !matches(asked.filter, doc)) continue;
    const position = positionOf(doc, asked);
    if (position === undefined) continue;
    if (asked.after !== undefined && compare(position, asked.after, directions) <= 0) continue;
    insert(best, { doc, position }, directions, asked.page_size + 1);
  }
  const page = best.slice(0, asked.page_size);
  return { docs: page.map(({ doc }) => doc), next: best.length > page.length ? page.at(-1)!.position : null };
}

function insert<D>(best: Placed<D>[], one: Placed<D>, directions: boolean[], limit: number): void {
  let low = 0;
  let high = best.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(best[middle]!.position, one.position, directions) < 0) low = middle + 1;
    else high = middle;
  }
  if (low < limit) best.splice(low, 0, one);
  if (best.length > limit) best.pop();
}

/** By noun, a facet that may hold numbers is two values: see facetParts. */
function isPair(key: string): boolean {
  return key.startsWith('properties.') || key.startsWith('metrics.');
}

function directionsOf(sort: readonly SortKey[]): boolean[] {
  const directions = sort.flatMap(({ key, desc }) => (isPair(key) ? [desc, desc] : [desc]));
  return [...directions, sort.at(-1)?.desc === true];
}

/** The values that a document sorts by, the id last; undefined if not every word of the full text is in it. */
function positionOf(doc: Doc, { sort, words }: Asked): Position | undefined {
  const subject = 'model' in doc ? doc.model : { ...doc.version, name: doc.version.model };
  const rank = words === undefined ? 0 : rankOf(textRow(subject), words);
  if (rank === undefined) return undefined;
  const values = sort.flatMap(({ key, desc }): Position => {
    if (key === RANK) return [rank];
    const noun: Noun = 'model' in doc ? 'model' : 'version';
    const of = valuesAcross(doc, noun, key);
    const text = first(
      of.map((value) => (value.num === null ? value.text : null)),
      desc,
    );
    const num = first(
      of.map((value) => value.num),
      desc,
    );
    if (isPair(key)) return [num, cut(text)];
    return placeOf(noun, key)!.column === undefined ? [cut(text)] : [num ?? text];
  });
  return [...values, doc.id];
}

function valuesAcross(doc: Doc, noun: Noun, key: string): readonly Value[] {
  if (!('model' in doc) || placeOf(noun, key)!.of === 'model') return valuesOf(doc, key);
  const live = [...doc.versions()].filter(({ version }) => version.deregistered === null);
  return live.flatMap((version) => valuesOf(version, key));
}

function cut(text: string | number | null): string | null {
  return text === null ? null : headOf(String(text));
}

function first(values: readonly (string | number | null)[], desc: boolean): string | number | null {
  const known = values.filter((value) => value !== null);
  return known.reduce<string | number | null>((best, value) => {
    if (best === null) return value;
    return compareScalars(value, best) > 0 === desc ? value : best;
  }, null);
}

function compare(a: Position, b: Position, directions: readonly boolean[]): number {
  for (const [i, desc] of directions.entries()) {
    const [x, y] = [a[i]!, b[i]!];
    if (x === y) continue;
    if (x === null) return 1;
    if (y === null) return -1;
    const order = compareScalars(x, y);
    if (order !== 0) return desc ? -order : order;
  }
  return 0;
}
