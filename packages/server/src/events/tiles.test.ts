import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  appendLeaf,
  emptyRoot,
  type Frontier,
  type Hash,
  leafHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts';
import {
  consistencyProof,
  createProver,
  frontierAt,
  inclusionProof,
  type ReadHashes,
  rootAt,
  storedNodes,
} from './tiles.ts';

const hex = (hash: Hash) => Buffer.from(hash).toString('hex');

/** A ledger that keeps what a server keeps: leaves, and every eighth level. Every read is checked and counted. */
function ledgerOf(count: number) {
  const levels = new Map<number, Hash[]>([[0, []]]);
  const everyNode = new Map<string, Hash>();
  const roots = [hex(emptyRoot())];
  let frontier: Frontier = [];
  for (let i = 0; i < count; i++) {
    const leaf = leafHash(`event ${i + 1}`);
    const grown = appendLeaf(frontier, i, leaf);
    frontier = grown.frontier;
    levels.get(0)!.push(leaf);
    everyNode.set(`0/${i}`, leaf);
    for (const { level, index, hash } of grown.created) everyNode.set(`${level}/${index}`, hash);
    for (const { level, index, hash } of storedNodes(grown.created)) {
      levels.set(level, levels.get(level) ?? []);
      levels.get(level)![index] = hash;
    }
    roots.push(hex(rootOf(frontier)));
  }
  const reads = { calls: 0, hashes: 0 };
  const read: ReadHashes = async (level, index, n) => {
    expect(level % 8).toBe(0);
    expect(n).toBeGreaterThan(0);
    expect(n).toBeLessThanOrEqual(256);
    reads.calls += 1;
    reads.hashes += n;
    return levels.get(level)?.slice(index, index + n) ?? [];
  };
  /** The naive twin: RFC 6962's definitions over every node of the tree. */
  const range = (lo: number, hi: number): Hash => {
    const span = hi - lo;
    if (Number.isInteger(Math.log2(span))) return everyNode.get(`${Math.log2(span)}/${lo / span}`)!;
    let nodes: Frontier = [];
    for (let at = lo; at < hi; ) {
      const k = 2 ** Math.floor(Math.log2(hi - at));
      nodes = [...nodes, everyNode.get(`${Math.log2(k)}/${at / k}`)!];
      at += k;
    }
    return rootOf(nodes);
  };
  const middle = (lo: number, hi: number) => lo + 2 ** Math.ceil(Math.log2(hi - lo) - 1);
  const path = (m: number, lo: number, hi: number): Hash[] => {
    if (hi - lo === 1) return [];
    const k = middle(lo, hi);
    return m < k ? [...path(m, lo, k), range(k, hi)] : [...path(m, k, hi), range(lo, k)];
  };
  const subproof = (m: number, lo: number, hi: number): Hash[] => {
    if (m === hi) return lo === 0 ? [] : [range(lo, hi)];
    const k = middle(lo, hi);
    return m <= k ? [...subproof(m, lo, k), range(k, hi)] : [...subproof(m, k, hi), range(lo, k)];
  };
  return { read, reads, roots, range, path, subproof, leaf: (i: number) => levels.get(0)![i]! };
}

const ledger = ledgerOf(65_800);
const AROUND = [1, 2, 3, 254, 255, 256, 257, 258, 511, 512, 513, 65_534, 65_535, 65_536, 65_537, 65_538, 65_793];

async function checkInclusion(index: number, size: number) {
  const proof = await inclusionProof(index, size, ledger.read);
  expect(proof.map(hex)).toEqual(ledger.path(index, 0, size).map(hex));
  const root = Buffer.from(ledger.roots[size]!, 'hex');
  expect(verifyInclusion({ leaf: ledger.leaf(index), index, size, proof, root })).toBe(true);
}

async function checkConsistency(from: number, to: number) {
  const proof = await consistencyProof(from, to, ledger.read);
  expect(proof.map(hex)).toEqual(from === 0 ? [] : ledger.subproof(from, 0, to).map(hex));
  const fromRoot = Buffer.from(ledger.roots[from]!, 'hex');
  const toRoot = Buffer.from(ledger.roots[to]!, 'hex');
  expect(verifyConsistency({ from, to, fromRoot, toRoot, proof })).toBe(true);
}

