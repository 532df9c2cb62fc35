import type { Finding } from '../contract/artifact.ts';
import { DTYPE_OF_ANY } from './pickle/calls.ts';
import { Imports } from './pickle/imports.ts';
import { type Hooks, Machine } from './pickle/machine.ts';
import { OPERATIONS } from './pickle/operations.ts';
import type { Instance, Value, Wrapper } from './pickle/values.ts';
import { walk } from './pickle/walk.ts';
import { Report } from './report.ts';
import { Malformed, TooMuch } from './unreadable.ts';

const ARRAY: Instance = { kind: 'instance', of: 'numpy.ndarray' };
/** What joblib writes, and the only alignment that it ever wrote. */
const ALIGNMENT = 16;

function holdsObjects(wrapper: Wrapper): boolean {
  const type = wrapper.fields.get('dtype');
  return typeof type === 'object' && type.kind === 'dtype' && type.objects;
}

/** Follows joblib's arrays through one file; `arrays` counts them. */
export function arrayReader(): { array(m: Machine, wrapper: Wrapper): Value; arrays: number } {
  let padded = false;
  return {
    arrays: 0,
    array(m, wrapper) {
      const plain = this.arrays++ === 0;
      return passArray(m, wrapper, {
        // Where the first array lies, pickle.load leaves joblib.load; where the first padding does, joblib 1.1 does.
        before: () => plain && readAgain(m, {}, 'a plain pickle', holdsObjects(wrapper)),
        beforeRest() {
          if (!padded) readAgain(m, OLD, 'an older joblib does', false, ARRAY);
          padded = true;
        },
      });
    },
  };
}

/** joblib before 1.2 knows of no padding: it ends an array that much earlier, and goes on among the array's last bytes. */
const OLD: Hooks = { array: (m, wrapper) => passArray(m, wrapper) };

interface Partings {
  before(): void;
  beforeRest(): void;
}

/**
 * Passes over the bytes that joblib.load reads itself when BUILD has filled a NumpyArrayWrapper
 * (joblib/numpy_pickle.py, NumpyArrayWrapper.read_array): an object array is a nested pickle; any other is, since
 * joblib 1.2, one byte with the length of the padding, the padding, and the elements.
 */
function passArray(m: Machine, wrapper: Wrapper, partings?: Partings): Value {
  partings?.before();
  const type = wrapper.fields.get('dtype');
  const known = typeof type === 'object' && type.kind === 'dtype' ? type : undefined;
  if (m.reader.position < m.frameEnd) {
    // joblib reads the array behind the frame, everyone else inside it.
    throw new Malformed('puts an array inside a frame', m.reader.position);
  }
  m.frameEnd = 0;
  if (!known) throw unknowable(m, 'an array whose element type cannot be known');
  if (known.objects) {
    // joblib's reader for the nested pickle is a plain one: arrays inside it are not set apart.
    walk(new Machine(m.reader, m.work, {}, m.prefix));
    return ARRAY;
  }
  const count = elements(m, wrapper.fields.get('shape'));
  if (known.itemSize === undefined) throw unknowable(m, 'an array whose element size cannot be known');
  const bytes = count * known.itemSize;
  if (!Number.isSafeInteger(bytes)) throw new Malformed('states an array larger than any file', m.reader.position);
  const alignment = wrapper.fields.get('numpy_array_alignment_bytes');
  const padding = partings && alignment !== undefined && !isNone(alignment) ? passPadding(m, alignment) : 0;
  if (bytes < padding || padding === 0) {
    m.reader.skip(bytes);
  } else {
    m.reader.skip(bytes - padding);
    partings?.beforeRest();
    m.reader.skip(padding);
  }
  return ARRAY;
}

function unknowable(m: Machine, what: string): TooMuch {
  m.find('suspicious', 'joblib.array', `holds ${what}, so what follows was not read`);
  return new TooMuch(`holds ${what}`);
}

function isNone(value: Value): boolean {
  return typeof value === 'object' && value.kind === 'opaque' && value.what === 'none';
}

function elements(m: Machine, shape: Value | undefined): number {
  if (typeof shape !== 'object' || shape.kind !== 'tuple') throw unknowable(m, 'an array whose shape cannot be known');
  let count = 1;
  for (const n of shape.items) {
    if (typeof n !== 'number') throw unknowable(m, 'an array whose shape cannot be known');
    if (n < 0) throw new Malformed('states an array of negative length', m.reader.position);
    count *= n;
  }
  return count;
}

/**
 * One byte with the length of the padding, and the padding: as long as the place in the file demands, from 1 to 16. A
 * joblib that knows of none takes as many bytes at the end of the array for opcodes, so it must not be the file's choice.
 */
function passPadding(m: Machine, alignment: Value): number {
  const length = m.reader.u8();
  if (alignment !== ALIGNMENT || length !== ALIGNMENT - (m.reader.position % ALIGNMENT)) {
    throw new Malformed('pads an array otherwise than joblib does', m.reader.position);
  }
  if (!m.reader.bytes(length).every((b) => b === 0xff)) {
    throw new Malformed('pads an array with other bytes than 0xff', m.reader.position);
  }
  return 1 + length;
}

/**
 * pickle.load knows nothing of joblib's arrays and takes their bytes for opcodes, and an older joblib takes some of them.
 * Where those mean something, the file is two programs in one, and what the second imports is judged as well. It may
 * take half of what is left of the file's opcodes; nearly always its first byte is none.
 */
function readAgain(m: Machine, hooks: Hooks, as: string, nested: boolean, top?: Value): void {
  if (OPERATIONS[m.reader.peek()] === undefined) return;
  const report = new Report();
  const imports = new Imports(report);
  imports.wrapper = m.work.imports.wrapper;
  const maxOpcodes = Math.floor((m.work.maxOpcodes - m.work.opcodes) / 2);
  const work = { ...m.work, opcodes: 0, maxOpcodes, imports, report };
  let unended: string | undefined;
  try {
    const twin = m.twin(m.reader.fork(), work, hooks, `${m.prefix}read as ${as}, `);
    if (top !== undefined) twin.replaceTop(top);
    walk(twin);
  } catch (err) {
    if (err instanceof TooMuch) unended = err.message;
    else if (!(err instanceof Malformed)) throw err;
  }
  m.work.opcodes += work.opcodes;
  if (nested) tellNested(m, report);
  else if (imports.telling > 0 || imports.plausible > 0) m.work.report.merge(report);
  if (unended !== undefined) {
    m.find('suspicious', 'joblib.two-programs', `read as ${as}, it is not read to the end: ${unended}`);
  }
}

/**
 * A nested pickle is not meant to be read on the outer memo. Where it asks its memo for the module of numpy.dtype, the
 * outer one has any text or object in that place: an import that fails and ends the reading, so that only what is
 * unsafe counts behind it.
 */
function tellNested(m: Machine, report: Report): void {
  const stray = (f: Finding) => f.what === DTYPE_OF_ANY || /^imports [\w.]+\.dtype$/.test(f.what);
  const [first] = report.findings;
  const strays = first === undefined || stray(first) || first.rule === 'pickle.call';
  for (const f of report.findings) {
    if (f.severity === 'unsafe' ? f.what !== DTYPE_OF_ANY : !strays)
      m.work.report.add(f.severity, f.rule, f.where, f.what);
  }
}
