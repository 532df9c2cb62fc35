/**
 * What the walker knows of a value on the unpickler's stack. Text and whole numbers stand for themselves; the rest is
 * kept as small as the questions asked of it allow: which global is this, what does this tuple hold, which element
 * type has this array. Nothing here can run.
 */
export type Value = string | number | Opaque | Tuple | Dict | Global | Instance | DType | Wrapper;

/** A value of a known kind whose content does not matter or was not kept. `unknown` may be anything at all. */
export interface Opaque {
  readonly kind: 'opaque';
  readonly what:
    | 'none'
    | 'true'
    | 'false'
    | 'int'
    | 'float'
    | 'bytes'
    | 'str'
    | 'list'
    | 'set'
    | 'tuple'
    | 'dict'
    | 'magic'
    | 'unknown';
}

interface Tuple {
  readonly kind: 'tuple';
  readonly items: readonly Value[];
  /** Holds joblib's array wrapper or its class, at any depth. */
  readonly carries: boolean;
}

export interface Dict {
  readonly kind: 'dict';
  /** The few keys that joblib's array wrapper and numpy's types need; the last value wins, as in Python. */
  fields: Map<string, Value> | undefined;
  /** Has a key that is not a known text, or one with two leading underscores. */
  oddKey: boolean;
  dunderKey: boolean;
  /** Has a text key that joblib's array wrapper has no use for: such a one could replace its methods. */
  otherKey: boolean;
  /** A numpy type among the values holds objects, or cannot be known: read when this is the `fields` of another type. */
  objects: boolean;
  vagueType: boolean;
}

/** Something imported by name. One object for each name in a file, so that a million instances share one value. */
export interface Global {
  readonly kind: 'global';
  readonly module: string;
  readonly name: string;
  readonly full: string;
  readonly instance: Instance;
}

/** What a call of a global gave. */
export interface Instance {
  readonly kind: 'instance';
  readonly of: string;
}

/** A numpy dtype: how many bytes an element takes, and whether it holds Python objects. Changed in place by BUILD. */
export interface DType {
  readonly kind: 'dtype';
  readonly letter: string;
  itemSize: number | undefined;
  objects: boolean;
  /** False for one that numpy shares between all its users; BUILD on such a one is an attack. */
  readonly own: boolean;
}

/** joblib's NumpyArrayWrapper before its array was read. */
export interface Wrapper {
  readonly kind: 'wrapper';
  readonly fields: Map<string, Value>;
}

function opaque(what: Opaque['what']): Opaque {
  return Object.freeze({ kind: 'opaque', what });
}

export const NONE = opaque('none');
export const TRUE = opaque('true');
export const FALSE = opaque('false');
export const INT = opaque('int');
export const FLOAT = opaque('float');
export const BYTES = opaque('bytes');
export const STR = opaque('str');
export const LIST = opaque('list');
export const SET = opaque('set');
const TUPLE = opaque('tuple');
const DICT = opaque('dict');
export const UNKNOWN = opaque('unknown');
/** The number that opens a file of PyTorch's old layout. */
export const MAGIC = opaque('magic');

/** builtins.getattr: one value for all its imports, because each time it comes onto a stack is counted. */
export const GETATTR: Global = {
  kind: 'global',
  module: 'builtins',
  name: 'getattr',
  full: 'builtins.getattr',
  instance: { kind: 'instance', of: 'builtins.getattr' },
};

const MAX_ITEMS = 16;

export function carries(value: Value): boolean {
  if (typeof value !== 'object') return false;
  if (value.kind === 'wrapper') return true;
  if (value.kind === 'global') return isWrapperName(value.full);
  return value.kind === 'tuple' && value.carries;
}

/** A tuple or dictionary without what it holds; anything whose identity matters stays as it is. */
export function outline(value: Value): Value {
  if (typeof value !== 'object' || carries(value)) return value;
  if (value.kind === 'tuple') return TUPLE;
  return value.kind === 'dict' ? DICT : value;
}

const EMPTY: Tuple = Object.freeze({ kind: 'tuple', items: [], carries: false });

export function tupleOf(items: readonly Value[]): Value {
  if (items.length === 0) return EMPTY;
  const held = items.some(carries);
  if (items.length > MAX_ITEMS) return held ? { kind: 'tuple', items: [UNKNOWN], carries: true } : TUPLE;
  return { kind: 'tuple', items, carries: held };
}

export function newDict(): Dict {
  return {
    kind: 'dict',
    fields: undefined,
    oddKey: false,
    dunderKey: false,
    otherKey: false,
    objects: false,
    vagueType: false,
  };
}

const WRAPPERS = new Set([
  'joblib.numpy_pickle.NumpyArrayWrapper',
  'sklearn.externals.joblib.numpy_pickle.NumpyArrayWrapper',
]);

export function isWrapperName(full: string): boolean {
  return WRAPPERS.has(full);
}
