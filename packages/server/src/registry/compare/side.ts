import { createHash } from 'node:crypto';
import type { Signature } from '../../contract/artifact.ts';
import type { ComparedVersion } from '../../contract/comparison.ts';
import type { Version } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import { metricsOf } from '../evidence/metrics-of.ts';
import { placedVersionAt } from '../past-refs.ts';
import { findVersion } from '../versions/find.ts';
import { findNumber, formatsOfEach, getVersion, toVersion } from '../versions/repository.ts';
import { factsOf } from './facts.ts';
import type { Likeness } from './identical.ts';
import type { MeasuredByName } from './metrics.ts';
import type { Named } from './named.ts';
import { paramsOf } from './params.ts';
import { type Cells, toCell, toCells } from './values.ts';

/** What is held of one version until all were read. Its card, and whatever else may be long, is not. */
export interface Side {
  version_id: number;
  version: ComparedVersion;
  signature: Signature | null;
  tags: Cells;
  properties: Cells;
  params: Cells;
  facts: Cells;
  metrics: MeasuredByName;
  likeness: Likeness;
}

export async function readSide(read: Reader, { asked, model, ref }: Named): Promise<Side> {
  const row = (await findVersion(read, model, ref)) ?? (await getVersion(read, model, ref)).row;
  const formats = (await formatsOfEach(read, [row.id])).get(row.id) ?? [];
  const measured = (await metricsOf(read, row))
    .reverse()
    .map(({ name, value, origin }) => [name, { value, origin }] as const);
  // Of several of one name the first one counts: the version's own.
  const facts = await factsOf(read, row.id);
  return toSide(read, asked, { id: row.id, version: toVersion(row, model), formats, facts }, new Map(measured));
}

/** As it was after event `seq`. What is linked is of today, and left out, as are the files of what was open then. */
export async function readSideAt(read: Reader, { asked, model, ref }: Named, seq: number): Promise<Side> {
  const { model_id, version, formats } = await placedVersionAt(read, model, ref, seq);
  const { id } = (await findNumber(read, model_id, version.number))!;
  const measured = Object.entries(version.metrics).map(
    ([name, value]) => [name, { value, origin: { of: 'version' } }] as const,
  );
  const facts: Cells = version.state === 'sealed' ? await factsOf(read, id) : new Map();
  return toSide(read, asked, { id, version, formats, facts }, new Map(measured));
}

async function toSide(
  read: Reader,
  asked: string,
  { id, version, formats, facts }: { id: number; version: Version; formats: string[]; facts: Cells },
  metrics: MeasuredByName,
): Promise<Side> {
  const { signature, lineage, source, artifact_count, digest } = version;
  const [tags, properties] = [toCells(version.tags), toCells(version.properties)];
  const params = await paramsOf(read, lineage?.run_id, source?.model_id);
  return {
    version_id: id,
    version: toCompared(asked, version, formats),
    signature: signature as Signature | null,
    ...{ tags, properties, params, facts, metrics },
    likeness: {
      version: String(id),
      ...(digest !== null && artifact_count > 0 && { digest }),
      ...(signature && { signature: toCell(signature).key }),
      ...(lineage?.run_id && { run: lineage.run_id }),
      ...(lineage?.git_commit && { commit: lineage.git_commit }),
      ...likenessOf('params', params),
      ...likenessOf('metrics', new Map([...metrics].map(([name, { value }]) => [name, { key: String(value) }]))),
      ...likenessOf('tags', tags),
      ...likenessOf('properties', properties),
    },
  };
}

function toCompared(asked: string, version: Version, formats: string[]): ComparedVersion {
  const { model, number, status, state, digest, size_bytes, artifact_count, verdict, framework } = version;
  const { aliases, lineage, created_at, created_by, updated_at, etag } = version;
  return {
    ...{
      asked,
      model,
      number,
      status,
      state,
      digest,
      size_bytes,
      artifact_count,
      verdict,
      framework,
      aliases,
      formats,
    },
    run_id: lineage?.run_id ?? null,
    git_commit: lineage?.git_commit ?? null,
    ...{ created_at, created_by, updated_at, etag },
  };
}

function likenessOf(what: keyof Likeness, values: ReadonlyMap<string, { key: string }>): Likeness {
  if (values.size === 0) return {};
  const all = [...values].map(([name, { key }]) => JSON.stringify([name, key])).sort();
  return { [what]: createHash('sha256').update(all.join('\n')).digest('base64') };
}
