import { type Comparison, type Filter, isComparison, type Operator, type Scalar } from './filter.ts';
import { placeOf } from './keys.ts';
import { matchesLike } from './like.ts';
import { compareScalars, holds } from './order.ts';
import { type Subject, type Value, valuesOf } from './subject.ts';

/**
 * Whether a document satisfies a filter, by the same two-valued rules as the compiled SQL: a comparison on a missing
 * value, or on a value of another type, is false, and NOT is the exact complement.
 */
export function matches(filter: Filter, subject: Subject): boolean {
  if (isComparison(filter)) return compares(filter, subject);
  if (filter.op === 'NOT') return !matches(filter.part, subject);
  const isMet = (part: Filter) => matches(part, subject);
  return filter.op === 'AND' ? filter.parts.every(isMet) : filter.parts.some(isMet);
}

function compares(comparison: Comparison, subject: Subject): boolean {
  if ('model' in subject && placeOf('model', comparison.key)?.of === 'version') {
    for (const version of subject.versions()) {
      if (version.version.deregistered === null && compares(comparison, version)) return true;
    }
    return false;
  }
  return isMetBy(comparison, valuesOf(subject, comparison.key));
}

/** The same of whatever has values by key. */
export function isSatisfied(filter: Filter, values: (key: string) => readonly Value[]): boolean {
  if (isComparison(filter)) return isMetBy(filter, values(filter.key));
  if (filter.op === 'NOT') return !isSatisfied(filter.part, values);
  const isMet = (part: Filter) => isSatisfied(part, values);
  return filter.op === 'AND' ? filter.parts.every(isMet) : filter.parts.some(isMet);
}

function isMetBy(comparison: Comparison, values: readonly Value[]): boolean {
  if (comparison.op === 'IS NULL') return values.length === 0;
  if (comparison.op === 'IS NOT NULL') return values.length > 0;
  return values.some((value) => satisfies(value, comparison.op, comparison.values));
}

/** The value as the type of a literal sees it; undefined where the types differ. */
function asTypeOf(literal: Scalar, { text, num }: Value): string | number | undefined {
  if (typeof literal === 'string') return num === null ? (text ?? undefined) : undefined;
  if (typeof literal === 'boolean') return text === null ? undefined : (num ?? undefined);
  return text === null ? (num ?? undefined) : undefined;
}

function satisfies(value: Value, op: Operator, literals: readonly Scalar[]): boolean {
  const pairs = literals.flatMap((literal) => {
    const own = asTypeOf(literal, value);
    return own === undefined ? [] : [{ own, literal: typeof literal === 'boolean' ? Number(literal) : literal }];
  });
  if (pairs.length === 0) return false;
  if (op === 'IN') return pairs.some(({ own, literal }) => own === literal);
  if (op === 'NOT IN') return pairs.every(({ own, literal }) => own !== literal);
  const { own, literal } = pairs[0]!;
  if (op.endsWith('LIKE')) return likes(String(own), op, String(literal));
  return holds(op, compareScalars(own, literal));
}

function likes(text: string, op: Operator, pattern: string): boolean {
  const folds = op.endsWith('ILIKE');
  const found = folds ? matchesLike(text.toLowerCase(), pattern.toLowerCase()) : matchesLike(text, pattern);
  return op.startsWith('NOT') ? !found : found;
}
