import { isBlobError } from '../blobs/errors.ts';
import type { CreateHasher } from '../blobs/hash.ts';
import { type Body, receive } from '../blobs/receive.ts';
import type { BlobStore } from '../blobs/store.ts';
import type { Inspection } from '../contract/artifact.ts';
import type { Reader, Writer } from '../db/database.ts';
import type { Inspector } from '../formats/inspector.ts';
import { RULES_VERSION } from '../formats/rules-version.ts';
import { toRefusal } from './blob-refusals.ts';
import { refuse } from './refusals.ts';
import { Condemned } from './sweep.ts';

export interface KeepParts {
  blobs: BlobStore;
  createHasher?: CreateHasher | undefined;
  inspector: Inspector;
  read: Reader;
  limits: { reserve_bytes: number };
  /** Takes bytes off the list of the sweep, and says whether they are there. */
  reprieve(sha256: string): Promise<boolean>;
}

/** What the sender says of the bytes that are coming. */
export interface Expected {
  sha256?: string;
  size?: number;
}

/** Bytes that the store already holds, and what was read from them. */
export interface Bytes {
  sha256: string;
  size_bytes: number;
  inspection: Inspection;
}

/** What a transaction answers: undefined stands for bytes that are gone. */
type Something = object | string | boolean;

interface Receiving {
  maxBytes: number;
  expected: Expected;
}

/**
 * Bytes first, row second: receive into a draft (counted, hashed, limited), inspect, keep (fsync, rename), then `name`,
 * which is one short transaction. A refusal on the way leaves nothing that anyone can see.
 */
export function keepBytes<T extends Something>(
  parts: KeepParts,
  body: Body,
  { path, ...receiving }: Receiving & { path: string },
  name: (bytes: Bytes) => Promise<T>,
): Promise<T> {
  const inspect = async (file: string, sha256: string) =>
    (await earlierInspection(parts.read, sha256)) ?? (await parts.inspector.inspectFile(file, path));
  return keepWith(parts, body, receiving, inspect, name);
}

/** The same of bytes that stand for nothing by themselves, and are not inspected. */
export function keepPiece<T extends Something>(
  parts: KeepParts,
  body: Body,
  receiving: Receiving,
  name: (bytes: Omit<Bytes, 'inspection'>) => Promise<T>,
): Promise<T> {
  return keepWith(parts, body, receiving, async () => undefined, name);
}

async function keepWith<T extends Something, I>(
  parts: KeepParts,
  body: Body,
  receiving: Receiving,
  inspect: (file: string, sha256: string) => Promise<I>,
  name: (bytes: { sha256: string; size_bytes: number; inspection: I }) => Promise<T>,
): Promise<T> {
  const { blobs, createHasher, limits } = parts;
  try {
    const options = { ...receiving, reserveBytes: limits.reserve_bytes, createHasher };
    const { draft, sha256, size } = await receive(blobs, body, options);
    try {
      const inspection = await inspect(draft.file, sha256);
      await draft.keep(sha256);
      const named = await nameBytes(parts, sha256, () => name({ sha256, size_bytes: size, inspection }));
      return named ?? refuse('upload-cut', 'The bytes were swept away before they were named. Send them again.', {});
    } finally {
      await draft.discard();
    }
  } catch (error) {
    throw isBlobError(error) ? toRefusal(error) : error;
  }
}

const TRIES = 5;

/** Runs a change that names bytes. Where the sweep has marked them it runs again, if they are there; undefined where they are gone. */
export async function nameBytes<T extends Something>(
  parts: Pick<KeepParts, 'reprieve'>,
  sha256: string,
  change: () => Promise<T>,
): Promise<T | undefined> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    try {
      return await change();
    } catch (error) {
      if (!(error instanceof Condemned)) throw error;
      if (!(await parts.reprieve(sha256))) return undefined;
    }
  }
  return undefined;
}

/** What these bytes were found to be before, unless by other rules, or by an inspection that did not come to its end. */
export async function earlierInspection(reader: Reader, sha256: string): Promise<Inspection | undefined> {
  const row = await reader.selectFrom('inspection').selectAll().where('sha256', '=', sha256).executeTakeFirst();
  if (!row || row.rules_version !== RULES_VERSION || row.findings.includes('"inspection.')) return undefined;
  return {
    format: row.format,
    media_type: row.media_type,
    facts: JSON.parse(row.facts),
    findings: JSON.parse(row.findings),
    verdict: row.verdict,
    rules_version: row.rules_version,
    ...(row.signature !== null && { signature: JSON.parse(row.signature) }),
  };
}

/** Keeps what was read, and refuses bytes that the sweep may be taking away. Whoever calls holds a lock of the sweep. */
export async function keepInspection(tx: Writer, { sha256, inspection }: Bytes, at: number): Promise<void> {
  const read = {
    media_type: inspection.media_type,
    format: inspection.format,
    facts: JSON.stringify(inspection.facts),
    findings: JSON.stringify(inspection.findings),
    verdict: inspection.verdict as 'clean',
    signature: inspection.signature ? JSON.stringify(inspection.signature) : null,
    rules_version: inspection.rules_version,
    inspected_at: at,
  };
  const { marks } = await tx
    .insertInto('inspection')
    .values({ sha256, ...read })
    .onConflict((conflict) => conflict.column('sha256').doUpdateSet(read))
    .returning((eb) =>
      eb
        .selectFrom('condemned')
        .select((of) => of.fn.countAll<number>().as('n'))
        .where('condemned.sha256', '=', sha256)
        .as('marks'),
    )
    .executeTakeFirstOrThrow();
  if (marks) throw new Condemned(sha256);
}

/** Refuses bytes that the sweep may be taking away. Whoever calls holds a lock of the sweep. */
export async function assertUnmarked(tx: Writer, sha256: string): Promise<void> {
  const marks = await tx.selectFrom('condemned').select('sha256').where('sha256', '=', sha256).execute();
  if (marks.length > 0) throw new Condemned(sha256);
}
