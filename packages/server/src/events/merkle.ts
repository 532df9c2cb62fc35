import { hash } from 'node:crypto';

/** 32 bytes of SHA-256. */
export type Hash = Uint8Array;

/** A perfect subtree: at `level`, the `index`-th from the left, it covers leaves `index * 2^level` and on. */
export interface Node {
  readonly level: number;
  readonly index: number;
  readonly hash: Hash;
}

/**
 * The right edge of a tree (a compact range): the roots of the perfect subtrees that its leaves fall into, largest
 * first, one per set bit of the size. With the size it is all that is needed to append and to know the root.
 */
export type Frontier = readonly Hash[];

export interface Inclusion {
  readonly leaf: Hash;
  /** From 0; an event's index is its sequence number minus one. */
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Hash[];
  readonly root: Hash;
}

export interface Consistency {
  readonly from: number;
  readonly to: number;
  readonly fromRoot: Hash;
  readonly toRoot: Hash;
  readonly proof: readonly Hash[];
}

/** SHA-256(0x00 || line), RFC 6962 section 2.1. */
export function leafHash(line: Uint8Array | string): Hash {
  if (typeof line === 'string') return hash('sha256', `\0${line}`, 'buffer');
  const bytes = Buffer.allocUnsafe(line.length + 1);
  bytes[0] = 0;
  bytes.set(line, 1);
  return hash('sha256', bytes, 'buffer');
}

/** SHA-256(0x01 || left || right), RFC 6962 section 2.1. */
export function nodeHash(left: Hash, right: Hash): Hash {
  const bytes = Buffer.allocUnsafe(65);
  bytes[0] = 1;
  bytes.set(left, 1);
  bytes.set(right, 33);
  return hash('sha256', bytes, 'buffer');
}

/** The root of a tree without leaves: SHA-256 of nothing, RFC 6962 section 2.1. */
export function emptyRoot(): Hash {
  return hash('sha256', '', 'buffer');
}

/** Adds the leaf number `size` (from 0). `created` are the interior nodes that it completes, lowest first. */
export function appendLeaf(frontier: Frontier, size: number, leaf: Hash): { frontier: Frontier; created: Node[] } {
  if (frontier.length !== setBits(size)) throw new Error(`the frontier is not that of a tree of ${size} leaves`);
  const edge = frontier.slice();
  const created: Node[] = [];
  let node = leaf;
  let level = 0;
  let index = size;
  while (index % 2 === 1) {
    node = nodeHash(edge.pop()!, node);
    level += 1;
    index = (index - 1) / 2;
    created.push({ level, index, hash: node });
  }
  edge.push(node);
  return { frontier: edge, created };
}

/** RFC 6962 section 2.1: each smaller subtree is the right child of the next larger one. */
export function rootOf(frontier: Frontier): Hash {
  return frontier.length === 0 ? emptyRoot() : frontier.reduceRight((right, left) => nodeHash(left, right));
}

/** For one column: the hashes without separators, largest subtree first. */
export function encodeFrontier(frontier: Frontier): Buffer {
  return Buffer.concat(frontier);
}

export function decodeFrontier(bytes: Uint8Array): Frontier {
  if (bytes.length % 32 !== 0) throw new Error(`a stored frontier of ${bytes.length} bytes is not a row of hashes`);
  return Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(i * 32, i * 32 + 32));
}

/** RFC 9162 section 2.1.3.2. */
export function verifyInclusion({ leaf, index, size, proof, root }: Inclusion): boolean {
  if (!isCount(index) || !isCount(size) || index >= size || ![leaf, root, ...proof].every(isHash)) return false;
  let here = index;
  let edge = size - 1;
  let node = leaf;
  for (const sibling of proof) {
    if (edge === 0) return false;
    if (here % 2 === 1 || here === edge) {
      node = nodeHash(sibling, node);
      while (here % 2 === 0 && here !== 0) [here, edge] = [half(here), half(edge)];
    } else {
      node = nodeHash(node, sibling);
    }
    [here, edge] = [half(here), half(edge)];
  }
  return edge === 0 && equalHashes(node, root);
}

/** RFC 9162 section 2.1.4.2; besides, every tree extends the empty one and itself, with an empty proof. */
export function verifyConsistency({ from, to, fromRoot, toRoot, proof }: Consistency): boolean {
  if (!isCount(from) || !isCount(to) || from > to || ![fromRoot, toRoot, ...proof].every(isHash)) return false;
  if (to === 0 && !equalHashes(toRoot, emptyRoot())) return false;
  if (from === 0) return proof.length === 0 && equalHashes(fromRoot, emptyRoot());
  if (from === to) return proof.length === 0 && equalHashes(fromRoot, toRoot);
  let here = from - 1;
  let edge = to - 1;
  while (here % 2 === 1) [here, edge] = [half(here), half(edge)];
  // When `from` is a power of two its root is the first node, and the proof leaves it out.
  const [first, ...rest] = here === 0 ? [fromRoot, ...proof] : proof;
  if (!first) return false;
  let older = first;
  let newer = first;
  for (const sibling of rest) {
    if (edge === 0) return false;
    if (here % 2 === 1 || here === edge) {
      older = nodeHash(sibling, older);
      newer = nodeHash(sibling, newer);
      while (here % 2 === 0 && here !== 0) [here, edge] = [half(here), half(edge)];
    } else {
      newer = nodeHash(newer, sibling);
    }
    [here, edge] = [half(here), half(edge)];
  }
  return edge === 0 && equalHashes(older, fromRoot) && equalHashes(newer, toRoot);
}

export function equalHashes(a: Hash, b: Hash): boolean {
  return Buffer.compare(a, b) === 0;
}

function setBits(n: number): number {
  let bits = 0;
  for (let rest = n; rest > 0; rest = half(rest)) bits += rest % 2;
  return bits;
}

// Not `>> 1`, which keeps 32 bits only.
function half(n: number): number {
  return Math.floor(n / 2);
}

function isCount(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0;
}

function isHash(bytes: Uint8Array): boolean {
  return bytes.length === 32;
}
