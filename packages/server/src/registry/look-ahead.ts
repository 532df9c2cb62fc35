import { sql } from 'kysely';
import type { Database, Writer } from '../db/database.ts';
import { prepareRead } from '../db/prepared.ts';
import type { About, Ahead } from './ahead.ts';
import { OF_DEFAULT, type PolicyRow } from './lifecycle/policies.ts';
import { keyOf } from './names.ts';
import { parseRef } from './refs.ts';
import { OF_MODEL, type VersionAndModel, versionAndModel } from './versions/repository.ts';

interface Asked {
  /** Which of the changes. */
  place: number;
  name: string;
  name_key: string;
  number: number | null;
}

/**
 * Reads in one statement what changes that share a commit will read first, in their order: on PostgreSQL, where each would
 * take a round trip for it. Not of a model that an earlier one of them is about, nor after one of which it is not
 * known what it is about: that may have changed it. From other commits the ledger's lock keeps them all.
 */
export async function lookAhead(
  db: Database,
  tx: Writer,
  changes: readonly (About | undefined)[],
): Promise<ReadonlyMap<number, Ahead>> {
  const asked = db.name === 'postgres' ? askedBy(changes) : [];
  if (asked.length < 2) return new Map();
  const rows = await readAll(tx, {
    places: asked.map(({ place }) => place),
    names: asked.map(({ name }) => name),
    name_keys: asked.map(({ name_key }) => name_key),
    numbers: asked.map(({ number }) => number),
  });
  const ruled = rows.filter(({ place }) => changes[place]?.ruled).map(({ its_id }) => its_id as number);
  const policies = ruled.length > 0 ? await newestPolicies(tx, { model_ids: [OF_DEFAULT, ...ruled] }) : [];
  return new Map(
    rows.map(({ place, ...found }) => {
      const both = versionAndModel(found);
      const of = policies.filter(({ model_id }) => model_id === OF_DEFAULT || model_id === both.model.id);
      return [place, { ...both, policies: changes[place]?.ruled ? of : undefined }];
    }),
  );
}

function askedBy(changes: readonly (About | undefined)[]): Asked[] {
  const seen = new Set<string>();
  const asked: Asked[] = [];
  for (const [place, about] of changes.entries()) {
    if (!about) break;
    const { model: name, ref, reads = true } = about;
    // As PostgreSQL is given it: two names that are one there are of one model.
    const name_key = keyOf(name.toWellFormed());
    const canBe = reads && !seen.has(name_key) && name.isWellFormed() && !`${name}${name_key}`.includes('\u0000');
    seen.add(name_key);
    if (!canBe) continue;
    const of = ref === undefined ? undefined : parseRef(ref);
    asked.push({ place, name, name_key, number: of?.kind === 'number' ? of.number : null });
  }
  return asked;
}

type Lists = { places: number[]; names: string[]; name_keys: string[]; numbers: (number | null)[] };

/** Row by row, each by its index: a plan that was made while there were few must not read all once there are many. */
const readAll = prepareRead<Lists, VersionAndModel & { place: number }>((_, param) => {
  const ofModel = sql.join(OF_MODEL.map(({ column, as }) => sql`${sql.ref(`model.${column}`)} as ${sql.ref(as)}`));
  return sql<VersionAndModel & { place: number }>`select asked.place, version.*, ${ofModel}
    from unnest(${param('places')}::integer[], ${param('names')}::text[], ${param('name_keys')}::text[],
      ${param('numbers')}::bigint[]) as asked (place, name, name_key, number)
    cross join lateral (select * from model where name_key = asked.name_key and name = asked.name
      and deregistered is null offset 0) as model
    left join lateral (select * from version where model_id = model.id and number = asked.number offset 0) as version
      on true`;
});

const newestPolicies = prepareRead<{ model_ids: number[] }, PolicyRow>(
  (_, param) => sql<PolicyRow>`select policy.* from unnest(${param('model_ids')}::bigint[]) as asked (model_id)
    cross join lateral (select * from policy where model_id = asked.model_id order by version desc limit 1) as policy`,
);
