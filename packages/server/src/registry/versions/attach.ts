import { type Artifact, Signature, type Verdict } from '../../contract/artifact.ts';
import { fits } from '../../contract/fits.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { Version } from '../../contract/version.ts';
import type { Work } from '../batch.ts';
import { type Bytes, keepInspection } from '../keep-bytes.ts';
import { worstVerdict } from '../lifecycle/checks/verdict.ts';
import { keyOf } from '../names.ts';
import { refuse } from '../refusals.ts';
import { getVersion, updateVersion, type VersionRow } from './repository.ts';
import { assertHeld, assertSlot, type HeldBytes } from './slot.ts';

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
  await keepInspection(work.tx, bytes, work.at);
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
  if (row.signature === null && signature && fits(Signature, signature)) patch.signature = signature;
  const formats = { before: [], after: [inspection.format] };
  const { changes } = await updateVersion(work, model.name, row, patch, { formats });
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
