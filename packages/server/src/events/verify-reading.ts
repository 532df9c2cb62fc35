import { type Hash, leafHash } from './merkle.ts';
import { type Entry, follows, fromHex, readEntry, toHex, withHead } from './verify-line.ts';
import { type Finding, storedWrongly, toChanged, toInserted, toMissing, toMoved, toStranger } from './verify-words.ts';

/** Without a hash, all leaves up to this one are unknown. */
export interface Leaf {
  readonly seq: number;
  readonly hash: Hash | undefined;
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

/** A line missing or too many weighs more than one out of place, so that a move is not read as both. */
const SPARE = 1.25;

/** The readings of the lines after `last`; the one that agrees with the checkpoints, then the cheapest, wins. */
export function chooseReading(
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
