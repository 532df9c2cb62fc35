import type { SubjectChange } from '../contract/event.ts';
import { type Doc, isMap, MAPS } from './replay.ts';
import type { Known } from './slim.ts';

/** Puts together what a subject was from its changes, the last one first. */
export interface Rewind {
  /** Takes what is new of a change: what came after it is known. */
  take(change: Pick<SubjectChange, 'before' | 'after'>): void;
  known: Known;
  /** What the changes taken made of the state before all of them; undefined where there were none, nor a state. */
  onto(state: Doc | undefined): Doc | undefined;
}

/**
 * The same as applying the changes in order. But only what stands in the end is held in memory, and what is known need
 * not be read any more.
 */
export function startRewind(): Rewind {
  const fields = new Map<string, unknown>();
  /** Of maps that were not replaced whole so far, the keys that changed. */
  const maps = new Map<string, Map<string, unknown>>();
  return {
    take({ before, after }) {
      for (const [field, value] of Object.entries(after)) {
        if (fields.has(field)) continue;
        const later = maps.get(field) ?? new Map<string, unknown>();
        // A map changes key by key where there was one before: see changeBetween.
        if (MAPS.has(field) && isMap(value) && isMap(before?.[field])) {
          for (const [key, one] of Object.entries(value)) if (!later.has(key)) later.set(key, one);
          maps.set(field, later);
        } else {
          fields.set(field, later.size > 0 ? merge(value, later) : value);
          maps.delete(field);
        }
      }
    },
    known: (field, key) => fields.has(field) || (key !== undefined && maps.get(field)?.has(key) === true),
    onto(state) {
      if (state === undefined && fields.size === 0 && maps.size === 0) return undefined;
      const merged = [...maps].map(([field, later]) => [field, merge(state?.[field], later)] as const);
      return { ...state, ...Object.fromEntries(fields), ...Object.fromEntries(merged) };
    },
  };
}

/** A map with the keys that changed, of which the last one stands first; null takes one away. */
function merge(old: unknown, later: ReadonlyMap<string, unknown>): Doc {
  const merged = new Map(Object.entries(isMap(old) ? old : {}));
  for (const [key, value] of [...later].reverse())
    if (value === null) merged.delete(key);
    else merged.set(key, value);
  return Object.fromEntries(merged);
}
