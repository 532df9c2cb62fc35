import { sql } from 'kysely';
import { prepareRead, prepareWrite } from '../../db/prepared.ts';
import { updateOf } from '../../db/rows.ts';
import type { NameUseTable } from '../../db/tables.ts';
import { writeTogether } from '../../db/write-together.ts';
import { takeUse } from '../ahead.ts';
import type { Work } from '../batch.ts';
import { keyOf } from '../names.ts';
import { refuse } from '../refusals.ts';
import type { ModelRow } from './repository.ts';

/** What is known of a name. */
export interface NameUse {
  /** The live model that bears it, or one that a client could take for it. */
  holder_id: number | null;
  holder_name: string | null;
  /** The highest number that was given under it, as far as it is noted: see `bearName`. */
  last_number: number | null;
  /** The model that bore it last. */
  model_id: number | null;
}

const useOf = prepareRead<{ name_key: string }, NameUse>(
  (_, param) => sql<NameUse>`select holder.id as holder_id, holder.name as holder_name, used.last_number, used.model_id
    from (select cast(${param('name_key')} as text) as name_key) as asked
    left join model as holder on holder.name_key = asked.name_key and holder.deregistered is null
    left join name_use as used on used.name_key = asked.name_key`,
);

/** What is known of a name that a model is to bear. One that another bears is refused, or that a client could take for it. */
export async function assertFree(work: Work, name: string, except?: number): Promise<NameUse> {
  const use = takeUse(work.tx, name) ?? ((await useOf(work.tx, { name_key: keyOf(name) }))[0] as NameUse);
  const { holder_id, holder_name } = use;
  if (holder_name === null || holder_id === except) return use;
  const same =
    holder_name === name ? 'already exists' : `differs from ${holder_name} only in Unicode form or percent-encoding`;
  return refuse('name-taken', `The model ${name} ${same}. Choose another name.`, { model: holder_name });
}

const note = prepareWrite<NameUseTable & Record<string, unknown>, Pick<NameUseTable, 'last_number'>>(
  (_, param) => sql`insert into name_use (name_key, last_number, model_id)
    values (${param('name_key')}, ${param('last_number')}, ${param('model_id')})
    on conflict (name_key) do update set model_id = excluded.model_id, last_number =
      case when name_use.last_number > excluded.last_number then name_use.last_number else excluded.last_number end
    returning last_number`,
);

/** Notes that a model bears or bore a name, under which numbers were given up to this one. */
export async function noteName(
  work: Work,
  { id, name_key, last_number }: Pick<ModelRow, 'id' | 'name_key' | 'last_number'>,
): Promise<void> {
  await note.send(work.tx, { name_key, last_number, model_id: id });
}

/**
 * Has a model bear a name. Numbers given under it are never given again: from now on the model's own `last_number` knows
 * the highest of them, so that no version that is made has to be noted under the name.
 */
export async function bearName(
  work: Work,
  { id, last_number }: Pick<ModelRow, 'id' | 'last_number'>,
  name: string,
): Promise<void> {
  const [used] = await note(work.tx, { name_key: keyOf(name), last_number, model_id: id });
  const highest = (used as Pick<NameUseTable, 'last_number'>).last_number;
  if (highest > last_number) await writeTogether(work.tx, [updateOf('model', id, { last_number: highest })]);
}

/** Notes up to what number was given under the name that a model leaves. Answers the highest given in the model itself. */
export async function leaveName(work: Work, row: ModelRow): Promise<number> {
  await noteName(work, row);
  const newest = await work.tx
    .selectFrom('version')
    .select('number')
    .where('model_id', '=', row.id)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  return newest?.number ?? 0;
}
