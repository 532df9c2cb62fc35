import { parseCheckpoint, verifyCheckpoint } from './checkpoint.ts';
import { appendLeaf, equalHashes, type Frontier, type Hash, leafHash, rootOf, verifyConsistency } from './merkle.ts';

/** A line of an export without its newline; or, on the server, with the leaf hash stored beside it. */
export type LedgerLine = Uint8Array | string | { readonly line: Uint8Array | string; readonly leaf: Uint8Array };

export interface VerifyOptions {
  /** Signed notes, old and new, in any order. */
  readonly checkpoints?: readonly string[];
  readonly vkey?: string;
  /** The number of the first line. From a later one than 1, the chain alone can be verified. */
  readonly from?: number;
  readonly maxProblems?: number;
}

export type ProblemKind =
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

/** `undecided`: the roots could not be compared; `refused`: not a checkpoint, or its signature does not hold. */
export interface CheckpointOutcome {
  origin: string;
  size: number;
  root: string;
  outcome: 'agrees' | 'differs' | 'undecided' | 'refused';
}

export interface Report {
  ok: boolean;
  from: number;
  /** The number of the last event. */
  size: number;
  /** Hex; null when a leaf is unknown, or when the export does not begin with event 1. */
  root: string | null;
  checkpoints: CheckpointOutcome[];
  problems: Problem[];
  /** What was not verified, and why. */
  notes: string[];
}

/** A line as it was read. What cannot be read of its head is NaN or undefined, and then `fault` says why. */
interface Entry {
  readonly seq: number;
  readonly prev?: string | undefined;
  readonly hash?: Hash;
  readonly hex?: string | undefined;
  readonly line: Uint8Array | string;
  readonly fault?: string | undefined;
  readonly stored?: Hash | undefined;
  readonly isStart?: boolean;
}

/** Without a hash, all leaves up to this one are unknown. */
interface Leaf {
  readonly seq: number;
  readonly hash: Hash | undefined;
}

/** `hex` of a lone missing event is the hash that its successor names, of an inserted line its own. */
interface Finding extends Problem {
  hex?: string | undefined;
}

/** One way to make sense of a disturbed stretch: which leaves precede `next`, from which the walk goes on. */
interface Reading {
  cost: number;
  readonly findings: Finding[];
  readonly leaves: Leaf[];
  readonly next: Entry;
  readonly taken: number;
  doubt: boolean;
}

interface Tree {
  readonly size: number;
  readonly frontier: Frontier | undefined;
}

/** A checkpoint to be compared, and the outcome to write down. */
interface Claim {
  readonly text: string;
  readonly size: number;
  readonly hash: Hash;
  readonly report: CheckpointOutcome;
}

