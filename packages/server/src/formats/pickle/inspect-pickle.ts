import { arrayReader } from '../joblib.ts';
import { type ByteStream, Reader } from '../reader.ts';
import { Report } from '../report.ts';
import { passStorages, type Storages, torchStorages } from '../torch-storages.ts';
import { Malformed, TooMuch } from '../unreadable.ts';
import { Imports } from './imports.ts';
import { type Hooks, Machine, type Work } from './machine.ts';
import { OPERATIONS } from './operations.ts';
import { MAGIC } from './values.ts';
import { walk } from './walk.ts';

export const MAX_OPCODES = 50_000_000;

export interface PickleReading {
  format: 'pickle' | 'joblib' | 'torch';
  report: Report;
  imports: readonly string[];
  facts: Record<string, unknown>;
  /** Read to its last byte without fault. */
  whole: boolean;
  /** The bound that ended the reading, in words. */
  stopped: string | undefined;
  /** Holds what only a pickle would: an import worth the name, or two that were called. */
  evident: boolean;
}

/** Where the pickle lies and what its loader adds to the plain one. */
export interface PickleSetting {
  /** Put before every place, such as `member data.pkl, `. */
  prefix?: string;
  /** PyTorch's persistent ids are expected, and taken note of here. */
  storages?: Storages;
  maxOpcodes?: number;
}

/** Reads every pickle that follows in the stream, one after another, to the end of the bytes. */
export function readPickles(stream: ByteStream, setting: PickleSetting = {}): PickleReading {
  const { prefix = '', maxOpcodes = MAX_OPCODES } = setting;
  const report = new Report();
  const imports = new Imports(report);
  const work: Work = { opcodes: 0, maxOpcodes, protocol: 0, calls: 0, getattrs: 0, imports, report };
  const joblib = arrayReader();
  const reader = new Reader(stream);
  let { storages } = setting;
  let streams = 0;
  let whole = false;
  let stopped: string | undefined;
  let torch = false;
  try {
    do {
      const hooks: Hooks = { array: (m, wrapper) => joblib.array(m, wrapper) };
      if (storages) hooks.persistentId = storages.persistentId;
      const m = new Machine(reader, work, hooks, prefix);
      walk(m);
      streams++;
      if (streams === 1 && m.result === MAGIC) {
        torch = true;
        storages = torchStorages();
      }
      // PyTorch's old layout: magic, protocol, system, the object, its keys, then the tensors' bytes.
      if (torch && streams === 5 && storages) passStorages(reader, storages);
    } while (!reader.atEnd());
    whole = true;
  } catch (err) {
    if (err instanceof Malformed) {
      const what = streams > 0 ? `is followed by what is no pickle: ${err.message}` : err.message;
      report.add(
        'malformed',
        streams > 0 ? 'pickle.trailing' : 'pickle.malformed',
        `${prefix}byte ${err.at ?? reader.position}`,
        what,
      );
    } else if (err instanceof TooMuch) {
      stopped = err.message;
      // Not merely unknown: padding like this is how a call would be put beyond a reader's patience.
      report.unread('pickle.not-read', `${prefix}byte ${reader.position}`, `not read to the end: ${err.message}`);
      report.add('suspicious', 'pickle.too-long', `${prefix}byte ${reader.position}`, 'what follows was not looked at');
    } else throw err;
  }
  const facts: Record<string, unknown> = {
    protocol: work.protocol,
    streams,
    opcodes: work.opcodes,
    imports: imports.listed,
  };
  if (imports.count > imports.listed.length) facts.more_imports = true;
  if (joblib.arrays > 0) facts.arrays = joblib.arrays;
  if (torch) facts.layout = 'legacy';
  return {
    format: torch ? 'torch' : imports.wrapper ? 'joblib' : 'pickle',
    report,
    imports: imports.listed,
    facts,
    whole,
    stopped,
    evident: imports.telling > 0 || (imports.plausible > 0 && work.calls > 0),
  };
}

/** Whether a trial is worth it: a protocol mark, or the byte of an opcode. Trials of other bytes end at the first one anyway. */
export function isPickleLike(head: Uint8Array): boolean {
  if (head.length < 2) return false;
  return head[0] === 0x80 ? head[1]! <= 5 : OPERATIONS[head[0]!] !== undefined;
}
