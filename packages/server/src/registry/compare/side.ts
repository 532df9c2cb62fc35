import { createHash } from 'node:crypto';
import type { Signature } from '../../contract/artifact.ts';
import type { ComparedVersion } from '../../contract/comparison.ts';
import { toTime } from '../../contract/time.ts';
import type { Version } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import { firstOfEach, metricsOf } from '../evidence/metrics-of.ts';
import { placedVersionAt } from '../past-refs.ts';
import { getVersionRow } from '../versions/find.ts';
import { findNumber } from '../versions/repository.ts';
import { factsOf } from './facts.ts';
import type { Likeness } from './identical.ts';
import type { Measured, MeasuredByName } from './metrics.ts';
import type { Named } from './named.ts';
import { paramsOf } from './params.ts';
import { type Cell, type Cells, toCell, toCells } from './values.ts';

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

/** What is read of a version: neither its card nor its metrics, which are read elsewhere. */
type Told = Pick<
  Version,
  | Exclude<keyof ComparedVersion, 'asked' | 'formats' | 'run_id' | 'git_commit'>
  | ('signature' | 'lineage' | 'source' | 'tags' | 'properties')
>;

export async function readSide(read: Reader, { asked, model, ref }: Named): Promise<Side> {
  const row = await getVersionRow(read, model, ref);
  const metrics = new Map<string, Measured>();
  for (const [name, { value, origin }] of firstOfEach(await metricsOf(read, row)))
    metrics.set(name, origin.of === 'version' ? { value } : { value, origin });
  const { id, signature, lineage, source } = row;
  const version: Told = {
    ...row,
    model,
    signature: signature === null ? null : JSON.parse(signature),
    lineage: lineage === null ? null : JSON.parse(lineage),
    source: source === null ? null : JSON.parse(source),
    tags: JSON.parse(row.tags),
    properties: JSON.parse(row.properties),
    aliases: JSON.parse(row.aliases),
    created_at: toTime(row.created_at),
    updated_at: toTime(row.updated_at),
  };
  return toSide(read, asked, { id, version, formats: undefined, facts: await factsOf(read, id) }, metrics);
}

/** As it was after event `seq`. What is linked is of today, and left out, as are the files of what was open then. */
export async function readSideAt(read: Reader, { asked, model, ref }: Named, seq: number): Promise<Side> {
  const { model_id, version, formats } = await placedVersionAt(read, model, ref, seq);
  const { id } = (await findNumber(read, model_id, version.number))!;
  const metrics = new Map(Object.entries(version.metrics).map(([name, value]) => [name, { value }]));
  const facts: Cells = version.state === 'sealed' ? await factsOf(read, id) : new Map();
  return toSide(read, asked, { id, version, formats, facts }, metrics);
}

async function toSide(
  read: Reader,
  asked: string,
  { id, version, formats, facts }: { id: number; version: Told; formats: string[] | undefined; facts: Cells },
  metrics: MeasuredByName,
): Promise<Side> {
  const { signature, lineage, source, artifact_count, digest } = version;
  const [tags, properties] = [toCells(version.tags), toCells(version.properties)];
  const params = await paramsOf(read, lineage?.run_id, source?.model_id);
  return {
    version_id: id,
    version: toCompared(asked, version, formats ?? []),
    signature: signature as Signature | null,
    ...{ tags, properties, params, facts, metrics },
    likeness: {
      version: String(id),
      ...(digest !== null && artifact_count > 0 && { digest }),
      ...(signature && { signature: toCell(signature).key }),
      ...(lineage?.run_id && { run: lineage.run_id }),
      ...(lineage?.git_commit && { commit: lineage.git_commit }),
      ...likenessOf('params', params, keyOf),
      ...likenessOf('metrics', metrics, ({ value }) => String(value)),
      ...likenessOf('tags', tags, keyOf),
      ...likenessOf('properties', properties, keyOf),
    },
  };
}

function toCompared(asked: string, version: Told, formats: string[]): ComparedVersion {
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

const keyOf = ({ key }: Cell) => key;

function likenessOf<T>(what: keyof Likeness, values: ReadonlyMap<string, T>, key: (value: T) => string): Likeness {
  if (values.size === 0) return {};
  let all = '';
  for (const name of [...values.keys()].sort()) all += `${name}\0${key(values.get(name)!)}\0`;
  return { [what]: all.length > LONG ? createHash('sha256').update(all).digest('base64') : all };
}

/** Of longer texts, in characters, the digest is held. */
const LONG = 16_384;
