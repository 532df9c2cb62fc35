import { setImmediate } from 'node:timers/promises';
import type { Evaluation } from '../contract/evaluation.ts';
import type { Event } from '../contract/event.ts';
import type { Reader } from '../db/database.ts';
import { LINE_IF_SHORT, withLines } from '../db/lines.ts';
import { isLeft } from './backlog.ts';
import { hasRows } from './backlog-evidence.ts';
import { differingDefinitions } from './reconcile-definitions.ts';
import { comparingEvaluations, differingDatasets } from './reconcile-evaluations.ts';
import type { Difference } from './reconcile-events.ts';
import { Sum, sumOfRows, type Told } from './reconcile-points.ts';

const VERSIONS_TOGETHER = 500;
const EVENTS_TOGETHER = 200;
const TRIES = 5;
const TYPES = ['metrics.logged', 'evaluation.recorded'] as const;

interface At {
  id: number;
  model_id: number;
  number: number;
  model: string;
  purged: number;
}

/** What the ledger and the rows say otherwise of metrics, evaluations and definitions, in order of model and number. */
export async function* differingEvidence(read: Reader): AsyncGenerator<Difference> {
  let last = { model_id: Number.MIN_SAFE_INTEGER, number: 0 };
  for (;;) {
    const rows = await versionsAfter(read, last);
    const end = rows.at(-1);
    if (!end) break;
    const withRows = new Set(await idsWithRows(read, rows[0] as At, end));
    const withEvents = new Set((await keysWithEvents(read, rows[0] as At, end)).map(keyOf));
    for (const row of rows)
      if (withRows.has(row.id) || withEvents.has(keyOf(row))) yield* differencesOf(read, row, withRows.has(row.id));
    last = end;
    // SQLite answers at once: without a pause nothing else would be served.
    await setImmediate();
  }
  yield* differingDatasets(read);
  yield* differingDefinitions(read);
}

const keyOf = ({ model_id, number }: Pick<At, 'model_id' | 'number'>) => `${model_id}/${number}`;

function versionsAfter(read: Reader, last: Pick<At, 'model_id' | 'number'>): Promise<At[]> {
  return read
    .selectFrom('version as v')
    .innerJoin('model as m', 'm.id', 'v.model_id')
    .select(['v.id', 'v.model_id', 'v.number', 'm.name as model'])
    .select((eb) =>
      eb
        .case()
        .when(eb.or([eb('v.purged_at', 'is not', null), eb('m.purged_at', 'is not', null)]))
        .then(1)
        .else(0)
        .end()
        .as('purged'),
    )
    .where((eb) => eb(eb.refTuple('v.model_id', 'v.number'), '>', eb.tuple(last.model_id, last.number)))
    .orderBy('v.model_id')
    .orderBy('v.number')
    .limit(VERSIONS_TOGETHER)
    .execute();
}

async function idsWithRows(read: Reader, first: At, end: At): Promise<number[]> {
  const rows = await read
    .selectFrom('version')
    .select('id')
    .where((eb) => eb(eb.refTuple('model_id', 'number'), '>=', eb.tuple(first.model_id, first.number)))
    .where((eb) => eb(eb.refTuple('model_id', 'number'), '<=', eb.tuple(end.model_id, end.number)))
    .where((eb) => eb.or((['metric_point', 'latest_point', 'evaluation', 'standing'] as const).map(hasRows)))
    .execute();
  return rows.map(({ id }) => id);
}

function keysWithEvents(read: Reader, first: At, end: At): Promise<Pick<At, 'model_id' | 'number'>[]> {
  return read
    .selectFrom('event_subject as s')
    .innerJoin('event as e', 'e.seq', 's.seq')
    .select(['s.model_id', 's.number'])
    .distinct()
    .where((eb) => eb(eb.refTuple('s.model_id', 's.number'), '>=', eb.tuple(first.model_id, first.number)))
    .where((eb) => eb(eb.refTuple('s.model_id', 's.number'), '<=', eb.tuple(end.model_id, end.number)))
    .where('s.number', '>', 0)
    .where('e.type', 'in', TYPES)
    .execute();
}

/** A version that changes meanwhile is looked at again. */
async function* differencesOf(read: Reader, row: At, hasRows: boolean): AsyncGenerator<Difference> {
  const subject = `${row.model}/${row.number}`;
  if (row.purged) {
    const isUnderWay = (await isLeft(read, 'purge', row.model_id)) || (await isLeft(read, 'purge evidence', row.id));
    if (hasRows && !isUnderWay && (await idsWithRows(read, row, row)).length > 0)
      yield { subject, detail: 'was purged, but metrics or evaluations of it are there' };
    return;
  }
  for (let tries = 0; tries < TRIES; tries += 1) {
    const before = await newestOf(read, row);
    const differing = await compare(read, row);
    if (before !== (await newestOf(read, row))) continue;
    for (const detail of differing) yield { subject, detail };
    return;
  }
}

async function compare(read: Reader, row: At): Promise<string[]> {
  const told = new Sum();
  const evaluations = comparingEvaluations(read, row.id);
  for await (const { details } of eventsOf(read, row)) {
    for (const point of [...((details?.metrics ?? []) as Told[]), ...((details?.taken_over ?? []) as Told[])])
      told.add(point);
    if (details?.evaluation) await evaluations.told(details.evaluation as Evaluation);
  }
  const version = await read
    .selectFrom('version')
    .select(['id', 'metrics'])
    .where('id', '=', row.id)
    .executeTakeFirst();
  const { sum, differing } = await sumOfRows(read, version!);
  if (!sum.equals(told))
    differing.push(
      sum.count === told.count
        ? 'points of its metrics are not those that the ledger tells of'
        : `it has ${sum.count} points of metrics, the ledger tells of ${told.count}`,
    );
  return [...differing, ...(await evaluations.end())];
}

async function newestOf(read: Reader, { model_id, number }: At): Promise<number | null> {
  const row = await read
    .selectFrom('event_subject')
    .select((eb) => eb.fn.max('seq').as('seq'))
    .where('model_id', '=', model_id)
    .where('number', '=', number)
    .executeTakeFirst();
  return row?.seq ?? null;
}

async function* eventsOf(read: Reader, { model_id, number }: At): AsyncGenerator<Event> {
  for (let after = 0; ; ) {
    const rows = await read
      .selectFrom('event_subject as s')
      .innerJoin('event as e', 'e.seq', 's.seq')
      .select(['s.seq', ...LINE_IF_SHORT])
      .where('s.model_id', '=', model_id)
      .where('s.number', '=', number)
      .where('s.seq', '>', after)
      .where('e.type', 'in', TYPES)
      .orderBy('s.seq')
      .limit(EVENTS_TOGETHER)
      .execute();
    for await (const { line } of withLines(read, rows)) yield JSON.parse(line) as Event;
    const last = rows.at(-1);
    if (!last) return;
    after = last.seq;
    await setImmediate();
  }
}
