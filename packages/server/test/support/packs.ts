import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { zipOf } from '../../src/blobs/archive.ts';
import { newSigner, parseCheckpoint, signCheckpoint, signNote } from '../../src/events/checkpoint.ts';
import { bytesSource } from '../../src/formats/byte-source.ts';
import { type PackManifest, signedText, toText } from '../../src/pack/format.ts';
import { openArchive } from '../../src/pack/verify/archive.ts';
import { type Asked, verifyPack } from '../../src/pack/verify/verify.ts';
import { bytesOf } from './blob-contract.ts';
import type { Opened } from './open-registry.ts';

/** What a forger does to the files and the manifest of a pack. */
export type Change = (files: Files, manifest: PackManifest) => void;
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
  change: Change,
  { keepsKey = false }: { keepsKey?: boolean } = {},
): Promise<Buffer> {
  const forged: Files = new Map(files);
  const manifest: PackManifest = jsonIn(files, 'manifest.json');
  const signer = newSigner(manifest.ledger.origin);
  if (!keepsKey) {
    const checkpoint = parseCheckpoint(String(files.get('checkpoint.txt')));
    if (!checkpoint.ok) throw new Error(checkpoint.detail);
    forged.set('checkpoint.txt', Buffer.from(signCheckpoint(signer, checkpoint)));
    forged.set('vkey.txt', Buffer.from(`${signer.vkey}\n`));
  }
  change(forged, manifest);
  for (const file of manifest.files) {
    const bytes = forged.get(file.name) ?? Buffer.alloc(0);
    file.size = bytes.length;
    file.sha256 = createHash('sha256').update(bytes).digest('hex');
  }
  manifest.files = manifest.files.filter(({ name }) => forged.has(name));
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
