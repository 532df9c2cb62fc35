import { equalHashes, type Hash } from './merkle.ts';
import { type Entry, toHex } from './verify-line.ts';

type ProblemKind =
  | 'changed'
  | 'missing'
  | 'inserted'
  | 'out-of-order'
  | 'cut'
  | 'rewritten'
  | 'malformed'
  | 'signature'
  | 'forked';

export interface Problem {
  kind: ProblemKind;
  seq: number;
  detail: string;
  /** Of a fork: two notes that no one ledger can have, and the proof that fails to join them. */
  evidence?: { older: string; newer: string; proof?: string[] };
}

/** `hex` of a lone missing event is the hash that its successor names, of an inserted line its own. */
export interface Finding extends Problem {
  hex?: string | undefined;
}

/** A checkpoint as it was handed in, and what it says. */
export interface Claim {
  readonly text: string;
  readonly size: number;
  readonly hash: Hash;
}

export function storedWrongly({ seq, stored, hash }: Entry): Finding[] {
  if (!stored || !hash || equalHashes(stored, hash)) return [];
  return [{ kind: 'changed', seq, detail: `event ${seq} or its stored leaf hash was changed: they do not match` }];
}

export function toChanged({ fault, stored }: Entry, seq: number, named: string | undefined): Finding {
  const aside = stored && toHex(stored) === named ? '; its stored leaf hash was not' : '';
  if (fault) return { kind: 'malformed', seq, detail: `event ${seq} was changed: its line ${fault}${aside}` };
  return {
    kind: 'changed',
    seq,
    detail: `event ${seq} was changed: event ${seq + 1} names another predecessor${aside}`,
  };
}

export function toStranger(seq: number): Finding {
  return { kind: 'changed', seq, detail: `event ${seq}, the first, names a predecessor` };
}

export function toMissing(from: number, to: number, isSealed: boolean): Finding {
  const which = from === to ? `event ${from} is missing` : `events ${from} to ${to} are missing`;
  const how = isSealed ? 'names no gap: the chain was made anew' : 'names another predecessor';
  return { kind: 'missing', seq: from, detail: `${which}: event ${to + 1} ${how}` };
}

export function toInserted(entry: Entry, others: readonly Entry[], after: number): Finding {
  const isTwice = others.some((one) => one !== entry && one.hex === entry.hex);
  const seq = Number.isNaN(entry.seq) ? after : entry.seq;
  const what = Number.isNaN(entry.seq) ? 'a line that is no event' : `a line that claims to be event ${seq}`;
  const detail = isTwice ? `event ${seq} stands twice` : `${what} was inserted after event ${Math.min(after, seq)}`;
  return { kind: 'inserted', seq, detail, hex: entry.hex };
}

export function toMoved(seq: number): Finding {
  return { kind: 'out-of-order', seq, detail: `event ${seq} does not stand between events ${seq - 1} and ${seq + 1}` };
}

export function toCut(size: number, claimed: number): Problem {
  const detail = `events ${size + 1} to ${claimed} are missing: the ledger ends at ${size}, a checkpoint was signed at ${claimed}`;
  return { kind: 'cut', seq: size + 1, detail };
}

export function toRewritten({ size, hash }: Claim, agreed: number, isLast: boolean): Problem {
  const seq = agreed + 1;
  if (isLast && seq === size)
    return { kind: 'changed', seq, detail: `event ${seq}, the last, was changed: a checkpoint covers all before it` };
  const span = `events ${seq} to ${size} were rewritten together with their chain, after the checkpoint (${toHex(hash)}) was signed`;
  if (!isLast) return { kind: 'rewritten', seq, detail: `${span}: the chain is whole, the root is another` };
  const detail = `event ${size}, the last, was changed, or ${span}: no event follows that would tell`;
  return { kind: 'changed', seq: size, detail };
}

export function forkOf(older: Claim, newer: Claim): Problem {
  const detail = `checkpoints at ${older.size} (${toHex(older.hash)}) and ${newer.size} (${toHex(newer.hash)}) cannot be of one ledger`;
  return { kind: 'forked', seq: older.size, detail, evidence: { older: older.text, newer: newer.text } };
}

/** What was not verified, and why. `agreed` is the size of the last checkpoint that agrees. */
export function notesOn(
  { checkpoints, vkey, from }: { checkpoints: number; vkey: string | undefined; from: number },
  size: number,
  agreed: number,
): string[] {
  const notes: string[] = [];
  if (from > 1) notes.push(`begins at event ${from}: the chain alone was verified, no root was compared`);
  if (checkpoints === 0) {
    notes.push('no checkpoint was given: a change of the last event, a cut tail or a rewritten ledger cannot be seen');
  } else {
    if (!vkey) notes.push('no verifier key was given: the signatures of the checkpoints were not verified');
    if (from === 1 && agreed < size) notes.push(`no checkpoint that agrees covers events ${agreed + 1} to ${size}`);
  }
  return notes;
}
