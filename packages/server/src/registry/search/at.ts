import { sql } from 'kysely';
import type { Dialect } from '../../db/database.ts';
import { PATIENCE } from '../paging/clock.ts';
import type { ReadAt, Sql } from '../paging/sql.ts';
import { FIRST_STEP } from '../paging/stretches.ts';
import type { Noun } from './filter.ts';

/** From how many rows on a search goes another way, and when it rests. The answers are the same, but for common words. */
export interface Bounds {
  /** So many rows are gathered and sorted sooner than as many are skipped on a walk in the order of the list. */
  few: number;
  /** The same where each row of a walk had to be looked up in the full-text index. */
  fewWords: number;
  /**
   * A full text that finds more is not ranked: what everything holds ranks nothing, and sorting it would cost as much
   * as there is. It is answered newest first.
   */
  common: number;
  /** Rows that are looked at before the first pause; 1 at least, and then as many as take a few milliseconds. */
  step: number;
  /** Milliseconds of work after which a page ends, full or not. */
  patience: number;
}

export const BOUNDS: Bounds = { few: 2_000, fewWords: 20_000, common: 1_000, step: FIRST_STEP, patience: PATIENCE };

export interface SearchAt extends ReadAt {
  dialect: Dialect;
  bounds: Bounds;
}

/** What a list is of: models, versions of all of them, or the versions of one. */
export interface Scope {
  noun: Noun;
  dialect: Dialect;
  model_id?: number | undefined;
}

/**
 * The index of the texts of one model's versions leaves out those of its first versions, but for aliases: most models have
 * no others, and these few are looked at one by one. Its condition, word for word, or else it is not taken.
 */
export const FIRST_VERSIONS = 64;
export const isBeyondFirst = (number: string): Sql => sql`${sql.ref(number)} > ${sql.lit(FIRST_VERSIONS)}`;
export const isAmongFirst = (number: string): Sql => sql`${sql.ref(number)} <= ${sql.lit(FIRST_VERSIONS)}`;

/**
 * The facets where those of one subject, or of one model's versions, are asked for. SQLite, which knows no statistics,
 * might read all of a key instead: it is told which index to take.
 */
export function facetsBy(of: Noun, dialect: Dialect, by: 'owner' | 'text_in' | 'num_in' = 'owner'): Sql {
  const facets = sql.table(`${of}_facet`);
  return dialect === 'postgres' ? facets : sql`${facets} indexed by ${sql.ref(`${of}_facet_${by}`)}`;
}
