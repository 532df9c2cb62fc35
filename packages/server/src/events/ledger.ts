import { randomBytes } from 'node:crypto';
import type { Database, Reader, Writer } from '../db/database.ts';
import type { InstallationTable } from '../db/tables.ts';
import { countTogether, type Place } from '../db/together.ts';
import { exportPrivateKey, newSigner, openSigner, type Signer, signCheckpoint, signNote } from './checkpoint.ts';
import { append, type Entry } from './log.ts';
import { decodeFrontier, emptyRoot, encodeFrontier, rootOf } from './merkle.ts';
import { consistencyProof, createProver, inclusionProof, type ReadHashes, rootAt } from './tiles.ts';

/** A signed checkpoint is kept at least every so many events, and every minute in which there were any. */
const CHECKPOINT_EVERY = 1_000;
const LINES_TOGETHER = 200;

/** The ledger of one installation: what signs it, and what can be asked of it. */
export interface Ledger {
  readonly origin: string;
  /** Verifier key, in the form of golang.org/x/mod/sumdb/note. */
  readonly vkey: string;
  /** Key of the page tokens' authentication code: the same for all replicas. */
  readonly tokenKey: Uint8Array;
  append(tx: Writer, entries: Entry[]): Promise<void>;
  size(): Promise<number>;
  /** A signed note of the tree as it is now. */
  checkpoint(): Promise<string>;
  /** Keeps a signed checkpoint where the ledger grew since the last one. */
  keepCheckpoint(tx: Writer): Promise<void>;
  keptCheckpoints(): Promise<string[]>;
  inclusion(seq: number, size: number): Promise<{ leaf: Uint8Array; root: Uint8Array; proof: Uint8Array[] }>;
  /** Proofs that events are in the tree of `size` events: many of them share what they are made from. */
  prover(size: number): (seq: number) => Promise<Uint8Array[]>;
  /** Signs what is no checkpoint. */
  sign(body: string): string;
  consistency(from: number, to: number): Promise<{ fromRoot: Uint8Array; toRoot: Uint8Array; proof: Uint8Array[] }>;
  lines(from: number, to: number): AsyncGenerator<{ seq: number; line: string; leaf: Buffer }>;
}

/** Opens the ledger; the first server on a database makes its key. */
export async function openLedger(db: Database, now: () => number): Promise<Ledger> {
  const { origin, signer, tokenKey } = await openInstallation(db, now);
  const read = readHashes(db);

  async function keep(tx: Writer, size: number, root: Uint8Array) {
    await tx
      .insertInto('ledger_checkpoint')
      .values({ size, note: signCheckpoint(signer, { origin, size, root }), at: now() })
      .onConflict((conflict) => conflict.column('size').doNothing())
      .execute();
  }

  return {
    origin,
    vkey: signer.vkey,
    tokenKey,
    async append(tx, entries) {
      const { size, frontier } = await append(tx, entries);
      const crossed = Math.floor(size / CHECKPOINT_EVERY) > Math.floor((size - entries.length) / CHECKPOINT_EVERY);
      if (crossed) await keep(tx, size, rootOf(frontier));
    },
    size: async () => (await head(db.read)).size,
    checkpoint: async () => signCheckpoint(signer, { origin, ...(await head(db.read)) }),
    async keepCheckpoint(tx) {
      const { size, root } = await head(tx);
      const last = await tx
        .selectFrom('ledger_checkpoint')
        .select((eb) => eb.fn.max('size').as('size'))
        .executeTakeFirst();
      if (size > (last?.size ?? 0)) await keep(tx, size, root);
    },
    async keptCheckpoints() {
      const rows = await db.read.selectFrom('ledger_checkpoint').select('note').orderBy('size').execute();
      return rows.map((row) => row.note);
    },
    async inclusion(seq, size) {
      const [leaf] = await read(0, seq - 1, 1);
      return {
        leaf: leaf as Uint8Array,
        root: await rootAt(size, read),
        proof: await inclusionProof(seq - 1, size, read),
      };
    },
    prover(size) {
      const prove = createProver(size, read);
      return (seq) => prove(seq - 1);
    },
    sign: (body) => signNote(signer, body),
    consistency: async (from, to) => ({
      fromRoot: from === 0 ? emptyRoot() : await rootAt(from, read),
      toRoot: await rootAt(to, read),
      proof: await consistencyProof(from, to, read),
    }),
    lines: (from, to) => linesIn(db.read, from, to),
  };
}

