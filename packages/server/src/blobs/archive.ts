import { crc32 } from 'node:zlib';
import { TAR_END, tarHeader, tarPadding } from './tar.ts';
import { centralRecord, descriptor, endOfArchive, localHeader } from './zip.ts';

/** One file of an archive. Its path goes in as it is: whoever made the list has checked it. */
export interface ArchiveEntry {
  path: string;
  size: number;
  mtime: Date;
  /** Called when its turn comes, after the entry before it was read to the end. Its chunks may be lent. */
  open(): Promise<AsyncIterable<Uint8Array>>;
}

export type ArchiveEntries = AsyncIterable<ArchiveEntry> | Iterable<ArchiveEntry>;

/** An entry whose size may be known only once it was read: it must be less than 4 GiB then. */
export type ZipEntry = Omit<ArchiveEntry, 'size'> & { size?: number };

/** Chunks that are lent: each is read or copied before the next is asked for. */
type Archive = AsyncGenerator<Uint8Array, void, void>;

/**
 * The entries as a tar, PAX where a name is long or not ASCII. As with `zipOf`: the same entries give the same bytes,
 * nothing is opened before it is read, and a failing or ill-sized entry breaks off, so that what the client holds is
 * plainly cut.
 */
export async function* tarOf(entries: ArchiveEntries): Archive {
  for await (const { path, size, mtime, open } of entries) {
    yield tarHeader({ path, size, mtime });
    yield* exactly(await open(), size);
    yield tarPadding(size);
  }
  yield TAR_END;
}

/** The entries as a ZIP, uncompressed; ZIP64 where it has to be. Holds some hundred bytes per entry, for the directory. */
export async function* zipOf(entries: AsyncIterable<ZipEntry> | Iterable<ZipEntry>): Archive {
  const directory: Buffer[] = [];
  let offset = 0;
  for await (const { path, size, mtime, open } of entries) {
    const member = { name: Buffer.from(path), size: size ?? 0, mtime, offset };
    if (member.name.length > 0xffff) throw new RangeError('a path of more than 65,535 bytes does not fit in a ZIP');
    const before = localHeader(member);
    yield before;
    let crc = 0;
    let seen = 0;
    const source = await open();
    for await (const chunk of size === undefined ? source : exactly(source, size)) {
      crc = crc32(chunk, crc);
      seen += chunk.length;
      yield chunk;
    }
    if (size === undefined && seen >= LARGE)
      throw new RangeError('an entry of 4 GiB and more needs its size beforehand');
    member.size = seen;
    const after = descriptor(member, crc);
    yield after;
    offset += before.length + seen + after.length;
    directory.push(centralRecord(member, crc));
  }
  yield* directory;
  const length = directory.reduce((sum, record) => sum + record.length, 0);
  yield endOfArchive(directory.length, offset, length);
}

const LARGE = 0xffff_ffff;

/** Passes a source on, and refuses another length than was said. */
async function* exactly(source: AsyncIterable<Uint8Array>, size: number): Archive {
  let seen = 0;
  for await (const chunk of source) {
    seen += chunk.length;
    if (seen > size) break;
    yield chunk;
  }
  if (seen !== size) throw new Error(`an entry of ${size} bytes gave ${seen > size ? 'more' : seen}`);
}
