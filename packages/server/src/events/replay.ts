import type { SubjectChange } from '../contract/event.ts';

/** State as a plain document; what a model or version looks like on the wire. */
export type Doc = Record<string, unknown>;

/** Fields whose keys change one by one. All other fields are replaced whole. */
export const MAPS: ReadonlySet<string> = new Set(['tags', 'properties', 'aliases', 'metrics']);

/** What lies between two states of one subject. Undefined where nothing differs. */
export function changeBetween(
  subject: { model_id: number; number: number },
  before: Doc | null,
  after: Doc,
): SubjectChange | undefined {
  if (!before) {
    const known = knownOf(after);
    return Object.keys(known).length === 0 ? undefined : { ...subject, before: null, after: known };
  }
  const was: Doc = {};
  const is: Doc = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const old = before[key];
    const now = after[key];
    if (MAPS.has(key) && isMap(old) && isMap(now)) {
      const [oldKeys, newKeys] = keysBetween(old, now);
      if (Object.keys(newKeys).length > 0) {
        was[key] = oldKeys;
        is[key] = newKeys;
      }
    } else if (!same(old, now)) {
      was[key] = old ?? null;
      is[key] = now ?? null;
    }
  }
  return Object.keys(is).length === 0 ? undefined : { ...subject, before: was, after: is };
}

/** Most documents say of each of their fields what it is. */
function knownOf(doc: Doc): Doc {
  const values = Object.values(doc);
  return values.includes(undefined)
    ? Object.fromEntries(Object.entries(doc).filter(([, value]) => value !== undefined))
    : doc;
}

/** The state after a change: the inverse of `changeBetween`. Replaying all changes of a subject in order gives its state. */
export function applyChange(state: Doc | undefined, change: Pick<SubjectChange, 'after'>): Doc {
  const next: Doc = { ...state };
  for (const [key, value] of Object.entries(change.after)) {
    const old = next[key];
    if (state && MAPS.has(key) && isMap(old) && isMap(value)) {
      const merged = new Map(Object.entries(old));
      for (const [k, v] of Object.entries(value)) {
        if (v === null) merged.delete(k);
        else merged.set(k, v);
      }
      next[key] = Object.fromEntries(merged);
    } else next[key] = value;
  }
  return next;
}

function keysBetween(old: Doc, now: Doc): [Doc, Doc] {
  const was: [string, unknown][] = [];
  const is: [string, unknown][] = [];
  for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
    const a = Object.hasOwn(old, key) ? old[key] : null;
    const b = Object.hasOwn(now, key) ? now[key] : null;
    if (same(a, b)) continue;
    was.push([key, a]);
    is.push([key, b]);
  }
  return [Object.fromEntries(was), Object.fromEntries(is)];
}

export function isMap(value: unknown): value is Doc {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Equal as JSON, whatever the order of keys. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => same(item, b[i]));
  if (!isMap(a) || !isMap(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}
