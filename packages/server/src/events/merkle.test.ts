import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  appendLeaf,
  decodeFrontier,
  emptyRoot,
  encodeFrontier,
  type Frontier,
  type Hash,
  leafHash,
  nodeHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts';

const hex = (hash: Hash) => Buffer.from(hash).toString('hex');
const bytes = (text: string) => Buffer.from(text, 'hex');

// google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc: the eight inputs and their roots.
const CT_INPUTS = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map(bytes);
const CT_ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
// The same file: audit paths (leaf from 1, size) and consistency proofs (from, to).
const CT_PATHS: [leaf: number, size: number, path: string[]][] = [
  [1, 1, []],
  [
    1,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    6,
    8,
    [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [3, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
  [
    2,
    5,
    [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
];
const CT_CONSISTENCY: [from: number, to: number, proof: string[]][] = [
  [1, 1, []],
  [
    1,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    6,
    8,
    [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [
    2,
    5,
    [
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
];

/** MTH, PATH and SUBPROOF as RFC 6962 sections 2.1 to 2.1.2 write them. */
const split = (n: number) => 2 ** Math.ceil(Math.log2(n) - 1);
function mth(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return emptyRoot();
  if (leaves.length === 1) return leaves[0]!;
  const k = split(leaves.length);
  return nodeHash(mth(leaves.slice(0, k)), mth(leaves.slice(k)));
}
function path(m: number, leaves: readonly Hash[]): Hash[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return m < k ? [...path(m, left), mth(right)] : [...path(m - k, right), mth(left)];
}
function subproof(m: number, leaves: readonly Hash[], whole: boolean): Hash[] {
  if (m === leaves.length) return whole ? [] : [mth(leaves)];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return m <= k ? [...subproof(m, left, whole), mth(right)] : [...subproof(m - k, right, false), mth(left)];
}
const leavesOf = (n: number) => Array.from({ length: n }, (_, i) => leafHash(`event ${i + 1}`));
const ALL = leavesOf(600);
const flipped = (hash: Hash, bit: number) => {
  const copy = Buffer.from(hash);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
};

describe('RFC 6962 vectors', () => {
  it('hashes leaves, nodes and trees as Certificate Transparency does', () => {
    expect(hex(emptyRoot())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    let frontier: Frontier = [];
    CT_INPUTS.forEach((input, i) => {
      frontier = appendLeaf(frontier, i, leafHash(input)).frontier;
      expect(hex(rootOf(frontier))).toBe(CT_ROOTS[i]);
    });
    expect(leafHash('naïve – 模型')).toEqual(leafHash(Buffer.from('naïve – 模型')));
  });

  it.each(CT_PATHS)('verifies the audit path of leaf %i in a tree of %i', (leaf, size, proof) => {
    const claim = { leaf: leafHash(CT_INPUTS[leaf - 1]!), index: leaf - 1, size, root: bytes(CT_ROOTS[size - 1]!) };
    expect(verifyInclusion({ ...claim, proof: proof.map(bytes) })).toBe(true);
    expect(path(leaf - 1, CT_INPUTS.slice(0, size).map(leafHash)).map(hex)).toEqual(proof);
  });

  it.each(CT_CONSISTENCY)('verifies the consistency of %i with %i', (from, to, proof) => {
    const roots = { fromRoot: bytes(CT_ROOTS[from - 1]!), toRoot: bytes(CT_ROOTS[to - 1]!) };
    expect(verifyConsistency({ from, to, ...roots, proof: proof.map(bytes) })).toBe(true);
  });
});

describe('frontier', () => {
  it('gives the root of the recursive definition for every size up to 600, and every interior node once', () => {
    let frontier: Frontier = [];
    const seen = new Map<string, string>();
    for (let n = 0; n < ALL.length; n++) {
      expect(hex(rootOf(frontier))).toBe(hex(mth(ALL.slice(0, n))));
      const grown = appendLeaf(decodeFrontier(encodeFrontier(frontier)), n, ALL[n]!);
      for (const { level, index, hash } of grown.created) {
        const key = `${level}/${index}`;
        expect(seen.has(key)).toBe(false);
        seen.set(key, hex(hash));
        expect(hex(hash)).toBe(hex(mth(ALL.slice(index * 2 ** level, (index + 1) * 2 ** level))));
      }
      frontier = grown.frontier;
    }
    expect(seen.size).toBe([1, 2, 3, 4, 5, 6, 7, 8, 9].reduce((sum, level) => sum + Math.floor(600 / 2 ** level), 0));
  });

  it('refuses a frontier of another size, or cut', () => {
    const { frontier } = appendLeaf([], 0, ALL[0]!);
    expect(() => appendLeaf(frontier, 2 ** 33 + 1, ALL[1]!)).toThrow(/not that of a tree/);
    expect(() => decodeFrontier(encodeFrontier(frontier).subarray(1))).toThrow(/not a row of hashes/);
  });
});

describe('inclusion', () => {
  it('is proved for every leaf of a tree of any size, and for nothing else', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat({ max: 255 }), (size, pick, bit) => {
        const leaves = ALL.slice(0, size);
        const root = mth(leaves);
        const index = pick % size;
        const claim = { leaf: leaves[index]!, index, size, proof: path(index, leaves), root };
        expect(verifyInclusion(claim)).toBe(true);
        expect(verifyInclusion({ ...claim, leaf: flipped(claim.leaf, bit) })).toBe(false);
        expect(verifyInclusion({ ...claim, root: flipped(root, bit) })).toBe(false);
        claim.proof.forEach((hash, i) => {
          expect(verifyInclusion({ ...claim, proof: claim.proof.with(i, flipped(hash, bit)) })).toBe(false);
          expect(verifyInclusion({ ...claim, proof: claim.proof.toSpliced(i, 1) })).toBe(false);
        });
        expect(verifyInclusion({ ...claim, proof: [...claim.proof, root] })).toBe(false);
        expect(verifyInclusion({ ...claim, index: size })).toBe(false);
        expect(verifyInclusion({ ...claim, index: -1 })).toBe(false);
        if (size > 1) expect(verifyInclusion({ ...claim, index: (index + 1) % size })).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it('fails on any single bit of leaf, proof or root', () => {
    const leaves = ALL.slice(0, 11);
    const claim = { leaf: leaves[6]!, index: 6, size: 11, proof: path(6, leaves), root: mth(leaves) };
    for (let bit = 0; bit < 256; bit++) {
      expect(verifyInclusion({ ...claim, leaf: flipped(claim.leaf, bit) })).toBe(false);
      expect(verifyInclusion({ ...claim, root: flipped(claim.root, bit) })).toBe(false);
      for (const [i, hash] of claim.proof.entries()) {
        expect(verifyInclusion({ ...claim, proof: claim.proof.with(i, flipped(hash, bit)) })).toBe(false);
      }
    }
  });
});

describe('A6 consistency', () => {
  it('is proved between any two sizes, and for nothing else', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat({ max: 255 }), (to, pick, bit) => {
        const from = 1 + (pick % to);
        const leaves = ALL.slice(0, to);
        const proof = from === to ? [] : subproof(from, leaves, true);
        const claim = { from, to, fromRoot: mth(leaves.slice(0, from)), toRoot: mth(leaves), proof };
        expect(verifyConsistency(claim)).toBe(true);
        expect(verifyConsistency({ ...claim, fromRoot: flipped(claim.fromRoot, bit) })).toBe(false);
        expect(verifyConsistency({ ...claim, toRoot: flipped(claim.toRoot, bit) })).toBe(false);
        proof.forEach((hash, i) => {
          expect(verifyConsistency({ ...claim, proof: proof.with(i, flipped(hash, bit)) })).toBe(false);
          expect(verifyConsistency({ ...claim, proof: proof.toSpliced(i, 1) })).toBe(false);
        });
        expect(verifyConsistency({ ...claim, proof: [...proof, claim.toRoot] })).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it('holds for every pair up to 40', () => {
    for (let to = 1; to <= 40; to++) {
      for (let from = 1; from <= to; from++) {
        const roots = { fromRoot: mth(ALL.slice(0, from)), toRoot: mth(ALL.slice(0, to)) };
        expect(verifyConsistency({ from, to, ...roots, proof: subproof(from, ALL.slice(0, to), true) })).toBe(true);
      }
    }
  });

  it('knows the edges: the empty tree, equal trees, a shrinking tree, proofs of the wrong shape', () => {
    const [none, one, two] = [emptyRoot(), ALL[0]!, mth(ALL.slice(0, 2))];
    expect(verifyConsistency({ from: 0, to: 0, fromRoot: none, toRoot: none, proof: [] })).toBe(true);
    expect(verifyConsistency({ from: 0, to: 2, fromRoot: none, toRoot: two, proof: [] })).toBe(true);
    expect(verifyConsistency({ from: 0, to: 2, fromRoot: one, toRoot: two, proof: [] })).toBe(false);
    expect(verifyConsistency({ from: 0, to: 2, fromRoot: none, toRoot: two, proof: [one] })).toBe(false);
    expect(verifyConsistency({ from: 0, to: 0, fromRoot: none, toRoot: one, proof: [] })).toBe(false);
    expect(verifyConsistency({ from: 2, to: 2, fromRoot: two, toRoot: two, proof: [] })).toBe(true);
    expect(verifyConsistency({ from: 2, to: 2, fromRoot: two, toRoot: one, proof: [] })).toBe(false);
    expect(verifyConsistency({ from: 2, to: 1, fromRoot: two, toRoot: one, proof: [] })).toBe(false);
    expect(verifyConsistency({ from: 1, to: 2, fromRoot: one, toRoot: two, proof: [] })).toBe(false);
    expect(verifyConsistency({ from: 1, to: 2, fromRoot: one, toRoot: two, proof: [ALL[1]!.subarray(1)] })).toBe(false);
    expect(verifyConsistency({ from: 1, to: 2, fromRoot: one, toRoot: two, proof: [ALL[1]!] })).toBe(true);
  });
});
