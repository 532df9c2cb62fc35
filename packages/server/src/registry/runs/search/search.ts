import { PageTokenError, sealToken } from '../../paging/page-token.ts';
import { opened, type Page } from '../../paging/pages.ts';
import type { Sql } from '../../paging/sql.ts';
import { BOUNDS, type Bounds } from '../../search/at.ts';
import type { Experiment, Run } from '../documents.ts';
import type { TrackingParts } from '../tracking.ts';
import { documentsOf, type Load } from './documents-page.ts';
import { loadExperiments } from './experiment-documents.ts';
import type { Filter } from './filter.ts';
import { parseFilter } from './grammar.ts';
import { levelsOf, withEnd } from './levels.ts';
import { look } from './look.ts';
import { EXPERIMENT, type Noun, RUN } from './nouns.ts';
import { type OrderKey, parseOrder } from './order.ts';
import type { DatasetAsked } from './predicate.ts';
import { loadRuns } from './run-documents.ts';
import type { Stage } from './scope.ts';

export type SearchParts = Pick<TrackingParts, 'read' | 'dialect' | 'tokenKey'> & { bounds?: Bounds };

export interface PageOfSearch {
  filter?: string | undefined;
  /** How many documents, from 1. A page may have fewer, and a token: where documents are large, or it took long. */
  page_size: number;
  page_token?: string | undefined;
}

export interface RunSearch extends PageOfSearch {
  experiment_ids: readonly number[];
  stages: readonly Stage[];
  /** Such as `metrics.auc DESC`. */
  order_by: readonly string[];
}

export type ExperimentSearch = Omit<RunSearch, 'experiment_ids'>;

/** A page holds at most so many documents, however many were asked for: as many as these do not fit into one anyway. */
const MOST = 10_000;

/** Whole runs of some experiments. Throws FilterError, QueryError and PageTokenError, and refuses an order. */
export function searchRuns(parts: SearchParts, asked: RunSearch): Promise<Page<Run>> {
  const order = parseOrder(asked.order_by, RUN);
  return search(parts, { noun: RUN, ...asked, order }, (ids: readonly string[], room) =>
    loadRuns(parts.read, ids, room),
  );
}

/** Whole experiments. */
export function searchExperiments(parts: SearchParts, asked: ExperimentSearch): Promise<Page<Experiment>> {
  const order = parseOrder(asked.order_by, EXPERIMENT);
  return search(parts, { noun: EXPERIMENT, ...asked, order }, (ids: readonly number[], room) =>
    loadExperiments(parts.read, ids, room),
  );
}

export interface Asked extends PageOfSearch {
  noun: Noun;
  order: readonly OrderKey[];
  experiment_ids?: readonly number[];
  stages?: readonly Stage[];
  datasets?: readonly DatasetAsked[];
  /** What a row must be besides. */
  besides?: (filter: Filter | undefined) => readonly Sql[];
}

export async function search<Id extends string | number, T>(
  { read, dialect, tokenKey, bounds = BOUNDS }: SearchParts,
  asked: Asked,
  load: Load<Id, T>,
): Promise<Page<T>> {
  const { noun, order, datasets, page_token } = asked;
  const experiments = asked.experiment_ids && [...new Set(asked.experiment_ids)].sort((a, b) => a - b);
  const filter = asked.filter === undefined ? undefined : parseFilter(asked.filter, noun);
  const levels = levelsOf(noun, withEnd(noun, order));
  const query = JSON.stringify([noun.table, experiments, asked.stages, asked.filter ?? '', order, datasets ?? []]);
  const position = page_token === undefined ? undefined : opened(tokenKey, query, page_token);
  if (position && position.length > levels.length) throw new PageTokenError();
  if (experiments?.length === 0) return { items: [], next_page_token: null };
  const size = Math.min(asked.page_size, MOST);
  const looked = await look(
    { read, dialect, bounds },
    {
      noun,
      scope: { experiments, stages: asked.stages },
      levels,
      filter,
      datasets,
      besides: asked.besides?.(filter),
      position,
    },
    size + 1,
  );
  const found = looked.found.slice(0, size);
  const page = await documentsOf(
    dialect,
    found.map(({ id }) => id as Id),
    load,
  );
  const isCut = page.looked < looked.found.length;
  const next = isCut ? found[page.looked - 1]!.position : looked.next;
  return { items: page.documents, next_page_token: next ? sealToken(tokenKey, query, next) : null };
}
