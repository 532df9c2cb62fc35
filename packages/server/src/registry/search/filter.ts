export type Noun = 'model' | 'version';
export type Scalar = string | number | boolean;

export const COMPARATORS = ['=', '!=', '<', '<=', '>', '>='] as const;
export type Comparator = (typeof COMPARATORS)[number];
export const PATTERNS = ['LIKE', 'NOT LIKE', 'ILIKE', 'NOT ILIKE'] as const;
export type PatternOperator = (typeof PATTERNS)[number];
export type Operator = Comparator | PatternOperator | 'IN' | 'NOT IN' | 'IS NULL' | 'IS NOT NULL';

/**
 * One comparison. `key` is canonical: it is the key under which facets are kept. Times are epoch milliseconds. `values`
 * holds one value, those of the list of IN, or none for IS NULL.
 */
export interface Comparison {
  op: Operator;
  key: string;
  values: Scalar[];
}

export type Filter = { op: 'AND' | 'OR'; parts: Filter[] } | { op: 'NOT'; part: Filter } | Comparison;

export function isComparison(filter: Filter): filter is Comparison {
  return 'key' in filter;
}

/** The filter as text that parses to the same filter. */
export function printFilter(filter: Filter): string {
  if (isComparison(filter)) return printComparison(filter);
  if (filter.op === 'NOT') return `NOT ${bracketed(filter.part)}`;
  return filter.parts.map(bracketed).join(` ${filter.op} `);
}

function bracketed(filter: Filter): string {
  return isComparison(filter) ? printFilter(filter) : `(${printFilter(filter)})`;
}

function printComparison({ key, op, values }: Comparison): string {
  const start = `${printKey(key)} ${op}`;
  if (op === 'IS NULL' || op === 'IS NOT NULL') return start;
  const literals = values.map(printScalar);
  return op === 'IN' || op === 'NOT IN' ? `${start} (${literals.join(', ')})` : `${start} ${literals[0]}`;
}

/** A key of properties is kept as it is written; what follows `tags.` or `metrics.` is kept raw. */
function printKey(key: string): string {
  const free = /^(tags|metrics)\.(.*)$/su.exec(key);
  return free ? `${free[1]}.${quoteSegment(free[2]!)}` : key;
}

function printScalar(value: Scalar): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
}

/** How one segment of a key is written: as it is, or in double quotes where it holds anything but ASCII letters, digits, `_` and `-`. */
export function quoteSegment(segment: string): string {
  return /^[A-Za-z0-9_-]+$/u.test(segment) ? segment : `"${segment.replaceAll('"', '""')}"`;
}

/** The canonical key of a property: `['a', 'b.c']` is `properties.a."b.c"`. */
export function propertyKey(path: readonly string[]): string {
  return `properties.${path.map(quoteSegment).join('.')}`;
}
