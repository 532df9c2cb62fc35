import type { ByteSource } from '../byte-source.ts';
import type { Report } from '../report.ts';
import { Malformed, TooMuch } from '../unreadable.ts';

/** One member, as the central directory and its local header agree on it. */
export interface Member {
  name: string;
  /** Where its (compressed) bytes begin, and how many there are. */
  offset: number;
  stored: number;
  size: number;
  crc: number;
  method: number;
  flags: number;
  /** Unix mode and kind, where the archive says one. */
  mode: number;
  header: number;
}

const EOCD = 0x06054b50;
const EOCD64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const MAX_MEMBERS = 100_000;
const MAX_DIRECTORY = 64 * 1024 * 1024;
const UINT32 = 0xffffffff;

export interface End {
  members: number;
  size: number;
  offset: number;
  /** Where the records that end the archive begin: the directory must reach exactly to here. */
  at: number;
}

export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

export function u64(v: DataView, at: number): number {
  return v.getUint32(at + 4, true) * 4294967296 + v.getUint32(at, true);
}

/** The end record whose comment reaches exactly to the end of the file; undefined where there is none. */
export function findEnd(source: ByteSource, report?: Report): End | undefined {
  const from = Math.max(0, source.size - 65_557);
  const tail = Uint8Array.from(source.read(from, source.size - from));
  const v = view(tail);
  let found: number | undefined;
  for (let i = tail.length - 22; i >= 0; i--) {
    if (tail[i] !== 0x50 || v.getUint32(i, true) !== EOCD) continue;
    if (i + 22 + v.getUint16(i + 20, true) !== tail.length) continue;
    if (found !== undefined)
      report?.add('malformed', 'zip.end', `byte ${from + i}`, 'has two ends: readers take different ones');
    found ??= i;
  }
  if (found === undefined) return undefined;
  const end: End = {
    members: v.getUint16(found + 10, true),
    size: v.getUint32(found + 12, true),
    offset: v.getUint32(found + 16, true),
    at: from + found,
  };
  const disks = v.getUint16(found + 4, true) + v.getUint16(found + 6, true);
  if (disks !== 0 && disks !== 0x1fffe) throw new Malformed('is one part of a divided archive');
  return large(source, end) ?? end;
}

/** The zip64 end record; it counts whenever its locator stands right before the plain one. */
function large(source: ByteSource, end: End): End | undefined {
  if (end.at < 76) return undefined;
  const locator = view(Uint8Array.from(source.read(end.at - 20, 20)));
  if (locator.byteLength < 20 || locator.getUint32(0, true) !== LOCATOR64) return undefined;
  const at = u64(locator, 8);
  const record = view(Uint8Array.from(source.read(at, 56)));
  if (record.byteLength < 56 || record.getUint32(0, true) !== EOCD64)
    throw new Malformed('has no zip64 end where it says');
  if (at + 12 + u64(record, 4) !== end.at - 20) throw new Malformed('has a zip64 end of the wrong length');
  const big: End = { members: u64(record, 32), size: u64(record, 40), offset: u64(record, 48), at };
  const same = (small: number, large: number, none: number) => small === none || small === large;
  if (
    !same(end.members, big.members, 0xffff) ||
    !same(end.size, big.size, UINT32) ||
    !same(end.offset, big.offset, UINT32)
  ) {
    throw new Malformed('has two ends that contradict each other');
  }
  return big;
}

/** The central directory, entry by entry. Sizes and offsets may stand in the zip64 field. */
export function readDirectory(source: ByteSource, end: End): Member[] {
  if (end.offset + end.size !== end.at) throw new Malformed('has other bytes before, after or inside its directory');
  if (end.members > MAX_MEMBERS || end.size > MAX_DIRECTORY) throw new TooMuch('it has too many members');
  const bytes = Uint8Array.from(source.read(end.offset, end.size));
  const v = view(bytes);
  const members: Member[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 46 > bytes.length || v.getUint32(at, true) !== CENTRAL)
      throw new Malformed('has a directory that cannot be read', end.offset + at);
    const nameLength = v.getUint16(at + 28, true);
    const extraLength = v.getUint16(at + 30, true);
    const next = at + 46 + nameLength + extraLength + v.getUint16(at + 32, true);
    if (next > bytes.length) throw new Malformed('has a directory that ends in the middle', end.offset + at);
    const extra = bytes.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
    const flags = v.getUint16(at + 8, true);
    const wide = wideFields(extra, [
      v.getUint32(at + 24, true),
      v.getUint32(at + 20, true),
      v.getUint32(at + 42, true),
    ]);
    members.push({
      name: nameText(bytes.subarray(at + 46, at + 46 + nameLength), flags, extra),
      offset: 0,
      size: wide[0]!,
      stored: wide[1]!,
      header: wide[2]!,
      crc: v.getUint32(at + 16, true),
      method: v.getUint16(at + 10, true),
      flags,
      mode: v.getUint8(at + 5) === 3 ? v.getUint16(at + 40, true) : 0,
    });
    at = next;
  }
  if (members.length !== end.members)
    throw new Malformed(`says it has ${end.members} members and lists ${members.length}`);
  return members;
}

/** The fields of an extra block: id to bytes. */
function extraFields(extra: Uint8Array): Map<number, Uint8Array> {
  const fields = new Map<number, Uint8Array>();
  const v = view(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = v.getUint16(at + 2, true);
    if (at + 4 + length > extra.length) break;
    const id = v.getUint16(at, true);
    if (fields.has(id) && (id === 1 || id === 0x7075)) throw new Malformed('has an extra field twice');
    fields.set(id, extra.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return fields;
}

/** Values of 0xffffffff stand, in their order, in the zip64 field. */
export function wideFields(extra: Uint8Array, values: number[]): number[] {
  const wide = values.includes(UINT32) ? extraFields(extra).get(1) : undefined;
  if (!wide) return values;
  const v = view(wide);
  let at = 0;
  return values.map((value) => {
    if (value !== UINT32) return value;
    if (at + 8 > wide.length) throw new Malformed('lacks a size or place that belongs in its zip64 field');
    at += 8;
    return u64(v, at - 8);
  });
}

const UTF8_FLAG = 0x800;
const UNICODE_PATH = 0x7075;

/** A name is taken only where every reader reads the same one. */
export function nameText(bytes: Uint8Array, flags: number, extra: Uint8Array): string {
  let name: string;
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Malformed('has a member whose name is no UTF-8');
  }
  if (!(flags & UTF8_FLAG) && bytes.some((b) => b > 127))
    throw new Malformed('has a member name that depends on the reader');
  const path = extraFields(extra).get(UNICODE_PATH);
  if (path && new TextDecoder().decode(path.subarray(5)) !== name) throw new Malformed('has a member with two names');
  return name;
}
