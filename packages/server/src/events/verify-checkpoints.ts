import { parseCheckpoint, verifyCheckpoint } from './checkpoint.ts';
import { appendLeaf, equalHashes, type Frontier, type Hash, rootOf, verifyConsistency } from './merkle.ts';
import { toHex } from './verify-line.ts';
import type { Leaf } from './verify-reading.ts';
import { type Claim, forkOf, type Problem, toCut, toRewritten } from './verify-words.ts';

/** `undecided`: the roots could not be compared; `refused`: not a checkpoint, or its signature does not hold. */
export interface CheckpointOutcome {
  origin: string;
  size: number;
  root: string;
  outcome: 'agrees' | 'differs' | 'undecided' | 'refused';
}

export interface NamedCheckpoint extends Claim {
  readonly origin: string;
  readonly fault: string | undefined;
}

/** A checkpoint to be compared, and the outcome to write down. */
interface Due extends Claim {
  readonly report: CheckpointOutcome;
}

export interface Tree {
  readonly size: number;
  /** Unknown from an unknown leaf on. */
  readonly frontier: Frontier | undefined;
}

export const EMPTY_TREE: Tree = { size: 0, frontier: [] };

export type Append = (tree: Tree, leaf: Leaf) => Tree;

export function appendTo(tree: Tree, { seq, hash }: Leaf): Tree {
  const isKnown = tree.frontier && hash && seq === tree.size + 1;
  return { size: seq, frontier: isKnown ? appendLeaf(tree.frontier!, tree.size, hash).frontier : undefined };
}

/** `fault` says why it is no checkpoint, or not one by the key. */
export function readCheckpoint(text: string, vkey: string | undefined): NamedCheckpoint {
  const note = parseCheckpoint(text);
  const verified = vkey === undefined || !note.ok ? note : verifyCheckpoint(text, vkey);
  const { origin, size, root } = note.ok ? note : { origin: '', size: 0, root: Buffer.alloc(0) };
  return { text, origin, size, hash: root, fault: verified.ok ? undefined : verified.detail };
}

/** What is to be compared, in order of size, and an outcome for each in the order given. What is wrong with them alone is a problem. */
export function claimsOf(checkpoints: readonly NamedCheckpoint[], problems: Problem[]) {
  const claims: Due[] = [];
  const outcomes = checkpoints.map(({ text, origin, size, hash, fault }): CheckpointOutcome => {
    const report: CheckpointOutcome = { origin, size, root: toHex(hash), outcome: fault ? 'refused' : 'undecided' };
    if (fault) problems.push({ kind: 'signature', seq: size, detail: `checkpoint at ${size}: ${fault}` });
    else claims.push({ text, size, hash, report });
    return report;
  });
  claims.sort((a, b) => a.size - b.size);
  for (const [i, claim] of claims.entries()) {
    const other = claims[i - 1];
    if (other && other.size === claim.size && !equalHashes(other.hash, claim.hash)) problems.push(forkOf(other, claim));
  }
  return { outcomes, claims };
}

/** The tree as it grows; each checkpoint is compared when the tree comes to its size. */
export function growTree(
  start: Tree,
  append: Append,
  claims: readonly Due[],
  { vkey, problems }: { vkey: string | undefined; problems: Problem[] },
) {
  let tree = start;
  let due = 0;
  let agreed = 0;
  let differing: Due | undefined;
  let isDoubtful = false;

  const compare = (isLast: boolean) => {
    for (; due < claims.length && claims[due]!.size <= tree.size; due++) {
      const claim = claims[due]!;
      if (claim.size < tree.size || !tree.frontier) continue;
      if (equalHashes(rootOf(tree.frontier), claim.hash)) {
        claim.report.outcome = 'agrees';
        if (differing && vkey) problems.push(forkOf(differing, claim));
        [agreed, isDoubtful, differing] = [claim.size, false, undefined];
      } else if (!isDoubtful) {
        claim.report.outcome = 'differs';
        if (!differing) problems.push(toRewritten(claim, agreed, isLast));
        differing ??= claim;
      }
    }
  };

  compare(false);
  return {
    settle(leaf: Leaf, isLast = false) {
      tree = append(tree, leaf);
      compare(isLast);
    },
    /** What is in the tree is a guess: until a checkpoint agrees, a root that differs says nothing. */
    doubt() {
      isDoubtful = true;
    },
    agreement: (leaves: readonly Leaf[]) => agreement(tree, append, leaves, claims.slice(due)),
    size: () => tree.size,
    /** The size of the last checkpoint that agreed. */
    agreed: () => agreed,
    root: () => (tree.frontier ? toHex(rootOf(tree.frontier)) : null),
  };
}

/** 1 when a checkpoint agrees with these leaves and none differs, -1 when one differs, 0 when none tells. */
function agreement(tree: Tree, append: Append, leaves: readonly Leaf[], claims: readonly Claim[]): number {
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
