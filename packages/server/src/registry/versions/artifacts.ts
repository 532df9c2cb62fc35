import { Value } from 'typebox/value';
import { type Artifact, type Inspection, Signature, type Verdict } from '../../contract/artifact.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { Version } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import type { Work } from '../change.ts';
import { worstVerdict } from '../lifecycle/rules.ts';
import { assertPath, foldersOf, keyOf } from '../names.ts';
import { refuse } from '../refusals.ts';
import { formatsOf, getVersion, updateVersion, type VersionRow } from './repository.ts';

/** Bytes that the store already holds, and what was read from them. */
export interface Bytes {
  sha256: string;
  size_bytes: number;
  inspection: Inspection;
}

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

/** What a client's `If-Match` says of the artifact at a path: any, or one of these digests. */
export type HeldBytes = '*' | readonly string[];

function assertHeld(path: string, there: string | undefined, ifMatch: HeldBytes | undefined): void {
  if (ifMatch === undefined || (there !== undefined && (ifMatch === '*' || ifMatch.includes(there)))) return;
  const is = there === undefined ? 'there is no artifact' : `the ETag is "${there}"`;
  refuse('stale-write', `At ${path} ${is}. Read it again and repeat the change.`, {
    expected: ifMatch === '*' ? '*' : ifMatch.join(', '),
    actual: there ?? null,
  });
}

/** Refuses a slot that cannot take these bytes. Answers the artifact that is there already with the same bytes. */
export async function assertSlot(
  reader: Reader,
  model: string,
  row: VersionRow,
  path: string,
): Promise<Artifact | undefined> {
  if (row.state === 'sealed')
    refuse(
      'version-sealed',
      `Version ${row.number} of ${model} is sealed: its artifacts are for ever. Create a new version.`,
      {
        model,
        number: row.number,
      },
    );
  const there = await reader
    .selectFrom('artifact')
    .select('path')
    .where('version_id', '=', row.id)
    .where((eb) => eb.or([eb('path_key', '=', keyOf(path)), eb('path_key', 'in', [...foldersOf(keyOf(path)), ''])]))
    .executeTakeFirst();
  if (there && there.path === path) return findArtifact(reader, row.id, path);
  const below = there ?? (await firstBelow(reader, row.id, keyOf(path)));
  if (below)
    refuse(
      'path-taken',
      `The path ${path} cannot stand beside ${below.path}: one is a folder of the other, or both read the same.`,
      {
        path,
        by: below.path,
      },
    );
  return undefined;
}

function firstBelow(reader: Reader, version_id: number, folder: string): Promise<{ path: string } | undefined> {
  return reader
    .selectFrom('artifact')
    .select('path')
    .where('version_id', '=', version_id)
    .where('path_key', '>=', `${folder}/`)
    .where('path_key', '<', `${folder}0`) // '0' follows '/'
    .limit(1)
    .executeTakeFirst();
}

/**
 * Attaches bytes of the store to an open version. The same bytes again are no change; other bytes at a path that is
 * taken are refused: delete the artifact first.
 */
export async function attachArtifact(
  work: Work,
  name: string,
  ref: string,
  path: string,
  bytes: Bytes,
  limitBytes: number,
  ifMatch?: HeldBytes,
): Promise<{ artifact: Artifact; created: boolean }> {
  const { model, row } = await getVersion(work.tx, name, ref);
  const there = await assertSlot(work.tx, model.name, row, path);
  assertHeld(path, there?.sha256, ifMatch);
  if (there?.sha256 === bytes.sha256) return { artifact: there, created: false };
  if (there)
    refuse(
      'path-taken',
      `There is already an artifact at ${path} with other bytes. Delete it first, or create a new version.`,
      {
        path,
        by: path,
      },
    );
  assertRoom(row, bytes.size_bytes, limitBytes);
  const { inspection } = bytes;
  await keepInspection(work, bytes);
  await work.tx
    .insertInto('artifact')
    .values({
      version_id: row.id,
      path,
      path_key: keyOf(path),
      size_bytes: bytes.size_bytes,
      sha256: bytes.sha256,
      created_at: work.at,
    })
    .execute();
  const verdicts: Verdict[] = row.artifact_count === 0 ? [inspection.verdict] : [row.verdict, inspection.verdict];
  const patch: Partial<Version> = {
    size_bytes: row.size_bytes + bytes.size_bytes,
    artifact_count: row.artifact_count + 1,
    verdict: worstVerdict(verdicts),
  };
  // A file can state more than a signature may hold: what does not fit stays out.
  const { signature } = inspection;
  if (row.signature === null && signature && Value.Check(Signature, signature)) patch.signature = signature;
  const formats = await formatsWith(work.tx, row.id, inspection.format);
  const { changes } = await updateVersion(work, model.name, row, patch, formats ? { formats } : {});
  work.record({
    type: 'artifact.attached',
    subject: `${model.name}/${row.number}`,
    details: {
      path,
      sha256: bytes.sha256,
      size_bytes: bytes.size_bytes,
      format: inspection.format,
      verdict: inspection.verdict,
      rules_version: inspection.rules_version,
    },
    changes,
  });
  const { signature: _, ...told } = inspection;
  return { artifact: { path, size_bytes: bytes.size_bytes, sha256: bytes.sha256, ...told }, created: true };
}

