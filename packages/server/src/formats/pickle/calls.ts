import { dtypeOf, setDtypeState } from '../numpy/symbolic-dtype.ts';
import { TooMuch } from '../unreadable.ts';
import { isAllowed } from './allow-list.ts';
import type { Machine } from './machine.ts';
import {
  BYTES,
  carries,
  type Dict,
  type DType,
  GETATTR,
  type Global,
  isWrapperName,
  UNKNOWN,
  type Value,
  type Wrapper,
} from './values.ts';

/** The keys that joblib's wrapper and its array need; other keys of a dictionary are not kept. */
const FIELDS = ['subclass', 'shape', 'order', 'dtype', 'allow_mmap', 'numpy_array_alignment_bytes'];
const KEPT = new Set(FIELDS);
const MAPPINGS = new Set([
  'collections.OrderedDict',
  'collections.defaultdict',
  'collections.Counter',
  'builtins.dict',
]);

/** What a nested pickle that is read on the outer memo takes for the module of numpy.dtype may be anything. */
export const DTYPE_OF_ANY = 'imports dtype from a computed module, which cannot be known';

export function importName(m: Machine, module: string, name: string): Global {
  return m.work.imports.find(module, name, m.proto, m.where());
}

/** STACK_GLOBAL: both names come from the stack, where only a literal (or a literal from the memo) is known. */
export function importByStack(m: Machine): void {
  const name = m.pop();
  const module = m.pop();
  if (typeof name === 'string' && typeof module === 'string') {
    m.push(importName(m, module, name));
    return;
  }
  if (!mayBeText(name) || !mayBeText(module)) throw m.fault('imports a name that is not a text');
  const what = name === 'dtype' ? DTYPE_OF_ANY : 'imports a computed name, which cannot be known';
  m.find('unsafe', 'pickle.computed-name', what);
  m.pushUnknown();
}

function mayBeText(value: Value): boolean {
  if (typeof value === 'string') return true;
  if (typeof value === 'number') return false;
  if (value.kind === 'instance') return !isDataClass(value.of);
  return value.kind === 'opaque' && (value.what === 'str' || value.what === 'unknown');
}

/** Functions that never give a text, whatever they are called with. */
const NEVER_TEXT = new Set([
  'numpy.ndarray',
  'numpy.core.multiarray._reconstruct',
  'numpy._core.multiarray._reconstruct',
]);

/** An instance of an allowed class is no text; what an allowed function gives may be one. */
function isDataClass(full: string): boolean {
  const dot = full.lastIndexOf('.');
  const name = full.slice(dot + 1);
  return NEVER_TEXT.has(full) || (/^_*[A-Z]/.test(name) && isAllowed(full.slice(0, dot), name));
}

/** REDUCE, OBJ and INST: a call with positional arguments (`args` where they are known one by one). */
export function call(m: Machine, callable: Value, tuple: Value, args = itemsOf(tuple)): Value {
  if (typeof callable === 'object' && callable.kind === 'global') {
    // INST calls without the stack.
    if (callable === GETATTR) m.find('unsafe', 'pickle.import', `imports ${GETATTR.full}`);
    m.work.calls++;
    if (callable.full === 'copyreg._reconstructor') return reconstructed(m, args);
    forbidWrapper(m, [tuple]);
    if (isWrapperName(callable.full)) return wrapperFrom(args);
    return resultOf(m, callable, args);
  }
  forbidWrapper(m, [tuple]);
  if (typeof callable !== 'object' || (callable.kind === 'opaque' && callable.what !== 'unknown')) {
    throw m.fault('calls what cannot be called');
  }
  m.find('suspicious', 'pickle.call', 'calls an object that the pickle made');
  return UNKNOWN;
}

/** NEWOBJ and NEWOBJ_EX: cls.__new__(cls, ...), which does not run __init__. */
export function newObject(m: Machine, cls: Value, args: Value[]): Value {
  if (typeof cls === 'object' && cls.kind === 'global') {
    forbidWrapper(m, args);
    m.work.calls++;
    if (isWrapperName(cls.full)) return emptyWrapper();
    return resultOf(m, cls, itemsOf(args[0]!));
  }
  if (typeof cls !== 'object' || (cls.kind === 'opaque' && cls.what !== 'unknown')) {
    throw m.fault('makes an object of what is not a class');
  }
  m.find('suspicious', 'pickle.call', 'makes an object of a computed class');
  return UNKNOWN;
}

function itemsOf(value: Value): readonly Value[] {
  return typeof value === 'object' && value.kind === 'tuple' ? value.items : [];
}

function forbidWrapper(m: Machine, values: readonly Value[]): void {
  if (values.some(carries)) m.find('unsafe', 'joblib.wrapper-misuse', "hands joblib's array wrapper to a call");
}

function emptyWrapper(): Wrapper {
  return { kind: 'wrapper', fields: new Map() };
}

/** NumpyArrayWrapper(subclass, shape, order, dtype, allow_mmap=False, numpy_array_alignment_bytes=16) */
function wrapperFrom(args: readonly Value[]): Wrapper {
  const wrapper = emptyWrapper();
  for (const [i, value] of args.entries()) if (FIELDS[i]) wrapper.fields.set(FIELDS[i], value);
  if (!wrapper.fields.has('numpy_array_alignment_bytes')) wrapper.fields.set('numpy_array_alignment_bytes', 16);
  return wrapper;
}

