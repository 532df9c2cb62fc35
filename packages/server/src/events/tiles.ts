import { appendLeaf, type Frontier, type Hash, type Node, nodeHash, rootOf } from './merkle.ts';

/**
 * Answers `count` consecutive hashes of a level from `index` on. Only levels 0, 8, 16 … are asked for: leaf hashes are
 * kept with the events, every eighth level by `storedNodes`.
 */
export type ReadHashes = (level: number, index: number, count: number) => Promise<Uint8Array[]>;

/** Levels between two stored ones, and the hashes of a full tile (C2SP tlog-tiles; Go's sumdb has height 8 too). */
const HEIGHT = 8;
const WIDTH = 2 ** HEIGHT;

/** Leaves from `lo` up to, not including, `hi`. */
type Range = readonly [lo: number, hi: number];

/** Whether nodes of this level are to be stored: every eighth level is; leaves are kept with their events. */
function isStored(level: number): boolean {
  return level > 0 && level % HEIGHT === 0;
}

/** Which of the nodes created by an append are to be stored. */
export function storedNodes(created: readonly Node[]): Node[] {
  return created.filter((node) => isStored(node.level));
}

/** PATH of RFC 6962 section 2.1.1. Reads at most two tiles of 256 hashes for every eight levels of the tree. */
export async function inclusionProof(index: number, size: number, read: ReadHashes): Promise<Hash[]> {
  return hashesOf(siblingsOf(index, size), size, read);
}

/** So many hashes of inner nodes are remembered at most, each some hundred bytes. */
const MOST_REMEMBERED = 8_192;

/** Inclusion proofs of one tree, one after the other, best in order: what several need is read and hashed once. */
export function createProver(size: number, read: ReadHashes): (index: number) => Promise<Hash[]> {
  const tile = tileReader(size, read);
  const known = new Map<string, Hash>();
  return async (index) => {
    const hashes: Hash[] = [];
    for (const [lo, hi] of siblingsOf(index, size)) {
      const key = `${lo}-${hi}`;
      let hash = known.get(key);
      if (!hash) {
        hash = await subtree(lo, hi, tile);
        if (known.size >= MOST_REMEMBERED) known.clear();
        known.set(key, hash);
      }
      hashes.push(hash);
    }
    return hashes;
  };
}

/** The subtrees beside the way from a leaf to the root, lowest first. */
function siblingsOf(index: number, size: number): Range[] {
  assertCounts(index, size);
  if (index === size) throw new RangeError(`leaf ${index} is not in a tree of ${size} leaves`);
  const siblings: Range[] = [];
  let [lo, hi] = [0, size];
  while (hi - lo > 1) {
    const middle = lo + largestPowerBelow(hi - lo);
    siblings.push(index < middle ? [middle, hi] : [lo, middle]);
    [lo, hi] = index < middle ? [lo, middle] : [middle, hi];
  }
  return siblings.reverse();
}

/** PROOF of RFC 6962 section 2.1.2; empty when `from` is 0 or equals `to`. */
export async function consistencyProof(from: number, to: number, read: ReadHashes): Promise<Hash[]> {
  assertCounts(from, to);
  if (from === 0 || from === to) return [];
  const parts: Range[] = [];
  let [lo, hi] = [0, to];
  while (hi !== from) {
    const middle = lo + largestPowerBelow(hi - lo);
    parts.push(from <= middle ? [middle, hi] : [lo, middle]);
    [lo, hi] = from <= middle ? [lo, middle] : [middle, hi];
  }
  // The subtree that is the whole old tree is known to whoever asks.
  if (lo !== 0) parts.push([lo, hi]);
  return hashesOf(parts.reverse(), to, read);
}

/** The frontier of any earlier size, so that a checkpoint or an append can start from what is stored. */
export async function frontierAt(size: number, read: ReadHashes): Promise<Frontier> {
  const perfect: Range[] = [];
  for (let lo = 0; lo < size; lo = perfect.at(-1)![1]) perfect.push([lo, lo + largestPowerBelow(size - lo + 1)]);
  return hashesOf(perfect, size, read);
}

export async function rootAt(size: number, read: ReadHashes): Promise<Hash> {
  return rootOf(await frontierAt(size, read));
}

async function hashesOf(ranges: Range[], size: number, read: ReadHashes): Promise<Hash[]> {
  const tile = tileReader(size, read);
  const hashes: Hash[] = [];
  for (const [lo, hi] of ranges) hashes.push(await subtree(lo, hi, tile));
  return hashes;
}

type ReadTile = (level: number, index: number) => Promise<Uint8Array[]>;

/** Tiles that are held at a time. A proof needs two for every eight levels. */
const MOST_TILES = 32;

/** Reads each tile once; a tile on the right edge of the tree holds what is complete at that size. */
function tileReader(size: number, read: ReadHashes): ReadTile {
  const tiles = new Map<string, Uint8Array[]>();
  return async (level, index) => {
    const key = `${level}/${index}`;
    const known = tiles.get(key);
    if (known) return known;
    const start = index * WIDTH;
    const count = Math.min(WIDTH, Math.floor(size / 2 ** level) - start);
    const hashes = await read(level, start, count);
    if (hashes.length !== count) {
      throw new Error(`stored hashes are missing: ${hashes.length} of ${count} at level ${level} from ${start}`);
    }
    if (tiles.size >= MOST_TILES) tiles.clear();
    tiles.set(key, hashes);
    return hashes;
  };
}

/** MTH of RFC 6962 section 2.1 over a range that starts where a subtree of its size may start. */
async function subtree(lo: number, hi: number, tile: ReadTile): Promise<Hash> {
  const perfect = largestPowerBelow(hi - lo + 1);
  if (perfect === hi - lo) return perfectNode(Math.log2(perfect), lo / perfect, tile);
  return nodeHash(await subtree(lo, lo + perfect, tile), await subtree(lo + perfect, hi, tile));
}

async function perfectNode(level: number, index: number, tile: ReadTile): Promise<Hash> {
  const above = level % HEIGHT;
  const count = 2 ** above;
  const first = index * count;
  const hashes = await tile(level - above, Math.floor(first / WIDTH));
  let frontier: Frontier = [];
  for (let i = 0; i < count; i++) frontier = appendLeaf(frontier, i, hashes[(first % WIDTH) + i]!).frontier;
  return frontier[0]!;
}

/** The largest power of two smaller than `n`, for n > 1 (k in RFC 6962 section 2.1). */
function largestPowerBelow(n: number): number {
  let power = 1;
  while (power * 2 < n) power *= 2;
  return power;
}

function assertCounts(part: number, whole: number): void {
  if (![part, whole].every(Number.isSafeInteger) || part < 0 || part > whole) {
    throw new RangeError(`${part} is not within a tree of ${whole} leaves`);
  }
}
