import { sql } from 'kysely';
import { prepareWrite } from '../../db/prepared.ts';
import { updateOf } from '../../db/rows.ts';
import type { NameUseTable } from '../../db/tables.ts';
import { writeTogether } from '../../db/write-together.ts';
import type { Work } from '../batch.ts';
import { keyOf } from '../names.ts';
import type { ModelRow } from './repository.ts';

const note = prepareWrite<NameUseTable & Record<string, unknown>, Pick<NameUseTable, 'last_number'>>(
  (_, param) => sql`insert into name_use (name_key, last_number, model_id)
    values (${param('name_key')}, ${param('last_number')}, ${param('model_id')})
    on conflict (name_key) do update set model_id = excluded.model_id, last_number =
      case when name_use.last_number > excluded.last_number then name_use.last_number else excluded.last_number end
    returning last_number`,
);

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
export async function leaveName(work: Work, { id, name_key, last_number }: ModelRow): Promise<number> {
  await note(work.tx, { name_key, last_number, model_id: id });
  const newest = await work.tx
    .selectFrom('version')
    .select('number')
    .where('model_id', '=', id)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  return newest?.number ?? 0;
}