/** copyreg._reconstructor(cls, base, state): how protocols 0 and 1 make any object. */
function reconstructed(m: Machine, args: readonly Value[]): Value {
  const [cls, base, state] = args;
  if (typeof cls !== 'object' || cls.kind !== 'global') return UNKNOWN;
  if (!isWrapperName(cls.full)) {
    forbidWrapper(m, args);
    return cls.instance;
  }
  const plain = typeof base === 'object' && base.kind === 'global' && base.full === 'builtins.object';
  if (!plain || state === undefined || carries(state)) forbidWrapper(m, args);
  return emptyWrapper();
}

const SCALAR = new Set(['numpy.core.multiarray.scalar', 'numpy._core.multiarray.scalar']);

/** Calls a function that it is given, so that its result may be one of its arguments. */
const HIGHER = new Set(['torch._tensor._rebuild_from_type_v2']);

function resultOf(m: Machine, callable: Global, args: readonly Value[]): Value {
  if (callable.full === 'numpy.dtype') return dtypeOf(args);
  if (callable.full === '_codecs.encode') return encoded(m, args);
  if (HIGHER.has(callable.full)) return UNKNOWN;
  if (SCALAR.has(callable.full)) {
    // Older numpy hands an object scalar back as it came.
    const [type] = args;
    const plain = typeof type === 'object' && type.kind === 'dtype' && type.itemSize !== undefined && !type.objects;
    return plain ? callable.instance : UNKNOWN;
  }
  return callable.instance;
}

/** Protocols below 3 write bytes as Latin-1 text. Any other codec would import a module of the file's choice. */
function encoded(m: Machine, args: readonly Value[]): Value {
  if (args[1] !== 'latin1' && args[1] !== 'latin-1') {
    m.find('suspicious', 'pickle.codec', 'encodes by a codec other than latin1');
  }
  return BYTES;
}

/** BUILD: state into the object below it. */
export function build(m: Machine): void {
  const state = m.pop();
  const target = m.top();
  const kind = typeof target === 'object' ? target.kind : undefined;
  if (kind === 'wrapper') buildWrapper(m, target as Wrapper, state);
  else if (kind === 'dtype') setDtypeState(m, target as DType, state);
  else buildObject(m, target, state);
}

function buildObject(m: Machine, target: Value, state: Value): void {
  if (typeof target === 'object' && target.kind === 'global') {
    m.find('unsafe', 'pickle.build', `changes ${target.full} itself`);
  }
  if (target === UNKNOWN && m.work.imports.wrapper) {
    m.find('suspicious', 'joblib.wrapper-misuse', "fills an object that may be the type of one of joblib's arrays");
  }
  forbidWrapper(m, [state]);
  const [, slots] = itemsOf(state);
  if (itemsOf(state).length === 2 && slots !== undefined) checkSlots(m, slots);
}

/** A pair as state may be set attribute by attribute: `__class__` among them would turn the object into another. */
function checkSlots(m: Machine, slots: Value): void {
  if (typeof slots !== 'object') return;
  if (slots.kind === 'dict' && (slots.dunderKey || slots.oddKey)) {
    m.find('unsafe', 'pickle.build', 'sets attributes whose names are special or computed');
  } else if (
    (slots.kind === 'opaque' && (slots.what === 'dict' || slots.what === 'unknown')) ||
    (slots.kind === 'instance' && MAPPINGS.has(slots.of))
  ) {
    m.find('suspicious', 'pickle.build', 'sets attributes whose names cannot be known');
  }
}

function buildWrapper(m: Machine, wrapper: Wrapper, state: Value): void {
  if (typeof state === 'object' && state.kind === 'opaque' && state.what === 'dict') {
    m.find('suspicious', 'joblib.array', "holds one of joblib's arrays deeper than is followed");
    throw new TooMuch("it holds one of joblib's arrays too deep");
  }
  if (typeof state !== 'object' || state.kind !== 'dict' || state.oddKey || state.otherKey) {
    m.find('unsafe', 'joblib.wrapper-misuse', "fills joblib's array wrapper with more than an array's description");
    throw m.fault("joblib's array wrapper cannot be followed");
  }
  for (const [key, value] of state.fields ?? []) wrapper.fields.set(key, value);
  m.replaceTop(m.hooks.array ? m.hooks.array(m, wrapper) : UNKNOWN);
}

/** SETITEM, SETITEMS and DICT: keys and values in turn, into what is on top. */
export function storeItems(m: Machine, items: readonly Value[]): void {
  if (items.length % 2 === 1) throw m.fault('stores a key without a value');
  const target = m.top();
  if (typeof target === 'object' && target.kind === 'global') {
    m.find('suspicious', 'pickle.call', `stores into ${target.full} itself`);
  }
  const dict = typeof target === 'object' && target.kind === 'dict' ? target : undefined;
  for (let i = 0; i < items.length; i += 2) {
    const key = items[i]!;
    const value = items[i + 1]!;
    if (carries(key) || carries(value)) {
      m.find('unsafe', 'joblib.wrapper-misuse', "hides joblib's array wrapper in another value");
    }
    if (dict) remember(dict, key, value);
  }
}

function remember(dict: Dict, key: Value, value: Value): void {
  if (typeof key !== 'string') {
    if (typeof key !== 'number') dict.oddKey = true;
  } else if (KEPT.has(key)) {
    dict.fields ??= new Map();
    dict.fields.set(key, value);
  } else {
    dict.otherKey = true;
    if (key.startsWith('__')) dict.dunderKey = true;
  }
  const [type] = itemsOf(value);
  if (typeof type !== 'object' || type.kind !== 'dtype') return;
  if (type.objects) dict.objects = true;
  if (type.itemSize === undefined) dict.vagueType = true;
}
