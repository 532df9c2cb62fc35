import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from './errors.ts';
import { isAbsent, READ } from './files.ts';
import { createSha256 } from './hash.ts';
import { blobPath } from './local-folder.ts';
import { readFile } from './local-reader.ts';
import { chunksOf } from './reader.ts';

export interface Damage {
  kind: 'missing' | 'not-a-file' | 'unreadable' | 'length' | 'bytes';
  detail: string;
  /** The digest of the bytes that are there instead. */
  actual?: string;
}

/** The two digits that digests begin with: the folders that blobs are in. */
export const PREFIXES: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** Where a local store keeps a blob. */
export const fileOfBlob = (folder: string, sha256: string): string => blobPath(join(folder, 'sha256'), sha256);

/** Reads the file of a blob to its end and holds it against its digest and length. */
export async function examineBlob(
  file: string,
  { sha256, size }: { sha256: string; size: number },
  onBytes: (count: number) => void | Promise<void> = () => {},
): Promise<Damage | undefined> {
  try {
    const handle = await open(file, READ);
    try {
      return await examineFile(handle, sha256, size, onBytes);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isAbsent(error)) return { kind: 'missing', detail: 'is missing' };
    const code = codeOf(error);
    if (code === 'ELOOP') return { kind: 'not-a-file', detail: 'is a symbolic link' };
    if (code === undefined) throw error;
    return { kind: 'unreadable', detail: `cannot be read (${code})` };
  }
}

async function examineFile(
  handle: FileHandle,
  sha256: string,
  size: number,
  onBytes: (count: number) => void | Promise<void>,
): Promise<Damage | undefined> {
  const found = await handle.stat();
  if (!found.isFile()) return { kind: 'not-a-file', detail: 'is not a file' };
  if (found.size !== size) return { kind: 'length', detail: `has ${found.size} bytes instead of ${size}` };
  const actual = await hashOf(handle, size, onBytes);
  return actual === sha256 ? undefined : { kind: 'bytes', detail: 'holds other bytes than it should', actual };
}

/** The mode of a file that others than its owner may use, such as `0604`: no damage, and on file systems without owners as it is. */
export async function openMode(file: string): Promise<string | undefined> {
  try {
    const bits = (await lstat(file)).mode & 0o777;
    const isOpen = process.platform !== 'win32' && (bits & 0o077) !== 0;
    return isOpen ? bits.toString(8).padStart(4, '0') : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function hashOf(handle: FileHandle, size: number, onBytes: (count: number) => void | Promise<void>) {
  const hasher = createSha256();
  for await (const chunk of chunksOf(readFile(handle), size)) {
    await hasher.update(chunk);
    await onBytes(chunk.length);
  }
  return hasher.digest();
}

/** What stands where blobs of this prefix stand, whatever it is. */
export async function namesIn(folder: string, prefix: string): Promise<string[]> {
  return readdir(join(folder, 'sha256', prefix)).catch((error) => {
    if (isAbsent(error)) return [];
    throw error;
  });
}

/** What stands beside the folders of blobs, and is none of them. */
export async function strangersIn(folder: string): Promise<string[]> {
  const known = new Set(PREFIXES);
  const entries = await readdir(join(folder, 'sha256'), { withFileTypes: true });
  return entries.filter((entry) => !known.has(entry.name) || !entry.isDirectory()).map(({ name }) => name);
}

/** Bytes of a file in the folder of blobs; undefined where it is gone. */
export async function sizeOf(folder: string, path: string): Promise<number | undefined> {
  try {
    return (await lstat(join(folder, 'sha256', path))).size;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
