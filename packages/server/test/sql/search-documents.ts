import { sql } from 'kysely';
import type { Model } from '../../src/contract/model.ts';
import { fromTime } from '../../src/contract/time.ts';
import type { Version } from '../../src/contract/version.ts';
import type { Database } from '../../src/db/database.ts';
import { placedFacets as placedModel } from '../../src/registry/models/repository.ts';
import { FIRST_VERSIONS } from '../../src/registry/search/at.ts';
import { facetsBetween, writeIndex } from '../../src/registry/search/index-text.ts';
import type { ModelSubject, VersionSubject } from '../../src/registry/search/subject.ts';
import { placedFacets as placedVersion } from '../../src/registry/versions/repository.ts';
import { METRICS, NUMBERS, PATHS, TAGS, WORDS } from './search-arbitrary.ts';

export type ModelDoc = Omit<ModelSubject, 'versions'> & { id: number; versions: () => VersionDoc[] };
export type VersionDoc = VersionSubject & { id: number };

/** The id of a model that has more than its first versions. */
export const LARGE = 3;

const ALIASES = ['champion', 'Модель', ...WORDS.filter((one) => one.length >= 64)];

/** A fixed sequence of numbers under `below`. */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Models and versions of every alphabet, with gaps everywhere. The same at every run. */
export function documents(): { models: ModelDoc[]; versions: VersionDoc[] } {
  const below = sequence(7);
  const pick = <T>(values: readonly T[]): T => values[below(values.length)]!;
  const maybe = <T>(make: () => T): T | null => (below(3) === 0 ? null : make());
  const word = () => pick(WORDS);
  const nonEmpty = () => pick(WORDS.filter((one) => one !== ''));
  const some = <T>(keys: readonly string[], make: () => T) =>
    Object.fromEntries(keys.filter(() => below(2) === 0).map((key) => [key, make()]));
  /** Values that are equal, or that the index holds in one place. */
  const list = () => {
    const long = () => pick(WORDS.filter((one) => one.length >= 64));
    return [
      long(),
      long(),
      pick([
        [1, 1, true],
        [true, 'true', 'true', 1],
        ['churn', 'churn'],
      ]),
    ].flat();
  };
  const value = (): unknown =>
    pick([word, () => pick(NUMBERS), () => below(2) === 0, () => null, () => [word(), 1, true, {}], list])();
  const properties = () => {
    const root: Record<string, unknown> = {};
    for (const path of PATHS.filter(() => below(2) === 0)) {
      let at = root;
      for (const segment of path.slice(0, -1)) {
        if (typeof at[segment] !== 'object' || at[segment] === null || Array.isArray(at[segment])) at[segment] = {};
        at = at[segment] as Record<string, unknown>;
      }
      at[path.at(-1)!] = value();
    }
    return root;
  };
  const time = () => new Date(pick([0, 1_000, 1_700_000_000_000, 1_700_000_000_001])).toISOString();
  const common = () => ({
    description: maybe(word),
    tags: some(TAGS, word),
    properties: properties(),
    card: maybe(() => `# ${word()}\n\n${word()} ${word()}`),
    created_at: time(),
    created_by: nonEmpty(),
    updated_at: time(),
    etag: 1,
    deregistered: below(12) === 0 ? { at: time(), by: 'ada', reason: 'old', purge_after: time() } : null,
  });
  const versions: VersionDoc[] = [];
  const models = nonEmptyNames().map((name, i): ModelDoc => {
    const own: VersionDoc[] = [];
    const model: Model = {
      ...common(),
      name,
      owner: maybe(nonEmpty),
      aliases: some(ALIASES, () => 1),
      latest_version: maybe(() => pick([1, 2, 3, 7])),
      version_count: below(4),
      live: { production: [], staging: [] },
    };
    // The texts of the first versions of a model stand elsewhere than those of the others.
    const count = i === LARGE - 1 ? FIRST_VERSIONS + 16 : below(8);
    for (let number = 1; number <= count; number++) {
      const version: Version = {
        ...common(),
        model: name,
        number,
        status: pick(['draft', 'staging', 'production', 'archived'] as const),
        state: pick(['open', 'sealed'] as const),
        digest: maybe(() => nonEmpty().toLowerCase()),
        size_bytes: pick([0, 1, 2, 7, 2 ** 40]),
        artifact_count: below(4),
        verdict: pick(['clean', 'unsafe', 'unknown'] as const),
        framework: maybe(nonEmpty),
        signature: null,
        lineage: maybe(() => ({
          run_id: nonEmpty(),
          datasets: [{ name: nonEmpty() }, { name: nonEmpty() }],
          base: { model: nonEmpty(), version: 3 },
        })),
        source: maybe(() => ({ uri: nonEmpty(), protected: true })),
        aliases: Object.keys(some(ALIASES, () => 1)),
        metrics: some(METRICS, () => pick([...NUMBERS.slice(0, 8), 'NaN', 'Infinity', '-Infinity'] as const)),
      };
      const doc = { id: versions.length + 1, version, formats: [word(), word()].slice(below(3)), owner: model.owner };
      versions.push(doc);
      own.push(doc);
    }
    return { id: i + 1, model, versions: () => own };
  });
  return { models, versions };
}

