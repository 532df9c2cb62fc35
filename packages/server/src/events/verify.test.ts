import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newSigner, signCheckpoint } from './checkpoint.ts';
import { appendLeaf, equalHashes, type Frontier, type Hash, leafHash, rootOf } from './merkle.ts';
import { consistencyProof } from './tiles.ts';
import {
  type LedgerLine,
  type Problem,
  type VerifyOptions,
  verifyBy,
  verifyConsistencyBetween,
  verifyLedger,
} from './verify.ts';
import { appendTo, type NamedCheckpoint, readCheckpoint, type Tree } from './verify-checkpoints.ts';
import { type Entry, readEntry } from './verify-line.ts';
import type { Leaf } from './verify-reading.ts';

const signer = newSigner('assayer.test');
const { vkey } = signer;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** Events 1 to `count`; from event `differs` on they say something else, in a chain that is whole. */
function ledgerOf(count: number, differs = Number.POSITIVE_INFINITY) {
  const lines: Buffer[] = [];
  const leaves: Hash[] = [];
  const roots: Hash[] = [rootOf([])];
  let frontier: Frontier = [];
  for (let seq = 1; seq <= count; seq++) {
    const prev = seq === 1 ? '0'.repeat(64) : hex(leaves.at(-1)!);
    const actor = seq >= differs ? 'mallory' : 'ada';
    const line = Buffer.from(
      JSON.stringify({ seq, prev, at: '2026-03-31T23:59:59.000Z', actor, request_id: `r${seq}` }),
    );
    lines.push(line);
    leaves.push(leafHash(line));
    frontier = appendLeaf(frontier, seq - 1, leaves.at(-1)!).frontier;
    roots.push(rootOf(frontier));
  }
  const checkpoint = (size: number) => signCheckpoint(signer, { origin: 'assayer.test', size, root: roots[size]! });
  return { lines, leaves, roots, checkpoint };
}

async function* stream<T>(lines: readonly T[]) {
  for (const line of lines) yield line;
}

/** The costly steps, remembered: most tests change one line in a thousand, and the rest is as it was. */
const entries = new WeakMap<object, Entry>();
const notes = new Map<string, NamedCheckpoint>();
const trees: { before: Tree; hash: Hash; after: Tree }[] = [];

const remembering = {
  readLine(line: LedgerLine): Entry {
    if (typeof line === 'string') return readEntry(line);
    const entry = entries.get(line) ?? readEntry(line);
    entries.set(line, entry);
    return { ...entry }; // the same line twice is two entries
  },
  readCheckpoint(text: string, vkey: string | undefined): NamedCheckpoint {
    const key = `${vkey} ${text}`;
    const note = notes.get(key) ?? readCheckpoint(text, vkey);
    notes.set(key, note);
    return note;
  },
  append(tree: Tree, leaf: Leaf): Tree {
    const { seq, hash } = leaf;
    const last = trees[seq];
    if (hash && last && last.before === tree && equalHashes(last.hash, hash)) return last.after;
    const after = appendTo(tree, leaf);
    if (hash && after.frontier) trees[seq] = { before: tree, hash, after };
    return after;
  },
};

const verify = (lines: readonly LedgerLine[], options: VerifyOptions = {}) =>
  verifyBy(remembering, stream(lines), { vkey, ...options });
const located = (problems: readonly Problem[]) => problems.map(({ kind, seq }) => `${kind} ${seq}`);

/** A line that claims to be an event, and anything that the writer pleases. */
const invent = (seq: number, prev: Hash) => Buffer.from(`{"seq":${seq},"prev":"${hex(prev)}","actor":"mallory"}`);

function flip(line: Uint8Array, at: number, bit: number): Buffer {
  const copy = Buffer.from(line);
  copy[at]! ^= 1 << bit;
  return copy;
}

const N = 1_000;
const ledger = ledgerOf(N);
const { lines } = ledger;
const options = { checkpoints: [ledger.checkpoint(N), ledger.checkpoint(500)] };

