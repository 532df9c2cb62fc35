import type { Reader } from './reader.ts';
import { printable } from './report.ts';
import { Malformed, TooMuch } from './unreadable.ts';

export interface TensorEntry {
  name: string;
  type: string;
  elements: number;
  begin: number;
  end: number;
}

export interface Header {
  tensors: TensorEntry[];
  metadata: Record<string, string> | undefined;
}

const MAX_TEXT = 64 * 1024;
const MAX_TENSORS = 500_000;
const MAX_METADATA = 50;
const MAX_DIMENSIONS = 64;

/**
 * A header is a JSON object of one fixed shape: name to { dtype, shape, data_offsets }, and `__metadata__`, text to
 * text. It is read straight from the bytes, so that a key that comes twice is seen and memory follows the tensors.
 */
export function readHeader(reader: Reader, end: number): Header {
  const tensors: TensorEntry[] = [];
  const names = new Set<string>();
  let metadata: Record<string, string> | undefined;

  const fail = (what: string) => new Malformed(what, reader.position);

  function byte(): number {
    if (reader.position >= end) throw fail('has a header that ends in the middle');
    return reader.u8();
  }

  function peek(): number {
    while (reader.position < end && [0x20, 0x09, 0x0a, 0x0d].includes(reader.peek())) reader.u8();
    return reader.position < end ? reader.peek() : -1;
  }

  function expect(char: string): void {
    if (peek() !== char.charCodeAt(0)) throw fail(`has a header without ${char} where one belongs`);
    byte();
  }

  function text(): string {
    expect('"');
    const raw: number[] = [0x22];
    for (;;) {
      const b = byte();
      raw.push(b);
      if (b === 0x5c) raw.push(byte());
      else if (b === 0x22) break;
      if (raw.length > MAX_TEXT) throw new TooMuch('a text in the header is too long');
    }
    try {
      return JSON.parse(
        new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(raw)),
      ) as string;
    } catch {
      throw fail('has a text in its header that is no JSON');
    }
  }

  function whole(): number {
    peek();
    let digits = '';
    while (reader.position < end && reader.peek() >= 0x30 && reader.peek() <= 0x39) {
      digits += String.fromCharCode(byte());
      if (digits.length > 20) throw fail('states a number that is too large');
    }
    if (!/^(0|[1-9]\d*)$/.test(digits)) throw fail('has no whole number where one belongs');
    const n = Number(digits);
    if (!Number.isSafeInteger(n)) throw fail('states a number that is too large');
    return n;
  }

  function listed<T>(item: () => T, max: number): T[] {
    const items: T[] = [];
    expect('[');
    if (peek() === 0x5d) {
      byte();
      return items;
    }
    for (;;) {
      items.push(item());
      if (items.length > max) throw fail('has too long a list in its header');
      if (peek() !== 0x2c) break;
      byte();
    }
    expect(']');
    return items;
  }

  function members(each: (key: string) => void): void {
    expect('{');
    if (peek() === 0x7d) {
      byte();
      return;
    }
    for (;;) {
      const key = text();
      expect(':');
      each(key);
      if (peek() !== 0x2c) break;
      byte();
    }
    expect('}');
  }

  function once(seen: Set<string>, key: string): void {
    if (seen.has(key)) throw fail(`states ${printable(key, 100)} twice`);
    seen.add(key);
  }

  function readMetadata(): void {
    const kept: Record<string, string> = {};
    const seen = new Set<string>();
    members((key) => {
      once(seen, key);
      const value = text();
      if (seen.size <= MAX_METADATA) kept[printable(key, 100)] = printable(value, 500);
    });
    metadata = kept;
  }

  function readTensor(name: string): void {
    let type: string | undefined;
    let shape: number[] | undefined;
    let offsets: number[] | undefined;
    const seen = new Set<string>();
    members((key) => {
      once(seen, key);
      if (key === 'dtype') type = text();
      else if (key === 'shape') shape = listed(whole, MAX_DIMENSIONS);
      else if (key === 'data_offsets') offsets = listed(whole, 2);
      else throw fail(`tells of a tensor what the format does not know: ${printable(key, 100)}`);
    });
    const [begin, stop] = offsets ?? [];
    if (type === undefined || !shape || begin === undefined || stop === undefined || stop < begin) {
      throw fail(`tells too little of tensor ${printable(name, 100)}`);
    }
    if (tensors.length >= MAX_TENSORS) throw new TooMuch('it has too many tensors');
    tensors.push({ name, type, elements: product(shape), begin, end: stop });
  }

  function product(shape: readonly number[]): number {
    let n = 1;
    for (const dim of shape) {
      n *= dim;
      if (!Number.isSafeInteger(n)) throw fail('states a tensor larger than any file');
    }
    return n;
  }

  members((name) => {
    once(names, name);
    if (name === '__metadata__') readMetadata();
    else readTensor(name);
  });
  if (peek() !== -1) throw fail('has more in its header than one object');
  return { tensors, metadata };
}