function nonEmptyNames(): string[] {
  return [...WORDS.filter((word) => word !== ''), 'ChurnModel', 'churn_model-2', '機械学習モデル', 'عربي', 'ประเทศ'];
}

/** Writes the documents as the registry does: the rows, their facets, their words. */
export async function insertDocuments(db: Database, models: readonly ModelDoc[]): Promise<void> {
  await db.write.transaction().execute(async (tx) => {
    const at = { tx, dialect: db.name };
    for (const { id, model, versions } of models) {
      const { live, aliases, ...columns } = model;
      const row = { ...columns, ...stored(model), aliases: JSON.stringify(aliases), live: JSON.stringify(live) };
      await tx
        .insertInto('model')
        .values({ ...row, name_key: String(id), last_number: 9, purged_at: null })
        .execute();
      const facets = facetsBetween([], placedModel(model));
      await writeIndex(at, [{ noun: 'model', id, entry: 'new', facets, text: model }]);
      for (const one of versions()) {
        const { model: name, signature: _, ...rest } = one.version;
        const { status, state, verdict, lineage, source, aliases, metrics } = one.version;
        const texts = {
          lineage: JSON.stringify(lineage),
          source: JSON.stringify(source),
          aliases: JSON.stringify(aliases),
          metrics: JSON.stringify(metrics),
        };
        await tx
          .insertInto('version')
          .values({
            ...rest,
            ...stored(one.version),
            ...texts,
            model_id: id,
            status: status as 'draft',
            state: state as 'open',
            verdict: verdict as 'clean',
            status_since: 0,
            signature: null,
            purged_at: null,
          })
          .execute();
        const found = facetsBetween([], placedVersion(id, one.version, one.formats));
        const text = { ...one.version, name };
        await writeIndex(at, [{ noun: 'version', id: one.id, entry: 'new', facets: found, text }]);
      }
    }
    // As earlier builds kept facets: the text, and in lower case, also where they are the head.
    for (const noun of ['model', 'version'])
      await sql`update ${sql.table(`${noun}_facet`)} set text = coalesce(text, head), folded = coalesce(folded, text, head)
        where ${sql.ref(`${noun}_id`)} % 3 = 0`.execute(tx);
  });
}

function stored(subject: Model | Version) {
  return {
    tags: JSON.stringify(subject.tags),
    properties: JSON.stringify(subject.properties),
    created_at: fromTime(subject.created_at),
    updated_at: fromTime(subject.updated_at),
    deregistered: subject.deregistered && JSON.stringify(subject.deregistered),
    purge_after: null,
  };
}
