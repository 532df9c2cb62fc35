import { sql } from 'kysely';
import type { Database, Writer } from '../../src/db/database.ts';
import { indexAll } from '../../src/registry/backlog.ts';

type Rows = Record<string, unknown>[];

/** All that the search index holds, and all that it holds when it is written anew from nothing. */
export async function indexThereAndAnew(db: Database): Promise<{ there: Rows[]; anew: Rows[] }> {
  const there = await db.write.transaction().execute((tx) => indexIn(db, tx));
  const undo = new Error('the index stays as it was');
  let anew: Rows[] = [];
  const tried = db.write.transaction().execute(async (tx) => {
    for (const table of TABLES) await sql`delete from ${sql.table(table)}`.execute(tx);
    await indexAll({ tx, dialect: db.name });
    anew = await indexIn(db, tx);
    throw undo;
  });
  await tried.catch((error) => {
    if (error !== undo) throw error;
  });
  return { there, anew };
}

const TABLES = ['model_facet', 'version_facet', 'model_text', 'version_text'] as const;

async function indexIn(db: Database, tx: Writer): Promise<Rows[]> {
  const rows: Rows[] = [];
  for (const table of TABLES) {
    const isText = table.endsWith('_text');
    const query = isText && db.name === 'sqlite' ? await wordsIn(tx, table) : sql`select * from ${sql.table(table)}`;
    const { rows: found } = await (query as ReturnType<typeof sql<Record<string, unknown>>>).execute(tx);
    const inOrder = found.map((row) => [JSON.stringify(row), row] as const).sort(([a], [b]) => (a < b ? -1 : 1));
    rows.push(inOrder.map(([, row]) => row));
  }
  return rows;
}

/** A full text without its content tells no more than which words stand in which column of which row. */
async function wordsIn(tx: Writer, table: string) {
  const words = sql.table(`words_of_${table}`);
  await sql`create virtual table if not exists temp.${words} using fts5vocab (main, ${sql.table(table)}, instance)`.execute(
    tx,
  );
  return sql`select term, doc, col from ${words}`;
}
