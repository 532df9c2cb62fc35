import { type RawBuilder, sql } from 'kysely';
import type { Database, Writer } from '../db/database.ts';
import { prepareRead } from '../db/prepared.ts';
import { RESERVED, reserveIds } from '../db/reserved-ids.ts';
import { LONG } from '../db/together.ts';
import type { About, Ahead } from './ahead.ts';
import { OF_DEFAULT, type PolicyRow } from './lifecycle/policies.ts';
import type { NameUse } from './models/name-use.ts';
import { keyOf } from './names.ts';
import { parseRef } from './refs.ts';
import { OF_MODEL, type VersionAndModel, type VersionRow, versionAndModel } from './versions/repository.ts';

/** Bytes: of 200 changes no more than 20 MiB are read ahead. */
const SHORT = 32 * 1024;

interface Asked {
  /** Which of the changes. */
  place: number;
  about: About;
  name_key: string;
}

/**
 * Reads together what changes that share a commit will read first, in their order: on PostgreSQL, where each would take a
 * round trip for it. Not of a model that an earlier one of them is about, nor after one of which it is not known what it
 * is about: that may have changed it; nor what is long, since all of it is in memory together. From other commits the
 * ledger's lock keeps them all. Also gives out the ids of the rows that they will insert.
 */
export async function lookAhead(
  db: Database,
  tx: Writer,
  changes: readonly (About | undefined)[],
): Promise<Map<number, Ahead>> {
  const asked = db.name === 'postgres' ? askedBy(changes) : [];
  if (asked.length < 2) return new Map();
  const of = (is: (about: About) => unknown) => asked.filter(({ about }) => is(about));
  const all = of(({ isNew }) => !isNew);
  // All are sent before the first is waited for.
  const [models, bearers, uses, policies] = await Promise.all([
    some(all, () => readModels(tx, { ...listsOf(all), numbers: all.map(({ about }) => numberIn(about)) })),
    some(
      of(({ alias }) => alias !== undefined),
      (those) => readBearers(tx, { ...listsOf(those), aliases: those.map(({ about }) => about.alias as string) }),
    ),
    some(
      of(({ isNew }) => isNew),
      (those) => readUses(tx, listsOf(those)),
    ),
    some(
      of(({ ruled }) => ruled),
      (those) => readPolicies(tx, listsOf(those)),
    ),
    ...RESERVED.map((table) => reserveIds(tx, table, of(({ makes }) => makes === table).length)),
  ]);
  const ahead = new Map<number, Ahead>();
  for (const { place, ...found } of models) {
    const { name, ruled } = changes[place] as About;
    const { model, row } = versionAndModel(found);
    const isOf = ({ model_id }: PolicyRow) => model_id === OF_DEFAULT || model_id === model.id;
    const bearer = bearers.find((one) => one.place === place);
    ahead.set(place, { name, id: model.id, model, row, bearer, policies: ruled ? policies.filter(isOf) : undefined });
  }
  for (const { place, ...use } of uses) ahead.set(place, { name: (changes[place] as About).name, use });
  return ahead;
}

async function some<T>(those: readonly Asked[], read: (those: readonly Asked[]) => Promise<T[]>): Promise<T[]> {
  return those.length === 0 ? [] : read(those);
}

function askedBy(changes: readonly (About | undefined)[]): Asked[] {
  const seen = new Set<string>();
  const asked: Asked[] = [];
  for (const [place, about] of changes.entries()) {
    if (!about) break;
    const { name, alias = '' } = about;
    // As PostgreSQL is given it: two names that are one there are of one model.
    const name_key = keyOf(name.toWellFormed());
    const canBe = !seen.has(name_key) && name.isWellFormed() && !`${name}${name_key}${alias}`.includes('\u0000');
    seen.add(name_key);
    if (canBe) asked.push({ place, about, name_key });
  }
  return asked;
}

function numberIn({ ref }: About): number | null {
  const of = ref === undefined ? undefined : parseRef(ref);
  return of?.kind === 'number' ? of.number : null;
}

type Lists = { places: number[]; names: string[]; name_keys: string[] };

const listsOf = (asked: readonly Asked[]): Lists => ({
  places: asked.map(({ place }) => place),
  names: asked.map(({ about }) => about.name),
  name_keys: asked.map(({ name_key }) => name_key),
});

/** What is read of each row by its index: a plan that was made while there were few must not read all once there are many. */
const theModel = sql`lateral (select * from model where name_key = asked.name_key and name = asked.name
  and deregistered is null and ${isShort('model')} offset 0) as model`;

const theVersion = (number: RawBuilder<unknown>) =>
  sql`lateral (select * from version where model_id = model.id and number = ${number} and ${isShort('version')} offset 0) as version`;

/** Whether what people wrote in a row is as long as it mostly is. What is longer is read when it is needed. */
function isShort(table: 'model' | 'version'): RawBuilder<unknown> {
  const lengths = (LONG[table] as string[]).map((column) => sql`coalesce(octet_length(${sql.ref(column)}), 0)`);
  return sql`${sql.join(lengths, sql` + `)} <= ${sql.lit(SHORT)}`;
}

const readModels = prepareRead<Lists & { numbers: (number | null)[] }, VersionAndModel & { place: number }>(
  (_, param) => {
    const ofModel = sql.join(OF_MODEL.map(({ column, as }) => sql`${sql.ref(`model.${column}`)} as ${sql.ref(as)}`));
    return sql<VersionAndModel & { place: number }>`select asked.place, version.*, ${ofModel}
      from unnest(${param('places')}::integer[], ${param('names')}::text[], ${param('name_keys')}::text[],
        ${param('numbers')}::bigint[]) as asked (place, name, name_key, number)
      cross join ${theModel}
      left join ${theVersion(sql`asked.number`)} on true`;
  },
);

const readBearers = prepareRead<Lists & { aliases: string[] }, VersionRow & { place: number }>(
  (_, param) => sql<VersionRow & { place: number }>`select asked.place, version.*
    from unnest(${param('places')}::integer[], ${param('names')}::text[], ${param('name_keys')}::text[],
      ${param('aliases')}::text[]) as asked (place, name, name_key, alias)
    cross join ${theModel}
    cross join ${theVersion(sql`(model.aliases::json ->> asked.alias)::bigint`)}`,
);

const readUses = prepareRead<Lists, NameUse & { place: number }>(
  (_, param) => sql<NameUse & { place: number }>`select asked.place, holder.id as holder_id, holder.name as holder_name,
      used.last_number, used.model_id
    from unnest(${param('places')}::integer[], ${param('names')}::text[], ${param('name_keys')}::text[])
      as asked (place, name, name_key)
    left join lateral (select * from model where name_key = asked.name_key and deregistered is null offset 0) as holder
      on true
    left join lateral (select * from name_use where name_key = asked.name_key offset 0) as used on true`,
);

const readPolicies = prepareRead<Lists, PolicyRow>(
  (_, param) => sql<PolicyRow>`select policy.* from (
      select ${sql.lit(OF_DEFAULT)} as model_id
      union all
      select model.id from unnest(${param('places')}::integer[], ${param('names')}::text[], ${param('name_keys')}::text[])
        as asked (place, name, name_key) cross join ${theModel}
    ) as asked
    cross join lateral (select * from policy where model_id = asked.model_id order by version desc limit 1) as policy`,
);