function assertRoom(row: VersionRow, more: number, limitBytes: number): void {
  if (row.artifact_count >= LIMITS.artifactsOfVersion)
    refuse(
      'too-large',
      `A version holds at most ${LIMITS.artifactsOfVersion} artifacts. Pack small files into an archive.`,
      {
        limit_bytes: limitBytes,
      },
    );
  if (row.size_bytes + more > limitBytes)
    refuse(
      'too-large',
      `A version holds at most ${limitBytes} bytes here. Ask the operator to raise limits.version_bytes.`,
      {
        limit_bytes: limitBytes,
      },
    );
}

/** The version's formats where this one is new among them; undefined where its search index stays as it is. */
async function formatsWith(reader: Reader, version_id: number, format: string): Promise<string[] | undefined> {
  const known = await reader
    .selectFrom('version_facet')
    .select('text')
    .where('version_id', '=', version_id)
    .where('key', '=', 'format')
    .execute();
  const formats = known.map(({ text }) => text as string);
  return formats.includes(format) ? undefined : [...formats, format].sort();
}

async function keepInspection(work: Work, { sha256, inspection }: Bytes): Promise<void> {
  const read = {
    media_type: inspection.media_type,
    format: inspection.format,
    facts: JSON.stringify(inspection.facts),
    findings: JSON.stringify(inspection.findings),
    verdict: inspection.verdict as 'clean',
    signature: inspection.signature ? JSON.stringify(inspection.signature) : null,
    rules_version: inspection.rules_version,
    inspected_at: work.at,
  };
  await work.tx
    .insertInto('inspection')
    .values({ sha256, ...read })
    .onConflict((conflict) => conflict.column('sha256').doNothing())
    .execute();
}

/** Takes an artifact out of an open version. */
export async function detachArtifact(
  work: Work,
  { model: name, ref, path }: { model: string; ref: string; path: string },
  ifMatch?: HeldBytes,
): Promise<void> {
  assertPath(path);
  const { model, row } = await getVersion(work.tx, name, ref);
  const artifact = await getArtifact(work.tx, model.name, row, path);
  assertHeld(path, artifact.sha256, ifMatch);
  if (row.state === 'sealed')
    refuse('version-sealed', `Version ${row.number} of ${model.name} is sealed: its artifacts are for ever.`, {
      model: model.name,
      number: row.number,
    });
  await work.tx.deleteFrom('artifact').where('version_id', '=', row.id).where('path_key', '=', keyOf(path)).execute();
  const left = await work.tx
    .selectFrom('artifact')
    .innerJoin('inspection', 'inspection.sha256', 'artifact.sha256')
    .select('inspection.verdict')
    .distinct()
    .where('artifact.version_id', '=', row.id)
    .execute();
  const { changes } = await updateVersion(
    work,
    model.name,
    row,
    {
      size_bytes: row.size_bytes - artifact.size_bytes,
      artifact_count: row.artifact_count - 1,
      verdict: worstVerdict(left.map((rest) => rest.verdict)),
    },
    { formats: await formatsOf(work.tx, row.id) },
  );
  work.record({
    type: 'artifact.detached',
    subject: `${model.name}/${row.number}`,
    details: { path, sha256: artifact.sha256 },
    changes,
  });
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
