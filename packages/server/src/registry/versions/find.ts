import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import type { Status } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import { prepareLookup, prepareRead } from '../../db/prepared.ts';
import type { Tables } from '../../db/tables.ts';
import { keyOf } from '../names.ts';
import { parseRef, type Ref } from '../refs.ts';
import { HEAD, headOf, keptText } from '../search/facets.ts';
import { LISTED_VERSION } from './listed.ts';
import { getVersion, type VersionRow } from './repository.ts';
import { newestDraftId, newestId } from './status-order.ts';

/** What tells where the files of a version are. */
const PLACE = ['model_id', 'number', 'source'] as const;
export type VersionPlace = Pick<VersionRow, (typeof PLACE)[number]>;

/** The live version that a ref names, or a refusal that says what is missing. */
export const getVersionRow = getterOf<keyof VersionRow>();
export const getListedVersion = getterOf(LISTED_VERSION);
export const getVersionPlace = getterOf(PLACE);

type Get<C extends keyof VersionRow> = (reader: Reader, name: string, ref: string) => Promise<Pick<VersionRow, C>>;

/**
 * Gets these columns of a version, or all where none are named, in one statement. Where it finds none, `getVersion` goes
 * the long way over the model, and says what is missing.
 */
function getterOf<C extends keyof VersionRow>(columns?: readonly C[]): Get<C> {
  type Row = Pick<VersionRow, C | 'deregistered'>;
  const rows = (db: Kysely<Tables>) =>
    (columns
      ? db.selectFrom('version').select([...new Set<keyof VersionRow>([...columns, 'deregistered'])])
      : db.selectFrom('version').selectAll()) as SelectQueryBuilder<Tables, 'version', Row>;

  const byNumber = prepareLookup<Named & { number: number }, Row>((db, param) =>
    rows(db).where('model_id', '=', model(db, param).select('id')).where('number', '=', param('number')),
  );
  const latest = prepareLookup<Named, Row>((db, param) =>
    rows(db)
      .where('model_id', '=', model(db, param).select('id'))
      .where('number', '=', model(db, param).select('latest_version')),
  );
  /** An alias is a facet of its version, written in the same commit. */
  const facets = (db: Kysely<Tables>, param: Param<Named & Alias>) =>
    db
      .selectFrom('version_facet')
      .select('version_id')
      .where('model_id', '=', model(db, param).select('id'))
      .where('key', '=', ALIAS)
      .where('head', '=', param('head'));
  /** Of one that is its own head, which the index has: the row of the facet is not read. */
  const byShortAlias = prepareLookup<Named & Alias, Row>((db, param) => rows(db).where('id', '=', facets(db, param)));
  const byAlias = prepareLookup<Named & Alias & { alias: string }, Row>((db, param) =>
    rows(db).where('id', '=', facets(db, param).where(keptText(), '=', param('alias'))),
  );
  const newestIn = prepareRead<Named & { status: Status }, Row>((db, param) =>
    rows(db).where('id', '=', newestId(model(db, param).select('id'), param('status'))),
  );
  const newestDraft = prepareRead<Named, Row>((db, param) =>
    rows(db).where('id', '=', newestDraftId(db, model(db, param).select('id'))),
  );

  function findByRef(reader: Reader, named: Named, ref: Ref): Promise<Row[]> {
    switch (ref.kind) {
      case 'number':
        return byNumber(reader, { ...named, number: ref.number });
      case 'latest':
        return latest(reader, named);
      case 'alias': {
        const { alias } = ref;
        const head = headOf(alias);
        return alias.length < HEAD
          ? byShortAlias(reader, { ...named, head })
          : byAlias(reader, { ...named, alias, head });
      }
      case 'status':
        return ref.status === 'draft' ? newestDraft(reader, named) : newestIn(reader, { ...named, status: ref.status });
    }
  }

  return async (reader, name, text) => {
    const ref = parseRef(text);
    const row = ref && (await findByRef(reader, { name, name_key: keyOf(name) }, ref))[0];
    return row?.deregistered === null ? row : (await getVersion(reader, name, text)).row;
  };
}

/** The names of a model, as a type whose keys can be parameters. */
type Named = { name: string; name_key: string };
type Alias = { head: string };
/** In the text of the query, since the index of one model's versions says so: see search/at.ts. */
const ALIAS = sql.lit('alias');
type Param<N> = <K extends keyof N>(key: K) => N[K];

/** Stands as a subquery, which takes SQLite half as long as a join of the two. */
const model = (db: Kysely<Tables>, param: Param<Named>) =>
  db
    .selectFrom('model')
    .where('name_key', '=', param('name_key'))
    .where('name', '=', param('name'))
    .where('deregistered', 'is', null);
