import type { Kysely } from 'kysely';
import type { Tables } from '../../db/tables.ts';

/** A metric of a run. */
export type Series = { run_id: string; key: string };

/** Under which number the points of a metric of a run stand; for prepared queries. */
export const seriesOf = (db: Kysely<Tables>, param: <K extends keyof Series>(name: K) => Series[K]) =>
  db.selectFrom('latest_metric').select('id').where('run_id', '=', param('run_id')).where('key', '=', param('key'));