describe('proofs from stored hashes', () => {
  it('prove the inclusion of every event at every size up to 70', async () => {
    for (let size = 1; size <= 70; size++) for (let i = 0; i < size; i++) await checkInclusion(i, size);
  });

  it('prove inclusion where tiles begin and end', async () => {
    for (const size of AROUND) {
      for (const index of [0, 1, ...AROUND.map((n) => n - 1), size - 1].filter((n) => n < size)) {
        await checkInclusion(index, size);
      }
    }
  });

  it('prove consistency between every two sizes up to 40', async () => {
    for (let to = 0; to <= 40; to++) for (let from = 0; from <= to; from++) await checkConsistency(from, to);
  });

  it('prove consistency where tiles begin and end', async () => {
    for (const to of AROUND) for (const from of [0, ...AROUND].filter((n) => n <= to)) await checkConsistency(from, to);
  });

  it('equal the recursive definition at any size', async () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 65_800 }), fc.nat()).map(([size, n]) => [n % size, size] as const);
    await fc.assert(
      fc.asyncProperty(sizes, async ([part, size]) => {
        await checkInclusion(part, size);
        await checkConsistency(part, size);
      }),
      { numRuns: 200 },
    );
  });

  it('give the frontier and the root of any earlier size', async () => {
    for (const size of [0, ...AROUND]) {
      expect(hex(await rootAt(size, ledger.read))).toBe(ledger.roots[size]);
      expect(appendLeaf(await frontierAt(size, ledger.read), size, ledger.leaf(size)).frontier.length).toBeGreaterThan(
        0,
      );
    }
  });

  it('read at most two tiles for every eight levels', async () => {
    for (const [index, size] of [
      [12_345, 65_793],
      [0, 65_535],
      [65_536, 65_538],
    ] as const) {
      Object.assign(ledger.reads, { calls: 0, hashes: 0 });
      await inclusionProof(index, size, ledger.read);
      expect(ledger.reads.calls).toBeLessThanOrEqual(6);
      expect(ledger.reads.hashes).toBeLessThanOrEqual(6 * 256);
    }
  });

  it('of many events of one tree are the same, and share what they read', async () => {
    for (const size of AROUND) {
      const prove = createProver(size, ledger.read);
      const indexes = [...AROUND.map((n) => n - 1), ...Array.from({ length: 40 }, (_, i) => i * 1_601)];
      Object.assign(ledger.reads, { calls: 0, hashes: 0 });
      for (const index of indexes.filter((n) => n < size)) {
        const before = ledger.reads.calls;
        const proof = await prove(index);
        expect(ledger.reads.calls - before).toBeLessThanOrEqual(6);
        expect(proof.map(hex)).toEqual(ledger.path(index, 0, size).map(hex));
      }
    }
    const prove = createProver(65_793, ledger.read);
    Object.assign(ledger.reads, { calls: 0, hashes: 0 });
    for (let index = 30_000; index < 30_256; index += 1) await prove(index);
    expect(ledger.reads.calls).toBeLessThanOrEqual(8);
    await expect(createProver(7, ledger.read)(7)).rejects.toThrow(/not in a tree of 7/);
  });

  it('are refused outside of the tree, and when stored hashes are missing', async () => {
    await expect(inclusionProof(7, 7, ledger.read)).rejects.toThrow(/not in a tree of 7/);
    await expect(inclusionProof(-1, 7, ledger.read)).rejects.toThrow(RangeError);
    await expect(consistencyProof(8, 7, ledger.read)).rejects.toThrow(RangeError);
    await expect(inclusionProof(1, 600, async () => [])).rejects.toThrow(/stored hashes are missing/);
  });

  it('equal those of golang.org/x/mod/sumdb/tlog v0.42.0 for the records «event 1» to «event 300»', async () => {
    expect(ledger.roots[257]).toBe('00d94a573c9bcadd8e45aeae36eab8cd510f8b7d4506d33a0d6e1d1aaeafff13');
    expect(ledger.roots[300]).toBe('d13cee30f6c7d0ef94262d5b12a90344af52bf2e20b03d7b810cc56d8eda6209');
    // tlog.ProveRecord(300, 16) and tlog.ProveTree(300, 255)
    expect((await inclusionProof(16, 300, ledger.read)).map(hex)).toEqual([
      '1b1607041b6c0bffb7fd286072c9fe95ecf8e03e1ba115f55831a1f9ba9a50b9',
      '843962fd2fa0f104e6359f63431b55ca7a32c3dad67ec38adcbb21db6bf67f45',
      '8813e64d423ee8ff75be431f631cf111faf32460509e36e362f8680684b7167e',
      'fa2b513fe881b4a3fda90822709c41420fa08759bcc90ac94c975fc0699e4879',
      '1abec0333edcc7fd5aa3791a8f7fea73cf3abb5a519ec9127ba967818e688b70',
      'e3c5edb7998d819871bff605b9b71e8e55cb27456a3a2a3735df345c63c6b4f4',
      'b41a8fb1395a6c2521f5258d8291115254e5a3bc74369c183d194a12226e223b',
      '00ec950edbb92ff8ddf2d24adfbf6d31ead9d68ee8799a3f197c417c0e14bf69',
      '56b4028af6f56166ca6c4235da7ba7f08089e5830b754b3a1455306d02117804',
    ]);
    expect((await consistencyProof(255, 300, ledger.read)).map(hex)).toEqual([
      '9a9ed9a84f407c9828d662becb8fa83249189a96ffa104e8ae9989dfda546ff4',
      '4ad4bf6ec8a29332baec4beaa8c507c702e61f1083f06a57b6e428e137545111',
      '669c553f617cbb33343798d0481398d5b91f2762e23b93f2ba81e04707fd5eff',
      '4c29ce5cef5e695cf2da7fb9cda0251825e7bee755fb338b4a56f617af26a55d',
      '89981078e11cf7263bdf3caaa7f5bbf2b30299325413412f0a563c322f7e6e5e',
      '85f145447cb08fd093cdb0a5a1cba699a1cd2c4e82e317afd3696521d45a302d',
      '53beddd350a42cc2c5e8f5be9e95b89e78fcb5be08325f50bb97c07693a2ff09',
      '57ceb86437ab4aaa290ba1a8ec3e2148e31deab680cb5da83699707ade58a9d2',
      '7458d573ea10db5a68be6057e3e3dca5966fd333cff5f102d348c0368b5a8ca2',
      '56b4028af6f56166ca6c4235da7ba7f08089e5830b754b3a1455306d02117804',
    ]);
  });
});