describe('a ledger as it was written', () => {
  it('is found in order, with its root, and every checkpoint agrees', async () => {
    const report = await verify(lines, options);
    expect(report).toMatchObject({ ok: true, from: 1, size: N, root: hex(ledger.roots[N]!), problems: [], notes: [] });
    expect(report.checkpoints).toEqual([
      { origin: 'assayer.test', size: N, root: hex(ledger.roots[N]!), outcome: 'agrees' },
      { origin: 'assayer.test', size: 500, root: hex(ledger.roots[500]!), outcome: 'agrees' },
    ]);
    expect(await verify(lines.map(String), options)).toEqual(report);
  });

  it('may be empty, and may have grown since the checkpoint', async () => {
    expect(await verify([], { checkpoints: [ledger.checkpoint(0)] })).toMatchObject({ ok: true, size: 0 });
    const grown = await verify(lines, { checkpoints: [ledger.checkpoint(900)] });
    expect(grown).toMatchObject({ ok: true, notes: ['no checkpoint that agrees covers events 901 to 1000'] });
  });

  it('says what it could not verify', async () => {
    const { notes } = await verifyLedger(stream(lines));
    expect(notes).toEqual([expect.stringContaining('no checkpoint was given')]);
    const unsigned = await verifyLedger(stream(lines), options);
    expect(unsigned.notes).toEqual([expect.stringContaining('no verifier key')]);
  });

  it('is verified for its chain alone when the export begins later', async () => {
    const tail = lines.slice(299);
    const report = await verify(tail, { ...options, from: 300 });
    expect(report).toMatchObject({ ok: true, from: 300, size: N, root: null });
    expect(report.notes).toEqual([expect.stringContaining('begins at event 300')]);
    expect(report.checkpoints.map((one) => one.outcome)).toEqual(['undecided', 'undecided']);
    const edited = await verify(tail.with(100, flip(tail[100]!, 100, 0)).toSpliced(50, 1), { from: 300 });
    expect(located(edited.problems)).toEqual(['missing 350', 'changed 400']);
    expect(located((await verify(tail.slice(0, -1), { ...options, from: 300 })).problems)).toEqual(['cut 1000']);
    expect(located((await verify(tail)).problems)).toEqual(['missing 1']);
  });
});

