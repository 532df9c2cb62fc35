import type { Reader } from '../../db/database.ts';
import { prepareLookup } from '../../db/prepared.ts';
import { keyOf } from '../names.ts';
import { getModel, type ModelRow } from './repository.ts';

/** What a list shows of a model where it does not show all: no card, and nothing else that may be long. */
export const LISTED_MODEL = ['id', 'name', 'description', 'tags', 'aliases', 'created_at', 'updated_at'] as const;
export type ListedModel = Pick<ModelRow, (typeof LISTED_MODEL)[number]>;

/** The same of the live model of this name, or a refusal that says where it went. */
export async function getListedModel(reader: Reader, name: string): Promise<ListedModel> {
  return (await byName(reader, { name, name_key: keyOf(name) }))[0] ?? (await getModel(reader, name));
}

const byName = prepareLookup<Pick<ModelRow, 'name' | 'name_key'>, ListedModel>((db, param) =>
  db
    .selectFrom('model')
    .select([...LISTED_MODEL])
    .where('name_key', '=', param('name_key'))
    .where('name', '=', param('name'))
    .where('deregistered', 'is', null),
);
