import { sql } from 'kysely';
import type { Page } from '../../paging/pages.ts';
import { exists, type Sql } from '../../paging/sql.ts';
import type { LoggedModel } from '../logged-model.ts';
import { type Filter, isComparison } from './filter.ts';
import { readKey } from './keys.ts';
import { loadLoggedModels } from './logged-model-documents.ts';
import { LOGGED_MODEL } from './nouns.ts';
import { distinct, type OrderKey, orderKey } from './order.ts';
import { type DatasetAsked, ofDatasets } from './predicate.ts';
import { type PageOfSearch, type SearchParts, search } from './search.ts';

export interface LoggedModelSearch extends PageOfSearch {
  experiment_ids: readonly number[];
  /** A metric counts only where it was measured on one of these; without a metric in the filter, any one does. */
  datasets: readonly DatasetAsked[];
  order_by: readonly LoggedModelOrder[];
}

export interface LoggedModelOrder {
  /** An attribute, or `metrics.<key>`. */
  field_name: string;
  ascending: boolean;
  dataset_name?: string | undefined;
  dataset_digest?: string | undefined;
}

/** Whole logged models of some experiments, none that is deleted. Refuses as the other searches do. */
export function searchLoggedModels(parts: SearchParts, asked: LoggedModelSearch): Promise<Page<LoggedModel>> {
  const { datasets, order_by, ...page } = asked;
  const alive = sql`logged_model.deleted_at is null`;
  const besides = (filter: Filter | undefined): Sql[] => {
    if (datasets.length === 0 || hasMetric(filter)) return [alive];
    const points = sql`logged_model_metric as kept where kept.model_id = logged_model.model_id and ${ofDatasets({ datasets })[0]}`;
    return [alive, exists(points, parts.dialect)];
  };
  const order = distinct(order_by.map(toOrderKey));
  return search(parts, { noun: LOGGED_MODEL, ...page, order, datasets, besides }, (ids: readonly string[], room) =>
    loadLoggedModels(parts.read, ids, room),
  );
}

function hasMetric(filter: Filter | undefined): boolean {
  if (filter === undefined) return false;
  if (isComparison(filter)) return filter.family === 'metric';
  return filter.op === 'NOT' ? hasMetric(filter.part) : filter.parts.some(hasMetric);
}

/** What follows the first dot is a metric's key as it is, though it may stand in backticks as in a filter. */
function toOrderKey({ field_name, ascending, dataset_name, dataset_digest }: LoggedModelOrder): OrderKey {
  const dot = field_name.indexOf('.');
  const [before, after] = dot < 0 ? [field_name] : [field_name.slice(0, dot), field_name.slice(dot + 1)];
  const segments = after === undefined ? [before!] : [before!, after.replace(/^`(.*)`$/su, '$1')];
  const read = () =>
    readKey(
      LOGGED_MODEL,
      segments.map((text) => ({ text, quote: '' as const })),
    );
  const key = { ...orderKey(LOGGED_MODEL, field_name, read), desc: !ascending };
  if (key.family !== 'metric' || (dataset_name ?? dataset_digest) === undefined) return key;
  return { ...key, dataset: { name: dataset_name, digest: dataset_digest } };
}
