import type { ByteSource } from '../byte-source.ts';
import { Reader, streamOf } from '../reader.ts';
import { Malformed, TooMuch } from '../unreadable.ts';

export interface Field {
  number: number;
  wire: 0 | 1 | 2 | 5;
  /** The value of a varint; for wire type 2 the payload is `[at, end)`. */
  value: number;
  at: number;
  end: number;
}

const MAX_FIELDS = 20_000_000;
const MAX_DEPTH = 64;

/** Protobuf's wire format, read in place: a payload is passed over unless someone asks for it. */
export class Wire {
  readonly #reader: Reader;
  #fields = 0;
  /** The number of the field that was met last, also where it is cut. */
  last = 0;

  constructor(source: ByteSource) {
    this.#reader = new Reader(streamOf(source));
  }

  get position(): number {
    return this.#reader.position;
  }

  #varint(end: number): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      if (this.position >= end) throw new Malformed('a number ends in the middle', this.position);
      const b = this.#reader.u8();
      value += (b & 0x7f) * factor;
      if (b < 0x80) return value;
      factor *= 128;
    }
    throw new Malformed('a number is longer than ten bytes', this.position);
  }

  /** Visits the fields of the message that ends at `end`; what the visitor does not read is passed over. */
  message(end: number, depth: number, visit: (field: Field, depth: number) => void): void {
    if (depth > MAX_DEPTH) throw new TooMuch(`it nests deeper than ${MAX_DEPTH}`);
    while (this.position < end) {
      if (++this.#fields > MAX_FIELDS) throw new TooMuch('it has too many fields');
      const key = this.#varint(end);
      const wire = key % 8;
      const number = Math.floor(key / 8);
      this.last = number;
      if (number === 0 || number > 536_870_911)
        throw new Malformed('a field has a number that cannot be', this.position);
      if (wire !== 0 && wire !== 1 && wire !== 2 && wire !== 5)
        throw new Malformed('a field has a type that cannot be', this.position);
      const value = wire === 0 || wire === 2 ? this.#varint(end) : 0;
      const at = this.position;
      const stop = wire === 2 ? at + value : wire === 1 ? at + 8 : wire === 5 ? at + 4 : at;
      if (stop > end) throw new Malformed('ends in the middle', at);
      visit({ number, wire, value, at, end: stop }, depth);
      this.#reader.skip(stop - this.position);
    }
  }

  /** The payload of the field at hand as text, cut at `max` bytes. */
  text(field: Field, max = 1024): string {
    const length = Math.min(field.end - field.at, max);
    return new TextDecoder().decode(this.#reader.bytes(length));
  }

  /** One varint of a packed list, read in place. */
  packed(field: Field, each: (value: number) => void): void {
    while (this.position < field.end) each(this.#varint(field.end));
  }
}

/** A varint as the signed 64-bit number that it stands for; exact where it is a safe integer. */
export function signed(value: number): number {
  return value >= 2 ** 63 ? value - 2 ** 64 : value;
}
