import { createHash } from 'node:crypto';
import { type ZipEntry, zipOf } from '../blobs/archive.ts';
import type { Event } from '../contract/event.ts';
import { toTime } from '../contract/time.ts';
import type { Version } from '../contract/version.ts';
import { parseCheckpoint } from '../events/checkpoint.ts';
import type { Doc } from '../events/replay.ts';
import { subjectAt } from '../registry/timeline.ts';
import { modelDocAt } from '../registry/timeline-model.ts';
import { ownVersion } from '../version.ts';
import { getSealed } from './about.ts';
import { artifactManifestOf, artifactsOf } from './artifacts.ts';
import { eventsBesides } from './besides.ts';
import { bomOf } from './bom/bom.ts';
import { documentsOf } from './documents.ts';
import { BOUNDS, type Bounds, FORMAT, MANIFEST, type PackManifest, SIGNATURE, signedText, toText } from './format.ts';
import { toItems } from './items.ts';
import { linkedMetrics } from './linked.ts';
import { type Chosen, chooseEvents, packedLeaves, packedLines } from './packed-events.ts';
import { pageOf } from './page/page.ts';
import type { Shown } from './page/shown.ts';
import type { PackSource } from './source.ts';
import { Story } from './story.ts';
import { itemFor, TOLD, TOLD_NAMES, type ToldName } from './told.ts';

/** A pack of evidence that can be sent. Nothing of it is put together before it is read. */
export interface Pack {
  model: string;
  number: number;
  chunks(): AsyncGenerator<Uint8Array>;
}

/** Finds the version, or refuses. */
export async function openPack(source: PackSource, model: string, ref: string, bounds = BOUNDS): Promise<Pack> {
  const { row, model: found } = await getSealed(source.read, model, ref);
  return { model: found.name, number: row.number, chunks: () => packOf(source, row, bounds) };
}

type Row = Awaited<ReturnType<typeof getSealed>>['row'];

/**
 * The evidence of a version at the ledger's position of now, as a ZIP. Whatever it holds was told by events up to there,
 * but for the metrics that are linked; so the same position gives the same bytes. One file after the other is streamed,
 * and each list read as often as there are files that tell of it, so that none is held.
 */
