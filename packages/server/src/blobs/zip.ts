/**
 * The records of a ZIP archive whose members are stored, not compressed (APPNOTE 6.3.10). Written here rather than by
 * yazl: that searches all its entries for each one (29 CPU s for 70,000), sums in JavaScript (2 CPU s per GiB where
 * zlib's crc32 takes 0.2), and writes times in the server's time zone, so that replicas differ.
 */
export interface ZipMember {
  name: Buffer;
  size: number;
  mtime: Date;
  /** Where its local header starts. */
  offset: number;
}

const UINT16 = 0xffff;
const UINT32 = 0xffffffff;
// Names are UTF-8 (bit 11); the sum follows the bytes (bit 3), as it is not known before them.
const FLAGS = 0x0808;
const PLAIN = 20;
const ZIP64 = 45;
const MADE_BY_UNIX = (3 << 8) | ZIP64;
const REGULAR_0644 = 0o100644 * 0x10000;

/** Bytes that stand before a member's content. */
export function localHeader({ name, size, mtime }: ZipMember): Buffer {
  const large = size >= UINT32;
  // Sizes stay zero where they follow the bytes, but the field must be there for the descriptor to be a wide one.
  const extra = Buffer.concat([large ? field(0x0001, uint64(0, 0)) : Buffer.alloc(0), timeField(mtime)]);
  const fixed = Buffer.alloc(30);
  fixed.writeUInt32LE(0x04034b50, 0);
  fixed.writeUInt16LE(large ? ZIP64 : PLAIN, 4);
  fixed.writeUInt16LE(FLAGS, 6);
  writeDosTime(fixed, 10, mtime);
  fixed.writeUInt32LE(large ? UINT32 : 0, 18);
  fixed.writeUInt32LE(large ? UINT32 : 0, 22);
  fixed.writeUInt16LE(name.length, 26);
  fixed.writeUInt16LE(extra.length, 28);
  return Buffer.concat([fixed, name, extra]);
}

/** Bytes that stand after a member's content. */
export function descriptor({ size }: ZipMember, crc: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x08074b50, 0);
  head.writeUInt32LE(crc, 4);
  return Buffer.concat([head, size >= UINT32 ? uint64(size, size) : uint32(size, size)]);
}

export function centralRecord({ name, size, mtime, offset }: ZipMember, crc: number): Buffer {
  const wide = [...(size >= UINT32 ? [size, size] : []), ...(offset >= UINT32 ? [offset] : [])];
  const extra = Buffer.concat([wide.length > 0 ? field(0x0001, uint64(...wide)) : Buffer.alloc(0), timeField(mtime)]);
  const fixed = Buffer.alloc(46);
  fixed.writeUInt32LE(0x02014b50, 0);
  fixed.writeUInt16LE(MADE_BY_UNIX, 4);
  fixed.writeUInt16LE(wide.length > 0 ? ZIP64 : PLAIN, 6);
  fixed.writeUInt16LE(FLAGS, 8);
  writeDosTime(fixed, 12, mtime);
  fixed.writeUInt32LE(crc, 16);
  fixed.writeUInt32LE(Math.min(size, UINT32), 20);
  fixed.writeUInt32LE(Math.min(size, UINT32), 24);
  fixed.writeUInt16LE(name.length, 28);
  fixed.writeUInt16LE(extra.length, 30);
  fixed.writeUInt32LE(REGULAR_0644, 38);
  fixed.writeUInt32LE(Math.min(offset, UINT32), 42);
  return Buffer.concat([fixed, name, extra]);
}

/** The end of the archive, with its ZIP64 form before it where a number does not fit. */
export function endOfArchive(members: number, start: number, length: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(members, UINT16), 8);
  end.writeUInt16LE(Math.min(members, UINT16), 10);
  end.writeUInt32LE(Math.min(length, UINT32), 12);
  end.writeUInt32LE(Math.min(start, UINT32), 16);
  if (members < UINT16 && start < UINT32 && length < UINT32) return end;

  const wide = Buffer.alloc(24);
  wide.writeUInt32LE(0x06064b50, 0);
  wide.writeUInt32LE(44, 4); // what follows these first 12 bytes: 8 more here and four numbers
  wide.writeUInt16LE(MADE_BY_UNIX, 12);
  wide.writeUInt16LE(ZIP64, 14);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(start + length), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([wide, uint64(members, members, length, start), locator, end]);
}

function field(id: number, body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(id, 0);
  head.writeUInt16LE(body.length, 2);
  return Buffer.concat([head, body]);
}

/** Info-ZIP's extended timestamp: seconds in UTC, as the DOS time knows no zone. */
function timeField(mtime: Date): Buffer {
  const seconds = Math.floor(mtime.getTime() / 1000);
  return field(0x5455, Buffer.concat([Buffer.of(1), uint32(Math.min(Math.max(seconds, 0), 0x7fffffff))]));
}

/** Two seconds' precision, 1980 to 2107, in UTC. */
function writeDosTime(into: Buffer, at: number, mtime: Date): void {
  const t = new Date(Math.min(Math.max(mtime.getTime(), Date.UTC(1980, 0, 1)), Date.UTC(2107, 11, 31, 23, 59, 58)));
  into.writeUInt16LE((t.getUTCHours() << 11) | (t.getUTCMinutes() << 5) | (t.getUTCSeconds() >> 1), at);
  into.writeUInt16LE(((t.getUTCFullYear() - 1980) << 9) | ((t.getUTCMonth() + 1) << 5) | t.getUTCDate(), at + 2);
}

function uint32(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [i, n] of numbers.entries()) bytes.writeUInt32LE(n, 4 * i);
  return bytes;
}

function uint64(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(8 * numbers.length);
  for (const [i, n] of numbers.entries()) bytes.writeBigUInt64LE(BigInt(n), 8 * i);
  return bytes;
}
