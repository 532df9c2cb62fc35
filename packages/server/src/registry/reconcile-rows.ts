import type { Reader } from '../db/database.ts';
import { countTogether } from '../db/together.ts';
import type { Doc } from '../events/replay.ts';
import { ANY_NUMBER } from '../events/subjects.ts';
import { toModel } from './models/repository.ts';
import { toVersion } from './versions/repository.ts';

/** A subject; number 0 is the model itself. */
export interface Key {
  model_id: number;
  number: number;
}

/** A model's or version's row, as it was when the ledger was at `seq`. */
export interface Found extends Key {
  /** As on the wire (a version without its model's name), and columns besides. What cannot be read stands as it is. */
  fields: Doc;
  /** The newest event of the subject, and of its model. */
  seq: number | null;
  model_seq: number | null;
  /** Of a model: the highest number that the ledger gave in it, and the highest noted under its name. */
  highest: number | null;
  used: number | null;
}

const ROWS_TOGETHER = 500;

/** All rows in order of model and number, a few in memory at a time. */
export async function* foundRows(read: Reader): AsyncGenerator<Found> {
  for await (const [model, version] of inStep(modelRows(read), versionRows(read))) {
    if (model) yield model;
    if (version) yield version;
  }
}

/** Two streams that are each in order of model and number: what both have at a place, or one of them. */
export async function* inStep<A extends Key, B extends Key>(
  as: AsyncGenerator<A>,
  bs: AsyncGenerator<B>,
): AsyncGenerator<[a: A | undefined, b: B | undefined]> {
  let [a, b] = [await as.next(), await bs.next()];
  while (!a.done || !b.done) {
    const order = a.done ? 1 : b.done ? -1 : compareKeys(a.value, b.value);
    yield [order <= 0 ? (a.value as A) : undefined, order >= 0 ? (b.value as B) : undefined];
    if (order <= 0) a = await as.next();
    if (order >= 0) b = await bs.next();
  }
}

function compareKeys(a: Key, b: Key): number {
  const [x, y] = a.model_id === b.model_id ? [a.number, b.number] : [a.model_id, b.model_id];
  return x < y ? -1 : x > y ? 1 : 0;
}

// The newest event of a row is read in one statement with it: a change meanwhile moves both or neither.
async function* modelRows(read: Reader): AsyncGenerator<Found> {
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    const count = await countTogether(read, { table: 'model', key: ['id'], after: [after] }, ROWS_TOGETHER);
    const rows = await read
      .selectFrom('model')
      .selectAll()
      .select((eb) => {
        const told = eb.selectFrom('event_subject as s').whereRef('s.model_id', '=', 'model.id');
        return [
          told
            .where('s.number', '>', ANY_NUMBER)
            .select((of) => of.fn.max('s.number').as('n'))
            .as('highest'),
          told
            .where('s.number', '=', 0)
            .select((of) => of.fn.max('s.seq').as('n'))
            .as('seq'),
          eb
            .selectFrom('name_use')
            .whereRef('name_use.name_key', '=', 'model.name_key')
            .select('name_use.last_number')
            .as('used'),
        ];
      })
      .where('id', '>', after)
      .orderBy('id')
      .limit(count)
      .execute();
    for (const row of rows) {
      const { id, seq, highest, used, name_key, last_number, purge_after, purged_at } = row;
      const fields = { ...readable(row, toModel), name_key, last_number, purge_after, purged_at };
      yield { model_id: id, number: 0, fields, seq, model_seq: seq, highest, used };
    }
    const last = rows.at(-1);
    if (!last || rows.length < count) return;
    after = last.id;
  }
}

/** One version's row, as it is now. */
export async function foundAgain(read: Reader, { model_id, number }: Key): Promise<Found | undefined> {
  const { value } = await versionRows(read, [model_id, number - 1]).next();
  return value && value.model_id === model_id && value.number === number ? value : undefined;
}

async function* versionRows(
  read: Reader,
  from: [model_id: number, number: number] = [Number.MIN_SAFE_INTEGER, 0],
): AsyncGenerator<Found> {
  for (let after = from; ; ) {
    const count = await countTogether(read, { table: 'version', key: ['model_id', 'number'], after }, ROWS_TOGETHER);
    const rows = await read
      .selectFrom('version as v')
      .selectAll()
      .select((eb) => {
        const told = eb.selectFrom('event_subject as s').whereRef('s.model_id', '=', 'v.model_id');
        return [
          told
            .where('s.number', '=', 0)
            .select((of) => of.fn.max('s.seq').as('n'))
            .as('model_seq'),
          told
            .whereRef('s.number', '=', 'v.number')
            .select((of) => of.fn.max('s.seq').as('n'))
            .as('seq'),
        ];
      })
      .where((eb) => eb(eb.refTuple('v.model_id', 'v.number'), '>', eb.tuple(...after)))
      .orderBy('v.model_id')
      .orderBy('v.number')
      .limit(count)
      .execute();
    for (const row of rows) {
      const { model_id, number, seq, model_seq, purge_after, purged_at } = row;
      const { model: _, ...version } = readable(row, (one) => toVersion(one, ''));
      yield {
        model_id,
        number,
        fields: { ...version, purge_after, purged_at },
        seq,
        model_seq,
        highest: null,
        used: null,
      };
    }
    const last = rows.at(-1);
    if (!last || rows.length < count) return;
    after = [last.model_id, last.number];
  }
}

/** A value that can be read, for each column that may hold one that cannot. */
const READABLE = {
  tags: 'null',
  properties: 'null',
  aliases: 'null',
  live: 'null',
  metrics: 'null',
  signature: 'null',
  lineage: 'null',
  deregistered: 'null',
  created_at: 0,
  updated_at: 0,
};

/** The document of a row; a column that cannot be read gives no fault, but itself: no event says the like. */
function readable<Row extends object>(row: Row, toDoc: (row: Row) => object): Doc {
  const canRead = (one: Row) => {
    try {
      return toDoc(one);
    } catch {
      return undefined;
    }
  };
  const doc = canRead(row);
  if (doc) return { ...doc };
  const columns = Object.keys(READABLE).filter((key) => key in row) as (keyof Row)[];
  const broken = columns.filter((key) => !canRead({ ...row, ...READABLE, [key]: row[key] }));
  const mended = Object.fromEntries(broken.map((key) => [key, READABLE[key as keyof typeof READABLE]]));
  return { ...toDoc({ ...row, ...mended }), ...Object.fromEntries(broken.map((key) => [key, row[key]])) };
}