describe('A4 every single edit of a 1,000-entry ledger is found and located', () => {
  it('a flipped bit in any entry', { timeout: 120_000 }, async () => {
    for (const [i, line] of lines.entries()) {
      const { problems } = await verify(lines.with(i, flip(line, (i * 7919) % line.length, i % 8)), options);
      expect(problems).toHaveLength(1);
      expect(problems[0]!.seq).toBe(i + 1);
      expect(['changed', 'malformed']).toContain(problems[0]!.kind);
    }
  });

  it('a flipped bit in any byte of the first, a middle and the last entries', async () => {
    const short = ledgerOf(18);
    const checkpoints = [short.checkpoint(18)];
    for (const i of [0, 1, 8, 9, 15, 16, 17]) {
      for (let at = 0; at < short.lines[i]!.length; at++) {
        for (const bit of [0, 2, 7]) {
          const { problems } = await verify(short.lines.with(i, flip(short.lines[i]!, at, bit)), { checkpoints });
          expect(problems.map(({ seq }) => seq)).toEqual([i + 1]);
          expect(['changed', 'malformed']).toContain(problems[0]!.kind);
        }
      }
    }
  });

  it('a removed entry', { timeout: 120_000 }, async () => {
    for (let i = 0; i < N; i++) {
      const { problems } = await verify(lines.toSpliced(i, 1), options);
      expect(located(problems)).toEqual([i === N - 1 ? 'cut 1000' : `missing ${i + 1}`]);
    }
  });

  it('an entry that stands twice', { timeout: 120_000 }, async () => {
    for (let i = 0; i < N; i++) {
      const { problems } = await verify(lines.toSpliced(i, 0, lines[i]!), options);
      expect(located(problems)).toEqual([`inserted ${i + 1}`]);
    }
  });

  it('an entry swapped with the next', { timeout: 120_000 }, async () => {
    for (let i = 0; i < N - 1; i++) {
      const { problems } = await verify(lines.with(i, lines[i + 1]!).with(i + 1, lines[i]!), options);
      expect(located(problems)).toEqual([`out-of-order ${i + 1}`]);
    }
  });

  it('a copy, an invented event or junk at any other place', async () => {
    const any = fc.integer({ min: 1, max: N });
    await fc.assert(
      fc.asyncProperty(any, any, async (after, other) => {
        fc.pre(other !== after && other !== after + 1);
        const copy = await verify(lines.toSpliced(after, 0, lines[other - 1]!), options);
        expect(located(copy.problems)).toEqual([`inserted ${other}`]);
        // The best forgery: number and predecessor of the event that is to stand there.
        const forged = await verify(lines.toSpliced(after, 0, invent(after + 1, ledger.leaves[after - 1]!)), options);
        if (after < N) expect(located(forged.problems)).toEqual([`inserted ${after + 1}`]);
        else expect(forged).toMatchObject({ ok: true, notes: [expect.stringContaining('events 1001 to 1001')] });
        if (after > 1) {
          const rival = await verify(lines.toSpliced(after, 0, invent(after, ledger.leaves[after - 2]!)), options);
          expect(located(rival.problems)).toEqual([`inserted ${after}`]);
        }
        const junk = await verify(lines.toSpliced(after, 0, Buffer.from('\u0000junk')), options);
        expect(junk.problems).toHaveLength(1);
        expect([after, after + 1]).toContain(junk.problems[0]!.seq);
      }),
      { numRuns: 40 },
    );
  });

  it('two entries swapped, or one moved, over any distance', async () => {
    const any = fc.integer({ min: 1, max: N });
    await fc.assert(
      fc.asyncProperty(any, any, async (one, other) => {
        const [a, b] = [Math.min(one, other), Math.max(one, other)];
        fc.pre(b - a > 2);
        const swapped = await verify(lines.with(a - 1, lines[b - 1]!).with(b - 1, lines[a - 1]!), options);
        expect(located(swapped.problems).sort()).toEqual([`out-of-order ${a}`, `out-of-order ${b}`].sort());
        const late = await verify(lines.toSpliced(b, 0, lines[a - 1]!).toSpliced(a - 1, 1), options);
        expect(located(late.problems)).toEqual([`out-of-order ${a}`]);
        const early = await verify(lines.toSpliced(b - 1, 1).toSpliced(a - 1, 0, lines[b - 1]!), options);
        expect(located(early.problems)).toEqual([`out-of-order ${b}`]);
      }),
      { numRuns: 60 },
    );
  });

  it('several edits far apart, each by itself and nothing besides; the checkpoints still agree', async () => {
    const edited = lines
      .with(899, flip(lines[899]!, 100, 0))
      .toSpliced(800, 0, lines[799]!)
      .toSpliced(699, 1)
      .with(599, lines[600]!)
      .with(600, lines[599]!)
      .with(399, flip(lines[399]!, 2, 0))
      .with(49, flip(lines[49]!, 20, 0));
    const report = await verify(edited, options);
    expect(located(report.problems)).toEqual([
      'changed 50',
      'malformed 400',
      'out-of-order 600',
      'missing 700',
      'inserted 800',
      'changed 900',
    ]);
    expect(report.checkpoints.map(({ outcome }) => outcome)).toEqual(['agrees', 'agrees']);
  });

  it('runs of entries changed, removed or moved', async () => {
    const twenty = lines.map((line, i) => (i >= 100 && i < 120 ? flip(line, 100, 0) : line));
    const changed = await verify(twenty, options);
    expect(located(changed.problems)).toEqual(Array.from({ length: 20 }, (_, i) => `changed ${101 + i}`));
    expect(changed.checkpoints.map(({ outcome }) => outcome)).toEqual(['agrees', 'agrees']);
    const gap = await verify(lines.toSpliced(100, 300), options);
    expect(gap.problems).toEqual([expect.objectContaining({ kind: 'missing', seq: 101 })]);
    expect(gap.problems[0]!.detail).toContain('events 101 to 400 are missing');
    expect(gap.checkpoints.map(({ outcome }) => outcome)).toEqual(['undecided', 'undecided']);
    const block = await verify(
      [...lines.slice(0, 105), ...lines.slice(110, 130), ...lines.slice(105, 110), ...lines.slice(130)],
      options,
    );
    expect(located(block.problems)).toEqual([106, 107, 108, 109, 110].map((seq) => `out-of-order ${seq}`));
  });

  it('says how, in words', async () => {
    const detail = async (edited: readonly LedgerLine[], more: VerifyOptions = options) =>
      (await verify(edited, more)).problems.map((one) => one.detail);
    expect(await detail(lines.with(16, flip(lines[16]!, 100, 0)))).toEqual([
      'event 17 was changed: event 18 names another predecessor',
    ]);
    expect(await detail(lines.toSpliced(16, 1))).toEqual(['event 17 is missing: event 18 names another predecessor']);
    expect(await detail(lines.toSpliced(17, 0, lines[16]!))).toEqual(['event 17 stands twice']);
    expect(await detail(lines.with(16, flip(lines[16]!, 0, 0)))).toEqual([
      'event 17 was changed: its line does not begin with its seq and prev',
    ]);
    const last = lines.with(N - 1, flip(lines[N - 1]!, 110, 0));
    expect(await detail(last)).toEqual([
      expect.stringMatching(/^event 1000, the last, was changed, or events 501 to 1000 were/),
    ]);
    expect(await detail(last, { checkpoints: [ledger.checkpoint(N), ledger.checkpoint(N - 1)] })).toEqual([
      'event 1000, the last, was changed: a checkpoint covers all before it',
    ]);
    expect(await detail(lines.with(N - 2, flip(lines[N - 2]!, 110, 0)), {})).toEqual([
      expect.stringMatching(/^event 999 was changed: .* \(as far as can be told/),
    ]);
  });

  it('a second seq or prev further on fools nobody', async () => {
    const sneaky = Buffer.from(`{"seq":1,"prev":"${'0'.repeat(64)}","type":"x","seq":2}`);
    expect(located((await verify([sneaky])).problems)).toEqual(['malformed 1']);
    expect(located((await verify([Buffer.from(`{"type":"x",${lines[0]!.toString().slice(1)}`)])).problems)).toEqual([
      'malformed 1',
    ]);
  });

  it('edits in any number and mixture are never passed, and never taken for more than they are', async () => {
    const small = ledgerOf(120);
    const checkpoints = [small.checkpoint(120), small.checkpoint(60)];
    const edit = fc.record({
      what: fc.constantFrom('flip', 'remove', 'copy', 'move'),
      at: fc.nat(),
      to: fc.nat(),
      bit: fc.nat({ max: 7 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), async (edits) => {
        let edited = small.lines;
        for (const { what, at, to, bit } of edits) {
          const i = at % edited.length;
          const line = edited[i]!;
          const place = to % edited.length;
          if (what === 'flip') edited = edited.with(i, flip(line, to % line.length, bit));
          if (what === 'remove') edited = edited.toSpliced(i, 1);
          if (what === 'copy') edited = edited.toSpliced(place, 0, line);
          if (what === 'move') edited = edited.toSpliced(i, 1).toSpliced(place, 0, line);
        }
        const isSame = Buffer.concat(edited).equals(Buffer.concat(small.lines));
        const report = await verify(edited, { checkpoints });
        expect(report.ok).toBe(isSame);
        expect(report.problems.length).toBeLessThanOrEqual(edits.length * 3);
        expect(await verifyLedger(stream(edited), { checkpoints, vkey })).toEqual(report);
      }),
      { numRuns: 300 },
    );
  });

  it('stops at so many problems, and ends on hostile numbers', async () => {
    const ruin = await verify(
      lines.map((line) => flip(line, 100, 0)),
      { ...options, maxProblems: 10 },
    );
    expect(ruin.problems).toHaveLength(10);
    expect(ruin.notes).toEqual([expect.stringContaining('stopped after event')]);
    for (const wild of [invent(999_999_999_999_999, ledger.leaves[0]!), Buffer.from(''), Buffer.from([255, 254])]) {
      expect((await verify([wild], options)).ok).toBe(false);
      expect((await verify([lines[0]!, wild, wild, ...lines.slice(1)], options)).problems).toHaveLength(2);
    }
    expect((await verify(lines.toReversed(), options)).ok).toBe(false);
  });
});

describe('A5 every cut of the tail is found with the newest checkpoint', () => {
  it('after each entry', { timeout: 120_000 }, async () => {
    for (let kept = 0; kept < N; kept++) {
      const { problems } = await verify(lines.slice(0, kept), options);
      expect(located(problems)).toEqual([`cut ${kept + 1}`]);
    }
  });

  it('also in the middle of a line', async () => {
    const { problems } = await verify([...lines.slice(0, 700), lines[700]!.subarray(0, 90)], options);
    expect(located(problems)).toEqual(['malformed 701', 'cut 702']);
  });
});

describe('A6 a fork is reported with evidence', () => {
  const fork = ledgerOf(N, 650);

  it('a ledger rewritten since the checkpoint, after the last checkpoint that agrees', async () => {
    const report = await verify(fork.lines, { checkpoints: [500, 600, 800, 900].map(ledger.checkpoint) });
    expect(located(report.problems)).toEqual(['rewritten 601']);
    expect(report.problems[0]!.detail).toContain('events 601 to 800 were rewritten');
    expect(report.checkpoints.map(({ outcome }) => outcome)).toEqual(['agrees', 'agrees', 'differs', 'differs']);
  });

  it('a checkpoint signed again over the rewritten ledger', async () => {
    const [older, newer] = [ledger.checkpoint(800), fork.checkpoint(900)];
    const report = await verify(fork.lines, { checkpoints: [older, newer] });
    expect(located(report.problems)).toEqual(['rewritten 1', 'forked 800']);
    expect(report.problems[1]!.evidence).toEqual({ older, newer });
  });

  it('two roots for one size', async () => {
    const [older, newer] = [ledger.checkpoint(N), fork.checkpoint(N)];
    const report = await verify(lines, { checkpoints: [older, newer] });
    expect(located(report.problems)).toContain('forked 1000');
    const between = verifyConsistencyBetween(older, newer, [], vkey);
    expect(between).toMatchObject({ ok: false, problem: { kind: 'forked', seq: N, evidence: { older, newer } } });
  });

  it('an event changed together with the one after it', async () => {
    const first = invent(10, ledger.leaves[8]!);
    const { problems } = await verify(lines.with(9, first).with(10, invent(11, leafHash(first))), options);
    expect(located(problems)).toEqual(['changed 11', 'rewritten 1']);
  });

  it('an event removed and the chain made anew around the gap', async () => {
    const sealed = lines.slice(0, 19);
    for (let seq = 21; seq <= 60; seq++) sealed.push(invent(seq, leafHash(sealed.at(-1)!)));
    const { problems } = await verify(sealed, { checkpoints: [ledger.checkpoint(60)] });
    expect(located(problems)).toEqual(['missing 20']);
    expect(problems[0]!.detail).toBe('event 20 is missing: event 21 names no gap: the chain was made anew');
  });

  it('two checkpoints that no proof joins; and two that one joins', async () => {
    const proof = async (of: typeof ledger, from: number, to: number) =>
      consistencyProof(from, to, async (level, index, count) => {
        const width = 2 ** level;
        return Array.from({ length: count }, (_, i) => {
          let frontier: Frontier = [];
          const start = (index + i) * width;
          for (let n = 0; n < width; n++) frontier = appendLeaf(frontier, n, of.leaves[start + n]!).frontier;
          return rootOf(frontier);
        });
      });
    const honest = await proof(ledger, 700, 900);
    expect(verifyConsistencyBetween(ledger.checkpoint(700), ledger.checkpoint(900), honest, vkey)).toEqual({
      ok: true,
      from: 700,
      to: 900,
    });
    for (const tried of [honest, await proof(fork, 700, 900), []]) {
      const [older, newer] = [ledger.checkpoint(700), fork.checkpoint(900)];
      expect(verifyConsistencyBetween(older, newer, tried, vkey)).toMatchObject({
        ok: false,
        problem: { kind: 'forked', seq: 700, evidence: { older, newer, proof: tried.map(hex) } },
      });
    }
    const shrunk = verifyConsistencyBetween(ledger.checkpoint(900), ledger.checkpoint(700), [], vkey);
    expect(shrunk).toMatchObject({ ok: false, problem: { kind: 'cut', seq: 701 } });
    const strange = verifyConsistencyBetween(
      ledger.checkpoint(700),
      ledger.checkpoint(900),
      honest,
      newSigner('other').vkey,
    );
    expect(strange).toMatchObject({ ok: false, problem: { kind: 'signature' } });
  });

  it('a checkpoint that was not signed by the key, or tampered with, counts for nothing', async () => {
    const forged = ledger.checkpoint(800).replace('\n800\n', '\n801\n');
    const report = await verify(lines, { checkpoints: [forged, 'junk', ledger.checkpoint(900)] });
    expect(located(report.problems)).toEqual(['signature 801', 'signature 0']);
    expect(report.checkpoints.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'agrees']);
  });
});

describe('the check of a server against its stored leaf hashes', () => {
  const stored = lines.map((line, i) => ({ line, leaf: ledger.leaves[i]! }));

  it('passes when they match', async () => {
    expect(await verify(stored, options)).toMatchObject({ ok: true, size: N });
  });

  it('tells a changed line from a changed hash, at any entry', async () => {
    for (const i of [0, 1, 400, N - 2, N - 1]) {
      const line = flip(lines[i]!, 110, 0);
      const byLine = await verify(stored.with(i, { line, leaf: ledger.leaves[i]! }), options);
      expect(located(byLine.problems)).toEqual([`changed ${i + 1}`]);
      const byLeaf = await verify(stored.with(i, { line: lines[i]!, leaf: flip(ledger.leaves[i]!, 0, 0) }), options);
      expect(located(byLeaf.problems)).toEqual([`changed ${i + 1}`]);
      const both = await verify(stored.with(i, { line, leaf: leafHash(line) }), options);
      expect(located(both.problems)).toEqual([`changed ${i + 1}`]);
    }
  });
});
