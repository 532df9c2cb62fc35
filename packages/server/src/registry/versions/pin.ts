import type { Caller } from '../../contract/actor.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { Tags } from '../../contract/shapes.ts';
import { toTime } from '../../contract/time.ts';
import type { Source, Version } from '../../contract/version.ts';
import { insertRows } from '../../db/rows.ts';
import type { Work } from '../batch.ts';
import type { Change } from '../change.ts';
import { type Measured, measuredOfModel } from '../evidence/from-run.ts';
import { writeMeasured } from '../evidence/note-evaluations.ts';
import { assertSize, assertTags } from '../metadata.ts';
import { getModel, type ModelRow, updateModel } from '../models/repository.ts';
import { refuse, refuseField } from '../refusals.ts';
import { Condemned } from '../sweep.ts';
import { noteVersion } from './note-version.ts';
import { provenanceOf } from './provenance.ts';
import { findNumber, insertVersion, toVersion, type VersionRow } from './repository.ts';
import { type Named, type Resolved, resolveSource } from './resolve.ts';
import { readTree } from './tree.ts';

/** A version that is made from a source. */
export interface NewPinned extends Named {
  run_link: string | undefined;
  description: string | null;
  tags: Tags;
}

export interface PinParts {
  change: Change;
  limits: { version_bytes: number };
  /** Takes bytes off the list of the sweep, and says whether they are there. */
  reprieve(sha256: string): Promise<boolean>;
}

const TRIES = 5;

/**
 * Creates the next version of a model from a source. Files that are kept here become the version's own, as they are now,
 * and the version is sealed: what becomes of the run that made them changes nothing of it. Of a source elsewhere only
 * the name is recorded. All in one change, which reads no file.
 */
export async function pinVersion(parts: PinParts, caller: Caller, name: string, asked: NewPinned): Promise<Version> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await parts.change(caller, (work) => pin(work, parts.limits.version_bytes, name, asked));
    } catch (error) {
      if (!(error instanceof Condemned)) throw error;
      if (attempt === TRIES || !(await parts.reprieve(error.sha256)))
        refuse('blob-not-found', `Files of the source are gone from the store. Log them again.`, {
          sha256: error.sha256,
        });
    }
  }
}

async function pin(work: Work, limitBytes: number, name: string, asked: NewPinned): Promise<Version> {
  const { tags, description } = asked;
  const resolved = await resolveSource(work.tx, asked);
  assertTags(tags);
  assertSize({ tags, properties: {}, card: null });
  const row = await getModel(work.tx, name);
  const { artifacts, formats, written_at, version: sealed } = await readTree(work.tx, resolved.files, limitBytes);
  const number = row.last_number + 1;
  const at = toTime(work.at);
  const version: Version = {
    model: row.name,
    number,
    status: 'draft',
    state: 'sealed',
    ...sealed,
    description,
    tags,
    properties: {},
    card: null,
    ...(await provenanceOf(work.tx, resolved)),
    source: sourceOf(resolved, asked.run_link, artifacts.length > 0),
    aliases: [],
    created_at: at,
    created_by: work.caller.actor.name,
    updated_at: at,
    etag: 1,
    deregistered: null,
  };
  const { id, change } = await insertVersion(work, row.id, version, { formats });
  const created_at = work.at;
  await insertRows(
    work.tx,
    'artifact',
    artifacts.map((artifact) => ({ version_id: id, ...artifact, created_at })),
  );
  if (resolved.logged_model !== undefined) await noteVersion(work.tx, resolved.logged_model, row.name, number);
  const counted = { latest_version: number, version_count: row.version_count + 1 };
  const { changes } = await updateModel(work, row, counted, { last_number: number });
  work.record({
    type: 'version.created',
    subject: `${row.name}/${number}`,
    details: { source: resolved.uri, digest: version.digest, artifact_count: artifacts.length, formats },
    changes: [change, ...changes],
  });
  if (resolved.logged_model === undefined) return version;
  return takeOver(work, row, version, await measuredOfModel(work.tx, resolved.logged_model, written_at));
}

/** What was measured of the logged model on data sets so far becomes evaluations of the version. */
async function takeOver(
  work: Work,
  model: ModelRow,
  version: Version,
  measured: readonly Measured[],
): Promise<Version> {
  const row = async () => (await findNumber(work.tx, model.id, version.number)) as VersionRow;
  for (const one of measured) await writeMeasured(work, model, await row(), one);
  return measured.length === 0 ? version : toVersion(await row(), model.name);
}

function sourceOf({ uri, model_id, location }: Resolved, run_link: string | undefined, isProtected: boolean): Source {
  if (model_id !== undefined && model_id.length > LIMITS.owner)
    refuseField('/model_id', `must have at most ${LIMITS.owner} characters`);
  if (run_link !== undefined && run_link.length > LIMITS.lineageText)
    refuseField('/run_link', `must have at most ${LIMITS.lineageText} characters`);
  return {
    uri,
    protected: isProtected,
    ...(model_id !== undefined && { model_id }),
    ...(run_link && { run_link }),
    ...(!isProtected && location !== undefined && location !== uri && { location }),
  };
}
