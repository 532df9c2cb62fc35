import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Selectable } from 'kysely';
import type { Metrics, MetricValue } from '../contract/shapes.ts';
import { toTime } from '../contract/time.ts';
import type { Reader } from '../db/database.ts';
import type { LatestPointTable, MetricPointTable } from '../db/tables.ts';
import { same } from '../events/replay.ts';
import { fromStored } from './evidence/values.ts';
import { quote } from './reconcile-events.ts';

/** A point as an event tells it. */
export interface Told {
  name: string;
  value: MetricValue;
  step: number;
  at: string;
}

/** What a number of points comes to, in whatever order they come: as many and the same ones give the same. */
export class Sum {
  count = 0;
  #lanes = new Uint32Array(8);

  add({ name, value, step, at }: Told): void {
    const digest = createHash('sha256')
      .update(JSON.stringify([name, value, step, at]))
      .digest();
    for (let lane = 0; lane < 8; lane += 1) this.#lanes[lane]! += digest.readUInt32LE(4 * lane);
    this.count += 1;
  }

  equals(other: Sum): boolean {
    return this.count === other.count && this.#lanes.every((lane, i) => lane === other.#lanes[i]);
  }
}

const ROWS_TOGETHER = 1_000;
type Point = Selectable<MetricPointTable>;
type Latest = Selectable<LatestPointTable>;

/** All points of a version, and what the table of the latest ones and the document say otherwise than these. */
export async function sumOfRows(
  read: Reader,
  { id, metrics }: { id: number; metrics: string },
): Promise<{ sum: Sum; differing: string[] }> {
  const sum = new Sum();
  const document = readDocument(metrics);
  const differing: string[] = [];
  const latest = new Map((await latestOf(read, id)).map((row) => [row.name, row]));
  let last: Point | undefined;
  let points = 0;
  const end = () => {
    if (!last) return;
    const kept = latest.get(last.name);
    latest.delete(last.name);
    const ought = { ...last, points };
    if (!same(kept, ought)) differing.push(`the latest point of ${quote(last.name)} is not that of its points`);
    if (!same(document[last.name], fromStored(last)))
      differing.push(`the version’s metric ${quote(last.name)} is not its latest point`);
  };
  for await (const point of pointsOf(read, id)) {
    if (last && last.name !== point.name) {
      end();
      points = 0;
    }
    sum.add({ name: point.name, value: fromStored(point), step: point.step, at: toTime(point.at) });
    points += 1;
    last = point;
  }
  end();
  for (const name of latest.keys()) differing.push(`there is a latest point of ${quote(name)}, and no point`);
  return { sum, differing };
}

/** What cannot be read differs from the ledger anyway. */
function readDocument(metrics: string): Metrics {
  try {
    return { ...(JSON.parse(metrics) as Metrics) };
  } catch {
    return {};
  }
}

function latestOf(read: Reader, version_id: number): Promise<Latest[]> {
  return read.selectFrom('latest_point').selectAll().where('version_id', '=', version_id).execute();
}

async function* pointsOf(read: Reader, version_id: number): AsyncGenerator<Point> {
  for (let after: Point | undefined; ; ) {
    let rows = read.selectFrom('metric_point').selectAll().where('version_id', '=', version_id);
    if (after) {
      const { name, step, at, value, is_nan } = after;
      rows = rows.where((eb) =>
        eb(eb.refTuple('name', 'step', 'at', 'value', 'is_nan'), '>', eb.tuple(name, step, at, value, is_nan)),
      );
    }
    const page = await rows
      .orderBy('name')
      .orderBy('step')
      .orderBy('at')
      .orderBy('value')
      .orderBy('is_nan')
      .limit(ROWS_TOGETHER)
      .execute();
    yield* page;
    if (page.length < ROWS_TOGETHER) return;
    after = page.at(-1);
    // SQLite answers at once: without a pause nothing else would be served.
    await setImmediate();
  }
}
