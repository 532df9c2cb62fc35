import { sql } from 'kysely';
import { prepareWrite } from '../../db/prepared.ts';
import type { Work } from '../batch.ts';
import { keyOf } from '../names.ts';

type Use = { name_key: string; last_number: number; model_id: number };

const bear = prepareWrite<Use, never>(
  (_, param) => sql`insert into name_use (name_key, last_number, model_id)
    values (${param('name_key')}, ${param('last_number')}, ${param('model_id')})
    on conflict (name_key) do update set model_id = excluded.model_id, last_number =
      case when name_use.last_number > excluded.last_number then name_use.last_number else excluded.last_number end`,
);

const take = prepareWrite<Use, { last_number: number }>(
  (_, param) => sql`insert into name_use (name_key, last_number, model_id)
    values (${param('name_key')}, ${param('last_number')}, ${param('model_id')})
    on conflict (name_key) do update set model_id = excluded.model_id, last_number =
      case when name_use.last_number < excluded.last_number then excluded.last_number else name_use.last_number + 1 end
    returning last_number`,
);

/** Notes that a model bears a name, so that numbers given under it are never given again. */
export async function bearName(work: Work, model_id: number, name: string, last_number: number): Promise<void> {
  await bear(work.tx, { name_key: keyOf(name), last_number, model_id });
}

/**
 * Takes the next number: one more than the highest given in this model or under its name, since a name that is registered
 * anew goes on where it ended.
 */
export async function takeNumber(
  work: Work,
  model: { id: number; name: string; last_number: number },
): Promise<number> {
  const use = { name_key: keyOf(model.name), last_number: model.last_number + 1, model_id: model.id };
  const [taken] = await take(work.tx, use);
  return (taken as { last_number: number }).last_number;
}
