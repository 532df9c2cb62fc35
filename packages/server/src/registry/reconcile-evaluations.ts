import { setImmediate } from 'node:timers/promises';
import type { Selectable } from 'kysely';
import type { Evaluation } from '../contract/evaluation.ts';
import type { Metrics } from '../contract/shapes.ts';
import type { Reader } from '../db/database.ts';
import { isOneOf, listOf } from '../db/one-of.ts';
import type { EvaluationTable } from '../db/tables.ts';
import { same } from '../events/replay.ts';
import { evaluationsById } from './evidence/evaluations-of.ts';
import { toStored } from './evidence/values.ts';
import { type Difference, quote } from './reconcile-events.ts';

/** Holds the evaluations of a version, one by one, against those that events tell of, in order of the ledger. */
export function comparingEvaluations(read: Reader, version_id: number) {
  const rows = rowsOf(read, version_id);
  const differing: string[] = [];
  let standing = 0;
  return {
    async told(evaluation: Evaluation): Promise<void> {
      const next = await rows.next();
      if (next.done) {
        differing.push(`evaluation ${evaluation.id} is in the ledger, but not in the database`);
        return;
      }
      const { row, found } = next.value;
      if (!found || !same(unnamed(found), unnamed(evaluation)))
        differing.push(`evaluation ${row.id} is not as the ledger tells of ${evaluation.id}`);
      standing += await standingOf(read, row, evaluation.metrics, differing);
    },
    async end(): Promise<string[]> {
      for await (const { row } of rows)
        differing.push(`evaluation ${row.id} is in the database, but no event tells of it`);
      const { count } = await read
        .selectFrom('standing')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('version_id', '=', version_id)
        .executeTakeFirstOrThrow();
      if (Number(count) !== standing)
        differing.push(`it has ${count} places on leaderboards, and evaluations for ${standing}`);
      return differing;
    },
  };
}

/** The name of its model may be another by now. */
function unnamed({ model: _, ...evaluation }: Evaluation) {
  return evaluation;
}

type Row = Pick<Selectable<EvaluationTable>, 'id' | 'dataset_id' | 'version_id'>;

async function* rowsOf(read: Reader, version_id: number): AsyncGenerator<{ row: Row; found: Evaluation | undefined }> {
  for (let after = 0; ; ) {
    const row = await read
      .selectFrom('evaluation')
      .select(['id', 'dataset_id', 'version_id'])
      .where('version_id', '=', version_id)
      .where('id', '>', after)
      .orderBy('id')
      .limit(1)
      .executeTakeFirst();
    if (!row) return;
    const [found] = await evaluationsById(read, [row.id]).catch(() => []); // what cannot be read differs
    yield { row, found };
    after = row.id;
    await setImmediate();
  }
}

/** How many metrics of an evaluation stand on leaderboards; the others are those of a newer one. */
async function standingOf(
  read: Reader,
  { id, dataset_id, version_id }: Row,
  metrics: Metrics,
  differing: string[],
): Promise<number> {
  const there = await read
    .selectFrom('standing')
    .select(['metric', 'evaluation_id', 'value', 'is_nan'])
    .where('dataset_id', '=', dataset_id)
    .where('version_id', '=', version_id)
    .where(isOneOf(read, 'metric', listOf(read, Object.keys(metrics))))
    .execute();
  const stands = new Map(there.map((row) => [row.metric, row]));
  let own = 0;
  for (const [metric, value] of Object.entries(metrics)) {
    const row = stands.get(metric);
    if (!row || row.evaluation_id < id)
      differing.push(`by ${quote(metric)} of evaluation ${id} it has no place on the leaderboard`);
    else if (row.evaluation_id === id) {
      own += 1;
      if (!same({ value: row.value, is_nan: row.is_nan }, toStored(value)))
        differing.push(`its place on the leaderboard by ${quote(metric)} is not that of evaluation ${id}`);
    }
  }
  return own;
}

const ROWS_TOGETHER = 200;
const TRIES = 5;

/** Data sets that count otherwise than there are evaluations. Only a count that stood still meanwhile is compared. */
export async function* differingDatasets(read: Reader): AsyncGenerator<Difference> {
  for (let after = 0; ; ) {
    const rows = await read
      .selectFrom('evaluated_dataset')
      .select(['id', 'name', 'digest'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(ROWS_TOGETHER)
      .execute();
    for (const { id, name, digest } of rows) {
      for (let tries = 0; tries < TRIES; tries += 1) {
        const before = await countsTold(read, id);
        const counts = await read
          .selectFrom('evaluation')
          .select((eb) => eb.fn.countAll<number>().as('evaluation_count'))
          .select((eb) => eb.fn.count<number>('version_id').distinct().as('version_count'))
          .where('dataset_id', '=', id)
          .executeTakeFirstOrThrow();
        if (!before || !same(before, await countsTold(read, id))) continue;
        if (!same(before, counts))
          yield {
            subject: `data set ${name} ${digest}`,
            detail: `the row says ${quote(before)}, the evaluations ${quote(counts)}`,
          };
        break;
      }
      await setImmediate();
    }
    const last = rows.at(-1);
    if (!last) return;
    after = last.id;
  }
}

function countsTold(read: Reader, id: number) {
  const row = read.selectFrom('evaluated_dataset').select(['evaluation_count', 'version_count']).where('id', '=', id);
  return row.executeTakeFirst();
}
