import { type RawBuilder, sql } from 'kysely';
import type { Model } from '../../contract/model.ts';
import type { Version } from '../../contract/version.ts';
import { propertyKey } from './filter.ts';
import { compareText } from './order.ts';

/** One row of `model_facet` or `version_facet`, without its owner. Kept as `keptFacet` has it. */
export interface FacetRow {
  key: string;
  /** The first 64 characters: what indexes hold. */
  head: string | null;
  text: string | null;
  /** In lower case. */
  folded: string | null;
  num: number | null;
}

export const HEAD = 64;

/** A facet as it is kept: most texts are their own head, and in lower case. */
export function keptFacet<R extends FacetRow>({ text, folded, ...row }: R): R {
  return { ...row, text: text === row.head ? null : text, folded: folded === text ? null : folded } as R;
}

/** The text of a facet that is kept, in a query: of a number it is null, like its head. */
export const keptText = (of = ''): RawBuilder<string> =>
  sql`coalesce(${sql.ref(`${of}text`)}, ${sql.ref(`${of}head`)})`;
export const keptFolded = (): RawBuilder<string> => sql`coalesce(folded, text, head)`;
/** What is not indexed, so that no subject floods the index: properties beyond these, and longer keys. */
const PROPERTY_ROWS = 500;
const PROPERTY_DEPTH = 8;
const KEY_LENGTH = 512;

/** A field, and what a subject is found by because of it. */
type Part<S> = readonly [field: keyof S, facets: (subject: S) => FacetRow[]];

const DESCRIBED: readonly Part<Model | Version>[] = [
  ['description', ({ description }) => texts('description', [description])],
  ['created_by', ({ created_by }) => texts('created_by', [created_by])],
  ['tags', ({ tags }) => entries(tags).flatMap(([key, value]) => texts(`tags.${key}`, [value]))],
  ['properties', (subject) => properties(subject.properties)],
];

const OF_MODEL: readonly Part<Model>[] = [
  ['name', ({ name }) => texts('name', [name])],
  ['owner', ({ owner }) => texts('owner', [owner])],
  ...DESCRIBED,
  ['aliases', ({ aliases }) => texts('alias', Object.keys(aliases))],
];

const OF_VERSION: readonly Part<Version>[] = [
  ...DESCRIBED,
  ['verdict', ({ verdict }) => texts('verdict', [verdict])],
  ['framework', ({ framework }) => texts('framework', [framework])],
  ['aliases', ({ aliases }) => texts('alias', aliases)],
  ['source', ({ source }) => texts('source', [source?.uri])],
  ['lineage', ({ lineage }) => lineageFacets(lineage)],
  ['metrics', ({ metrics }) => entries(metrics).map(([name, value]) => metric(`metrics.${name}`, value))],
];

/** What a model is found by, besides its columns; or because of these fields of it alone. */
export function facetsOfModel(model: Model, fields?: object): FacetRow[] {
  return facetsOf(OF_MODEL, model, fields);
}

/** What a version is found by, besides its columns; or because of these fields of it alone. `formats`: the formats of its artifacts. */
export function facetsOfVersion(version: Version, formats: readonly string[], fields?: object): FacetRow[] {
  const rows = [...facetsOf(OF_VERSION, version, fields), ...texts('format', [...new Set(formats)])];
  return rows.filter((row) => row.key.length <= KEY_LENGTH);
}

function facetsOf<S>(parts: readonly Part<S>[], subject: S, fields?: object): FacetRow[] {
  return parts.flatMap(([field, facets]) => (!fields || field in fields ? facets(subject) : []));
}

function lineageFacets(lineage: Version['lineage']): FacetRow[] {
  const base = lineage?.base;
  return [
    ...texts('lineage.run_id', [lineage?.run_id]),
    ...texts('lineage.git_commit', [lineage?.git_commit]),
    ...texts('lineage.git_url', [lineage?.git_url]),
    ...texts('lineage.datasets', [...new Set(lineage?.datasets?.map((dataset) => dataset.name))]),
    // A base is found as `churn/7` and as `churn`.
    ...texts('lineage.base', base ? [base.model, `${base.model}/${base.version}`] : []),
  ];
}

function texts(key: string, values: readonly (string | null | undefined)[]): FacetRow[] {
  return values.filter((value) => typeof value === 'string').map((value) => textRow(key, value));
}

function textRow(key: string, value: string): FacetRow {
  const text = storable(value);
  return { key: storable(key), head: headOf(text), text, folded: text.toLowerCase(), num: null };
}

function numberRow(key: string, num: number): FacetRow {
  return { key: storable(key), head: null, text: null, folded: null, num: num + 0 };
}

/** NaN is smaller or greater than nothing: it is kept as text, as a value that no comparison of numbers finds. */
function metric(key: string, value: number | string): FacetRow {
  const number = Number(value);
  return Number.isNaN(number) ? textRow(key, 'NaN') : numberRow(key, number);
}

/** In order of the keys, so that what is cut does not depend on how the document was written. */
function properties(root: Record<string, unknown>): FacetRow[] {
  const rows: FacetRow[] = [];
  const walk = (path: string[], value: unknown): void => {
    if (rows.length >= PROPERTY_ROWS || path.length > PROPERTY_DEPTH) return;
    if (typeof value !== 'object') rows.push(...propertyRow(path, value));
    else if (Array.isArray(value)) for (const item of value) rows.push(...propertyRow(path, item));
    else if (value !== null) for (const [key, inner] of entries(value as object)) walk([...path, key], inner);
  };
  walk([], root);
  return rows.slice(0, PROPERTY_ROWS);
}

/** Text has a text, a number a number, a boolean both: so the three are told apart. */
function propertyRow(path: string[], value: unknown): FacetRow[] {
  const key = propertyKey(path);
  if (path.length === 0 || key.length > KEY_LENGTH) return [];
  if (typeof value === 'string') return [textRow(key, value)];
  if (typeof value === 'boolean') return [{ ...textRow(key, String(value)), num: value ? 1 : 0 }];
  return typeof value === 'number' ? [numberRow(key, value)] : [];
}

function entries<T>(record: Record<string, T> | object): [string, T][] {
  return (Object.entries(record) as [string, T][]).sort(([a], [b]) => compareText(a, b));
}

/** The first 64 characters: what the index holds. */
export function headOf(text: string): string {
  return text.length <= HEAD ? text : [...text.slice(0, 2 * HEAD)].slice(0, HEAD).join('');
}

/** As both databases can keep it: NUL and torn surrogates become U+FFFD. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