/** Lines and stored leaf hashes `from` to `to` (inclusive), in order. */
export async function* linesIn(reader: Reader, from: number, to: number): ReturnType<Ledger['lines']> {
  for (let next = from; next <= to; ) {
    const place: Place = { table: 'event', key: ['seq'], after: [next - 1] };
    const count = await countTogether(reader, place, Math.min(LINES_TOGETHER, to - next + 1));
    const rows = await reader
      .selectFrom('event')
      .select(['seq', 'line', 'leaf'])
      .where('seq', '>=', next)
      .where('seq', '<=', to)
      .orderBy('seq')
      .limit(count)
      .execute();
    yield* rows;
    const last = rows.at(-1);
    if (!last) return;
    next = last.seq + 1;
  }
}

/** A signed checkpoint of the ledger as a reader sees it, and the key that verifies it; undefined before the first start. */
export async function checkpointSeen(
  reader: Reader,
): Promise<{ origin: string; vkey: string; size: number; checkpoint: string } | undefined> {
  const row = await reader.selectFrom('installation').selectAll().executeTakeFirst();
  if (!row) return undefined;
  const { origin } = row;
  const signer = signerOf(row);
  const { size, root } = await head(reader);
  return { origin, vkey: signer.vkey, size, checkpoint: signCheckpoint(signer, { origin, size, root }) };
}

async function head(reader: Reader) {
  const row = await reader
    .selectFrom('ledger_head')
    .select(['size', 'frontier'])
    .where('id', '=', 1)
    .executeTakeFirstOrThrow();
  return { size: row.size, root: rootOf(decodeFrontier(row.frontier)) };
}

function signerOf({ origin, ledger_key }: InstallationTable): Signer {
  return openSigner({ name: origin, privateKey: ledger_key });
}

async function openInstallation(db: Database, now: () => number) {
  const found = await db.read.selectFrom('installation').selectAll().executeTakeFirst();
  const row = found ?? (await install(db, now));
  return { origin: row.origin, signer: signerOf(row), tokenKey: Buffer.from(row.token_key, 'base64') };
}

/** Two replicas may come here at once: the first one's row stands, both read it back. */
async function install(db: Database, now: () => number) {
  const origin = `assayer/${randomBytes(8).toString('hex')}`;
  return db.write.transaction().execute(async (tx) => {
    await tx
      .insertInto('installation')
      .values({
        id: 1,
        origin,
        ledger_key: exportPrivateKey(newSigner(origin)),
        token_key: randomBytes(32).toString('base64'),
        created_at: now(),
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
    await tx
      .insertInto('ledger_head')
      .values({ id: 1, size: 0, frontier: Buffer.from(encodeFrontier([])), last_leaf: Buffer.alloc(32) })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
    return tx.selectFrom('installation').selectAll().executeTakeFirstOrThrow();
  });
}

function readHashes(db: Database): ReadHashes {
  return async (level, index, count) => {
    if (level === 0) {
      const rows = await db.read
        .selectFrom('event')
        .select('leaf')
        .where('seq', '>', index)
        .where('seq', '<=', index + count)
        .orderBy('seq')
        .execute();
      return rows.map((row) => row.leaf);
    }
    const rows = await db.read
      .selectFrom('ledger_tile')
      .select('hash')
      .where('level', '=', level)
      .where('position', '>=', index)
      .where('position', '<', index + count)
      .orderBy('position')
      .execute();
    return rows.map((row) => row.hash);
  };
}
