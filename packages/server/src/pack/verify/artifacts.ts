import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '../../contract/artifact.ts';
import type { Version } from '../../contract/version.ts';
import { problemOfPath } from '../../registry/names.ts';
import { manifestTexts } from '../artifacts.ts';
import type { PackManifest } from '../format.ts';
import { itemsOf } from '../items.ts';
import type { Archive } from './archive.ts';
import type { Findings } from './findings.ts';

/** Holds the list of artifacts, and files of a folder if there is one, against the digest. Answers what of it is shown. */
export async function verifyArtifacts(
  findings: Findings,
  archive: Archive,
  manifest: PackManifest,
  version: Version,
  { folder, onBytes }: { folder?: string | undefined; onBytes?: ((count: number) => void) | undefined },
): Promise<{ shown: Artifact[]; total: number }> {
  const listed = { shown: [] as Artifact[], total: 0 };
  const hasManifest = archive.has('artifact-manifest.json');
  const passed = hasManifest
    ? `their manifest has the digest ${version.digest}`
    : 'the version was purged: the digest is all that is left of them';
  await findings.check('artifacts', passed, async (fail) => {
    let bytes = 0;
    async function* entries(): AsyncGenerator<Artifact> {
      for await (const item of itemsOf(archive.chunks('artifacts.json'))) {
        const artifact = JSON.parse(item) as Artifact;
        listed.total += 1;
        bytes += artifact.size_bytes;
        if (listed.total <= manifest.bounds.components) listed.shown.push(artifact);
        yield artifact;
      }
    }
    const digest = await digestOf(manifestTexts(entries()));
    if (!hasManifest) {
      if (listed.total > 0) fail('they are listed, and their manifest is missing');
      return;
    }
    if (digest !== version.digest) fail(`the list of them has the digest ${digest}, the version ${version.digest}`);
    const written = await digestOf(archive.chunks('artifact-manifest.json'));
    if (written !== version.digest)
      fail(`artifact-manifest.json has the digest ${written}, the version ${version.digest}`);
    if (listed.total !== version.artifact_count || bytes !== version.size_bytes)
      fail(
        `there are ${listed.total} of ${bytes} bytes; the version has ${version.artifact_count} of ${version.size_bytes}`,
      );
  });
  if (folder !== undefined)
    await findings.check('files', `each in ${folder} has the digest of its artifact`, async (fail) => {
      if (!hasManifest) fail('the pack has no list of artifacts to hold them against');
      for await (const item of itemsOf(archive.chunks('artifacts.json'))) {
        const trouble = await troubleWith(folder, JSON.parse(item) as Artifact, onBytes);
        if (trouble !== undefined) fail(trouble);
      }
    });
  return listed;
}

async function digestOf(chunks: AsyncIterable<Uint8Array | string>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
}

/** What is wrong with the file of an artifact in a folder. */
async function troubleWith(
  folder: string,
  { path, size_bytes, sha256 }: Artifact,
  onBytes: ((count: number) => void) | undefined,
): Promise<string | undefined> {
  if (typeof path !== 'string' || problemOfPath(path)) return `${path} is no path of an artifact`;
  const file = join(folder, ...path.split('/'));
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) return `${path} is not there`;
  if (found.size !== size_bytes) return `${path} has ${found.size} bytes, and not ${size_bytes}`;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) {
    hash.update(chunk as Buffer);
    onBytes?.((chunk as Buffer).length);
  }
  return hash.digest('hex') === sha256 ? undefined : `${path} has other bytes than the artifact`;
}
