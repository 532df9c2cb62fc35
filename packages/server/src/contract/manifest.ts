import { createHash } from 'node:crypto';
import { Type } from 'typebox';

export const Manifest = Type.Array(
  Type.Object(
    { path: Type.String(), sha256: Type.String(), size: Type.Integer({ minimum: 0 }) },
    { title: 'ManifestEntry', additionalProperties: false },
  ),
  { description: 'RFC 8785 JSON, in order of the paths’ bytes' },
);

/**
 * The canonical manifest of a version: RFC 8785 (JCS) JSON, an array of `{ path, sha256, size }` in order of the paths'
 * UTF-8 bytes. Its SHA-256 is the version's digest. Keys are already in JCS order, sizes are integers, and
 * JSON.stringify escapes strings as JCS asks, so it is JSON.stringify of the sorted list.
 */
export function manifestOf(artifacts: readonly { path: string; sha256: string; size_bytes: number }[]): string {
  const sorted = artifacts
    .map(({ path, sha256, size_bytes }) => ({ path, sha256, size: size_bytes }))
    .sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  return JSON.stringify(sorted);
}

export function digestOf(manifest: string): string {
  return `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
}
