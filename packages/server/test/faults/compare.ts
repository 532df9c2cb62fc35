import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { get, getJson, sha256Of } from './client.ts';
import { type Known, pathOf } from './workload.ts';

const AT_ONCE = 16;
const PAGE = 100;

/**
 * That a model holds all that was acknowledged of it, and nothing half-made besides: numbers without a gap, as many as
 * were created but for what is yet to be repeated, the alias where it was put; of its newest versions (`newest` of them)
 * what was said of each, and for every artifact that can be seen the bytes that it names, on the disk.
 */
export async function compareModel(server: string, model: string, known: Known, newest: number, blobs: string) {
  const own = known.models.get(model);
  if (!own) return;
  const { version_count, latest_version, aliases } = await getJson(server, pathOf(model));
  expect(version_count).toBe(latest_version ?? 0);
  expect(version_count).toBeGreaterThanOrEqual(own.created);
  expect(version_count).toBeLessThanOrEqual(own.created + known.lost.filter((lost) => lost.model === model).length);
  expect([own.alias, own.tried]).toContain(aliases.best ?? null);
  own.alias = aliases.best ?? null; // the next round may try again before it is told of a yes
  const page = `page_size=${Math.min(newest, PAGE)}&sort=-number`;
  const { items } = await getJson(server, `${pathOf(model)}/versions?${page}`);
  expect(items.length).toBe(Math.min(newest, PAGE, version_count));
  for (const [i, version] of items.entries()) {
    expect(version.number).toBe(version_count - i);
    const path = pathOf(model, version.number);
    const { tags, digest, promoted } = known.versions.get(path) ?? {};
    if (tags) expect(version.tags).toEqual(tags);
    if (digest) expect(version).toMatchObject({ state: 'sealed', digest });
    if (promoted) expect(version.status).toBe('production');
    await compareArtifacts(server, `${path}/artifacts`, version.artifact_count, known, blobs);
  }
}

async function compareArtifacts(server: string, at: string, count: number, known: Known, blobs: string) {
  const { items } = await getJson(server, at);
  expect(items.length).toBe(count);
  const seen = new Map<string, string>();
  for (const { path, sha256, size_bytes } of items) {
    const bytes = await readFile(join(blobs, 'sha256', sha256.slice(0, 2), sha256));
    expect({ path, size: bytes.length, sha256: sha256Of(bytes) }).toEqual({ path, size: size_bytes, sha256 });
    seen.set(path, sha256);
  }
  for (const path of ['a.bin', 'deep/b.bin']) {
    const acknowledged = known.artifacts.get(`${at}/${path}`);
    if (acknowledged !== undefined) expect(seen.get(path)).toBe(acknowledged);
  }
}

/** That every acknowledged artifact is served, with its bytes. */
export async function compareServed(server: string, known: Known): Promise<void> {
  await inParallel([...known.artifacts], async ([path, sha256]) =>
    expect(sha256Of((await get(server, path)).bytes), path).toBe(sha256),
  );
}

/** So many at once, so that a check of hundreds takes moments. */
export async function inParallel<T>(all: readonly T[], check: (one: T) => Promise<void>): Promise<void> {
  const rest = all.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const one of rest) await check(one);
    }),
  );
}
