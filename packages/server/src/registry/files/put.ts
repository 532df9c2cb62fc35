import type { Body } from '../../blobs/receive.ts';
import type { Reader, Writer } from '../../db/database.ts';
import { prepareWrite } from '../../db/prepared.ts';
import type { FileTable } from '../../db/tables.ts';
import type { Ingest } from '../ingest.ts';
import { type Bytes, type Expected, type KeepParts, keepBytes, keepInspection } from '../keep-bytes.ts';
import { foldersOf, keyOf } from '../names.ts';
import { refuse } from '../refusals.ts';
import { assertWritable } from './paths.ts';

export interface PutParts extends KeepParts {
  limits: { artifact_bytes: number; reserve_bytes: number };
  ingest: Ingest;
  now(): number;
}

export interface FileKept {
  path: string;
  sha256: string;
  size_bytes: number;
}

const upsert = prepareWrite<FileTable & Record<string, unknown>, never>((db, param) => {
  const told = { size_bytes: param('size_bytes'), sha256: param('sha256'), updated_at: param('updated_at') };
  return db
    .insertInto('file')
    .values({ path: param('path'), path_key: param('path_key'), ...told })
    .onConflict((conflict) => conflict.column('path').doUpdateSet(told)) as never;
});

/** Writes a file, over what was there. What was there stays with the versions that pinned it. */
export async function putFile(parts: PutParts, path: string, body: Body, expected: Expected = {}): Promise<FileKept> {
  assertWritable(path);
  await assertFree(parts.read, path);
  const options = { path, maxBytes: parts.limits.artifact_bytes, expected };
  return keepBytes(parts, body, options, (bytes) => parts.ingest((tx) => nameFile(tx, path, bytes, parts.now())));
}

/** Bytes of the store become the file at a path. The sweep waits while this is under way, as for every ingest. */
export async function nameFile(tx: Writer, path: string, bytes: Bytes, at: number): Promise<FileKept> {
  const { sha256, size_bytes } = bytes;
  const key = keyOf(path);
  await assertFree(tx, path);
  await keepInspection(tx, bytes, at);
  await upsert(tx, { path, path_key: key === path ? null : key, size_bytes, sha256, updated_at: at });
  return { path, sha256, size_bytes };
}

/** Refuses a path that is a folder, goes through a file, or reads the same as another. */
export async function assertFree(reader: Reader, path: string): Promise<void> {
  const key = keyOf(path);
  const above = [...new Set([...foldersOf(path), ...foldersOf(key)])];
  const there = await reader
    .selectFrom('file')
    .select('path')
    .where((eb) =>
      eb.or([
        eb('path', 'in', [...above, key]),
        eb('path_key', 'in', [...above, key]),
        eb.and([eb('path', '>=', `${key}/`), eb('path', '<', `${key}0`)]), // '0' follows '/'
      ]),
    )
    .where('path', '!=', path)
    .limit(1)
    .executeTakeFirst();
  if (there)
    refuse(
      'path-taken',
      `The file ${path} cannot stand beside ${there.path}: one is a folder of the other, or both read the same.`,
      { path, by: there.path },
    );
}
