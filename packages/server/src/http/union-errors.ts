import type { ErrorObject } from 'ajv';

/** A value that may be of several kinds, told apart by a field, and the kinds that it is not. */
interface Union {
  schemaPath: string;
  /** Where it stands. */
  place: string;
  not: Set<string>;
  /** What the field may say, and an error of it. */
  kinds: unknown[];
  ofField: ErrorObject;
}

/**
 * Of a value that may be of several kinds, told apart by a field, the errors of the kind that it says it is. Where it is
 * of none of them, one error says which there are.
 */
export function ofKindMeant(errors: readonly ErrorObject[]): ErrorObject[] {
  const unions = new Map<string, Union>();
  for (const error of errors) {
    const branch = error.keyword === 'const' ? branchOf(error) : undefined;
    if (!branch) continue;
    const place = error.instancePath.slice(0, error.instancePath.lastIndexOf('/'));
    const key = `${branch.schemaPath} ${place}`;
    const union = unions.get(key) ?? { ...branch, place, not: new Set(), kinds: [], ofField: error };
    union.not.add(branch.index);
    union.kinds.push(error.params.allowedValue);
    unions.set(key, union);
  }
  const all = [...unions.values()];
  const meant = errors.filter((error) => !all.some((union) => union.not.has(indexIn(union, error) ?? '')));
  for (const union of all)
    if (!meant.some((error) => indexIn(union, error) !== undefined))
      meant.push({ ...union.ofField, keyword: 'enum', params: { allowedValues: union.kinds } });
  return meant;
}

/** The outermost choice that an error lies in: `…/anyOf/2/…`. */
function branchOf({ schemaPath }: ErrorObject): { schemaPath: string; index: string } | undefined {
  const parts = schemaPath.split('/');
  const at = parts.indexOf('anyOf');
  if (at === -1 || at + 2 >= parts.length) return undefined;
  return { schemaPath: parts.slice(0, at).join('/'), index: parts[at + 1] as string };
}

/** Which of the kinds of a union an error is about, if it is about one. */
function indexIn({ schemaPath, place }: Union, error: ErrorObject): string | undefined {
  const branch = branchOf(error);
  const isWithin = error.instancePath === place || error.instancePath.startsWith(`${place}/`);
  return isWithin && branch?.schemaPath === schemaPath ? branch.index : undefined;
}
