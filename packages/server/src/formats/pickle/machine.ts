import type { Reader } from '../reader.ts';
import type { Report, Severity } from '../report.ts';
import { Malformed, TooMuch } from '../unreadable.ts';
import type { Imports } from './imports.ts';
import { Memo } from './memo.ts';
import { GETATTR, outline, UNKNOWN, type Value, type Wrapper } from './values.ts';

const MAX_STACK = 4_000_000;
/** Deeper than this, tuples and dictionaries are pushed without what they hold, so that a flood of them stays small. */
const FULL_STACK = 500_000;
const MAX_MARKS = 1_000_000;

/** What all pickles of one file share: the count of opcodes that bounds the work, and what was seen. */
export interface Work {
  opcodes: number;
  readonly maxOpcodes: number;
  protocol: number;
  /** Calls of something imported: proof that a file which looks like a pickle by accident is one. */
  calls: number;
  /** How often getattr came onto the stack, less the calls of it that are known to be harmless. */
  getattrs: number;
  readonly imports: Imports;
  readonly report: Report;
}

/** Where a pickle departs from the plain one: joblib's arrays lie between its opcodes, PyTorch names its tensors by id. */
export interface Hooks {
  /** Called when BUILD has filled joblib's array wrapper; reads the array's bytes and gives what stands in its place. */
  array?(machine: Machine, wrapper: Wrapper): Value;
  persistentId?(machine: Machine, id: Value): Value;
}

/** The state of one unpickler: stack, marks, memo, protocol and frame. The opcodes that move it are in operations.ts. */
export class Machine {
  readonly reader: Reader;
  readonly work: Work;
  readonly hooks: Hooks;
  /** Put before every place that is told, such as the member of an archive. */
  readonly prefix: string;
  stack: Value[] = [];
  marks: number[] = [];
  memo = new Memo();
  proto = 0;
  frameEnd = 0;
  /** The value that STOP gave. */
  result: Value | undefined;

  constructor(reader: Reader, work: Work, hooks: Hooks, prefix: string) {
    this.reader = reader;
    this.work = work;
    this.hooks = hooks;
    this.prefix = prefix;
  }

  /** The same state over other bytes: how another unpickler would go on. */
  twin(reader: Reader, work: Work, hooks: Hooks, prefix: string): Machine {
    const twin = new Machine(reader, work, hooks, prefix);
    twin.stack = this.stack.slice();
    twin.marks = this.marks.slice();
    twin.memo = this.memo.copy();
    twin.proto = this.proto;
    return twin;
  }

  where(at = this.reader.position): string {
    return `${this.prefix}byte ${at}`;
  }

  find(severity: Severity, rule: string, what: string): void {
    this.work.report.add(severity, rule, this.where(), what);
  }

  #fence(): number {
    return this.marks.length > 0 ? this.marks[this.marks.length - 1]! : 0;
  }

  push(value: Value): void {
    if (this.stack.length >= MAX_STACK) throw new TooMuch('stacks up too many values');
    if (value === GETATTR) this.work.getattrs++;
    this.stack.push(this.stack.length > FULL_STACK ? outline(value) : value);
  }

  pop(): Value {
    if (this.stack.length <= this.#fence()) throw this.fault('takes a value that is not there');
    return this.stack.pop()!;
  }

  top(): Value {
    if (this.stack.length <= this.#fence()) throw this.fault('uses a value that is not there');
    return this.stack[this.stack.length - 1]!;
  }

  replaceTop(value: Value): void {
    this.stack[this.stack.length - 1] = value;
  }

  mark(): void {
    if (this.marks.length >= MAX_MARKS) throw new TooMuch('nests too deep');
    this.marks.push(this.stack.length);
  }

  /** Everything above the last mark, which goes. */
  popMark(): Value[] {
    const from = this.marks.pop();
    if (from === undefined) throw this.fault('closes a mark that is not there');
    return this.stack.splice(from);
  }

  /** POP takes a mark where one is on top. */
  discard(): void {
    if (this.marks.length > 0 && this.#fence() === this.stack.length) this.marks.pop();
    else this.pop();
  }

  remembered(index: number): Value {
    return this.memo.get(index) ?? this.#forgotten(index);
  }

  #forgotten(index: number): Value {
    throw this.fault(`asks for memo entry ${index}, which was never set`);
  }

  fault(what: string): Malformed {
    return new Malformed(what, this.reader.position);
  }

  /** A value that is there, though nothing is known of it. */
  pushUnknown(): void {
    this.push(UNKNOWN);
  }
}
