import { sql } from 'kysely';

/** That a promotion waits, written out: the partial indexes of these are found by the text, not by a parameter. */
export const IS_WAITING = sql<boolean>`state = 'waiting'`;

/** The name that the model of the promotion `p` has now, looked up row by row. */
export const MODEL_OF_P = sql<string>`(select name from model where model.id = p.model_id)`.as('model');
