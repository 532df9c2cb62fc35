import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import { centralRecord, descriptor, endOfArchive, localHeader } from './zip.ts';

/** One file of an archive. Its path goes in as it is: whoever made the list has checked it. */
export interface ArchiveEntry {
  path: string;
  size: number;
  mtime: Date;
  /** Called when its turn comes, after the entry before it was read to the end. */
  open(): Promise<Readable>;
}

export type ArchiveEntries = AsyncIterable<ArchiveEntry> | Iterable<ArchiveEntry>;

type Sink = ReturnType<Pack['entry']>;

const OUT = { objectMode: false, highWaterMark: 1024 * 1024 };
const LATEST_TAR_SECOND = 0x7fffffff;

/**
 * The entries as a tar, PAX where a name is long or not ASCII. As with `zipStream`: the same entries give the same bytes,
 * nothing is opened before it is read, and a failing or ill-sized entry breaks the stream, so that what the client holds
 * is plainly cut off.
 */
export function tarStream(entries: ArchiveEntries): Readable {
  return Readable.from(tarBytes(entries), OUT);
}

/** The entries as a ZIP, uncompressed; ZIP64 where it has to be. Holds some hundred bytes per entry, for the directory. */
export function zipStream(entries: ArchiveEntries): Readable {
  return Readable.from(zipBytes(entries), OUT);
}

async function* tarBytes(entries: ArchiveEntries): AsyncGenerator<Buffer> {
  const tar = pack();
  // Errors arrive through the iteration below; without a listener they would end the process as well.
  tar.on('error', () => {});
  fillTar(tar, entries).then(
    () => tar.finalize(),
    (err) => tar.destroy(err),
  );
  for await (const chunk of tar) yield chunk as Buffer;
}

async function fillTar(tar: Pack, entries: ArchiveEntries): Promise<void> {
  for await (const { path, size, mtime, open } of entries) {
    const source = await open();
    const seconds = Math.min(Math.max(Math.floor(mtime.getTime() / 1000), 0), LATEST_TAR_SECOND);
    await new Promise<void>((resolve, reject) => {
      const header = { name: path, size, mtime: new Date(seconds * 1000), mode: 0o644, type: 'file' as const };
      const sink = tar.entry(header, (err) => (err ? reject(err) : resolve()));
      sink.on('error', () => {});
      copy(source, sink).catch(reject);
    });
  }
}

/** By hand, as Node's pipeline does not know the streams of tar-stream for its own. */
async function copy(source: Readable, sink: Sink): Promise<void> {
  sink.once('close', () => source.destroy());
  for await (const chunk of source) {
    if (!sink.write(chunk)) await new Promise<void>((resolve) => sink.once('drain', () => resolve()));
  }
  sink.end(null);
}

async function* zipBytes(entries: ArchiveEntries): AsyncGenerator<Buffer> {
  const directory: Buffer[] = [];
  let offset = 0;
  for await (const { path, size, mtime, open } of entries) {
    const member = { name: Buffer.from(path), size, mtime, offset };
    if (member.name.length > 0xffff) throw new RangeError('a path of more than 65,535 bytes does not fit in a ZIP');
    const before = localHeader(member);
    yield before;
    const crc = yield* summed(await open(), size);
    const after = descriptor(member, crc);
    yield after;
    offset += before.length + size + after.length;
    directory.push(centralRecord(member, crc));
  }
  yield* directory;
  const length = directory.reduce((sum, record) => sum + record.length, 0);
  yield endOfArchive(directory.length, offset, length);
}

/** Passes a source on, refuses another length than was said, and returns the CRC-32. */
async function* summed(source: Readable, size: number): AsyncGenerator<Buffer, number> {
  let crc = 0;
  let seen = 0;
  for await (const chunk of source) {
    seen += chunk.length;
    if (seen > size) break;
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (seen !== size) throw new Error(`an entry of ${size} bytes gave ${seen > size ? 'more' : seen}`);
  return crc;
}
