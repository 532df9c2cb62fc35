import { sql } from 'kysely';
import type { Evaluation } from '../../contract/evaluation.ts';
import type { Database } from '../../db/database.ts';
import { isOneOf, listOf } from '../../db/one-of.ts';
import { prepareRead } from '../../db/prepared.ts';
import { countWithin, inGroups } from '../../db/together.ts';
import { findModel } from '../models/repository.ts';
import { startClock } from '../paging/clock.ts';
import { sealToken } from '../paging/page-token.ts';
import { opened, PAGE_CHARACTERS, type Page, type PageAsked } from '../paging/pages.ts';
import { FIRST_STEP, rowsOf, stretches, type Track, within } from '../paging/stretches.ts';
import { isSatisfied } from '../search/evaluate.ts';
import type { Filter } from '../search/filter.ts';
import { parseFilter } from '../search/grammar.ts';
import { EVALUATION_KEYS, type Filtered, required, valuesOf } from './evaluation-filter.ts';
import { datasetsById, evaluationsById, type Sized } from './evaluations-of.ts';
import { liveVersions } from './live.ts';

interface Parts {
  read: Database['read'];
  dialect: Database['name'];
  tokenKey: Uint8Array;
}

export interface EvaluationSearch extends PageAsked {
  filter?: string | undefined;
}

const DESC = { desc: true };

/**
 * Evaluations of all live versions that satisfy a filter, the one recorded last first. Looked for along the index of the
 * model or the data set that the filter asks for, if it does; a page that takes long, or is full of large ones, ends early.
 */
export async function searchEvaluations(parts: Parts, asked: EvaluationSearch): Promise<Page<Evaluation>> {
  const { read, tokenKey } = parts;
  const { page_size, page_token } = asked;
  const filter = asked.filter === undefined ? undefined : parseFilter(asked.filter, EVALUATION_KEYS);
  const scope = JSON.stringify(['evaluations', asked.filter ?? null]);
  const before = page_token === undefined ? undefined : (opened(tokenKey, scope, page_token)[0] as number);
  const { found, next } = await look(parts, filter, before, page_size + 1);
  const page = found.slice(0, Math.min(page_size, countWithin(PAGE_CHARACTERS, found)));
  const ids = page.map(({ id }) => id);
  const from = found.length > page.length ? ids.at(-1) : next;
  return {
    items: await evaluationsById(read, ids),
    next_page_token: from === undefined ? null : sealToken(tokenKey, scope, [from]),
  };
}

/** The first `enough` before an id, and where the search goes on where it took long before there were so many. */
async function look(
  { read, dialect }: Parts,
  filter: Filter | undefined,
  before: number | undefined,
  enough: number,
): Promise<{ found: Sized[]; next?: number }> {
  const tracks = await tracksOf(read, filter);
  if (tracks.length === 0) return { found: [] };
  const clock = startClock(dialect);
  const pace = { at: { read }, step: Math.max(FIRST_STEP, 2 * enough) };
  const found: Sized[] = [];
  for await (const { walk, from, to } of stretches(pace, tracks, DESC, before)) {
    const rows = rowsOf(walk, within(walk, DESC, from, to));
    const sizes = await sql<Sized & { looked: number }>`select walk.id, octet_length(walk.metrics)
      + octet_length(walk.tags) as looked, octet_length(walk.metrics) + octet_length(walk.intervals)
      + octet_length(walk.slices) + coalesce(octet_length(walk.curves), 0) + octet_length(walk.tags) as bytes
      from ${rows} order by walk.id desc`.execute(read);
    for await (const group of inGroups(sizes.rows, sizes.rows.length, ({ looked }) => looked)) {
      const ids = new Set(await satisfying(read, group, filter));
      found.push(...group.filter(({ id }) => ids.has(id)));
      if (found.length >= enough) return { found: found.slice(0, enough) };
      await clock.rest();
    }
    if (to === undefined) break;
    pace.step = clock.paced(pace.step);
    if (clock.isOver()) return { found, next: to as number };
  }
  return { found };
}

async function satisfying(
  read: Database['read'],
  group: readonly Sized[],
  filter: Filter | undefined,
): Promise<number[]> {
  const ids = listOf(
    read,
    group.map(({ id }) => id),
  );
  const rows = await rowsById(read, { ids });
  const live = await liveVersions(
    read,
    rows.map(({ version_id }) => version_id),
  );
  const datasets = await datasetsById(
    read,
    rows.map(({ dataset_id }) => dataset_id),
  );
  const isWanted = ({ version_id, dataset_id, ...row }: Row) => {
    const version = live.get(version_id);
    if (!version || !filter) return version !== undefined;
    const { dataset_name, dataset_digest } = datasets.get(dataset_id)!;
    return isSatisfied(filter, valuesOf({ ...row, model: version.model, dataset_name, dataset_digest }));
  };
  return rows.filter(isWanted).map(({ id }) => id);
}

type Row = Omit<Filtered, 'model' | 'dataset_name' | 'dataset_digest'> & { version_id: number; dataset_id: number };

const rowsById = prepareRead<{ ids: unknown }, Row>((db, param) =>
  db
    .selectFrom('evaluation')
    .select(['id', 'version_id', 'number', 'version_digest', 'dataset_id', 'evaluator', 'n', 'at', 'recorded_at'])
    .select(['recorded_by', 'source', 'metrics', 'tags'])
    .where(isOneOf(db, 'id', param('ids'), 'bigint')),
);

/** Digests of one data set along which a search walks at most; of more, along all evaluations. */
const MOST_DIGESTS = 50;

const datasetsNamed = prepareRead<{ name: string }, { id: number; digest: string }>((db, param) =>
  db
    .selectFrom('evaluated_dataset')
    .select(['id', 'digest'])
    .where('name', '=', param('name'))
    .limit(MOST_DIGESTS + 1),
);

const datasetBy = prepareRead<{ name: string; digest: string }, { id: number; digest: string }>((db, param) =>
  db
    .selectFrom('evaluated_dataset')
    .select(['id', 'digest'])
    .where('name', '=', param('name'))
    .where('digest', '=', param('digest')),
);

/** What may be walked along; nothing where nothing can be found. */
async function tracksOf(read: Database['read'], filter: Filter | undefined): Promise<Track[]> {
  const track = (where: Track['where']): Track => ({
    from: sql`evaluation as walk`,
    where,
    value: sql`walk.id`,
    effort: 1,
  });
  const tracks: Track[] = [];
  const model = required(filter, 'model');
  if (model !== undefined) {
    const row = await findModel(read, model);
    if (!row) return [];
    tracks.push(track([sql`walk.model_id = ${row.id}`]));
  }
  const name = required(filter, 'dataset.name');
  const digest = required(filter, 'dataset.digest');
  if (name !== undefined) {
    const rows = digest === undefined ? await datasetsNamed(read, { name }) : await datasetBy(read, { name, digest });
    if (rows.length === 0) return [];
    if (rows.length === 1) tracks.push(track([sql`walk.dataset_id = ${rows[0]!.id}`]));
    else if (rows.length <= MOST_DIGESTS) {
      const each = { of: sql`walk.dataset_id`, values: rows.map(({ id }) => id) };
      tracks.push({ ...track([]), each, effort: rows.length });
    }
  }
  return tracks.length > 0 ? tracks : [track([])];
}
