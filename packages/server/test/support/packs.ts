import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { zipOf } from '../../src/blobs/archive.ts';
import type { Happening } from '../../src/contract/event.ts';
import type { Version } from '../../src/contract/version.ts';
import { newSigner, parseCheckpoint, signCheckpoint, signNote } from '../../src/events/checkpoint.ts';
import { bytesSource } from '../../src/formats/byte-source.ts';
import { signedText, toText } from '../../src/pack/format.ts';
import { openArchive } from '../../src/pack/verify/archive.ts';
import { type Asked, verifyPack } from '../../src/pack/verify/verify.ts';
import { bytesOf } from './blob-contract.ts';
import { ada, type Opened } from './open-registry.ts';

/** The files of a pack, in their order. */
export type Files = Map<string, Buffer>;

export async function fetchPack(at: Opened, model: string, ref: string | number): Promise<Buffer> {
  const answer = await at.get(`/models/${encodeURIComponent(model)}/versions/${ref}/evidence.zip`);
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.bytes;
}

export async function readPack(bytes: Buffer): Promise<Files> {
  const archive = openArchive(bytesSource(bytes));
  if (Array.isArray(archive)) throw new Error(archive.join());
  const files: Files = new Map();
  for (const name of archive.names) files.set(name, await bytesOf(archive.chunks(name)));
  return files;
}

export const jsonIn = (files: Files, name: string) => JSON.parse(String(files.get(name)));
export const linesIn = (files: Files, name: string) => String(files.get(name)).trimEnd().split('\n');

/** Writes files as a pack, as whoever changed one would. */
export function writePack(files: Iterable<[string, Buffer]>, at = new Date()): Promise<Buffer> {
  const entries = [...files].map(([path, bytes]) => ({
    path,
    size: bytes.length,
    mtime: at,
    open: async () => Readable.from([bytes]),
  }));
  return bytesOf(zipOf(entries));
}

export const timeOf = (files: Files) => new Date(jsonIn(files, 'manifest.json').ledger.as_of);

/**
 * A pack whose files were changed with care: the manifest has their new digests, and all is signed anew by a key of the
 * forger's own, which the pack names and which has the name of the ledger. Only what the files say of each other can give
 * it away. `keepsKey`: the forger leaves the ledger's own key in the pack, and its checkpoint.
 */
export async function forge(
  files: Files,
  change: (files: Files) => void,
  { keepsKey = false }: { keepsKey?: boolean } = {},
): Promise<Buffer> {
  const forged: Files = new Map(files);
  const manifest = jsonIn(files, 'manifest.json');
  const signer = newSigner(manifest.ledger.origin);
  if (!keepsKey) {
    const checkpoint = parseCheckpoint(String(files.get('checkpoint.txt')));
    if (!checkpoint.ok) throw new Error(checkpoint.detail);
    forged.set('checkpoint.txt', Buffer.from(signCheckpoint(signer, checkpoint)));
    forged.set('vkey.txt', Buffer.from(`${signer.vkey}\n`));
  }
  change(forged);
  for (const file of manifest.files) {
    const bytes = forged.get(file.name) ?? Buffer.alloc(0);
    file.size = bytes.length;
    file.sha256 = createHash('sha256').update(bytes).digest('hex');
  }
  manifest.files = manifest.files.filter(({ name }: { name: string }) => forged.has(name));
  const text = toText(manifest);
  forged.set('manifest.json', Buffer.from(text));
  const sha256 = createHash('sha256').update(text).digest('hex');
  forged.set('signature.txt', Buffer.from(signNote(signer, signedText(manifest.ledger.origin, sha256))));
  return writePack(forged, timeOf(files));
}

export const verified = (bytes: Uint8Array, asked: Asked = {}) => verifyPack(bytesSource(bytes), asked);

/** The checks that fail. */
export async function failing(bytes: Uint8Array, asked: Asked = {}): Promise<string[]> {
  const { ok, checks } = await verified(bytes, asked);
  const failed = checks.filter(({ outcome }) => outcome === 'failed').map(({ check }) => check);
  if (ok !== (failed.length === 0)) throw new Error('the report contradicts itself');
  return [...new Set(failed)];
}

/** An event about a version that changes nothing of it. */
export async function tell(at: Opened, { model, number }: Version, happening: Partial<Happening>): Promise<void> {
  const row = await at.registry.rows.version(model, String(number));
  const changes = [{ model_id: row.model_id, number, before: {}, after: {} }];
  const event = { subject: `${model}/${number}`, changes, ...happening } as Happening;
  await at.db.write.transaction().execute(async (tx) => {
    await at.ledger.append(tx, [{ at: at.clock.now(), caller: ada, happening: event }]);
  });
}
