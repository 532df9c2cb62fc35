import type { Inspection } from '../../contract/artifact.ts';
import { type ByteSource, partOf } from '../byte-source.ts';
import { type Compression, compressionOf } from '../compression.ts';
import { inflating } from '../inflate.ts';
import { type ArrayFacts, readNpy, startsNpy } from '../numpy/npy.ts';
import { isPickleLike, type PickleReading, readPickles } from '../pickle/inspect-pickle.ts';
import { type ByteStream, Reader, streamOf } from '../reader.ts';
import { printable, type Report } from '../report.ts';
import { isSkops, readSkops } from '../skops/inspect-skops.ts';
import { torchStorages } from '../torch-storages.ts';
import { Malformed, TooMuch } from '../unreadable.ts';
import { findEnd, type Member, readDirectory } from './directory.ts';
import { checkMembers } from './members.ts';

const MAX_LISTED = 200;
/** An archive's pickles share one bound on work. */
const MAX_OPCODES = 50_000_000;
/** A longer description of a skops file is not read. */
const SKOPS_BYTES = 32 * 1024 * 1024;

interface Seen {
  pickles: string[];
  arrays: { member: string; array: ArrayFacts }[];
  imports: Set<string>;
  opcodes: number;
  /** Members that were neither a pickle nor an array. */
  others: number;
}

export function inspectZip(source: ByteSource, report: Report): Pick<Inspection, 'format' | 'facts'> {
  let members: Member[] = [];
  let sound = false;
  try {
    const end = findEnd(source, report);
    if (!end) throw new Malformed('has no end that reaches to the end of the file', source.size);
    members = readDirectory(source, end);
    checkMembers(source, members, end.offset, report);
    sound = true;
  } catch (err) {
    say(report, err, 'archive');
  }
  const torch = sound ? torchRoot(members) : undefined;
  const seen: Seen = { pickles: [], arrays: [], imports: new Set(), opcodes: 0, others: 0 };
  for (const m of members) if (m.offset > 0) inspectMember(source, m, torch, report, seen);
  const facts: Record<string, unknown> = {
    members: members.slice(0, MAX_LISTED).map((m) => ({ name: printable(m.name, 200), size: m.size })),
    member_count: members.length,
  };
  if (seen.pickles.length > 0) {
    Object.assign(facts, {
      pickles: seen.pickles.slice(0, MAX_LISTED),
      imports: [...seen.imports],
      opcodes: seen.opcodes,
    });
  }
  if (torch !== undefined) return torchFacts(members, torch, report, facts);
  if (members.length > 0 && seen.arrays.length > 0 && seen.others === 0 && seen.pickles.length === 0) {
    facts.arrays = seen.arrays
      .slice(0, MAX_LISTED)
      .map(({ member, array }) => ({ member: printable(member, 200), ...array }));
    return { format: 'npz', facts };
  }
  const skops = sound && seen.pickles.length === 0 ? tellSkops(source, members, report) : undefined;
  if (skops) return { format: 'skops', facts: { ...facts, ...skops } };
  report.unread('zip.members', 'archive', 'holds members of which only pickles and arrays were read');
  return { format: 'zip', facts };
}

function say(report: Report, err: unknown, where: string): void {
  if (err instanceof Malformed)
    report.add('malformed', 'zip.malformed', err.at === undefined ? where : `byte ${err.at}`, err.message);
  else if (err instanceof TooMuch) report.unread('zip.not-read', where, `not read to the end: ${err.message}`);
  else throw err;
}

/** PyTorch keeps everything under one folder, with its pickle and its version in it: torch/serialization.py. */
function torchRoot(members: readonly Member[]): string | undefined {
  const pickle = members.find((m) => /^[^/]+\/data\.pkl$/.test(m.name));
  const root = pickle?.name.slice(0, -'data.pkl'.length);
  if (root === undefined || !members.every((m) => m.name.startsWith(root))) return undefined;
  return members.some((m) => m.name === `${root}version`) ? root : undefined;
}

