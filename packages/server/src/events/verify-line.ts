import { type Hash, leafHash } from './merkle.ts';

/** A line of an export without its newline; or, on the server, with the leaf hash stored beside it. */
export type LedgerLine = Uint8Array | string | { readonly line: Uint8Array | string; readonly leaf: Uint8Array };

/** A line as it was read. What cannot be read of its head is NaN or undefined, and then `fault` says why. */
export interface Entry {
  readonly seq: number;
  readonly prev?: string | undefined;
  readonly hash?: Hash;
  readonly hex?: string | undefined;
  readonly line: Uint8Array | string;
  readonly fault?: string | undefined;
  readonly stored?: Hash | undefined;
  readonly isStart?: boolean;
}

export const NO_PREVIOUS = '0'.repeat(64);
const HEAD = /^\{"seq":([1-9][0-9]{0,14}),"prev":"([0-9a-f]{64})"/;

/** Reads seq and prev by position, so that a second key of that name further on counts for nothing but a fault. */
export function readEntry(value: LedgerLine): Entry {
  const isPlain = typeof value === 'string' || value instanceof Uint8Array;
  const line = isPlain ? value : value.line;
  const hash = leafHash(line);
  const { text, fault: noText } = toText(line);
  const [, seq, prev] = HEAD.exec(text) ?? [];
  const fault = noText ?? (seq ? faultOf(text, Number(seq), prev) : 'does not begin with its seq and prev');
  return {
    seq: Number(seq ?? NaN),
    prev,
    hash,
    hex: toHex(hash),
    line,
    fault,
    stored: isPlain ? undefined : value.leaf,
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function toText(line: Uint8Array | string): { text: string; fault?: string } {
  if (typeof line === 'string') return { text: line };
  try {
    return { text: utf8.decode(line) };
  } catch {
    return { text: Buffer.from(line).toString('latin1'), fault: 'is not UTF-8' };
  }
}

function faultOf(text: string, seq: number, prev: string | undefined): string | undefined {
  try {
    const event = JSON.parse(text);
    return event.seq === seq && event.prev === prev ? undefined : 'names its seq or prev twice';
  } catch {
    return 'is not JSON';
  }
}

/** Whether `b` is by its own word the successor of `a`; then it proves `a`, if it is itself proved. */
export function follows(a: Entry, b: Entry): boolean {
  return !a.fault && !b.fault && b.seq === a.seq + 1 && (a.hex === undefined || b.prev === a.hex);
}

export function withHead({ line }: Entry, seq: number, prev: string): Uint8Array {
  const bytes = Buffer.from(line as Uint8Array);
  const length = HEAD.exec(bytes.toString('latin1', 0, 128))?.[0].length ?? 0;
  return Buffer.concat([Buffer.from(`{"seq":${seq},"prev":"${prev}"`), bytes.subarray(length)]);
}

export function toHex(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('hex');
}

export function fromHex(hex: string | undefined): Hash | undefined {
  return hex === undefined ? undefined : Buffer.from(hex, 'hex');
}
