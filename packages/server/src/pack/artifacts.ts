import { createHash } from 'node:crypto';
import type { Artifact } from '../contract/artifact.ts';
import { manifestOf } from '../contract/manifest.ts';
import type { Reader } from '../db/database.ts';
import { breath } from '../registry/paging/breath.ts';
import { listArtifacts } from '../registry/versions/artifacts.ts';

const ROWS_TOGETHER = 100;

/** Every artifact of a version, in order of path, with its inspection. */
export async function* artifactsOf(reader: Reader, version_id: number): AsyncGenerator<Artifact> {
  for (let after: string | undefined; ; ) {
    const rows = await listArtifacts(reader, version_id, { after, most: ROWS_TOGETHER });
    yield* rows;
    if (rows.length < ROWS_TOGETHER) return;
    after = rows.at(-1)?.path;
    await breath();
  }
}

/** What an artifact is in the canonical manifest. */
export type Entry = Pick<Artifact, 'path' | 'sha256' | 'size_bytes'>;

/** The canonical manifest, bit by bit, of artifacts in order of their paths. */
export async function* manifestTexts(entries: AsyncIterable<Entry>): AsyncGenerator<string> {
  let lead = '[';
  for await (const entry of entries) {
    yield lead + manifestOf([entry]).slice(1, -1);
    lead = ',';
  }
  yield lead === '[' ? '[]' : ']';
}

/** The same as bytes. Fails at the end where they are not what the digest says: such a pack is not sent as whole. */
export async function* artifactManifestOf(
  reader: Reader,
  { id, digest }: { id: number; digest: string },
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const text of manifestTexts(artifactsOf(reader, id))) {
    hash.update(text);
    yield Buffer.from(text);
  }
  if (`sha256:${hash.digest('hex')}` !== digest)
    throw new Error(`the artifacts of ${digest} are not those of its manifest`);
}
