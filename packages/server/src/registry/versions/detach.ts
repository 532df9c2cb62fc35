import type { Work } from '../batch.ts';
import { worstVerdict } from '../lifecycle/checks/verdict.ts';
import { assertPath, keyOf } from '../names.ts';
import { refuse } from '../refusals.ts';
import { getArtifact } from './artifacts.ts';
import { formatsOfEach, getVersion, updateVersion } from './repository.ts';
import { assertHeld, type HeldBytes } from './slot.ts';

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
    { formats: { before: [artifact.format], after: (await formatsOfEach(work.tx, [row.id])).get(row.id) ?? [] } },
  );
  work.record({
    type: 'artifact.detached',
    subject: `${model.name}/${row.number}`,
    details: { path, sha256: artifact.sha256 },
    changes,
  });
}
