import type { Reader } from '../db/database.ts';
import { countTogether } from '../db/together.ts';
import type { Step } from './backlog.ts';
import { placedFacets as placedOfModel, toModel } from './models/repository.ts';
import type { Noun } from './search/filter.ts';
import { facetsBetween, type IndexAt, type Reindex, writeIndex } from './search/index-text.ts';
import { formatsOfEach, placedFacets, textOf, toVersion } from './versions/repository.ts';

/** Nothing else is served meanwhile, and the full-text index is the cheaper the more is written at once. */
const ROWS_TOGETHER = 1_000;

/** Writes the search index of all models, or all versions, anew, in order of their ids. What was purged is in none. */
export function nextIndexed(noun: Noun): Step {
  return async (at, { after }) => {
    const { last, entries } = await (noun === 'model' ? models(at, after) : versions(at, after));
    await writeIndex(at, entries);
    return last;
  };
}

interface Found {
  /** Undefined where there are no more rows. */
  last: number | undefined;
  entries: Reindex[];
}

async function models({ tx }: IndexAt, after: number): Promise<Found> {
  const count = await countTogether(tx, { table: 'model', key: ['id'], after: [after] }, ROWS_TOGETHER);
  const rows = await tx.selectFrom('model').selectAll().where('id', '>', after).orderBy('id').limit(count).execute();
  const entries = rows
    .filter((row) => row.purged_at === null)
    .map((row): Reindex => {
      const model = toModel(row);
      return { noun: 'model', id: row.id, entry: 'anew', facets: facetsBetween([], placedOfModel(model)), text: model };
    });
  return { last: lastOf(rows, count), entries };
}

async function versions({ tx }: IndexAt, after: number): Promise<Found> {
  const count = await countTogether(tx, { table: 'version', key: ['id'], after: [after] }, ROWS_TOGETHER);
  const rows = await tx
    .selectFrom('version')
    .innerJoin('model', 'model.id', 'version.model_id')
    .selectAll('version')
    .select(['model.name as model', 'model.purged_at as model_purged_at'])
    .where('version.id', '>', after)
    .orderBy('version.id')
    .limit(count)
    .execute();
  const kept = rows.filter((row) => row.purged_at === null && row.model_purged_at === null);
  const formats = await formatsOfEach(
    tx as Reader,
    kept.map(({ id }) => id),
  );
  const entries = kept.map((row): Reindex => {
    const version = toVersion(row, row.model);
    const facets = facetsBetween([], placedFacets(row.model_id, version, formats.get(row.id) ?? []));
    return { noun: 'version', id: row.id, entry: 'anew', facets, text: textOf(version) };
  });
  return { last: lastOf(rows, count), entries };
}

function lastOf(rows: readonly { id: number }[], count: number): number | undefined {
  return rows.length < count ? undefined : rows.at(-1)?.id;
}
