import { Imports } from './pickle/imports.ts';
import { Machine } from './pickle/machine.ts';
import type { Instance, Value, Wrapper } from './pickle/values.ts';
import { walk } from './pickle/walk.ts';
import { Report } from './report.ts';
import { Malformed, TooMuch } from './unreadable.ts';

const ARRAY: Instance = { kind: 'instance', of: 'numpy.ndarray' };
/** A plain unpickler that reads on into the bytes of an array fails at once, unless the file was made so that it does not. */
const MAX_TWIN_OPCODES = 1_000_000;

function holdsObjects(wrapper: Wrapper): boolean {
  const type = wrapper.fields.get('dtype');
  return typeof type === 'object' && type.kind === 'dtype' && type.objects;
}

/** Follows joblib's arrays through one file; `arrays` counts them. */
export function arrayReader(): { array(m: Machine, wrapper: Wrapper): Value; arrays: number } {
  return {
    arrays: 0,
    array(m, wrapper) {
      if (this.arrays++ === 0) readPlain(m, holdsObjects(wrapper));
      return passArray(m, wrapper);
    },
  };
}

/**
 * Passes over the bytes that joblib.load reads itself when BUILD has filled a NumpyArrayWrapper
 * (joblib/numpy_pickle.py, NumpyArrayWrapper.read_array): an object array is a nested pickle; any other is, since
 * joblib 1.2, one byte with the length of the padding, the padding, and the elements.
 */
function passArray(m: Machine, wrapper: Wrapper): Value {
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
  const alignment = wrapper.fields.get('numpy_array_alignment_bytes');
  if (alignment !== undefined && !isNone(alignment)) passPadding(m, alignment);
  const bytes = count * known.itemSize;
  if (!Number.isSafeInteger(bytes)) throw new Malformed('states an array larger than any file', m.reader.position);
  m.reader.skip(bytes);
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

function passPadding(m: Machine, alignment: Value): void {
  const length = m.reader.u8();
  if (typeof alignment !== 'number' || length > alignment || alignment > 255) {
    throw new Malformed('pads an array by more than its alignment', m.reader.position);
  }
  if (!m.reader.bytes(length).every((b) => b === 0xff)) {
    throw new Malformed('pads an array with other bytes than 0xff', m.reader.position);
  }
}

/**
 * pickle.load knows nothing of joblib's arrays and takes their bytes for opcodes. Where those mean something, the file
 * is two programs in one, and what the second imports is judged as well.
 */
function readPlain(m: Machine, nested: boolean): void {
  const reader = m.reader.fork();
  if (!reader) return;
  const report = new Report();
  const imports = new Imports(report);
  const work = { ...m.work, opcodes: 0, maxOpcodes: MAX_TWIN_OPCODES, imports, report };
  try {
    walk(m.twin(reader, work, `${m.prefix}read as a plain pickle, `));
  } catch (err) {
    if (!(err instanceof Malformed || err instanceof TooMuch)) throw err;
  }
  // A nested pickle is not meant to be read on the outer memo: the names that then come out are no one's.
  const meant = imports.telling > 0 || imports.plausible > 0;
  if (nested ? report.worst === 'unsafe' : meant) m.work.report.merge(report);
}
