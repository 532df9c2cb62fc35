import { toTime } from '../../contract/time.ts';
import type { NewVersion, Version } from '../../contract/version.ts';
import type { Work } from '../batch.ts';
import { assertProperties, assertSize, assertTags, mergeMap } from '../metadata.ts';
import { changeModel, getModel } from '../models/repository.ts';
import { insertVersion } from './repository.ts';

/** Creates the next version of a model: a draft, open. Numbers follow each other without a gap and are never used again. */
export async function createVersion(work: Work, name: string, asked: NewVersion): Promise<Version> {
  assertTags(asked.tags);
  assertProperties(asked.properties);
  const { tags = {}, card = null } = asked;
  const properties = mergeMap({}, asked.properties ?? {});
  assertSize({ tags, properties, card });
  const row = await getModel(work.tx, name);
  const number = row.last_number + 1;
  const at = toTime(work.at);
  const version: Version = {
    model: row.name,
    number,
    status: 'draft',
    state: 'open',
    digest: null,
    size_bytes: 0,
    artifact_count: 0,
    verdict: 'unknown',
    description: asked.description ?? null,
    tags,
    properties,
    card,
    framework: asked.framework ?? null,
    signature: asked.signature ?? null,
    lineage: asked.lineage ?? null,
    source: null,
    aliases: [],
    metrics: asked.metrics ?? {},
    created_at: at,
    created_by: work.caller.actor.name,
    updated_at: at,
    etag: 1,
    deregistered: null,
  };
  const patch = { latest_version: number, version_count: row.version_count + 1 };
  const { writes, changes } = changeModel(work, row, patch, { last_number: number });
  const { change } = await insertVersion(work, row.id, version, { writes });
  work.record({ type: 'version.created', subject: `${row.name}/${number}`, changes: [change, ...changes] });
  return version;
}
