import type { Kysely } from 'kysely';
import type { Status } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { Tables } from '../../db/tables.ts';
import { keyOf } from '../names.ts';
import { parseRef, type Ref } from '../refs.ts';
import { headOf } from '../search/facets.ts';
import { getVersion, type VersionRow } from './repository.ts';

/**
 * The live version that a ref names, in one statement. Undefined where there is none: `getVersion` goes the long way
 * over the model, and says what is missing.
 */
export async function findVersion(reader: Reader, name: string, text: string): Promise<VersionRow | undefined> {
  const ref = parseRef(text);
  const row = ref && (await findByRef(reader, { name, name_key: keyOf(name) }, ref))[0];
  return row?.deregistered === null ? row : undefined;
}

/** The same, or a refusal that says what is missing. */
export async function getVersionRow(reader: Reader, name: string, ref: string): Promise<VersionRow> {
  return (await findVersion(reader, name, ref)) ?? (await getVersion(reader, name, ref)).row;
}

function findByRef(reader: Reader, model: Named, ref: Ref): Promise<VersionRow[]> {
  switch (ref.kind) {
    case 'number':
      return byNumber(reader, { ...model, number: ref.number });
    case 'latest':
      return latest(reader, model);
    case 'alias':
      return byAlias(reader, { ...model, alias: ref.alias, head: headOf(ref.alias) });
    case 'status':
      return newestIn(reader, { ...model, status: ref.status });
  }
}

/** The names of a model, as a type whose keys can be parameters. */
type Named = { name: string; name_key: string };
type Param = <K extends keyof Named>(key: K) => Named[K];

/** Stands as a subquery, which takes SQLite half as long as a join of the two. */
const model = (db: Kysely<Tables>, param: Param) =>
  db
    .selectFrom('model')
    .where('name_key', '=', param('name_key'))
    .where('name', '=', param('name'))
    .where('deregistered', 'is', null);

const byNumber = prepareRead<Named & { number: number }, VersionRow>((db, param) =>
  db
    .selectFrom('version')
    .selectAll()
    .where('model_id', '=', model(db, param).select('id'))
    .where('number', '=', param('number')),
);

const latest = prepareRead<Named, VersionRow>((db, param) =>
  db
    .selectFrom('version')
    .selectAll()
    .where('model_id', '=', model(db, param).select('id'))
    .where('number', '=', model(db, param).select('latest_version')),
);

/** An alias is a facet of its version, written in the same commit. */
const byAlias = prepareRead<Named & { alias: string; head: string }, VersionRow>((db, param) =>
  db
    .selectFrom('version')
    .selectAll()
    .where('id', '=', (eb) =>
      eb
        .selectFrom('version_facet')
        .select('version_id')
        .where('model_id', '=', model(db, param).select('id'))
        .where('key', '=', 'alias')
        .where('head', '=', param('head'))
        .where('text', '=', param('alias')),
    ),
);

const newestIn = prepareRead<Named & { status: Status }, VersionRow>((db, param) =>
  db
    .selectFrom('version')
    .selectAll()
    .where('model_id', '=', model(db, param).select('id'))
    .where('status', '=', param('status'))
    .where('deregistered', 'is', null)
    .orderBy('status_since', 'desc')
    .orderBy('number', 'desc')
    .limit(1),
);
