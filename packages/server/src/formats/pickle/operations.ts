import { type Line, latin1 } from '../reader.ts';
import { harmlessAttribute } from './attributes.ts';
import { build, call, importByStack, importName, newObject, storeItems } from './calls.ts';
import type { Machine } from './machine.ts';
import {
  asciiValue,
  isFloat,
  MAX_NAME,
  numberValue,
  pythonInt,
  quotedValue,
  rawUnicodeValue,
  utf8Text,
} from './text.ts';
import {
  BYTES,
  carries,
  FALSE,
  FLOAT,
  INT,
  LIST,
  MAGIC,
  NONE,
  newDict,
  SET,
  STR,
  TRUE,
  tupleOf,
  UNKNOWN,
  type Value,
} from './values.ts';

type Operation = (m: Machine) => void;

/** A payload that is passed over without being read. */
function pass(m: Machine, length: number, value: Value): void {
  m.reader.skip(length);
  m.push(value);
}

function text(m: Machine, length: number, decode: (bytes: Uint8Array) => Value): void {
  if (length > MAX_NAME) pass(m, length, STR);
  else m.push(decode(m.reader.bytes(length)));
}

const ascii = (bytes: Uint8Array): Value => asciiValue(latin1(bytes));

function signed(m: Machine): number {
  const length = m.reader.i32();
  if (length < 0) throw m.fault('states a negative length');
  return length;
}

/** A line that must have its newline. */
function line(m: Machine): Line {
  const found = m.reader.line(MAX_NAME);
  if (found.unended) throw m.fault('ends in the middle');
  return found;
}

function lineValue(m: Machine, read: (text: string, cut: boolean) => Value | undefined, what: string): void {
  const { text, cut } = line(m);
  const value = read(text, cut);
  if (value === undefined) throw m.fault(`states ${what} that cannot be read`);
  m.push(value);
}

function lineIndex(m: Machine): number {
  const { text, cut } = line(m);
  const index = cut ? undefined : pythonInt(text);
  if (index === undefined || index < 0) throw m.fault('states a memo entry that cannot be read');
  return index;
}

function nameLine(m: Machine): string {
  const { text, cut, unended } = m.reader.line(MAX_NAME);
  if (cut) m.find('unsafe', 'pickle.computed-name', 'imports a name that is too long to be one');
  // At the end of the file the Python unpickler takes the last character for the newline, and INST still calls.
  if (unended) m.find('malformed', 'pickle.malformed', 'ends inside a name');
  return utf8Text(Buffer.from(unended ? text.slice(0, -1) : text, 'latin1'));
}

/** joblib's wrapper may only be built; put anywhere else, it could come back where no reader expects an array. */
function absorb(m: Machine, values: readonly Value[]): void {
  if (values.some(carries)) m.find('unsafe', 'joblib.wrapper-misuse', "hides joblib's array wrapper in another value");
}

function count(m: Machine, length: number): void {
  const items: Value[] = [];
  for (let i = 0; i < length; i++) items.unshift(m.pop());
  m.push(tupleOf(items));
}

function extend(m: Machine, values: readonly Value[]): void {
  absorb(m, values);
  const target = m.top();
  if (typeof target === 'object' && target.kind === 'global') {
    m.find('suspicious', 'pickle.call', `calls a method of ${target.full}`);
  }
}

function withMark(m: Machine, then: (items: Value[]) => void): void {
  then(m.popMark());
}

const MAGIC_BYTES = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

function longValue(m: Machine, length: number): void {
  if (length > 16) {
    pass(m, length, INT);
    return;
  }
  const bytes = m.reader.bytes(length);
  if (length === 10 && MAGIC_BYTES.every((b, i) => bytes[i] === b)) {
    m.push(MAGIC);
    return;
  }
  let n = 0;
  for (let i = length - 1; i >= 0; i--) n = n * 256 + bytes[i]!;
  if (length > 0 && bytes[length - 1]! > 127) n -= 256 ** length;
  m.push(Number.isSafeInteger(n) ? n : INT);
}

function buffer(m: Machine, read: () => void): void {
  m.find('suspicious', 'pickle.out-of-band', 'needs buffers from outside the file');
  read();
}

function persistent(m: Machine, id: Value): void {
  absorb(m, [id]);
  if (m.hooks.persistentId) {
    m.push(m.hooks.persistentId(m, id));
    return;
  }
  m.find('suspicious', 'pickle.persistent-id', 'needs objects from outside the file (persistent id)');
  m.pushUnknown();
}

function extension(m: Machine, code: number): void {
  if (code <= 0) throw m.fault('states an extension code below one');
  m.find('unsafe', 'pickle.extension', `imports by extension code ${code}, a name that cannot be known`);
  m.pushUnknown();
}

function protocol(m: Machine): void {
  const version = m.reader.u8();
  if (version > 5) throw m.fault(`states protocol ${version}, which does not exist`);
  m.proto = version;
  m.work.protocol = Math.max(m.work.protocol, version);
}

function frame(m: Machine): void {
  const inside = m.reader.position <= m.frameEnd;
  const length = m.reader.u64();
  const { left } = m.reader;
  if (inside) {
    m.find('unsafe', 'pickle.frame', 'opens a frame inside a frame, where readers part');
  } else if (left !== undefined && length > left) {
    // The C unpickler refuses such a frame, the Python one reads on: so do we, and say it.
    m.find('malformed', 'pickle.frame', 'opens a frame that is longer than the file');
  }
  m.frameEnd = m.reader.position + length;
}