async function* packOf({ read, ledger }: PackSource, row: Row, bounds: Bounds): AsyncGenerator<Uint8Array> {
  const about = { model_id: row.model_id, number: row.number };
  const checkpoint = await ledger.checkpoint();
  const head = parseCheckpoint(checkpoint);
  if (!head.ok) throw new Error(head.detail);
  const { size, origin } = head;
  const model = await modelDocAt(read, row.model_id, size);
  if (!model) throw new Error(`the ledger does not tell of model ${row.model_id}`);
  const own = await chooseEvents(read, about, size, bounds.events);
  const besides = await eventsBesides(read, own, model.name, bounds.policies);
  const chosen: Chosen = { ...own, besides: besides.seqs };

  const story = new Story(about, bounds);
  for await (const { line } of packedLines(read, chosen)) story.add(JSON.parse(line) as Event);
  const version = chosen.complete ? story.version() : named(await subjectAt(read, about, size), model.name);
  if (version?.digest !== row.digest) throw new Error(`the ledger tells of another ${model.name}/${row.number}`);

  const as_of = await timeOf(read, size);
  const purged = row.purged_at !== null;
  const artifacts = { shown: [] as Shown['artifacts']['shown'][number][], total: 0 };
  const manifest: PackManifest = {
    format: FORMAT,
    assayer: ownVersion(),
    of: {
      model: version.model,
      ...about,
      digest: row.digest,
      artifact_count: version.artifact_count,
      size_bytes: version.size_bytes,
    },
    ledger: { origin, size, root: Buffer.from(head.root).toString('base64'), as_of },
    events: {
      of_version: chosen.count,
      besides: chosen.besides.length,
      complete: chosen.complete,
      all_policies: besides.complete,
    },
    bounds: { ...bounds },
    left_out: leftOut(chosen, besides.complete, purged, bounds),
    files: [],
  };
  const shown: Shown = {
    version,
    model,
    ledger: manifest.ledger,
    assayer: manifest.assayer,
    linked: await linkedMetrics(read, row),
    artifacts,
    evaluations: story.evaluations,
    steps: story.steps,
    edits: story.edits,
    events: story.events,
    left_out: manifest.left_out,
  };

  async function* told(name: ToldName): AsyncGenerator<string> {
    for await (const { line } of packedLines(read, chosen, TOLD[name].types)) {
      const item = itemFor(name, JSON.parse(line) as Event);
      if (item !== undefined) yield item;
    }
  }
  async function* listedArtifacts(): AsyncGenerator<string> {
    for await (const artifact of artifactsOf(read, row.id)) {
      artifacts.total += 1;
      if (artifacts.total <= bounds.components) artifacts.shown.push(artifact);
      yield JSON.stringify(artifact);
    }
  }
  async function* lines(): AsyncGenerator<Buffer> {
    for await (const { line } of packedLines(read, chosen)) yield Buffer.from(`${line}\n`);
  }
  async function* proofs(): AsyncGenerator<string> {
    const prove = ledger.prover(size);
    for await (const { seq, leaf } of packedLeaves(read, chosen))
      yield JSON.stringify({ seq, leaf: base64(leaf), proof: (await prove(seq)).map(base64) });
  }

  const mtime = new Date(as_of);
  const entry = (name: string, chunks: () => Chunks): ZipEntry => ({ path: name, mtime, open: async () => chunks() });
  const file = (name: PackManifest['files'][number]['name'], chunks: () => Chunks): ZipEntry =>
    entry(name, () => counted(chunks(), (size, sha256) => manifest.files.push({ name, size, sha256 })));

  function* entries(): Generator<ZipEntry> {
    for (const [name, text] of documentsOf(shown)) yield file(name, () => written(() => text));
    if (!purged) yield file('artifact-manifest.json', () => artifactManifestOf(read, row));
    yield file('artifacts.json', () => toItems(listedArtifacts()));
    for (const name of TOLD_NAMES) yield file(name, () => toItems(told(name)));
    yield file('events.jsonl', lines);
    yield file('proofs.json', () => toItems(proofs()));
    yield file('checkpoint.txt', () => written(() => checkpoint));
    yield file('vkey.txt', () => written(() => `${ledger.vkey}\n`));
    yield file('bom.cdx.json', () => written(() => bomOf(shown)));
    yield file('index.html', () => written(() => pageOf(shown)));
    const text = toText(manifest);
    yield entry(MANIFEST, () => written(() => text));
    const sha256 = createHash('sha256').update(text).digest('hex');
    yield entry(SIGNATURE, () => written(() => ledger.sign(signedText(origin, sha256))));
  }
  yield* zipOf(entries());
}

type Chunks = AsyncIterable<Uint8Array>;

async function* counted(chunks: Chunks, done: (size: number, sha256: string) => void): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    hash.update(chunk);
    yield chunk;
  }
  done(size, hash.digest('hex'));
}

async function* written(make: () => string): AsyncGenerator<Buffer> {
  yield Buffer.from(make());
}

const base64 = (hash: Uint8Array) => Buffer.from(hash).toString('base64');

function named(doc: Doc | undefined, model: string): Version | undefined {
  return doc && ({ ...doc, model } as Version);
}

async function timeOf(read: PackSource['read'], seq: number): Promise<string> {
  const { at } = await read.selectFrom('event').select('at').where('seq', '=', seq).executeTakeFirstOrThrow();
  return toTime(at);
}

function leftOut(chosen: Chosen, allPolicies: boolean, purged: boolean, bounds: Bounds): string[] {
  const told = ['The bytes of the artifacts: they are in archive.tar and archive.zip of the version.'];
  if (!chosen.complete)
    told.push(
      `Events of the version before the newest ${bounds.events}: what it was then does not follow from the rest.`,
    );
  if (!allPolicies) told.push(`Policies that were in force earlier than the ${bounds.policies} newest edits.`);
  if (purged) told.push('The list of the artifacts, and the metadata: the version was purged.');
  return told;
}
