/** How compressed bytes begin: the marks that joblib goes by (joblib/numpy_pickle_utils.py), and zstd. */
export type Compression = 'zlib' | 'gzip' | 'bz2' | 'xz' | 'lzma' | 'lz4' | 'zstd' | 'zfile';

const MARKS: [Compression, readonly number[]][] = [
  ['gzip', [0x1f, 0x8b]],
  ['bz2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['lzma', [0x5d, 0x00]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  // joblib before 0.10: this mark, the length in hexadecimal text, then zlib.
  ['zfile', [0x5a, 0x46, 0x30, 0x78]],
];

export function compressionOf(head: Uint8Array): Compression | undefined {
  // RFC 1950: method 8, a window of at most 32 KiB, and a header that is a multiple of 31.
  if (head.length > 1 && (head[0]! & 0x8f) === 8 && ((head[0]! << 8) | head[1]!) % 31 === 0) return 'zlib';
  return MARKS.find(([, mark]) => mark.every((b, i) => head[i] === b))?.[0];
}
