import { type Selectable, sql } from 'kysely';
import type { Reader } from '../../../db/database.ts';
import { isOneOf, listOf } from '../../../db/one-of.ts';
import { prepareRead } from '../../../db/prepared.ts';
import type { LoggedModelTable } from '../../../db/tables.ts';
import { completeLoggedModel, completeLoggedModels, type LoggedModel, MOST_POINTS } from '../logged-model.ts';
import { fitting, type Loaded, type Room } from './documents-page.ts';

/** Characters that a logged model takes as JSON, about, besides its params, tags and metrics, and what a point takes. */
const ROW = 500;
const POINT = 250;

type Of = { ids: unknown };

const rowsOf = prepareRead<Of, Selectable<LoggedModelTable>>((db, param) =>
  db
    .selectFrom('logged_model')
    .selectAll()
    .where(isOneOf(db, 'model_id', param('ids'))),
);
const lengthsOf = (table: 'logged_model_param' | 'logged_model_tag') =>
  prepareRead<Of, { model_id: string; length: number }>((db, param) =>
    db
      .selectFrom(table)
      .select(['model_id', sql<number>`sum(octet_length(key) + octet_length(value) + 24)`.as('length')])
      .where(isOneOf(db, 'model_id', param('ids')))
      .groupBy('model_id'),
  );
const LENGTHS = [lengthsOf('logged_model_param'), lengthsOf('logged_model_tag')];

/** The model of each point, up to where there are more of them than one answer holds. */
const pointsOf = prepareRead<Of, { model_id: string }>((db, param) =>
  db
    .selectFrom('logged_model_metric')
    .select('model_id')
    .where(isOneOf(db, 'model_id', param('ids')))
    .limit(MOST_POINTS + 1),
);

/** Whole logged models, in the order of their ids. */
export async function loadLoggedModels(read: Reader, ids: readonly string[], room: Room): Promise<Loaded<LoggedModel>> {
  const lengths = new Map(ids.map((id) => [id, ROW]));
  const of = { ids: listOf(read, ids) };
  const add = (id: string, length: number) => lengths.set(id, lengths.get(id)! + Number(length));
  for (const query of LENGTHS) for (const { model_id, length } of await query(read, of)) add(model_id, length);
  const points = await pointsOf(read, of);
  for (const { model_id } of points) add(model_id, POINT);
  const sizes = ids.map((id) => lengths.get(id)!);
  // Where there are many points together, each model is asked for by itself, and says whether it holds them all.
  const isMany = points.length > MOST_POINTS;
  const looked = Math.min(isMany ? FEW : ids.length, fitting(sizes, room));
  const kept = ids.slice(0, looked);
  const found = new Map((await rowsOf(read, { ids: listOf(read, kept) })).map((row) => [row.model_id, row]));
  const rows = kept.flatMap((id) => found.get(id) ?? []);
  const documents = isMany ? await oneByOne(read, rows) : await completeLoggedModels(read, rows);
  const counted = isMany
    ? documents.map((model) => lengths.get(model.model_id)! + POINT * model.metrics.length)
    : sizes;
  return { documents, looked, characters: counted.slice(0, looked).reduce((sum, size) => sum + size, 0) };
}

/** How many models with many points are read together. */
const FEW = 4;

async function oneByOne(read: Reader, rows: readonly Selectable<LoggedModelTable>[]): Promise<LoggedModel[]> {
  const models: LoggedModel[] = [];
  for (const row of rows) models.push(await completeLoggedModel(read, row));
  return models;
}
