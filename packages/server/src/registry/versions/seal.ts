import { digestOf, manifestOf } from '../../contract/manifest.ts';
import type { Version } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import type { Work } from '../batch.ts';
import { assertMatches, type IfMatch } from '../etag.ts';
import { listEntries } from './artifacts.ts';
import { getVersion, toVersion, updateVersion } from './repository.ts';

/** Freezes the artifacts of a version and computes its digest. Sealing again changes nothing. */
export async function sealVersion(work: Work, name: string, ref: string, ifMatch?: IfMatch): Promise<Version> {
  const { model, row } = await getVersion(work.tx, name, ref);
  assertMatches(row.etag, ifMatch);
  if (row.state === 'sealed') return toVersion(row, model.name);
  const digest = digestOf(manifestOf(await listEntries(work.tx, row.id)));
  const { version, changes } = await updateVersion(work, model.name, row, { state: 'sealed', digest });
  work.record({ type: 'version.sealed', subject: `${model.name}/${row.number}`, details: { digest }, changes });
  return version;
}

/** The canonical manifest as it stands. */
export async function readManifest(
  reader: Reader,
  name: string,
  ref: string,
): Promise<{ manifest: string; digest: string | null }> {
  const { row } = await getVersion(reader, name, ref);
  return { manifest: manifestOf(await listEntries(reader, row.id)), digest: row.digest };
}
