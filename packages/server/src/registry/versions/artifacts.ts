import type { Artifact } from '../../contract/artifact.ts';
import type { Reader } from '../../db/database.ts';
import { assertPath, keyOf } from '../names.ts';
import { refuse } from '../refusals.ts';
import type { VersionRow } from './repository.ts';

const COLUMNS = [
  'artifact.path',
  'artifact.size_bytes',
  'artifact.sha256',
  'inspection.media_type',
  'inspection.format',
  'inspection.facts',
  'inspection.findings',
  'inspection.verdict',
  'inspection.rules_version',
] as const;

const select = (reader: Reader) =>
  reader
    .selectFrom('artifact')
    .innerJoin('inspection', 'inspection.sha256', 'artifact.sha256')
    .select([...COLUMNS]);

type ArtifactRow = Awaited<ReturnType<ReturnType<typeof select>['executeTakeFirstOrThrow']>>;

const toArtifact = (row: ArtifactRow): Artifact => ({
  ...row,
  facts: JSON.parse(row.facts),
  findings: JSON.parse(row.findings),
});

/** The artifact at a path, byte for byte. */
export async function findArtifact(reader: Reader, version_id: number, path: string): Promise<Artifact | undefined> {
  const row = await select(reader)
    .where('artifact.version_id', '=', version_id)
    .where('artifact.path_key', '=', keyOf(path))
    .where('artifact.path', '=', path)
    .executeTakeFirst();
  return row && toArtifact(row);
}

/** The artifact whose path reads so after NFC and one percent-decoding: there is at most one. */
export async function findArtifactByKey(
  reader: Reader,
  version_id: number,
  path_key: string,
): Promise<Artifact | undefined> {
  const row = await select(reader)
    .where('artifact.version_id', '=', version_id)
    .where('artifact.path_key', '=', path_key)
    .executeTakeFirst();
  return row && toArtifact(row);
}

/** Artifacts in order of their paths' bytes, after `after`. */
export async function listArtifacts(
  reader: Reader,
  version_id: number,
  page: { after?: string | undefined; most: number },
): Promise<Artifact[]> {
  const rows = await select(reader)
    .where('artifact.version_id', '=', version_id)
    .where('artifact.path', '>', page.after ?? '')
    .orderBy('artifact.path')
    .limit(page.most)
    .execute();
  return rows.map(toArtifact);
}

/** Path, size and digest of every artifact: what the manifest is made of. */
export function listEntries(reader: Reader, version_id: number) {
  return reader
    .selectFrom('artifact')
    .select(['path', 'size_bytes', 'sha256'])
    .where('version_id', '=', version_id)
    .orderBy('path')
    .execute();
}

export async function getArtifact(reader: Reader, model: string, row: VersionRow, path: string): Promise<Artifact> {
  assertPath(path);
  const artifact = await findArtifact(reader, row.id, path);
  if (artifact) return artifact;
  refuse('artifact-not-found', `Version ${row.number} of ${model} has no artifact ${path}. List them at …/artifacts.`, {
    model,
    number: row.number,
    path,
  });
}
