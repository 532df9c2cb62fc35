import { open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { codeOf } from '../blobs/errors.ts';
import { isAbsent, realFiles, syncFolder } from '../blobs/files.ts';
import { BackupRefused } from './refused.ts';

export const FORMAT = 1;
const NAME = 'manifest.json';

const Count = Type.Integer({ minimum: 0 });
const File = Type.Object({
  name: Type.String({ pattern: '^[a-z_]+\\.jsonl\\.gz$' }),
  rows: Count,
  bytes: Count,
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
});
export type LinesFile = Static<typeof File>;

/** What a backup says of itself. It is written last: a folder without one is no backup. */
export const Manifest = Type.Object({
  format: Type.Literal(FORMAT),
  assayer: Type.String(),
  taken_at: Type.String(),
  /** The migrations that the database had run. */
  schema: Type.Array(Type.String()),
  ledger: Type.Object({ origin: Type.String(), key: Type.String(), size: Count, checkpoint: Type.String() }),
  /** One for each table, in the order in which they are to be filled. */
  tables: Type.Array(Type.Object({ ...File.properties, table: Type.String({ pattern: '^[a-z_]+$' }) })),
  /** The blobs that the rows name: `{"sha256", "size"}`, in order. */
  blobs: Type.Object({ ...File.properties, total_bytes: Count }),
  /** What was not as it should be where the backup was taken. */
  problems: Type.Object({
    ledger: Type.Array(Type.String()),
    blobs: Type.Array(Type.Object({ sha256: Type.String(), detail: Type.String() })),
  }),
});
export type Manifest = Static<typeof Manifest>;

/** Makes a folder a backup: once this resolves it is one, also after a power cut. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const draft = join(folder, `${NAME}.part`);
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, join(folder, NAME));
  await syncFolder(realFiles, folder);
  await syncFolder(realFiles, dirname(folder));
}

/** Undefined where the folder is no backup; refuses one that this program cannot read. */
export async function findManifest(folder: string): Promise<Manifest | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, NAME), 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    const cause = codeOf(error);
    if (cause === undefined) throw error;
    throw new BackupRefused(`the manifest of the backup in ${folder} cannot be read (${cause})`, { cause: error });
  }
  const found = parsed(text);
  if (Value.Check(Manifest, found)) return found;
  const { format } = (found ?? {}) as { format?: unknown };
  if (typeof format === 'number' && format > FORMAT)
    throw new BackupRefused(`the backup in ${folder} was taken by a newer Assayer: restore it with that version`);
  throw new BackupRefused(`the manifest of the backup in ${folder} is damaged`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
