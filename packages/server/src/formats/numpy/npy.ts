import { Imports } from '../pickle/imports.ts';
import { MAX_OPCODES } from '../pickle/inspect-pickle.ts';
import { Machine, type Work } from '../pickle/machine.ts';
import { walk } from '../pickle/walk.ts';
import { latin1, type Reader } from '../reader.ts';
import type { Report } from '../report.ts';
import { Malformed, TooMuch } from '../unreadable.ts';
import { type Literal, parseLiteral } from './literal.ts';
import { itemSizeOf } from './type-string.ts';

/** numpy itself refuses more than 10,000 by default; a structured type with many fields is longer. */
const MAX_HEADER = 1024 * 1024;
const MAX_ARRAYS = 100_000;
const MAGIC = '\x93NUMPY';

export interface ArrayFacts {
  type: string;
  shape: number[];
  fortran_order: boolean;
  imports?: readonly string[];
}

export function startsNpy(head: Uint8Array): boolean {
  return latin1(head.subarray(0, 6)) === MAGIC;
}

/** Reads the arrays that numpy.save wrote one after another, to the end of the bytes. Says what is wrong in the report. */
export function readNpy(reader: Reader, report: Report, prefix: string): ArrayFacts[] {
  const arrays: ArrayFacts[] = [];
  try {
    do {
      if (arrays.length >= MAX_ARRAYS) throw new TooMuch('holds too many arrays');
      arrays.push(readArray(reader, report, prefix, arrays.length > 0));
    } while (!reader.atEnd());
  } catch (err) {
    const where = `${prefix}byte ${reader.position}`;
    if (err instanceof Malformed) report.add('malformed', 'npy.malformed', where, err.message);
    else if (err instanceof TooMuch) report.unread('npy.not-read', where, `not read to the end: ${err.message}`);
    else throw err;
  }
  return arrays;
}

function readArray(reader: Reader, report: Report, prefix: string, another: boolean): ArrayFacts {
  if (latin1(reader.bytes(6)) !== MAGIC) {
    throw new Malformed(another ? 'is followed by what is no array' : 'does not begin as an array does');
  }
  const major = reader.u8();
  reader.u8();
  if (major < 1 || major > 3) throw new Malformed(`states version ${major}, which does not exist`);
  const length = major === 1 ? reader.u16() : reader.u32();
  if (length > MAX_HEADER) throw new Malformed('states a header that is too long');
  const bytes = reader.bytes(length);
  const header = parseLiteral(major === 3 ? new TextDecoder().decode(bytes) : latin1(bytes));
  const { descr, shape, fortran } = headerOf(header);
  const type = typeOf(descr);
  const facts: ArrayFacts = { type: shown(descr), shape: shape.slice(0, 32), fortran_order: fortran };
  if (type.objects) {
    const imports = new Imports(report);
    const work: Work = { opcodes: 0, maxOpcodes: MAX_OPCODES, protocol: 0, calls: 0, getattrs: 0, imports, report };
    walk(new Machine(reader, work, {}, prefix));
    return { ...facts, imports: imports.listed };
  }
  const size = shape.reduce((n, dim) => n * dim, type.size);
  if (!Number.isSafeInteger(size)) throw new Malformed('states an array larger than any file');
  reader.skip(size);
  return facts;
}

function headerOf(header: Literal): { descr: Literal; shape: number[]; fortran: boolean } {
  if (header === null || typeof header !== 'object' || !('dict' in header))
    throw new Malformed('has no dictionary as header');
  const entries = new Map(header.dict);
  const descr = entries.get('descr');
  const fortran = entries.get('fortran_order');
  const shape = entries.get('shape');
  const exact = entries.size === 3 && header.dict.length === 3;
  if (!exact || descr === undefined || typeof fortran !== 'boolean')
    throw new Malformed('has other header keys than numpy writes');
  return { descr, shape: dimensions(shape), fortran };
}

function dimensions(value: Literal | undefined): number[] {
  const items = value !== null && typeof value === 'object' && 'tuple' in value ? value.tuple : undefined;
  if (!items?.every((n): n is number => typeof n === 'number' && n >= 0))
    throw new Malformed('states a shape that cannot be');
  return items;
}

interface Measured {
  size: number;
  objects: boolean;
}

/** A type as numpy.lib.format writes it: a text, or a list of (name, type[, shape]) for a structured one. Depth is bounded by the literal. */
function typeOf(descr: Literal): Measured {
  if (typeof descr === 'string') {
    const size = itemSizeOf(descr);
    if (size === undefined) throw new Malformed('states an element type that numpy does not have');
    return { size, objects: /^[<>|=]?O/.test(descr) };
  }
  if (Array.isArray(descr)) {
    const total: Measured = { size: 0, objects: false };
    for (const field of descr) {
      if (field === null || typeof field !== 'object' || !('tuple' in field))
        throw new Malformed('states a field that cannot be read');
      const [, type, shape] = field.tuple;
      const inner = withShape(typeOf(type ?? null), shape);
      total.size += inner.size;
      total.objects ||= inner.objects;
    }
    return total;
  }
  if (descr !== null && typeof descr === 'object' && 'tuple' in descr && descr.tuple.length === 2) {
    return withShape(typeOf(descr.tuple[0]!), descr.tuple[1]);
  }
  throw new Malformed('states an element type that cannot be read');
}

function withShape(type: Measured, shape: Literal | undefined): Measured {
  if (shape === undefined) return type;
  const dims = typeof shape === 'number' ? [shape] : dimensions(shape);
  return { size: dims.reduce((n, dim) => n * dim, type.size), objects: type.objects };
}

function shown(descr: Literal): string {
  const text = typeof descr === 'string' ? descr : `structured ${JSON.stringify(descr)}`;
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
