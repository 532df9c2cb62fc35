import type { Dialect } from '../../../db/database.ts';
import { startClock } from '../../paging/clock.ts';
import { PAGE_CHARACTERS } from '../../paging/pages.ts';

/** What is left of a page, in characters, and how many documents it takes in any case. */
export interface Room {
  characters: number;
  least: number;
}

/** Whole documents of the first of some subjects: of all of them, or of fewer where there is no room for more. */
export interface Loaded<T> {
  documents: T[];
  /** How many of the subjects were looked at. One that is gone by now has no document. */
  looked: number;
  /** What they hold together, about. */
  characters: number;
}

export type Load<Id, T> = (ids: readonly Id[], room: Room) => Promise<Loaded<T>>;

/** Subjects whose documents are read together. */
const TOGETHER = 50;

/** The documents of subjects in their order, up to where they are as long together as a page may be. */
export async function documentsOf<Id, T>(
  dialect: Dialect,
  ids: readonly Id[],
  load: Load<Id, T>,
): Promise<{ documents: T[]; looked: number }> {
  const documents: T[] = [];
  const clock = startClock(dialect);
  let [looked, characters] = [0, 0];
  while (looked < ids.length && characters < PAGE_CHARACTERS) {
    if (looked > 0) await clock.rest();
    const room = { characters: PAGE_CHARACTERS - characters, least: looked > 0 ? 0 : 1 };
    // As many as there should be room for, by those seen so far.
    const fit = looked > 0 ? Math.ceil(room.characters / (characters / looked)) : TOGETHER;
    const loaded = await load(ids.slice(looked, looked + Math.min(fit, TOGETHER)), room);
    if (loaded.looked === 0) break;
    documents.push(...loaded.documents);
    looked += loaded.looked;
    characters += loaded.characters;
  }
  return { documents, looked };
}

/** How many of the first there is room for. */
export function fitting(sizes: readonly number[], { characters, least }: Room): number {
  let sum = 0;
  const over = sizes.findIndex((size) => {
    sum += size;
    return sum > characters;
  });
  return over === -1 ? sizes.length : Math.max(least, over);
}

/**
 * Reads with ever fewer of the ids until all that belongs to them was read: `read` answers undefined where there is more
 * than it takes together, but of one alone it reads everything.
 */
export async function readFewer<Id, T>(
  ids: readonly Id[],
  read: (some: readonly Id[]) => Promise<T | undefined>,
): Promise<{ some: readonly Id[]; rows: T }> {
  for (let some = ids; ; some = some.slice(0, Math.max(1, some.length >> 2))) {
    const rows = await read(some);
    if (rows !== undefined) return { some, rows };
  }
}
