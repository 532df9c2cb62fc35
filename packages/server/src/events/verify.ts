import {
  type Append,
  appendTo,
  type CheckpointOutcome,
  claimsOf,
  EMPTY_TREE,
  growTree,
  type NamedCheckpoint,
  readCheckpoint,
} from './verify-checkpoints.ts';
import { type Entry, follows, fromHex, type LedgerLine, NO_PREVIOUS, readEntry } from './verify-line.ts';
import { chooseReading, type Leaf } from './verify-reading.ts';
import { type Finding, notesOn, type Problem, storedWrongly, toCut, toMissing } from './verify-words.ts';

export { type CheckpointOutcome, verifyConsistencyBetween } from './verify-checkpoints.ts';
export type { LedgerLine } from './verify-line.ts';
export type { Problem } from './verify-words.ts';

export interface VerifyOptions {
  /** Signed notes, old and new, in any order. */
  readonly checkpoints?: readonly string[];
  readonly vkey?: string;
  /** The number of the first line. From a later one than 1, the chain alone can be verified. */
  readonly from?: number;
  readonly maxProblems?: number;
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

/** How far to look for two lines that fit together again; also the number of lines held in memory. */
const WINDOW = 64;

/**
 * Verifies an export line by line, in constant memory but for the frontier of the tree. Every line names the leaf hash
 * of the one before, so an event is proved by its successor, and what stood where is known even when it is gone:
 * leaves are taken from those names, and the tree goes on past a located problem.
 */
export function verifyLedger(lines: AsyncIterable<LedgerLine>, options: VerifyOptions = {}): Promise<Report> {
  return verifyBy({ readLine: readEntry, readCheckpoint, append: appendTo }, lines, options);
}

/** The costly steps. Each depends on what it is given alone, so that whoever verifies often may remember its results. */
interface Steps<Line> {
  readLine(line: Line): Entry;
  readCheckpoint(text: string, vkey: string | undefined): NamedCheckpoint;
  append: Append;
}

export async function verifyBy<Line>(
  steps: Steps<Line>,
  lines: AsyncIterable<Line>,
  options: VerifyOptions = {},
): Promise<Report> {
  const { from = 1, maxProblems = 100, vkey } = options;
  const problems: Problem[] = [];
  const notes: string[] = [];
  const checkpoints = (options.checkpoints ?? []).map((text) => steps.readCheckpoint(text, vkey));
  const { outcomes, claims } = claimsOf(checkpoints, problems);
  const limit = problems.length + maxProblems;
  const start = from === 1 ? EMPTY_TREE : { size: from - 1, frontier: undefined };
  const tree = growTree(start, steps.append, claims, { vkey, problems });
  const { add, loose } = collectFindings(problems);
  const iterator = lines[Symbol.asyncIterator]();
  const queue: Entry[] = [];
  let ended = false;
  let last: Entry = { seq: from - 1, hex: from === 1 ? NO_PREVIOUS : undefined, line: '', isStart: true };

  const fill = async (count: number) => {
    while (queue.length < count && !ended) {
      const { done, value } = await iterator.next();
      if (done) ended = true;
      else queue.push(steps.readLine(value));
    }
  };

  for (;;) {
    if (queue.length === 0) await fill(1);
    const entry = queue[0];
    if (!entry || problems.length >= limit) break;
    if (follows(last, entry)) {
      queue.shift();
      for (const finding of storedWrongly(last)) add(finding);
      if (!last.isStart) tree.settle({ seq: last.seq, hash: last.hash ?? fromHex(entry.prev) });
      last = entry;
      continue;
    }
    await fill(WINDOW + 1);
    const reading = chooseReading(last, queue, ended, tree.agreement);
    if (reading.doubt) tree.doubt();
    reading.findings.forEach(add);
    for (const leaf of reading.leaves) tree.settle(leaf);
    queue.splice(0, reading.taken);
    last = reading.next;
  }

  if (queue.length > 0) {
    await iterator.return?.();
    notes.push(`stopped after event ${last.seq}: ${problems.length} problems were found`);
  } else {
    const wrong = storedWrongly(last);
    wrong.forEach(add);
    if (wrong.length > 0) tree.doubt();
    if (!last.isStart) tree.settle({ seq: last.seq, hash: last.hash }, true);
    // A last event that stood too early has no successor to name it, but a checkpoint may.
    const next = (hex: string): Leaf => ({ seq: tree.size() + 1, hash: fromHex(hex) });
    const early = [...loose.keys()].find((hex) => tree.agreement([next(hex)]) > 0);
    if (early) {
      add({ ...toMissing(tree.size() + 1, tree.size() + 1, false), hex: early });
      tree.settle(next(early), true);
    }
    const newest = claims.at(-1);
    if (newest && newest.size > tree.size()) problems.push(toCut(tree.size(), newest.size));
    notes.push(...notesOn({ checkpoints: outcomes.length, vkey, from }, tree.size(), tree.agreed()));
  }
  const [size, root] = [tree.size(), tree.root()];
  return { ok: problems.length === 0, from, size, root, checkpoints: outcomes, problems, notes };
}

/** A line too many that is the very one missing elsewhere was moved. `loose` are those not yet paired. */
function collectFindings(problems: Problem[]) {
  const loose = new Map<string, Problem>();
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
  return { add, loose };
}
