import { TooMuch } from '../unreadable.ts';
import { outline, STR, type Value } from './values.ts';

const MAX_ENTRIES = 20_000_000;
const MAX_FAR = 100_000;
const GAP = 1024;
/** What may be remembered exactly: characters of text, and tuples and dicts. Beyond it only the kind is kept. */
const MAX_CHARACTERS = 96 * 1024 * 1024;
const STRING_OVERHEAD = 24;
const MAX_COMPOUND = 1_000_000;

/** The unpickler's memo. MEMOIZE counts the distinct keys, as both of CPython's unpicklers do. */
export class Memo {
  #near: (Value | undefined)[] = [];
  #far = new Map<number, Value>();
  #size = 0;
  #characters = 0;
  #compound = 0;

  get size(): number {
    return this.#size;
  }

  get(index: number): Value | undefined {
    return index < this.#near.length ? (this.#near[index] ?? this.#far.get(index)) : this.#far.get(index);
  }

  put(index: number, value: Value): void {
    if (this.get(index) === undefined && ++this.#size > MAX_ENTRIES) throw new TooMuch('remembers too many values');
    const kept = this.#bounded(value);
    const { length } = this.#near;
    if (index <= length + GAP) {
      for (let i = length; i < index; i++) this.#near.push(undefined);
      this.#near[index] = kept;
      if (this.#far.size > 0) this.#far.delete(index);
      return;
    }
    this.#far.set(index, kept);
    if (this.#far.size > MAX_FAR) throw new TooMuch('remembers values at too many distant places');
  }

  #bounded(value: Value): Value {
    if (typeof value === 'string') {
      this.#characters += value.length + STRING_OVERHEAD;
      return this.#characters > MAX_CHARACTERS ? STR : value;
    }
    if (typeof value !== 'object' || (value.kind !== 'tuple' && value.kind !== 'dict')) return value;
    return ++this.#compound > MAX_COMPOUND ? outline(value) : value;
  }

  /** A copy for a second reading of the same bytes. */
  copy(): Memo {
    const twin = new Memo();
    twin.#near = this.#near.slice();
    twin.#far = new Map(this.#far);
    twin.#size = this.#size;
    twin.#characters = this.#characters;
    twin.#compound = this.#compound;
    return twin;
  }
}
