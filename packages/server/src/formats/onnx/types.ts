import { printable } from '../report.ts';
import { type Field, signed, type Wire } from './wire.ts';

/** TensorProto.DataType, as numpy and the ONNX documentation call them. */
const ELEMENTS = (
  'undefined float32 uint8 int8 uint16 int16 int32 int64 string bool float16 float64 uint32 uint64 complex64 ' +
  'complex128 bfloat16 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz uint4 int4 float4e2m1 float8e8m0 uint2 int2'
).split(' ');
const MAX_DIMENSIONS = 64;

export interface TypeFacts {
  type: string;
  shape?: (number | string | null)[];
  optional?: boolean;
}

function elementName(code: number): string {
  return ELEMENTS[code] ?? `type ${code}`;
}

/** TypeProto, written readable: `float32`, `sequence(map(int64, float32))`, `optional(float32)`. */
export function readType(wire: Wire, field: Field, depth: number): TypeFacts {
  let facts: TypeFacts = { type: 'unknown' };
  wire.message(field.end, depth + 1, (f, d) => {
    if (f.wire !== 2) return;
    if (f.number === 1) facts = readTensor(wire, f, d);
    else if (f.number === 8) facts = sparse(readTensor(wire, f, d));
    else if (f.number === 4) facts = { type: `sequence(${inner(wire, f, d)})` };
    else if (f.number === 5) facts = readMap(wire, f, d);
    else if (f.number === 9) facts = { type: `optional(${inner(wire, f, d)})`, optional: true };
  });
  return { ...facts, type: printable(facts.type, 256) };
}

function sparse(facts: TypeFacts): TypeFacts {
  return { ...facts, type: `sparse(${facts.type})` };
}

function readTensor(wire: Wire, field: Field, depth: number): TypeFacts {
  const facts: TypeFacts = { type: 'undefined' };
  wire.message(field.end, depth + 1, (f, d) => {
    if (f.number === 1 && f.wire === 0) facts.type = elementName(f.value);
    if (f.number === 2 && f.wire === 2) facts.shape = readShape(wire, f, d);
  });
  return facts;
}

function readShape(wire: Wire, field: Field, depth: number): (number | string | null)[] {
  const shape: (number | string | null)[] = [];
  wire.message(field.end, depth + 1, (f, d) => {
    if (f.number !== 1 || f.wire !== 2) return;
    let dim: number | string | null = null;
    wire.message(f.end, d + 1, (part) => {
      if (part.number === 1 && part.wire === 0) dim = signed(part.value);
      if (part.number === 2 && part.wire === 2) dim = printable(wire.text(part, 256), 256) || null;
    });
    if (shape.length < MAX_DIMENSIONS) shape.push(dim);
  });
  return shape;
}

/** The element type inside a sequence or an optional. */
function inner(wire: Wire, field: Field, depth: number): string {
  let type = 'unknown';
  wire.message(field.end, depth + 1, (f, d) => {
    if (f.number === 1 && f.wire === 2) type = readType(wire, f, d).type;
  });
  return type;
}

function readMap(wire: Wire, field: Field, depth: number): TypeFacts {
  let key = 'unknown';
  let value = 'unknown';
  wire.message(field.end, depth + 1, (f, d) => {
    if (f.number === 1 && f.wire === 0) key = elementName(f.value);
    if (f.number === 2 && f.wire === 2) value = readType(wire, f, d).type;
  });
  return { type: `map(${key}, ${value})` };
}
