import { sql } from 'kysely';
import type { Dialect, Writer } from '../../db/database.ts';
import { prepareWrite } from '../../db/prepared.ts';
import { insertRows } from '../../db/rows.ts';
import { type FacetRow, keptFacet, keptText } from './facets.ts';
import type { Noun } from './filter.ts';
import { toTsvector } from './text-query.ts';
import { type TextFields, type TextTokens, textRow } from './words.ts';

/** Where the index is written: the transaction of the change itself. */
export interface IndexAt {
  tx: Writer;
  dialect: Dialect;
}

/** A facet with what of its subject stands in it for the order of lists: of a model its name, of a version where it belongs. */
export type PlacedFacet = FacetRow & ({ name: string } | { model_id: number; number: number });

/** A facet that came or went. */
interface FacetChange {
  row: PlacedFacet;
  stays: boolean;
}

/** What is to be written of one subject's entry in the search index. */
export interface Reindex {
  noun: Noun;
  id: number;
  /** `new`: nothing of it is there yet. `anew`: nothing of what is there is to stay. `gone`: nothing is there afterwards. */
  entry: 'new' | 'there' | 'anew' | 'gone';
  facets: readonly FacetChange[];
  /** Its words, where they changed. */
  text?: TextFields | undefined;
}

/** The facets that differ between two states of a subject. A list may hold a value twice: its facet is one. */
export function facetsBetween(before: readonly PlacedFacet[], after: readonly PlacedFacet[]): FacetChange[] {
  if (before.length === 0) return distinct(after).map((row) => ({ row, stays: true }));
  const went = byIdentity(before);
  const differing: FacetChange[] = [];
  for (const [identity, row] of byIdentity(after)) if (!went.delete(identity)) differing.push({ row, stays: true });
  for (const row of went.values()) differing.push({ row, stays: false });
  return differing;
}

/** Only facets of one key may be the same. */
function distinct(rows: readonly PlacedFacet[]): readonly PlacedFacet[] {
  const keys = new Set(rows.map(({ key }) => key));
  return keys.size === rows.length ? rows : [...byIdentity(rows).values()];
}

function byIdentity(rows: readonly PlacedFacet[]): Map<string, PlacedFacet> {
  const map = new Map<string, PlacedFacet>();
  for (const row of rows) map.set(identityOf(row), row);
  return map;
}

function identityOf(row: PlacedFacet): string {
  const place = 'name' in row ? row.name : `${row.model_id}/${row.number}`;
  return `${row.key}\0${row.num}\0${place}\0${row.text}`;
}

/** What two changes in a row come to. */
function mergeFacets(earlier: readonly FacetChange[], later: readonly FacetChange[]): FacetChange[] {
  return [...new Map([...earlier, ...later].map((change) => [identityOf(change.row), change])).values()];
}

/** One entry for each subject: what several changes of one transaction ask for, the later before the earlier. */
export function mergeReindexes(asked: Iterable<Reindex>): Reindex[] {
  const merged = new Map<string, Reindex>();
  for (const next of asked) {
    const key = `${next.noun} ${next.id}`;
    const old = next.entry === 'gone' ? undefined : merged.get(key);
    merged.set(key, {
      ...next,
      entry: old?.entry ?? next.entry,
      facets: old ? mergeFacets(old.facets, next.facets) : next.facets,
      text: next.text ?? old?.text,
    });
  }
  return [...merged.values()];
}

/** Writes the entries, at most one for each subject. */
export async function writeIndex(at: IndexAt, entries: readonly Reindex[]): Promise<void> {
  for (const noun of ['model', 'version'] as const) {
    const of = entries.filter((entry) => entry.noun === noun);
    if (of.length === 0) continue;
    await removeFacets(at, noun, of);
    const rows = of.flatMap(({ id, facets }) =>
      facets.filter(({ stays }) => stays).map(({ row }) => owned[noun](id, keptFacet(row))),
    );
    await insertRows(at.tx, `${noun}_facet`, rows as never);
    for (const { id } of of.filter(({ entry }) => entry === 'gone')) await removeText(at, noun, id);
    await writeTexts(
      at,
      noun,
      of.flatMap(({ id, entry, text }) => (text ? [{ id, isNew: entry === 'new', tokens: textRow(text) }] : [])),
    );
  }
}

const owned = {
  model: (model_id: number, facet: object) => ({ model_id, ...facet }),
  version: (version_id: number, facet: object) => ({ version_id, ...facet }),
};

const removal = { model: prepareRemoval('model'), version: prepareRemoval('version') };

