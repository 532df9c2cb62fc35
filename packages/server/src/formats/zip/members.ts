import type { ByteSource } from '../byte-source.ts';
import type { Report } from '../report.ts';
import { printable } from '../report.ts';
import { Malformed } from '../unreadable.ts';
import { type Member, nameText, u64, view, wideFields } from './directory.ts';

const LOCAL = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const HAS_DESCRIPTOR = 8;
/** Bits that change nothing for a reader: level of compression (1, 2), descriptor (3), UTF-8 name (11). */
const HARMLESS = 0x080e;

/**
 * Compares every member's local header with the directory and checks that members follow each other without a gap, so
 * that a reader who goes by the headers and one who goes by the directory see the same archive. Fills in `offset`.
 */
export function checkMembers(source: ByteSource, members: Member[], directoryAt: number, report: Report): void {
  const seen = new Set<string>();
  for (const m of members) {
    const where = `member ${printable(m.name, 100)}`;
    if (seen.has(m.name))
      report.add('malformed', 'zip.duplicate', where, 'is there twice: readers take different ones');
    seen.add(m.name);
    checkName(m, report, where);
    if (m.flags & 1) report.add('malformed', 'zip.encrypted', where, 'is encrypted');
    else if (m.flags & ~HARMLESS)
      report.add(
        'malformed',
        'zip.flags',
        where,
        `has flags 0x${m.flags.toString(16)}, which readers treat differently`,
      );
  }
  const ordered = [...members].sort((a, b) => a.header - b.header);
  let expected = 0;
  for (const m of ordered) {
    if (m.header !== expected) {
      throw new Malformed(
        expected === 0 ? 'has other bytes before its first member' : 'has members that overlap or leave a gap',
        m.header,
      );
    }
    expected = checkLocal(source, m, directoryAt);
  }
  if (expected !== directoryAt) throw new Malformed('has other bytes between its members and its directory', expected);
}

/** Where such a name would be written is not below the folder it is unpacked into. */
function checkName(m: Member, report: Report, where: string): void {
  const kind = m.mode & 0o170000;
  if (kind === 0o120000) report.add('unsafe', 'zip.link', where, 'is a symbolic link');
  else if (kind !== 0 && kind !== 0o100000 && kind !== 0o040000)
    report.add('unsafe', 'zip.device', where, 'is a device or a pipe');
  const parts = m.name.split(/[/\\]/);
  if (parts.includes('..')) report.add('unsafe', 'zip.path', where, 'leaves the folder by its name');
  else if (/^([/\\]|[A-Za-z]:)/.test(m.name)) report.add('unsafe', 'zip.path', where, 'has an absolute name');
  else if (m.name.includes('\\') || m.name.includes('\0') || m.name === '') {
    report.add('malformed', 'zip.path', where, 'has a name that readers take differently');
  }
}

/** Gives where the next header must be. */
function checkLocal(source: ByteSource, m: Member, directoryAt: number): number {
  const fail = (what: string) => new Malformed(`${what} (member ${printable(m.name, 100)})`, m.header);
  const head = Uint8Array.from(source.read(m.header, 30));
  const v = view(head);
  if (head.length < 30 || v.getUint32(0, true) !== LOCAL) throw fail('has no local header where its directory says');
  const nameLength = v.getUint16(26, true);
  const extraLength = v.getUint16(28, true);
  const rest = Uint8Array.from(source.read(m.header + 30, nameLength + extraLength));
  const extra = rest.subarray(nameLength);
  const flags = v.getUint16(6, true);
  if (nameText(rest.subarray(0, nameLength), flags, extra) !== m.name)
    throw fail('has another name in its local header');
  if (flags !== m.flags || v.getUint16(8, true) !== m.method)
    throw fail('has other flags or another method in its local header');
  m.offset = m.header + 30 + nameLength + extraLength;
  const [size = 0, stored = 0] = wideFields(extra, [v.getUint32(22, true), v.getUint32(18, true)]);
  const crc = v.getUint32(14, true);
  const described = (flags & HAS_DESCRIPTOR) !== 0;
  const blank =
    described &&
    (crc === 0 || crc === m.crc) &&
    (size === 0 || size === m.size) &&
    (stored === 0 || stored === m.stored);
  if (!blank && (size !== m.size || stored !== m.stored || crc !== m.crc))
    throw fail('has other sizes or another checksum in its local header');
  if (m.method === 0 && m.size !== m.stored) throw fail('is stored in another size than its own');
  const end = m.offset + m.stored;
  if (end > directoryAt) throw fail('reaches beyond the archive');
  return described ? passDescriptor(source, m, end, directoryAt) : end;
}

/** The data descriptor has four shapes: with or without its signature, with sizes of 4 or of 8 bytes. */
function passDescriptor(source: ByteSource, m: Member, at: number, directoryAt: number): number {
  const bytes = Uint8Array.from(source.read(at, Math.min(24, directoryAt - at)));
  const v = view(bytes);
  for (const signature of [4, 0]) {
    if (signature === 4 && (bytes.length < 4 || v.getUint32(0, true) !== DESCRIPTOR)) continue;
    for (const width of [8, 4]) {
      const length = signature + 4 + 2 * width;
      if (bytes.length < length || v.getUint32(signature, true) !== m.crc) continue;
      const read = (i: number) => (width === 8 ? u64(v, i) : v.getUint32(i, true));
      if (read(signature + 4) === m.stored && read(signature + 4 + width) === m.size) return at + length;
    }
  }
  throw new Malformed(`has no data descriptor that agrees (member ${printable(m.name, 100)})`, at);
}
