import type { Writer } from '../../db/database.ts';
import { prepareRead, prepareWrite } from '../../db/prepared.ts';
import type { LoggedModelEntryTable } from '../../db/tables.ts';
import { Refused, refuseField } from '../refusals.ts';
import type { Entry } from './documents.ts';

/** Characters of a key (the width of MLflow's column) and of a value. */
const LONGEST_KEY = 255;
const LONGEST_VALUE = 100_000;
/** Entries of one kind that a logged model has at most. */
const MOST_ENTRIES = 10_000;

type Kind = 'params' | 'tags';
type Params = Entry & { model_id: string } & Record<string, unknown>;

const TABLES = { params: 'logged_model_param', tags: 'logged_model_tag' } as const;

const insertParam = prepareWrite<Params, never>((db, param) =>
  db
    .insertInto('logged_model_param')
    .values({ model_id: param('model_id'), key: param('key'), value: param('value') })
    .onConflict((conflict) => conflict.doNothing()),
);

const putTag = prepareWrite<Params, never>((db, param) =>
  db
    .insertInto('logged_model_tag')
    .values({ model_id: param('model_id'), key: param('key'), value: param('value') })
    .onConflict((conflict) =>
      conflict.columns(['model_id', 'key']).doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
    ),
);

const dropTag = prepareWrite<{ model_id: string; key: string }, { key: string }>((db, param) =>
  db
    .deleteFrom('logged_model_tag')
    .where('model_id', '=', param('model_id'))
    .where('key', '=', param('key'))
    .returning('key'),
);

const countOf = (table: (typeof TABLES)[Kind]) =>
  prepareRead<{ model_id: string }, { n: number }>((db, param) =>
    db
      .selectFrom(table)
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('model_id', '=', param('model_id')),
  );
const COUNTS = { params: countOf('logged_model_param'), tags: countOf('logged_model_tag') };

/**
 * Adds params to a logged model. They are never changed: what is there already must say the same, so that a repeat after
 * a lost answer is fine, and another value is refused, all of the request with it.
 */
export async function addParams(tx: Writer, model_id: string, params: Entry[]): Promise<void> {
  const added = checkEntries('params', params);
  if (added.length === 0) return;
  // In order of key, so that two requests never wait for each other.
  for (const param of added.toSorted(byKey)) await insertParam(tx, { model_id, ...param });
  await refuseTooMany(tx, 'params', model_id);
  const keys = added.map((param) => param.key);
  const kept = await tx
    .selectFrom('logged_model_param')
    .select(['key', 'value'])
    .where('model_id', '=', model_id)
    .where('key', 'in', keys)
    .execute();
  const values = new Map(kept.map(({ key, value }) => [key, value]));
  added.forEach(({ key, value }, i) => {
    if (values.get(key) !== value)
      refuseField(`/params/${i}/value`, `is another than the one that the logged model has for param '${short(key)}'`);
  });
}

/** Sets tags of a logged model; of a key that is named twice the last one is kept. */
export async function setTags(tx: Writer, model_id: string, tags: Entry[]): Promise<void> {
  const set = lastOfEachKey(checkEntries('tags', tags));
  for (const tag of set.toSorted(byKey)) await putTag(tx, { model_id, ...tag });
  if (set.length > 0) await refuseTooMany(tx, 'tags', model_id);
}

/** Takes a tag away. One that is not there is refused (`mlflow/store/tracking/sqlalchemy_store.py`, `delete_logged_model_tag`). */
export async function deleteTag(tx: Writer, model_id: string, key: string): Promise<void> {
  if ((await dropTag(tx, { model_id, key })).length > 0) return;
  throw new Refused('tag-not-found', `No tag with key '${short(key)}' found for model with ID '${model_id}'.`, { key });
}

/** The entries of a new logged model: params that are named twice must say the same. */
export function entriesOfNew(params: Entry[], tags: Entry[]): { params: Entry[]; tags: Entry[] } {
  const first = new Map<string, string>();
  checkEntries('params', params).forEach(({ key, value }, i) => {
    if ((first.get(key) ?? value) !== value)
      refuseField(`/params/${i}/key`, `repeats '${short(key)}' with another value`);
    first.set(key, value);
  });
  return {
    params: [...first].map(([key, value]) => ({ key, value })).sort(byKey),
    tags: lastOfEachKey(checkEntries('tags', tags)).sort(byKey),
  };
}

export function withModel(model_id: string, entries: Entry[]): LoggedModelEntryTable[] {
  return entries.map(({ key, value }) => ({ model_id, key, value }));
}

function checkEntries(kind: Kind, entries: Entry[]): Entry[] {
  if (entries.length > MOST_ENTRIES) refuseField(`/${kind}`, `may hold at most ${MOST_ENTRIES} entries`);
  entries.forEach(({ key, value }, i) => {
    if (key === '' || key.length > LONGEST_KEY)
      refuseField(`/${kind}/${i}/key`, `must have 1 to ${LONGEST_KEY} characters`);
    if (value.length > LONGEST_VALUE)
      refuseField(`/${kind}/${i}/value`, `may have at most ${LONGEST_VALUE.toLocaleString('en')} characters`);
  });
  return entries;
}

async function refuseTooMany(tx: Writer, kind: Kind, model_id: string): Promise<void> {
  const [count] = await COUNTS[kind](tx, { model_id });
  if (count && count.n > MOST_ENTRIES)
    refuseField(`/${kind}`, `would be more than the ${MOST_ENTRIES.toLocaleString('en')} that a logged model may have`);
}

function lastOfEachKey(tags: Entry[]): Entry[] {
  return [...new Map(tags.map(({ key, value }) => [key, value]))].map(([key, value]) => ({ key, value }));
}

/** By code unit, which need not be the order of the database: every request only has to have the same. */
function byKey(a: Entry, b: Entry): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

function short(key: string): string {
  return key.length > 100 ? `${key.slice(0, 100)}...` : key;
}
