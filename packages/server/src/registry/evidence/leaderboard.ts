import type { Leaderboard, Standing } from '../../contract/evaluation.ts';
import type { Direction } from '../../contract/metric.ts';
import { toTime } from '../../contract/time.ts';
import type { Dialect, Reader } from '../../db/database.ts';
import { isOneOf, listOf } from '../../db/one-of.ts';
import { prepareRead } from '../../db/prepared.ts';
import { getModel } from '../models/repository.ts';
import { startClock } from '../paging/clock.ts';
import { type Position, sealToken } from '../paging/page-token.ts';
import { opened, type PageAsked } from '../paging/pages.ts';
import { Refused } from '../refusals.ts';
import { getDatasetRow } from './datasets.ts';
import { definitionsOf } from './definitions.ts';
import { intervalsOf } from './interval.ts';
import { liveVersions } from './live.ts';
import { type Stands, standingsAfter } from './standings.ts';
import { fromStored } from './values.ts';

export interface LeaderboardAsked extends PageAsked {
  metric: string;
  digest?: string | undefined;
  model?: string | undefined;
  direction?: Direction | undefined;
}

interface Parts {
  read: Reader;
  dialect: Dialect;
  tokenKey: Uint8Array;
}

/** Where a page ended: the row, how many stood before its end, and the rank that they ended with. */
interface Place {
  dataset_id: number;
  last: Pick<Stands, 'is_nan' | 'value' | 'version_id'> | undefined;
  seen: number;
  rank: number;
  rankOf: Pick<Stands, 'is_nan' | 'value'> | undefined;
}

/** Rows that are looked at together at least: those in the trash are passed over. */
const ROWS_TOGETHER = 64;

/**
 * Versions by what they came to on a data set, the best first and NaN last. The newest evaluation of each version that has
 * the metric counts. Equal values share a rank. Without a digest it is the one of
 * the name that an evaluation was recorded on last.
 */
export async function leaderboard(parts: Parts, name: string, asked: LeaderboardAsked): Promise<Leaderboard> {
  const { read, tokenKey } = parts;
  const { metric, digest, page_size, page_token } = asked;
  const definition = (await definitionsOf(read, [metric])).get(metric);
  const direction = asked.direction ?? definition?.direction ?? refuseDirection(metric);
  const scope = JSON.stringify(['leaderboard', name, metric, digest ?? null, asked.model ?? null, direction]);
  const dataset = await getDatasetRow(read, name, digest);
  const start: Place =
    page_token === undefined
      ? { dataset_id: dataset.id, last: undefined, seen: 0, rank: 0, rankOf: undefined }
      : toPlace(opened(tokenKey, scope, page_token));
  const model_id = asked.model === undefined ? undefined : (await getModel(read, asked.model)).id;
  const { rows, next } = await look(parts, start, { metric, direction, model_id, most: page_size });
  const evaluations = new Map((await evaluationsOf(read, rows)).map((row) => [row.id, row]));
  const items = rows.map(({ rank, stands, version }): Standing => {
    const { n, at, of_these_bytes } = evaluations.get(stands.evaluation_id)!;
    const value = fromStored(stands);
    const interval = intervalsOf({ [metric]: value }, n)[metric] ?? null;
    return {
      rank,
      ...version,
      value,
      interval,
      n,
      evaluation: stands.evaluation_id,
      of_these_bytes: of_these_bytes === 1,
      at: toTime(at),
    };
  });
  const of = dataset.id === start.dataset_id ? dataset : await datasetById(read, start.dataset_id);
  return {
    dataset: { name, digest: of.digest },
    metric,
    direction,
    unit: definition?.unit ?? null,
    items,
    next_page_token: next && sealToken(tokenKey, scope, toPosition(next)),
  };
}

interface Ranked {
  rank: number;
  stands: Stands;
  version: { model: string; number: number; status: string };
}

async function look(
  { read, dialect }: Parts,
  start: Place,
  asked: { metric: string; direction: Direction; model_id: number | undefined; most: number },
): Promise<{ rows: Ranked[]; next: Place | null }> {
  const { metric, direction, model_id, most } = asked;
  const clock = startClock(dialect);
  const rows: Ranked[] = [];
  const of = { dataset_id: start.dataset_id, metric, model_id, direction };
  for (let place = start; ; ) {
    const step = Math.max(ROWS_TOGETHER, most + 1 - rows.length);
    const some = await standingsAfter(read, of, place.last, step);
    const live = await liveVersions(
      read,
      some.map(({ version_id }) => version_id),
    );
    for (const stands of some) {
      const version = live.get(stands.version_id);
      if (version) {
        if (rows.length === most) return { rows, next: place };
        const { rankOf } = place;
        const isEqual = rankOf?.value === stands.value && rankOf.is_nan === stands.is_nan;
        const rank = isEqual ? place.rank : place.seen + 1;
        rows.push({ rank, stands, version });
        place = { ...place, seen: place.seen + 1, rank, rankOf: stands };
      }
      place = { ...place, last: stands };
    }
    if (some.length < step) return { rows, next: null };
    if (clock.isOver()) return { rows, next: place };
    await clock.rest();
  }
}

const byIds = prepareRead<{ ids: unknown }, { id: number; n: number | null; at: number; of_these_bytes: number }>(
  (db, param) =>
    db
      .selectFrom('evaluation as e')
      .innerJoin('version as v', 'v.id', 'e.version_id')
      .select((eb) => [
        'e.id',
        'e.n',
        'e.at',
        eb.case().whenRef('e.version_digest', '=', 'v.digest').then(1).else(0).end().as('of_these_bytes'),
      ])
      .where(isOneOf(db, 'e.id', param('ids'), 'bigint')),
);

async function evaluationsOf(read: Reader, rows: readonly Ranked[]) {
  if (rows.length === 0) return [];
  const ids = rows.map(({ stands }) => stands.evaluation_id);
  return byIds(read, { ids: listOf(read, ids) });
}

const digestById = prepareRead<{ id: number }, { digest: string }>((db, param) =>
  db.selectFrom('evaluated_dataset').select('digest').where('id', '=', param('id')),
);

/** Where no evaluation of it is left, nothing stands on it either. */
async function datasetById(read: Reader, id: number): Promise<{ digest: string }> {
  return (await digestById(read, { id }))[0] ?? { digest: '' };
}

function refuseDirection(metric: string): never {
  throw new Refused(
    'query-invalid',
    `Nobody has said which way ${metric} is better: give direction=higher or direction=lower, or set it with PUT /metric-definitions/{name}.`,
    { parameter: 'direction' },
  );
}

function toPosition({ dataset_id, last, seen, rank, rankOf }: Place): Position {
  const of = (row: { is_nan: number; value: number } | undefined) => (row ? [row.is_nan, row.value] : [null, null]);
  return [dataset_id, seen, rank, ...of(rankOf), ...of(last), last?.version_id ?? null];
}

function toPlace([dataset_id, seen, rank, rankNan, rankValue, is_nan, value, version_id]: Position): Place {
  return {
    dataset_id: dataset_id as number,
    seen: seen as number,
    rank: rank as number,
    rankOf: rankNan === null ? undefined : { is_nan: rankNan as number, value: rankValue as number },
    last:
      version_id === null
        ? undefined
        : { is_nan: is_nan as number, value: value as number, version_id: version_id as number },
  };
}
