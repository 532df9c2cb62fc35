import type { Reader } from '../db/database.ts';
import { prepareRead } from '../db/prepared.ts';
import { IS_PROMPT } from './models/prompts.ts';
import { keyOf } from './names.ts';
import type { FilterQuery, NamedVersion } from './row-lists.ts';
import { headOf, keptText } from './search/facets.ts';
import { type Comparison, type Filter, isComparison } from './search/filter.ts';
import { compareScalars } from './search/order.ts';
import type { SortKey } from './search/sort.ts';
import { LISTED_VERSION } from './versions/listed.ts';

/** More than so many are searched for as everything is. */
const MOST = 200;

/**
 * The live versions of one model or one run that are no prompts, in order, where there are few: what clients ask for
 * most, in one prepared statement. Undefined for any other search; what it answers is what the search would.
 */
export async function fewVersions(
  reader: Reader,
  { filter, sort, page_size }: FilterQuery,
): Promise<NamedVersion[] | undefined> {
  if (isComparison(filter) || filter.op !== 'AND' || filter.parts.length !== 2) return undefined;
  const [one, hidden] = filter.parts as [Filter, Filter];
  if (!isComparison(one) || one.op !== '=' || !hidesPrompts(hidden)) return undefined;
  const orders = sort.map(orderBy);
  if (!orders.every((order) => order !== undefined)) return undefined;
  const rows = await rowsOf(reader, one);
  if (!rows || rows.length > Math.min(MOST, page_size)) return undefined;
  const shown = rows.filter(
    ({ gone, tags }) => !gone && !(tags.includes(IS_PROMPT) && JSON.parse(tags)[IS_PROMPT] === 'true'),
  );
  return shown.sort((a, b) => {
    for (const order of orders) {
      const came = order(a, b);
      if (came !== 0) return came;
    }
    return 0;
  });
}

function hidesPrompts(filter: Filter): boolean {
  if (isComparison(filter) || filter.op !== 'NOT' || !isComparison(filter.part)) return false;
  const { key, op, values } = filter.part;
  return key === `tags.${IS_PROMPT}` && op === '=' && values[0] === 'true';
}

type Order = (a: NamedVersion, b: NamedVersion) => number;

function orderBy({ key, desc }: SortKey): Order | undefined {
  const column = COLUMNS.get(key);
  if (column === undefined) return undefined;
  return (a, b) => (desc ? compareScalars(b[column], a[column]) : compareScalars(a[column], b[column]));
}

const COLUMNS = new Map<string, 'model' | 'number' | 'created_at' | 'updated_at'>([
  ['name', 'model'],
  ['number', 'number'],
  ['created_at', 'created_at'],
  ['updated_at', 'updated_at'],
]);

type Row = NamedVersion & { gone?: string | null };

async function rowsOf(reader: Reader, { key, values }: Comparison): Promise<Row[] | undefined> {
  const text = String(values[0]);
  if (key === 'name') return ofModel(reader, { name: text, name_key: keyOf(text) });
  return key === 'lineage.run_id' ? ofRun(reader, { text, head: headOf(text) }) : undefined;
}

const COLUMNS_READ = LISTED_VERSION.map((column) => `version.${column}` as const);

const ofModel = prepareRead<{ name: string; name_key: string }, NamedVersion>((db, param) =>
  db
    .selectFrom('model')
    .innerJoin('version', 'version.model_id', 'model.id')
    .select([...COLUMNS_READ, 'version.id', 'model.name as model'])
    .where('model.name_key', '=', param('name_key'))
    .where('model.name', '=', param('name'))
    .where('model.deregistered', 'is', null)
    .where('version.deregistered', 'is', null)
    .limit(MOST + 1),
);

/** Also those that were deregistered, so that no more is read than may be: they are left out afterwards. */
const ofRun = prepareRead<{ text: string; head: string }, NamedVersion & { gone: string | null }>((db, param) =>
  db
    .selectFrom('version_facet as found')
    .innerJoin('version', 'version.id', 'found.version_id')
    .innerJoin('model', 'model.id', 'version.model_id')
    .select([...COLUMNS_READ, 'version.id', 'model.name as model'])
    .select((eb) => eb.fn.coalesce('version.deregistered', 'model.deregistered').as('gone'))
    .where('found.key', '=', 'lineage.run_id')
    .where('found.head', '=', param('head'))
    .where(keptText('found.'), '=', param('text'))
    .limit(MOST + 1),
);