/** Statements that take facets out: on SQLite one, on PostgreSQL many at once. */
function prepareRemoval(noun: Noun) {
  const table = sql.table(`${noun}_facet`);
  const owner = sql.ref(`${noun}_id`);
  return {
    all: prepareWrite<{ id: number }, never>((_, param) => sql`delete from ${table} where ${owner} = ${param('id')}`),
    one: prepareWrite<{ id: number; key: string; text: string | null; num: number | null }, never>(
      (_, param) => sql`delete from ${table} where ${owner} = ${param('id')} and key = ${param('key')}
        and ${keptText()} is ${param('text')} and num is ${param('num')}`,
    ),
    many: prepareWrite<Record<'ids' | 'keys' | 'texts' | 'nums', unknown[]>, never>(
      (_, param) => sql`delete from ${table} as facet
        using unnest(${param('ids')}::bigint[], ${param('keys')}::text[], ${param('texts')}::text[],
          ${param('nums')}::double precision[]) as gone (id, key, text, num)
        where facet.${owner} = gone.id and facet.key = gone.key
          and ${keptText('facet.')} is not distinct from gone.text and facet.num is not distinct from gone.num`,
    ),
  };
}

/** What is put in is taken out before: it may be there already. */
async function removeFacets({ tx, dialect }: IndexAt, noun: Noun, entries: readonly Reindex[]): Promise<void> {
  const remove = removal[noun];
  for (const { id } of entries.filter(({ entry }) => entry === 'gone' || entry === 'anew'))
    await remove.all.send(tx, { id });
  const gone = entries
    .filter(({ entry }) => entry === 'there')
    .flatMap(({ id, facets }) => facets.map(({ row: { key, text, num } }) => ({ id, key, text, num })));
  if (gone.length === 0) return;
  if (dialect === 'sqlite') for (const one of gone) await remove.one.send(tx, one);
  else
    await remove.many.send(tx, {
      ids: gone.map(({ id }) => id),
      keys: gone.map(({ key }) => key),
      texts: gone.map(({ text }) => text),
      nums: gone.map(({ num }) => num),
    });
}

interface Words {
  id: number;
  /** Whether nothing of it is there yet: FTS5 looks otherwise. */
  isNew: boolean;
  tokens: TextTokens;
}

const wordsOf = { model: prepareWords('model'), version: prepareWords('version') };

/** Statements that put words in, in place of what was there: on SQLite of one subject, on PostgreSQL of many at once. */
function prepareWords(noun: Noun) {
  const table = sql.table(`${noun}_text`);
  const one = (insert: 'insert' | 'insert or replace') =>
    prepareWrite<Record<'id' | keyof TextTokens, unknown>, never>(
      (_, param) => sql`${sql.raw(insert)} into ${table} (rowid, name, tags, description, card)
        values (${param('id')}, ${param('name')}, ${param('tags')}, ${param('description')}, ${param('card')})`,
    );
  return {
    one: one('insert or replace'),
    first: one('insert'),
    many: prepareWrite<{ ids: number[]; words: string[] }, never>(
      (_, param) => sql`insert into ${table} (id, words)
        select id, words::tsvector from unnest(${param('ids')}::bigint[], ${param('words')}::text[]) as given (id, words)
        on conflict (id) do update set words = excluded.words`,
    ),
  };
}

async function writeTexts({ tx, dialect }: IndexAt, noun: Noun, rows: readonly Words[]): Promise<void> {
  const write = wordsOf[noun];
  // FTS5 writes out all that it holds in memory when a row comes that is not beyond the one before (fts5_index.c, `sqlite3Fts5IndexBeginWrite`).
  if (dialect === 'sqlite')
    for (const { id, isNew, tokens } of [...rows].sort((a, b) => a.id - b.id)) {
      const { name, tags, description, card } = tokens;
      await (isNew ? write.first : write.one).send(tx, {
        id,
        name: name.join(' '),
        tags: tags.join(' '),
        description: description.join(' '),
        card: card.join(' '),
      });
    }
  else if (rows.length > 0)
    await write.many.send(tx, {
      ids: rows.map(({ id }) => id),
      words: rows.map(({ tokens }) => toTsvector(tokens)),
    });
}

/** Puts a subject's words into the full-text index at once, in place of what was there. */
export function writeText(at: IndexAt, noun: Noun, id: number, fields: TextFields): Promise<void> {
  return writeTexts(at, noun, [{ id, isNew: false, tokens: textRow(fields) }]);
}

/** Takes a subject out of the full-text index. */
async function removeText({ tx, dialect }: IndexAt, noun: Noun, id: number): Promise<void> {
  await sql`delete from ${sql.table(`${noun}_text`)}
    where ${sql.ref(dialect === 'postgres' ? 'id' : 'rowid')} = ${id}`.execute(tx);
}
