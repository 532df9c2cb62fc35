import type { Writer } from '../../db/database.ts';
import { prepareMerge } from '../../db/merge-rows.ts';
import { isOneOf, listOf } from '../../db/one-of.ts';
import { prepareRead, prepareWrite } from '../../db/prepared.ts';
import { refuse } from '../refusals.ts';
import type { Entry } from './documents.ts';
import { requireActiveRun } from './find.ts';
import { assertKey, cutTo, LONGEST_PARAM, LONGEST_RUN_TAG } from './keys.ts';
import { assertRoom } from './room.ts';

/** The params and tags of a run. */

/** The tag that holds the run's name, too: either follows the other. */
export const NAME_TAG = 'mlflow.runName';

const COLUMNS = ['run_id', 'key', 'value'] as const;
const addParams = prepareMerge({ table: 'param', columns: COLUMNS, key: ['run_id', 'key'] });
const putTags = prepareMerge({ table: 'run_tag', columns: COLUMNS, key: ['run_id', 'key'], update: ['value'] });

const paramsThere = prepareRead<{ run_id: string; keys: unknown }, Entry>((db, param) =>
  db
    .selectFrom('param')
    .select(['key', 'value'])
    .where('run_id', '=', param('run_id'))
    .where(isOneOf(db, 'key', param('keys'))),
);

const nameRun = prepareWrite<{ run_id: string; name: string }, never>((db, param) =>
  db
    .updateTable('run')
    .set({ run_name: param('name') })
    .where('run_id', '=', param('run_id')),
);

const dropTag = prepareWrite<{ run_id: string; key: string }, { key: string }>((db, param) =>
  db.deleteFrom('run_tag').where('run_id', '=', param('run_id')).where('key', '=', param('key')).returning('key'),
);

/** `field` names a member, as the request has it. Values that are too long are cut. */
export function toParam({ key, value }: Entry, field: (member: string) => string): Entry {
  assertKey(key, field('key'));
  return { key, value: cutTo(value, LONGEST_PARAM) };
}

export function toRunTag({ key, value }: Entry, field: (member: string) => string): Entry {
  assertKey(key, field('key'));
  return { key, value: cutTo(value, LONGEST_RUN_TAG) };
}

/**
 * Adds params, each of another key, to an active run. They are never changed: the same value again is fine, another one is
 * refused, and then none of them is added.
 */
export async function writeParams(tx: Writer, run_id: string, params: readonly Entry[]): Promise<void> {
  if (params.length === 0) return;
  const keys = listOf(
    tx,
    params.map(({ key }) => key),
  );
  const there = new Map((await paramsThere(tx, { run_id, keys })).map(({ key, value }) => [key, value]));
  const changed = params.find(({ key, value }) => (there.get(key) ?? value) !== value);
  if (changed) refuseChange(run_id, changed, there.get(changed.key) as string);
  const added = params.filter(({ key }) => !there.has(key));
  if (added.length === 0) return;
  await addParams(tx, rowsOf(run_id, added));
  await assertRoom(tx, 'param', run_id);
}

function refuseChange(run_id: string, { key, value }: Entry, old: string): never {
  return refuse(
    'param-set',
    `Changing param values is not allowed. Param with key='${key}' was already logged with value='${short(old)}' for run ID='${run_id}'. Attempted logging new value '${short(value)}'.`,
    { run_id, key },
  );
}

/** Sets tags of an active run; of a key that stands twice the last value counts. An empty name is no name. */
export async function writeTags(tx: Writer, run_id: string, tags: readonly Entry[]): Promise<void> {
  const last = new Map<string, Entry>();
  for (const tag of tags) if (tag.key !== NAME_TAG || tag.value !== '') last.set(tag.key, tag);
  await putTags(tx, rowsOf(run_id, [...last.values()]));
  if (last.size > 0) await assertRoom(tx, 'run_tag', run_id);
  const name = last.get(NAME_TAG)?.value;
  if (name !== undefined) await nameRun(tx, { run_id, name });
}

const itself = (member: string) => member;

export async function logParam(tx: Writer, run_id: string, param: Entry): Promise<void> {
  const checked = toParam(param, itself);
  await requireActiveRun(tx, run_id);
  await writeParams(tx, run_id, [checked]);
}

export async function setRunTag(tx: Writer, run_id: string, tag: Entry): Promise<void> {
  const checked = toRunTag(tag, itself);
  await requireActiveRun(tx, run_id);
  await writeTags(tx, run_id, [checked]);
}

/** One that is not there is refused. */
export async function deleteRunTag(tx: Writer, run_id: string, key: string): Promise<void> {
  await requireActiveRun(tx, run_id);
  if ((await dropTag(tx, { run_id, key })).length === 0)
    refuse('tag-not-found', `No tag with name: ${short(key)} in run with id ${run_id}`, { key });
}

function rowsOf(run_id: string, entries: readonly Entry[]) {
  return entries.map(({ key, value }) => ({ run_id, key, value }));
}

function short(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
}
