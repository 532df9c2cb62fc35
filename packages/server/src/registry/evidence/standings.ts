import type { Direction } from '../../contract/metric.ts';
import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { StandingTable } from '../../db/tables.ts';

export type Stands = Pick<StandingTable, 'version_id' | 'evaluation_id' | 'value' | 'is_nan'>;

type Of = { dataset_id: number; metric: string; is_nan: number; value: number; version_id: number; most: number };

/** Along an index that has them in this order: by value, and those of equal value by version. */
function inOrder(desc: boolean, ofModel: boolean) {
  return prepareRead<Of & { model_id: number }, Stands>((db, param) => {
    const way = desc ? 'desc' : 'asc';
    const all = db
      .selectFrom('standing')
      .select(['version_id', 'evaluation_id', 'value', 'is_nan'])
      .where('dataset_id', '=', param('dataset_id'))
      .where('metric', '=', param('metric'))
      .where('is_nan', '=', param('is_nan'));
    const some = ofModel ? all.where('model_id', '=', param('model_id')) : all;
    return some
      .where((eb) =>
        eb(
          eb.refTuple('value', 'version_id'),
          desc ? '<' : '>',
          eb.tuple(eb.val(param('value')), eb.val(param('version_id'))),
        ),
      )
      .orderBy('value', way)
      .orderBy('version_id', way)
      .limit(param('most'));
  });
}

const QUERIES = {
  higher: { all: inOrder(true, false), model: inOrder(true, true) },
  lower: { all: inOrder(false, false), model: inOrder(false, true) },
};

/** The next versions by their value of a metric, the best first; after all of them those whose value is NaN. */
export async function standingsAfter(
  reader: Reader,
  of: { dataset_id: number; metric: string; model_id: number | undefined; direction: Direction },
  last: Pick<Stands, 'is_nan' | 'value' | 'version_id'> | undefined,
  most: number,
): Promise<Stands[]> {
  const { dataset_id, metric, model_id, direction } = of;
  const query = QUERIES[direction][model_id === undefined ? 'all' : 'model'];
  const sign = direction === 'higher' ? 1 : -1;
  const before = { value: sign * Number.POSITIVE_INFINITY, version_id: sign * Number.MAX_SAFE_INTEGER };
  const asked = { dataset_id, metric, model_id: model_id ?? 0 };
  const rows: Stands[] = [];
  for (const is_nan of [0, 1]) {
    if (last && last.is_nan > is_nan) continue;
    const { value, version_id } = last?.is_nan === is_nan ? last : before;
    rows.push(...(await query(reader, { ...asked, is_nan, value, version_id, most: most - rows.length })));
    if (rows.length === most) break;
  }
  return rows;
}