const TABLE: Record<string, Operation> = {
  '(': (m) => m.mark(),
  '.': (m) => {
    m.result = m.pop();
  },
  '0': (m) => m.discard(),
  '1': (m) => void m.popMark(),
  '2': (m) => m.push(m.top()),
  F: (m) => lineValue(m, (t, cut) => (cut || isFloat(t) ? FLOAT : undefined), 'a number'),
  I: (m) => lineValue(m, (t, cut) => (t === '01' ? TRUE : t === '00' ? FALSE : numberValue(t, cut)), 'a whole number'),
  J: (m) => m.push(m.reader.i32()),
  K: (m) => m.push(m.reader.u8()),
  L: (m) => lineValue(m, numberValue, 'a whole number'),
  M: (m) => m.push(m.reader.u16()),
  N: (m) => m.push(NONE),
  P: (m) => {
    line(m);
    persistent(m, STR);
  },
  Q: (m) => persistent(m, m.pop()),
  R: (m) => {
    const args = m.pop();
    const callable = m.pop();
    m.push(harmlessAttribute(m, callable, args) ?? call(m, callable, args));
  },
  S: (m) => lineValue(m, quotedValue, 'a text'),
  T: (m) => text(m, signed(m), ascii),
  U: (m) => text(m, m.reader.u8(), ascii),
  V: (m) => lineValue(m, rawUnicodeValue, 'a text'),
  X: (m) => text(m, m.reader.u32(), utf8Text),
  a: (m) => {
    const value = m.pop();
    extend(m, [value]);
  },
  b: build,
  c: (m) => {
    const module = nameLine(m);
    m.push(importName(m, module, nameLine(m)));
  },
  d: (m) =>
    withMark(m, (items) => {
      m.push(newDict());
      storeItems(m, items);
    }),
  '}': (m) => m.push(newDict()),
  e: (m) => withMark(m, (items) => extend(m, items)),
  g: (m) => m.push(m.remembered(lineIndex(m))),
  h: (m) => m.push(m.remembered(m.reader.u8())),
  j: (m) => m.push(m.remembered(m.reader.u32())),
  i: (m) => {
    const module = nameLine(m);
    const callable = importName(m, module, nameLine(m));
    withMark(m, (args) => m.push(call(m, callable, tupleOf(args), args)));
  },
  l: (m) =>
    withMark(m, (items) => {
      absorb(m, items);
      m.push(LIST);
    }),
  ']': (m) => m.push(LIST),
  o: (m) =>
    withMark(m, (args) => {
      const callable = args.shift();
      if (callable === undefined) throw m.fault('makes an object of nothing');
      m.push(call(m, callable, tupleOf(args), args));
    }),
  p: (m) => m.memo.put(lineIndex(m), m.top()),
  q: (m) => m.memo.put(m.reader.u8(), m.top()),
  r: (m) => m.memo.put(m.reader.u32(), m.top()),
  s: (m) => {
    const value = m.pop();
    storeItems(m, [m.pop(), value]);
  },
  t: (m) => withMark(m, (items) => m.push(tupleOf(items))),
  ')': (m) => m.push(tupleOf([])),
  u: (m) => withMark(m, (items) => storeItems(m, items)),
  G: (m) => pass(m, 8, FLOAT),
  B: (m) => pass(m, m.reader.u32(), BYTES),
  C: (m) => pass(m, m.reader.u8(), BYTES),
  '\x80': protocol,
  '\x81': (m) => {
    const args = m.pop();
    m.push(newObject(m, m.pop(), [args]));
  },
  '\x82': (m) => extension(m, m.reader.u8()),
  '\x83': (m) => extension(m, m.reader.u16()),
  '\x84': (m) => extension(m, m.reader.i32()),
  '\x85': (m) => count(m, 1),
  '\x86': (m) => count(m, 2),
  '\x87': (m) => count(m, 3),
  '\x88': (m) => m.push(TRUE),
  '\x89': (m) => m.push(FALSE),
  '\x8a': (m) => longValue(m, m.reader.u8()),
  '\x8b': (m) => longValue(m, signed(m)),
  '\x8c': (m) => text(m, m.reader.u8(), utf8Text),
  '\x8d': (m) => text(m, m.reader.u64(), utf8Text),
  '\x8e': (m) => pass(m, m.reader.u64(), BYTES),
  '\x8f': (m) => m.push(SET),
  '\x90': (m) => withMark(m, (items) => extend(m, items)),
  '\x91': (m) =>
    withMark(m, (items) => {
      absorb(m, items);
      m.push(SET);
    }),
  '\x92': (m) => {
    const kwargs = m.pop();
    const args = m.pop();
    m.push(newObject(m, m.pop(), [args, kwargs]));
  },
  '\x93': importByStack,
  '\x94': (m) => m.memo.put(m.memo.size, m.top()),
  '\x95': frame,
  '\x96': (m) => pass(m, m.reader.u64(), BYTES),
  '\x97': (m) => buffer(m, () => m.push(UNKNOWN)),
  '\x98': (m) => buffer(m, () => void m.top()),
};

/** All 68 opcodes of protocols 0 to 5, by their byte. */
export const OPERATIONS: (Operation | undefined)[] = Array.from(
  { length: 256 },
  (_, i) => TABLE[String.fromCharCode(i)],
);