function torchFacts(members: readonly Member[], root: string, report: Report, facts: Record<string, unknown>) {
  const script = members.some((m) => m.name.startsWith(`${root}code/`) || m.name === `${root}constants.pkl`);
  if (script) report.add('suspicious', 'torch.script', `member ${root}code`, 'holds TorchScript, a program of its own');
  return { format: 'torch', facts: { ...facts, layout: 'zip', torchscript: script } };
}

function inspectMember(source: ByteSource, m: Member, torch: string | undefined, report: Report, seen: Seen): void {
  const where = `member ${printable(m.name, 100)}`;
  if (m.name.endsWith('/') && m.size === 0) return;
  if ((m.flags & 1) !== 0 || (m.method !== 0 && m.method !== 8)) {
    seen.others++;
    report.unread('zip.not-read', where, 'is compressed or encrypted in a way that is not read');
    return;
  }
  const open = () => openMember(source, m);
  try {
    const head = Uint8Array.from(open().next().subarray(0, 64));
    if (startsNpy(head)) {
      for (const array of readNpy(new Reader(open()), report, `${where}, `)) {
        seen.arrays.push({ member: m.name, array });
        for (const name of array.imports ?? []) if (seen.imports.size < MAX_LISTED) seen.imports.add(name);
      }
      return;
    }
    const reading = pickleIn(open(), head, m.name === `${torch}data.pkl`, `${where}, `, MAX_OPCODES - seen.opcodes);
    if (reading) {
      takePickle(reading, m, report, seen);
      return;
    }
    seen.others++;
    const hidden: Compression | undefined = torch === undefined ? compressionOf(head) : undefined;
    if (hidden || (head[0] === 0x50 && head[1] === 0x4b && torch === undefined)) {
      report.unread('zip.not-read', where, 'is itself compressed and was not inspected');
    }
  } catch (err) {
    say(report, err, where);
  }
}

/** Only for a member that is stored or deflated. */
function openMember(source: ByteSource, m: Member): ByteStream {
  const bytes = streamOf(partOf(source, m.offset, m.stored));
  return m.method === 0 ? bytes : inflating(bytes, 'raw', { size: m.size });
}

/** skops keeps the tree of a model's objects as JSON, and their arrays and bytes as members beside (skops/io/_persist.py). */
function tellSkops(
  source: ByteSource,
  members: readonly Member[],
  report: Report,
): Record<string, unknown> | undefined {
  const schema = members.find((m) => m.name === 'schema.json' && (m.method === 0 || m.method === 8));
  if (!schema || schema.offset === 0 || schema.size > SKOPS_BYTES) return undefined;
  try {
    const tree = parseJson(openMember(source, schema));
    if (!isSkops(tree)) return undefined;
    const { protocol, types, files } = readSkops(tree, report);
    for (const { name } of members)
      if (name !== 'schema.json' && !(files.has(name) && /\.(npy|bin)$/.test(name)))
        report.unread('zip.not-read', `member ${printable(name, 100)}`, 'is no part of the model that was read');
    return { protocol, types };
  } catch (err) {
    say(report, err, 'member schema.json');
    return {};
  }
}

function parseJson(stream: ByteStream): unknown {
  const parts: Uint8Array[] = [];
  for (let part = stream.next(); part.length > 0; part = stream.next()) parts.push(Uint8Array.from(part));
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts)));
  } catch {
    return undefined;
  }
}

function pickleIn(
  stream: ByteStream,
  head: Uint8Array,
  certain: boolean,
  prefix: string,
  maxOpcodes: number,
): PickleReading | undefined {
  if (!certain && !isPickleLike(head)) return undefined;
  const reading = readPickles(stream, { prefix, maxOpcodes, ...(certain && { storages: torchStorages() }) });
  return certain || reading.whole || reading.evident ? reading : undefined;
}

function takePickle(reading: PickleReading, m: Member, report: Report, seen: Seen): void {
  report.merge(reading.report);
  seen.pickles.push(printable(m.name, 200));
  seen.opcodes += Number(reading.facts.opcodes);
  for (const name of reading.imports) if (seen.imports.size < MAX_LISTED) seen.imports.add(name);
}
