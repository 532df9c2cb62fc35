import { setImmediate } from 'node:timers/promises';
import { zipOf } from '../../blobs/archive.ts';
import { type ByteSource, partOf } from '../../formats/byte-source.ts';
import { Report } from '../../formats/report.ts';
import { Malformed, TooMuch } from '../../formats/unreadable.ts';
import { findEnd, type Member, readDirectory } from '../../formats/zip/directory.ts';
import { checkMembers } from '../../formats/zip/members.ts';
import { toText, Unreadable } from '../items.ts';

/** The files of an archive, read where they lie. Nothing is unpacked. */
export interface Archive {
  /** In the order in which they stand. */
  readonly names: readonly string[];
  has(name: string): boolean;
  chunks(name: string): AsyncGenerator<Uint8Array>;
  /** The whole of a file that is not large. */
  text(name: string): Promise<string>;
  /** Where it is other bytes than these files give, written at that time. */
  differsAt(mtime: Date): Promise<number | undefined>;
}

const CHUNK = 64 * 1024;
/** Longer ones are not read at once. */
const MOST_TEXT = 64 * 1024 * 1024;

/** Opens what Assayer would have written; else says why it is not that. */
export function openArchive(source: ByteSource): Archive | string[] {
  const report = new Report();
  let members: Member[];
  try {
    const end = findEnd(source, report);
    if (!end) throw new Malformed('has no end: it is no ZIP archive, or was cut');
    members = readDirectory(source, end);
    checkMembers(source, members, end.offset, report);
  } catch (error) {
    if (error instanceof Malformed || error instanceof TooMuch) return [`the archive ${error.message}`];
    throw error;
  }
  for (const { name, method } of members)
    if (method !== 0) report.add('malformed', 'pack.method', `member ${name}`, 'is compressed, which a pack is not');
  if (report.findings.length > 0) return report.findings.map(({ where, what }) => `${where} ${what}`);
  return archiveOf(source, members);
}

function archiveOf(source: ByteSource, members: readonly Member[]): Archive {
  const byName = new Map(members.map((member) => [member.name, member]));
  const get = (name: string): Member => {
    const member = byName.get(name);
    if (!member) throw new Unreadable('is not there');
    return member;
  };

  async function* chunks(name: string): AsyncGenerator<Uint8Array> {
    const { offset, size } = get(name);
    const part = partOf(source, offset, size);
    for (let at = 0; at < size; at += CHUNK) {
      yield Buffer.from(part.read(at, CHUNK));
      // So that a signal is heard.
      await setImmediate();
    }
  }

  return {
    names: members.map(({ name }) => name),
    has: (name) => byName.has(name),
    chunks,
    async text(name) {
      const { size } = get(name);
      if (size > MOST_TEXT) throw new Unreadable(`has more than ${MOST_TEXT} bytes`);
      return toText(await gathered(chunks(name)));
    },
    async differsAt(mtime) {
      const entries = members.map(({ name, size }) => ({ path: name, size, mtime, open: async () => chunks(name) }));
      let at = 0;
      for await (const chunk of zipOf(entries)) {
        const there = source.read(at, chunk.length);
        if (Buffer.compare(there, chunk) !== 0) return at + firstDifference(there, chunk);
        at += chunk.length;
      }
      return at === source.size ? undefined : at;
    },
  };
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}

async function gathered(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}