const NO_PREVIOUS = '0'.repeat(64);
const HEAD = /^\{"seq":([1-9][0-9]{0,14}),"prev":"([0-9a-f]{64})"/;
/** How far to look for two lines that fit together again; also the number of lines held in memory. */
const WINDOW = 64;
/** A line missing or too many weighs more than one out of place, so that a move is not read as both. */
const SPARE = 1.25;

/**
 * Verifies an export line by line, in constant memory but for the frontier of the tree. Every line names the leaf hash
 * of the one before, so an event is proved by its successor, and what stood where is known even when it is gone:
 * leaves are taken from those names, and the tree goes on past a located problem.
 */
export async function verifyLedger(lines: AsyncIterable<LedgerLine>, options: VerifyOptions = {}): Promise<Report> {
  const { from = 1, maxProblems = 100, vkey } = options;
  const problems: Problem[] = [];
  const notes: string[] = [];
  const { outcomes, claims } = readCheckpoints(options.checkpoints ?? [], vkey, problems);
  const limit = problems.length + maxProblems;
  const iterator = lines[Symbol.asyncIterator]();
  const queue: Entry[] = [];
  const loose = new Map<string, Problem>();
  let ended = false;
  let last: Entry = { seq: from - 1, hex: from === 1 ? NO_PREVIOUS : undefined, line: '', isStart: true };
  let tree: Tree = { size: from - 1, frontier: from === 1 ? [] : undefined };
  let due = 0;
  let agreed = 0;
  let differing: Claim | undefined;
  let doubt = false;

  const fill = async (count: number) => {
    while (queue.length < count && !ended) {
      const { done, value } = await iterator.next();
      if (done) ended = true;
      else queue.push(readEntry(value));
    }
  };

  const settle = (leaf: Leaf, isLast = false) => {
    tree = append(tree, leaf);
    judge(isLast);
  };

  const judge = (isLast: boolean) => {
    for (; due < claims.length && claims[due]!.size <= tree.size; due++) {
      const claim = claims[due]!;
      if (claim.size < tree.size || !tree.frontier) continue;
      if (equalHashes(rootOf(tree.frontier), claim.hash)) {
        claim.report.outcome = 'agrees';
        if (differing && vkey) problems.push(forkOf(differing, claim));
        [agreed, doubt, differing] = [claim.size, false, undefined];
      } else if (!doubt) {
        claim.report.outcome = 'differs';
        if (!differing) problems.push(toRewritten(claim, agreed, isLast));
        differing ??= claim;
      }
    }
  };

  /** A line too many that is the very one missing elsewhere was moved. */
  const add = ({ hex, ...problem }: Finding) => {
    const other = hex === undefined ? undefined : loose.get(hex);
    if (hex !== undefined && other && other.kind !== problem.kind) {
      loose.delete(hex);
      const late = problem.kind === 'inserted';
      const seq = late ? other.seq : problem.seq;
      Object.assign(other, { kind: 'out-of-order', seq, detail: `event ${seq} stands too ${late ? 'late' : 'early'}` });
      return;
    }
    problems.push(problem);
    if (hex !== undefined) loose.set(hex, problem);
  };

  judge(false);
  for (;;) {
    await fill(1);
    const entry = queue[0];
    if (!entry || problems.length >= limit) break;
    if (follows(last, entry)) {
      queue.shift();
      for (const finding of storedWrongly(last)) add(finding);
      if (!last.isStart) settle({ seq: last.seq, hash: last.hash ?? fromHex(entry.prev) });
      last = entry;
      continue;
    }
    await fill(WINDOW + 1);
    const reading = chooseReading(last, queue, ended, (leaves) => agreement(tree, leaves, claims.slice(due)));
    doubt ||= reading.doubt;
    reading.findings.forEach(add);
    for (const leaf of reading.leaves) settle(leaf);
    queue.splice(0, reading.taken);
    last = reading.next;
  }

  if (queue.length > 0) {
    await iterator.return?.();
    notes.push(`stopped after event ${last.seq}: ${problems.length} problems were found`);
  } else {
    const wrong = storedWrongly(last);
    wrong.forEach(add);
    doubt ||= wrong.length > 0;
    if (!last.isStart) settle({ seq: last.seq, hash: last.hash }, true);
    // A last event that stood too early has no successor to name it, but a checkpoint may.
    const next = (hex: string): Leaf => ({ seq: tree.size + 1, hash: fromHex(hex) });
    const early = [...loose.keys()].find((hex) => agreement(tree, [next(hex)], claims.slice(due)) > 0);
    if (early) {
      add({ ...toMissing(tree.size + 1, tree.size + 1, false), hex: early });
      settle(next(early), true);
    }
    const newest = claims.at(-1);
    if (newest && newest.size > tree.size) problems.push(toCut(tree.size, newest.size));
    notes.push(...limits(options, tree.size, agreed));
  }
  const root = tree.frontier ? toHex(rootOf(tree.frontier)) : null;
  return { ok: problems.length === 0, from, size: tree.size, root, checkpoints: outcomes, problems, notes };
}

/**
 * RFC 6962 section 2.1.2 between two signed checkpoints. Two roots for one size are a fork for certain. A proof that
 * does not join two sizes is evidence against whoever made it: an honest ledger has one.
 */
export function verifyConsistencyBetween(
  older: string,
  newer: string,
  proof: readonly Hash[],
  vkey: string,
): { ok: true; from: number; to: number } | { ok: false; problem: Problem } {
  const [from, to] = [verifyCheckpoint(older, vkey), verifyCheckpoint(newer, vkey)];
  if (!from.ok)
    return { ok: false, problem: { kind: 'signature', seq: 0, detail: `older checkpoint: ${from.detail}` } };
  if (!to.ok) return { ok: false, problem: { kind: 'signature', seq: 0, detail: `newer checkpoint: ${to.detail}` } };
  const evidence = { older, newer, proof: proof.map(toHex) };
  if (from.size > to.size) return { ok: false, problem: { ...toCut(to.size, from.size), evidence } };
  if (verifyConsistency({ from: from.size, to: to.size, fromRoot: from.root, toRoot: to.root, proof })) {
    return { ok: true, from: from.size, to: to.size };
  }
  const detail =
    from.size === to.size && !equalHashes(from.root, to.root)
      ? `two roots were signed for the one size ${from.size}: ${toHex(from.root)} and ${toHex(to.root)}`
      : `the proof does not join the checkpoints at ${from.size} and ${to.size}: the ledger was forked at or before event ${from.size}, or the proof is not its own`;
  return { ok: false, problem: { kind: 'forked', seq: from.size, detail, evidence } };
}

/** Reads seq and prev by position, so that a second key of that name further on counts for nothing but a fault. */
function readEntry(value: LedgerLine): Entry {
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
function follows(a: Entry, b: Entry): boolean {
  return !a.fault && !b.fault && b.seq === a.seq + 1 && (a.hex === undefined || b.prev === a.hex);
}

/** The readings of the lines after `last`; the one that agrees with the checkpoints, then the cheapest, wins. */
function chooseReading(
  last: Entry,
  queue: readonly Entry[],
  ended: boolean,
  agrees: (leaves: Leaf[]) => number,
): Reading {
  const joins = queue.map((entry, i) => i + 1 < queue.length && follows(entry, queue[i + 1]!));
  const anchors = [...queue.keys()].filter((i) => joins[i] && !joins[i - 1]);
  const proved = anchors.map((i) => readUpTo(last, queue, i, i + 1)).filter((one) => one !== undefined);
  if (proved.length > 0) return proved.reduce((best, one) => (one.cost < best.cost ? one : best));
  // Nothing ahead fits together: the end, or a long ruin. Checkpoints may tell; otherwise it stays in doubt.
  const guesses = (ended ? [...queue.keys()] : [0]).map((i) => readUpTo(last, queue, i, ended ? queue.length : 1));
  const scored = [
    ...guesses.filter((one) => one !== undefined),
    ...readOne(last, queue[0]!, ended ? queue.length - 1 : 0),
  ].map((reading) => {
    const { next, leaves, taken } = reading;
    const isAll = ended && taken === queue.length;
    return { reading, score: agrees(isAll ? [...leaves, { seq: next.seq, hash: next.hash }] : leaves) };
  });
  const rank = (one: (typeof scored)[number]) => one.reading.cost - 1e6 * one.score;
  const { reading, score } = scored.reduce((best, one) => (rank(one) < rank(best) ? one : best));
  if (score < 1) {
    reading.doubt = true;
    for (const one of reading.findings)
      one.detail += ' (as far as can be told: no later event or checkpoint proves it)';
  }
  return reading;
}

/** Takes `queue[at]` for true, and finds from its `prev` downwards what stood between `last` and it. */
function readUpTo(last: Entry, queue: readonly Entry[], at: number, taken: number): Reading | undefined {
  const next = queue[at]!;
  if (next.fault || next.seq < last.seq) return undefined;
  const spare = new Set(queue.slice(0, taken).filter((one) => one !== next));
  const reading: Reading = { cost: 0, findings: [], leaves: [], next, taken, doubt: false };
  const { findings, leaves } = reading;
  if (next.seq === last.seq) {
    if (last.isStart || next.prev !== last.prev) return undefined;
    spare.add(last);
  } else {
    const kept = [{ entry: next, seq: next.seq }];
    let isProved = true;
    let named = next.prev;
    let seq = next.seq - 1;
    while (seq > last.seq) {
      const below = seq - 1 === last.seq ? last.hex : [...spare].find((one) => one.seq === seq - 1)?.hex;
      const found = findEvent(spare, seq, named, below);
      if (found) {
        const { entry, finding, prev } = found;
        spare.delete(entry);
        kept.unshift({ entry, seq });
        findings.unshift(...(finding ? [finding] : storedWrongly(entry)));
        leaves.unshift({ seq, hash: named === undefined ? entry.hash : fromHex(named) });
        reading.doubt ||= !isProved;
        isProved &&= found.isProved;
        named = prev;
        seq -= 1;
      } else {
        const rest = Math.max(last.seq, ...[...spare].map((one) => one.seq).filter((other) => other < seq));
        // An unbroken chain over missing numbers: it was made anew around them.
        const isSealed = named !== undefined && named === last.hex;
        const isLone = rest === seq - 1 && !isSealed;
        findings.unshift({ ...toMissing(rest + 1, seq, isSealed), hex: isLone ? named : undefined });
        leaves.unshift({ seq, hash: isLone ? fromHex(named) : undefined });
        reading.cost += (seq - rest) * SPARE - 1 + (isSealed ? 2 : 0);
        named = undefined;
        seq = rest;
      }
    }
    const isNamed = named === undefined || last.hex === undefined || named === last.hex;
    if (!isNamed) findings.unshift(last.isStart ? toStranger(last.seq + 1) : toChanged(last, last.seq, named));
    else findings.unshift(...storedWrongly(last));
    if (!last.isStart) leaves.unshift({ seq: last.seq, hash: isNamed && last.hash ? last.hash : fromHex(named) });
    reading.doubt ||= !isNamed && !isProved;
    for (const one of moved(kept, queue)) findings.push(toMoved(one.seq));
  }
  for (const one of spare) findings.push(toInserted(one, [last, ...queue], last.seq));
  reading.cost += findings.length + spare.size * (SPARE - 1);
  return reading;
}

/** The line that is event `seq`: by the hash its successor names, by its own number, or for want of another. */
function findEvent(spare: ReadonlySet<Entry>, seq: number, named: string | undefined, below: string | undefined) {
  const lines = [...spare];
  const proved = lines.find((one) => !one.fault && one.seq === seq && one.hex === named);
  if (proved) return { entry: proved, prev: proved.prev, isProved: true };
  for (const entry of named === undefined ? [] : lines.filter((one) => one.hex !== named)) {
    const prev = [entry.prev, below].find((one) => one && toHex(leafHash(withHead(entry, seq, one))) === named);
    if (!prev) continue;
    const detail = `event ${seq} was changed: its seq or prev is not what event ${seq + 1} covers`;
    return { entry, prev, isProved: true, finding: { kind: 'changed', seq, detail } satisfies Finding };
  }
  const entry = lines.find((one) => one.seq === seq) ?? lines.findLast((one) => Number.isNaN(one.seq));
  if (!entry) return undefined;
  const finding = entry.fault || named !== undefined ? toChanged(entry, seq, named) : undefined;
  return { entry, prev: entry.prev, isProved: false, finding };
}

/** What may be said of the next line alone: unreadable, wrong in its head, or not of this place. */
function readOne(last: Entry, line: Entry, rest: number): Reading[] {
  const seq = last.seq + 1;
  const leaves = last.isStart ? [] : [{ seq: last.seq, hash: last.hash }];
  const common = { taken: 1, doubt: false };
  const inserted = toInserted(line, [last], last.seq);
  const asInserted: Reading = { ...common, cost: SPARE + rest, findings: [inserted], leaves: [], next: last };
  if (line.fault) {
    const findings = [toChanged(line, seq, undefined)];
    return [{ ...common, cost: 1 + rest, findings, leaves, next: { seq, line: '' } }, asInserted];
  }
  const prev = last.hex ?? line.prev!;
  const next = readEntry(withHead(line, seq, prev));
  const wrong = Number(line.seq !== seq) + Number(line.prev !== prev);
  const detail = `event ${seq} was changed: it does not name its number or its predecessor`;
  return [{ ...common, cost: wrong + rest, findings: [{ kind: 'changed', seq, detail }], leaves, next }, asInserted];
}

function withHead({ line }: Entry, seq: number, prev: string): Uint8Array {
  const bytes = Buffer.from(line as Uint8Array);
  const length = HEAD.exec(bytes.toString('latin1', 0, 128))?.[0].length ?? 0;
  return Buffer.concat([Buffer.from(`{"seq":${seq},"prev":"${prev}"`), bytes.subarray(length)]);
}

/** Those of `kept` (by number) outside of the longest run that stands in the same order in the export. */
function moved<Kept extends { entry: Entry }>(kept: readonly Kept[], queue: readonly Entry[]): Kept[] {
  const places = kept.map(({ entry }) => queue.indexOf(entry));
  const runs: number[][] = [];
  for (const [i, place] of places.entries()) {
    const before = runs.filter((run) => places[run.at(-1)!]! < place);
    runs.push([...before.reduce<number[]>((best, run) => (run.length >= best.length ? run : best), []), i]);
  }
  const longest = new Set(runs.reduce((best, run) => (run.length >= best.length ? run : best), []));
  return kept.filter((_, i) => !longest.has(i));
}

function append(tree: Tree, { seq, hash }: Leaf): Tree {
  const isKnown = tree.frontier && hash && seq === tree.size + 1;
  return { size: seq, frontier: isKnown ? appendLeaf(tree.frontier!, tree.size, hash).frontier : undefined };
}

/** 1 when a checkpoint agrees with these leaves and none differs, -1 when one differs, 0 when none tells. */
function agreement(tree: Tree, leaves: readonly Leaf[], claims: readonly Claim[]): number {
  let grown = tree;
  let score = 0;
  for (const leaf of leaves) {
    grown = append(grown, leaf);
    for (const claim of claims.filter(({ size }) => size === grown.size)) {
      if (!grown.frontier) continue;
      if (!equalHashes(rootOf(grown.frontier), claim.hash)) return -1;
      score = 1;
    }
  }
  return score;
}

function readCheckpoints(texts: readonly string[], vkey: string | undefined, problems: Problem[]) {
  const claims: Claim[] = [];
  const outcomes = texts.map((text): CheckpointOutcome => {
    const note = parseCheckpoint(text);
    const verified = vkey === undefined || !note.ok ? note : verifyCheckpoint(text, vkey);
    const { origin, size, root } = note.ok ? note : { origin: '', size: 0, root: Buffer.alloc(0) };
    if (!verified.ok) {
      problems.push({ kind: 'signature', seq: size, detail: `checkpoint at ${size}: ${verified.detail}` });
      return { origin, size, root: toHex(root), outcome: 'refused' };
    }
    const report: CheckpointOutcome = { origin, size, root: toHex(root), outcome: 'undecided' };
    claims.push({ text, size, hash: root, report });
    return report;
  });
  claims.sort((a, b) => a.size - b.size);
  for (const [i, claim] of claims.entries()) {
    const other = claims[i - 1];
    if (other && other.size === claim.size && !equalHashes(other.hash, claim.hash)) problems.push(forkOf(other, claim));
  }
  return { outcomes, claims };
}

function limits({ checkpoints = [], vkey, from = 1 }: VerifyOptions, size: number, agreed: number): string[] {
  const notes: string[] = [];
  if (from > 1) notes.push(`begins at event ${from}: the chain alone was verified, no root was compared`);
  if (checkpoints.length === 0) {
    notes.push('no checkpoint was given: a change of the last event, a cut tail or a rewritten ledger cannot be seen');
  } else {
    if (!vkey) notes.push('no verifier key was given: the signatures of the checkpoints were not verified');
    if (from === 1 && agreed < size) notes.push(`no checkpoint that agrees covers events ${agreed + 1} to ${size}`);
  }
  return notes;
}

function storedWrongly({ seq, stored, hash }: Entry): Finding[] {
  if (!stored || !hash || equalHashes(stored, hash)) return [];
  return [{ kind: 'changed', seq, detail: `event ${seq} or its stored leaf hash was changed: they do not match` }];
}

function toChanged({ fault, stored }: Entry, seq: number, named: string | undefined): Finding {
  const aside = stored && toHex(stored) === named ? '; its stored leaf hash was not' : '';
  if (fault) return { kind: 'malformed', seq, detail: `event ${seq} was changed: its line ${fault}${aside}` };
  return {
    kind: 'changed',
    seq,
    detail: `event ${seq} was changed: event ${seq + 1} names another predecessor${aside}`,
  };
}

function toStranger(seq: number): Finding {
  return { kind: 'changed', seq, detail: `event ${seq}, the first, names a predecessor` };
}

function toMissing(from: number, to: number, isSealed: boolean): Finding {
  const which = from === to ? `event ${from} is missing` : `events ${from} to ${to} are missing`;
  const how = isSealed ? 'names no gap: the chain was made anew' : 'names another predecessor';
  return { kind: 'missing', seq: from, detail: `${which}: event ${to + 1} ${how}` };
}

function toInserted(entry: Entry, others: readonly Entry[], after: number): Finding {
  const isTwice = others.some((one) => one !== entry && one.hex === entry.hex);
  const seq = Number.isNaN(entry.seq) ? after : entry.seq;
  const what = Number.isNaN(entry.seq) ? 'a line that is no event' : `a line that claims to be event ${seq}`;
  const detail = isTwice ? `event ${seq} stands twice` : `${what} was inserted after event ${Math.min(after, seq)}`;
  return { kind: 'inserted', seq, detail, hex: entry.hex };
}

function toMoved(seq: number): Finding {
  return { kind: 'out-of-order', seq, detail: `event ${seq} does not stand between events ${seq - 1} and ${seq + 1}` };
}

function toCut(size: number, claimed: number): Problem {
  const detail = `events ${size + 1} to ${claimed} are missing: the ledger ends at ${size}, a checkpoint was signed at ${claimed}`;
  return { kind: 'cut', seq: size + 1, detail };
}

function toRewritten({ size, hash }: Claim, agreed: number, isLast: boolean): Problem {
  const seq = agreed + 1;
  if (isLast && seq === size)
    return { kind: 'changed', seq, detail: `event ${seq}, the last, was changed: a checkpoint covers all before it` };
  const span = `events ${seq} to ${size} were rewritten together with their chain, after the checkpoint (${toHex(hash)}) was signed`;
  if (!isLast) return { kind: 'rewritten', seq, detail: `${span}: the chain is whole, the root is another` };
  const detail = `event ${size}, the last, was changed, or ${span}: no event follows that would tell`;
  return { kind: 'changed', seq: size, detail };
}

function forkOf(older: Claim, newer: Claim): Problem {
  const detail = `checkpoints at ${older.size} (${toHex(older.hash)}) and ${newer.size} (${toHex(newer.hash)}) cannot be of one ledger`;
  return { kind: 'forked', seq: older.size, detail, evidence: { older: older.text, newer: newer.text } };
}

function toHex(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('hex');
}

function fromHex(hex: string | undefined): Hash | undefined {
  return hex === undefined ? undefined : Buffer.from(hex, 'hex');
}
