import type { Selectable } from 'kysely';
import type { Reader } from '../../../db/database.ts';
import { isOneOf, listOf } from '../../../db/one-of.ts';
import { prepareRead } from '../../../db/prepared.ts';
import type { ExperimentTable, ExperimentTagTable } from '../../../db/tables.ts';
import type { Experiment } from '../documents.ts';
import { fitting, type Loaded, type Room, readFewer } from './documents-page.ts';
import { groupedBy } from './grouped.ts';

/** Tags that are read together: each may have 20,000 characters. */
const TAGS = 1_000;
const ALL = 2 ** 31;
/** Characters that an experiment takes as JSON, about, besides its tags. */
const ROW = 300;

const rowsOf = prepareRead<{ ids: unknown }, Selectable<ExperimentTable>>((db, param) =>
  db
    .selectFrom('experiment')
    .selectAll()
    .where(isOneOf(db, 'id', param('ids'), 'bigint')),
);
const tagsOf = prepareRead<{ ids: unknown; most: number }, ExperimentTagTable>((db, param) =>
  db
    .selectFrom('experiment_tag')
    .select(['experiment_id', 'key', 'value'])
    .where(isOneOf(db, 'experiment_id', param('ids'), 'bigint'))
    .orderBy('experiment_id')
    .orderBy('key')
    .limit(param('most')),
);

/** Whole experiments, in the order of their ids. */
export async function loadExperiments(read: Reader, ids: readonly number[], room: Room): Promise<Loaded<Experiment>> {
  const { some, rows } = await readFewer(ids, async (fewer) => {
    const most = fewer.length === 1 ? ALL : TAGS;
    const found = await tagsOf(read, { ids: listOf(read, fewer), most: most + 1 });
    return found.length <= most ? found : undefined;
  });
  const tags = groupedBy('experiment_id', rows);
  const sizes = some.map((id) =>
    (tags.get(id) ?? []).reduce((sum, { key, value }) => sum + key.length + value.length + 24, ROW),
  );
  const looked = fitting(sizes, room);
  const kept = some.slice(0, looked);
  const found = new Map((await rowsOf(read, { ids: listOf(read, kept) })).map((row) => [row.id, row]));
  const documents = kept.flatMap((id): Experiment[] => {
    const row = found.get(id);
    return row ? [{ ...row, tags: tags.get(id) ?? [] }] : [];
  });
  return { documents, looked, characters: sizes.slice(0, looked).reduce((sum, size) => sum + size, 0) };
}
