/** What a comparison is about. Datasets are those that a run read. */
export type Family = 'attribute' | 'param' | 'tag' | 'metric' | 'dataset';

export const COMPARATORS = ['=', '!=', '<', '<=', '>', '>='] as const;
export type Comparator = (typeof COMPARATORS)[number];
export type Operator = Comparator | 'LIKE' | 'ILIKE' | 'IN' | 'NOT IN' | 'IS NULL' | 'IS NOT NULL';

/**
 * One comparison. `name` is the key of a param, tag or metric, a column for an attribute, and name, digest or context for a
 * dataset. `values` holds one value, those of the list of IN, or none for IS NULL.
 */
export interface Comparison {
  family: Family;
  name: string;
  op: Operator;
  values: readonly (string | number)[];
}

export type Filter = { op: 'AND' | 'OR'; parts: Filter[] } | { op: 'NOT'; part: Filter } | Comparison;

export function isComparison(filter: Filter): filter is Comparison {
  return 'family' in filter;
}

/** The comparisons that every match satisfies. */
export function required(filter: Filter | undefined): Comparison[] {
  if (filter === undefined) return [];
  if (isComparison(filter)) return [filter];
  return filter.op === 'AND' ? filter.parts.flatMap(required) : [];
}

/** How much more than one comparison it takes to evaluate a filter: patterns may be matched against long texts. */
export function effortOf(filter: Filter | undefined): number {
  if (filter === undefined) return 1;
  if (isComparison(filter)) return filter.op.endsWith('LIKE') ? 1 + String(filter.values[0]).length : 1;
  const parts = filter.op === 'NOT' ? [filter.part] : filter.parts;
  return parts.reduce((sum, part) => sum + effortOf(part), 0);
}
