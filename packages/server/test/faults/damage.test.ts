import { randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../src/db/open.ts';
import { DatabaseRefused } from '../../src/db/refused.ts';
import { startServer } from '../support/server-process.ts';
import { troubles } from '../support/troubles.ts';
import { send } from './client.ts';
import { rounds, told } from './rounds.ts';

const PAGE = 4096;
/**
 * SQLite keeps no checksums of its pages. What the ledger does not tell is compared with nothing: entries of the search
 * index, the findings of an inspection, when an artifact came, answers kept for repeats. All else is.
 */
const NOT_COMPARED = /_facet|_text|^inspection|^artifact|^idempotency/;

let data: string;
let good: Buffer;
/** Pages by what they are for. */
let pages: Map<string, number[]>;
/** The table or index that a page belongs to. */
const owners = new Map<number, string>();

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'assayer-damage-'));
  const server = await startServer(['--data', data, '--reserve-bytes', '0']);
  for (let i = 0; i < 120; i += 1) {
    const tags = { team: `team ${i % 7}`, nonce: randomBytes(8).toString('hex') };
    await made(server.url, 'POST', '/models', { name: `model ${i}`, tags, card: `card ${i} `.repeat(i * 10) });
    for (let number = 1; number <= 3; number += 1) {
      const versions = `/models/model%20${i}/versions`;
      await made(server.url, 'POST', versions, { metrics: { auc: i / 120 }, tags });
      await made(server.url, 'PUT', `${versions}/${number}/artifacts/a`, Buffer.from(`${i} ${number}`));
    }
  }
  expect(await server.stop()).toBe(0);
  good = await readFile(join(data, 'assayer.db'));
  pages = pagesOf(join(data, 'assayer.db'), good);
});
afterAll(() => rm(data, { recursive: true }));

async function made(...asked: Parameters<typeof send>): Promise<void> {
  const { status, bytes } = await send(...asked);
  expect(status, `${bytes}`).toBe(201);
}

function pagesOf(file: string, bytes: Buffer): Map<string, number[]> {
  const db = new Sqlite(file, { readonly: true });
  const found = new Map<string, number[]>();
  const put = (kind: string, page: number) => found.set(kind, [...(found.get(kind) ?? []), page]);
  for (const { name, pageno } of db.prepare('select name, pageno from dbstat').all() as {
    name: string;
    pageno: number;
  }[])
    owners.set(pageno, name);
  const kinds: Record<number, string> = {
    2: 'inner page of an index',
    5: 'inner page of a table',
    10: 'leaf of an index',
    13: 'leaf of a table',
  };
  for (let page = 2; page <= bytes.length / PAGE; page += 1) {
    if (owners.has(page)) put(kinds[bytes[(page - 1) * PAGE] as number] ?? 'overflow page', page);
  }
  put('first page', 1);
  db.close();
  return found;
}

/** All rows of all tables, as the database tells them when it is asked. */
function rowsOf(file: string): string {
  const db = new Sqlite(file, { readonly: true });
  try {
    const tables = db
      .prepare("select name from sqlite_master where type = 'table' order by name")
      .pluck()
      .all() as string[];
    return tables
      .map((table) => `${table}\n${JSON.stringify(db.prepare(`select * from "${table}"`).raw().all())}`)
      .join('\n');
  } finally {
    db.close();
  }
}

/** How a damaged file is found out: at the start, or by the doctor; undefined where nobody notices. */
async function foundOut(file: string): Promise<string | undefined> {
  try {
    await (await openDatabase(`sqlite:${file}`, { exclusive: true })).close();
  } catch (error) {
    expect(error).toBeInstanceOf(DatabaseRefused);
    expect((error as Error).message).toMatch(/damaged.*restore a backup|written by a newer|cannot be opened/);
    return 'at the start';
  }
  const found = await troubles(data).catch((error: Error & { code?: string }) => {
    // The doctor says in words what SQLite says; anything else is a fault of its own.
    expect(error instanceof DatabaseRefused || /^SQLITE_/.test(`${error.code}`), error.stack).toBe(true);
    return [error.message];
  });
  return found.length > 0 ? `doctor: ${found[0]}` : undefined;
}

it('A10 whatever bit is flipped on a page of any kind, the start or the doctor finds it, or it changes nothing of the record', async () => {
  const file = join(data, 'assayer.db');
  const before = rowsOf(file);
  const tally = new Map<string, number>();
  const unnoticed: string[] = [];
  for (const [kind, numbers] of pages)
    for (let flip = 0; flip < rounds(300, 12); flip += 1) {
      const page = numbers[randomInt(numbers.length)] as number;
      // Every other one in the head of the page, where SQLite keeps its structure.
      const at = (page - 1) * PAGE + (flip % 2 === 0 ? randomInt(kind === 'first page' ? 108 : 12) : randomInt(PAGE));
      const bad = Buffer.from(good);
      bad[at] = (bad[at] as number) ^ (1 << randomInt(8));
      for (const rest of ['-wal', '-shm']) await rm(file + rest, { force: true });
      await writeFile(file, bad);
      const how = await foundOut(file);
      const outcome = how === undefined ? 'harmless' : how.startsWith('doctor') ? 'by the doctor' : how;
      const owner = owners.get(page) ?? '';
      if (how === undefined && !NOT_COMPARED.test(owner) && rowsOf(file) !== before)
        unnoticed.push(`${kind}, of ${owner}, byte ${at % PAGE}`);
      tally.set(`${kind}, ${outcome}`, (tally.get(`${kind}, ${outcome}`) ?? 0) + 1);
    }
  told([...tally].map(([what, count]) => `${what}: ${count}`).join('; '));
  expect(unnoticed).toEqual([]);
}, 1_800_000);
