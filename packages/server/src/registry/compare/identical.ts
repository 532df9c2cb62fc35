import type { Identical } from '../../contract/comparison.ts';

/** What a version has of each kind, as a text that is equal where it is the same; left out where it has none. */
export type Likeness = Partial<Record<Identical['what'], string>>;

/** The versions that have something in common, kind by kind. */
export function identicalIn(of: readonly Likeness[]): Identical[] {
  const groups = new Map<string, Identical>();
  const kinds = [...new Set(of.flatMap((one) => Object.keys(one)))] as Identical['what'][];
  for (const what of kinds)
    for (const [i, one] of of.entries()) {
      if (one[what] === undefined) continue;
      const key = `${what} ${one[what]}`;
      const group = groups.get(key) ?? { what, versions: [] };
      group.versions.push(i);
      groups.set(key, group);
    }
  return [...groups.values()].filter(({ versions }) => versions.length > 1);
}
