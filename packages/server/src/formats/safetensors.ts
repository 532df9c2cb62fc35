import type { Inspection } from '../contract/artifact.ts';
import type { ByteSource } from './byte-source.ts';
import { Reader, streamOf } from './reader.ts';
import { printable, type Report } from './report.ts';
import { readHeader, type TensorEntry } from './safetensors-header.ts';
import { Malformed, TooMuch } from './unreadable.ts';

/** The format's own bound on its header. */
const MAX_HEADER = 100_000_000;

/** Bits of one element: safetensors/src/tensor.rs, Dtype. */
const BITS: Record<string, number> = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  I64: 64,
  U64: 64,
  F64: 64,
  C64: 64,
};

export function startsSafetensors(head: Uint8Array): boolean {
  if (head.length < 9 || head[8] !== 0x7b) return false;
  const length = new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true);
  return length >= 2n && length <= BigInt(MAX_HEADER);
}

/** Checks the whole header as the reference reader does, and what it leaves out: keys that come twice. */
export function inspectSafetensors(source: ByteSource, report: Report): Pick<Inspection, 'format' | 'facts'> {
  const facts: Record<string, unknown> = {};
  const reader = new Reader(streamOf(source));
  try {
    const length = reader.u64();
    if (length > source.size - 8) throw new Malformed('ends inside its header', source.size);
    const header = readHeader(reader, 8 + length);
    Object.assign(facts, summary(header.tensors), header.metadata && { metadata: header.metadata });
    checkLayout(header.tensors, source.size - 8 - length);
  } catch (err) {
    if (err instanceof Malformed) {
      report.add('malformed', 'safetensors.header', `byte ${err.at ?? reader.position}`, err.message);
    } else if (err instanceof TooMuch) {
      report.unread('safetensors.not-read', 'header', `not read to the end: ${err.message}`);
    } else throw err;
  }
  return { format: 'safetensors', facts };
}

function summary(tensors: readonly TensorEntry[]): Record<string, unknown> {
  const types: Record<string, number> = {};
  let parameters = 0;
  for (const t of tensors) {
    const type = Object.hasOwn(BITS, t.type) ? t.type : printable(t.type, 40);
    if (Object.hasOwn(types, type) || Object.keys(types).length < 50) types[type] = (types[type] ?? 0) + 1;
    parameters += t.elements;
  }
  return { tensors: tensors.length, parameters, types };
}

/** Every tensor has the bytes that its type and shape ask for, and together they cover the rest of the file exactly. */
function checkLayout(tensors: TensorEntry[], dataSize: number): void {
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let expected = 0;
  for (const t of tensors) {
    const name = `tensor ${printable(t.name, 100)}`;
    const bits = Object.hasOwn(BITS, t.type) ? BITS[t.type]! : undefined;
    if (bits === undefined) throw new Malformed(`${name} has an unknown type, ${printable(t.type, 40)}`);
    const size = t.elements * bits;
    if (!Number.isSafeInteger(size)) throw new Malformed(`${name} is larger than any file`);
    if (size % 8 !== 0) throw new Malformed(`${name} does not fill whole bytes`);
    if (t.begin !== expected)
      throw new Malformed(`${name} ${t.begin < expected ? 'overlaps another' : 'leaves a hole before it'}`);
    if (t.end - t.begin !== size / 8) throw new Malformed(`${name} has another size than its type and shape ask for`);
    expected = t.end;
  }
  if (expected !== dataSize)
    throw new Malformed(`holds ${dataSize} bytes of tensors where its header tells of ${expected}`);
}
