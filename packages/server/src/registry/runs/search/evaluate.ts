import { matchesLike } from '../../search/like.ts';
import { compareScalars, holds } from '../../search/order.ts';
import { type Comparison, type Filter, isComparison, type Operator } from './filter.ts';
import { foldAscii } from './predicate.ts';

type Values = Readonly<Record<string, string>>;

/** What a filter asks of a run, an experiment or a logged model. Attributes are under their columns. */
export interface Subject {
  attributes: Readonly<Record<string, string | number | null>>;
  params?: Values;
  tags?: Values;
  /** Of a run the latest value of each; of a logged model every one that counts. */
  metrics?: Readonly<Record<string, readonly number[]>>;
  datasets?: readonly { name: string; digest: string; context?: string | undefined }[];
}

/**
 * Whether a document satisfies a filter, by the same two-valued rules as the compiled SQL: a comparison on what is missing
 * is false, also with `!=`, and NOT is the exact complement.
 */
export function matches(filter: Filter, subject: Subject): boolean {
  if (isComparison(filter)) return compares(filter, subject);
  if (filter.op === 'NOT') return !matches(filter.part, subject);
  const isMet = (part: Filter) => matches(part, subject);
  return filter.op === 'AND' ? filter.parts.every(isMet) : filter.parts.some(isMet);
}

function compares({ family, name, op, values }: Comparison, subject: Subject): boolean {
  const found = valuesOf(family, name, subject);
  if (op === 'IS NULL') return found.length === 0;
  if (op === 'IS NOT NULL') return found.length > 0;
  return found.some((value) => satisfies(value, op, values));
}

function valuesOf(family: Comparison['family'], name: string, subject: Subject): readonly (string | number)[] {
  const own = <T>(values: Readonly<Record<string, T>> = {}) => (Object.hasOwn(values, name) ? [values[name] as T] : []);
  if (family === 'attribute') return own(subject.attributes).filter((value) => value !== null);
  if (family === 'param') return own(subject.params);
  if (family === 'tag') return own(subject.tags);
  if (family === 'metric') return own(subject.metrics).flat();
  return (subject.datasets ?? []).flatMap((dataset) => dataset[name as 'name' | 'digest' | 'context'] ?? []);
}

function satisfies(value: string | number, op: Operator, literals: readonly (string | number)[]): boolean {
  const literal = literals[0]!;
  if (op === 'IN') return literals.includes(value);
  if (op === 'NOT IN') return !literals.includes(value);
  if (op === 'LIKE') return matchesLike(String(value), String(literal));
  if (op === 'ILIKE') return matchesLike(foldAscii(String(value)), foldAscii(String(literal)));
  // NaN is different from everything, and neither less nor more.
  if (Number.isNaN(value)) return op === '!=';
  return holds(op, compareScalars(value, literal));
}
