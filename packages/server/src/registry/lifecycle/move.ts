import { LIMITS } from '../../contract/limits.ts';
import type { Model } from '../../contract/model.ts';
import type { Status, Version } from '../../contract/version.ts';
import { prepareWrite, type Write } from '../../db/prepared.ts';
import { insertOf } from '../../db/rows.ts';
import type { Work } from '../batch.ts';
import type { Changed } from '../changed.ts';
import type { ModelRow } from '../models/repository.ts';
import { changeVersion, type VersionRow } from '../versions/repository.ts';

/** Why a stay in a status ended. */
type Ending = 'promotion' | 'rollback' | 'deregistration';

type Live = Model['live'];

const LIVE = ['staging', 'production'] as const satisfies readonly Status[];
export const isLive = (status: Status): status is keyof Live => LIVE.includes(status as never);

/** Puts one version into a status, and closes and opens the stays that rollback reads. The model's lists are `liveAfter`. */
export function moveVersion(
  work: Work,
  model: ModelRow,
  row: VersionRow,
  to: Status,
  ending: Ending,
): Changed & { version: Version } {
  const { version, changes, writes } = changeVersion(work, model.name, row, { status: to });
  const stay = { model_id: model.id, number: row.number, status: to, since: work.at, until: null, ended_by: null };
  const ended = isLive(row.status) ? [endTenure(work, row, ending)] : [];
  const begun = isLive(to) ? [insertOf('tenure', stay)] : [];
  return { version, changes, writes: [...ended, ...begun, ...writes] };
}

export function endTenure(work: Work, row: VersionRow, ended_by: Ending): Write {
  const { model_id, number, status } = row;
  return endStays.with({ model_id, number, status, until: work.at, ended_by });
}

const endStays = prepareWrite<
  Pick<VersionRow, 'model_id' | 'number' | 'status'> & { until: number; ended_by: Ending },
  never
>(
  (db, param) =>
    db
      .updateTable('tenure')
      .set({ until: param('until'), ended_by: param('ended_by') })
      .where('model_id', '=', param('model_id'))
      .where('number', '=', param('number'))
      .where('status', '=', param('status'))
      .where('until', 'is', null) as never,
);

export function endStay(work: Work, id: number, ended_by: Ending): Write {
  return endOne.with({ id, until: work.at, ended_by });
}

const endOne = prepareWrite<{ id: number; until: number; ended_by: Ending }, never>(
  (db, param) =>
    db
      .updateTable('tenure')
      .set({ until: param('until'), ended_by: param('ended_by') })
      .where('id', '=', param('id')) as never,
);

/**
 * The lists of a model once `leaving` are archived and `row` is in `to`, where the lists of before tell: from one that was
 * full nobody knows what comes up when another leaves.
 */
export function liveAfter(
  model: ModelRow,
  leaving: readonly VersionRow[],
  row: VersionRow,
  to: Status,
): Live | undefined {
  const before = toLive(model);
  const left = row.status === to ? leaving : [...leaving, row];
  if (left.some(({ status }) => isLive(status) && before[status].length >= LIMITS.liveListed)) return undefined;
  const numbers = left.map(({ number }) => number);
  const listed = (status: keyof Live) => {
    const stay = before[status].filter((number) => !numbers.includes(number));
    // The one that comes is the newest.
    return status === to && row.status !== to ? [row.number, ...stay].slice(0, LIMITS.liveListed) : stay;
  };
  return { production: listed('production'), staging: listed('staging') };
}

export const toLive = (model: ModelRow): Live => JSON.parse(model.live);
