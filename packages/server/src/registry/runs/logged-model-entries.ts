import type { Writer } from '../../db/database.ts';
import { prepareMerge } from '../../db/merge-rows.ts';
import { isOneOf, listOf } from '../../db/one-of.ts';
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

const COLUMNS = ['model_id', 'key', 'value'] as const;
const mergeParams = prepareMerge({ table: 'logged_model_param', columns: COLUMNS, key: ['model_id', 'key'] });
const mergeTags = prepareMerge({
  table: 'logged_model_tag',
  columns: COLUMNS,
  key: ['model_id', 'key'],
  update: ['value'],
});

const paramsThere = prepareRead<{ model_id: string; keys: unknown }, Entry>((db, param) =>
  db
    .selectFrom('logged_model_param')
    .select(['key', 'value'])
    .where('model_id', '=', param('model_id'))
    .where(isOneOf(db, 'key', param('keys'))),
);

const dropTag = prepareWrite<{ model_id: string; key: string }, { key: string }>((db, param) =>
  db
    .deleteFrom('logged_model_tag')
    .where('model_id', '=', param('model_id'))
    .where('key', '=', param('key'))
    .returning('key'),
);

const countOf = (table: 'logged_model_param' | 'logged_model_tag') =>
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
  checkEntries('params', params);
  if (params.length === 0) return;
  const keys = listOf(tx, [...new Set(params.map(({ key }) => key))]);
  const there = new Map((await paramsThere(tx, { model_id, keys })).map(({ key, value }) => [key, value]));
  const added = new Map<string, string>();
  params.forEach(({ key, value }, i) => {
    if ((there.get(key) ?? added.get(key) ?? value) !== value)
      refuseField(`/params/${i}/value`, `is another than the one that the logged model has for param '${short(key)}'`);
    if (!there.has(key)) added.set(key, value);
  });
  await mergeParams(tx, withModel(model_id, toEntries(added)));
  await refuseTooMany(tx, 'params', model_id);
}

/** Sets tags of a logged model; of a key that is named twice the last one is kept. */
export async function setTags(tx: Writer, model_id: string, tags: Entry[]): Promise<void> {
  const set = lastOfEachKey(checkEntries('tags', tags));
  await mergeTags(tx, withModel(model_id, set));
  await refuseTooMany(tx, 'tags', model_id);
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
    params: toEntries(first).sort(byKey),
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
  return toEntries(new Map(tags.map(({ key, value }) => [key, value])));
}

function toEntries(values: Map<string, string>): Entry[] {
  return [...values].map(([key, value]) => ({ key, value }));
}

function byKey(a: Entry, b: Entry): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

function short(key: string): string {
  return key.length > 100 ? `${key.slice(0, 100)}...` : key;
}
