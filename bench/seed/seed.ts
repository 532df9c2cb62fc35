import { Readable } from 'node:stream';
import { loadConfig } from '../../packages/server/src/config/load.ts';
import type { Artifact } from '../../packages/server/src/contract/artifact.ts';
import { openRegistry } from '../../packages/server/src/main.ts';
import type { Registry } from '../../packages/server/src/registry/registry.ts';
import { type Batch, createBatch } from './batch.ts';
import { addEvidence } from './evidence.ts';
import { FILES } from './files.ts';
import { createHistory, type Fate, type Line } from './history.ts';
import { startLoading } from './loading.ts';
import { EACH, MANY, type Shape } from './shape.ts';

const START = Date.UTC(2025, 0, 1);
const STEP_MS = 1_000;

/** Fills an empty installation. `database` is empty for SQLite in the data folder. `add` writes what comes after all versions. */
export async function seed(data: string, database: string, shape: Shape, add = addEvidence): Promise<void> {
  let at = START;
  const tick = () => {
    at += STEP_MS;
    return at;
  };
  const config = loadConfig({ flags: { data, database, log_level: 'warn' } });
  const { registry, db, ledger, close } = await openRegistry(config, { now: tick });
  try {
    const files = await keepFiles(registry);
    const endLoading = await startLoading(db, shape.versions);
    const batch = createBatch(db, ledger);
    await write(createHistory({ ...batch, files, tick, ids: { model: 1, version: 1, promotion: 0 } }), batch, shape);
    await batch.flush('now');
    await endLoading();
    await add(registry, shape);
    // As the server does every hour.
    await registry.mergeTexts(new AbortController().signal);
  } finally {
    await close();
  }
}

/** The one model that is made by the registry itself: its version holds the bytes that all others share. */
async function keepFiles(registry: Registry): Promise<Artifact[]> {
  const caller = { actor: { name: 'seed', verified: false }, request_id: 'seed' };
  await registry.models.register(caller, { name: 'shared-files' });
  await registry.versions.create(caller, 'shared-files', {});
  const files: Artifact[] = [];
  for (const { path, bytes } of FILES) {
    const slot = { model: 'shared-files', ref: '1', path };
    files.push((await registry.artifacts.upload(caller, slot, Readable.from([bytes]), {})).artifact);
  }
  await registry.versions.seal(caller, 'shared-files', '1');
  return files;
}

/** What becomes of the newest version of a model, of the one before it, and so on; the others are sealed drafts. */
const FATES: readonly Fate[] = ['open', 'staging', 'production', 'archived'];

/** Versions come in rounds over all models, as in life: those of one model do not lie side by side. */
async function write(
  { register, addVersion, finish }: ReturnType<typeof createHistory>,
  { flush }: Batch,
  shape: Shape,
): Promise<void> {
  const lines: { line: Line; each: number }[] = [];
  for (let i = 0; i < shape.models; i += 1) lines.push({ line: register(i), each: EACH });
  if (shape.many > 0) lines.push({ line: register(shape.models, MANY), each: shape.many });
  for (let round = 1; round <= EACH; round += 1)
    for (const { line, each } of lines)
      for (let left = (each / EACH) * (EACH - round + 1); left > (each / EACH) * (EACH - round); left -= 1) {
        addVersion(line, FATES[left - 1] ?? 'draft');
        await flush();
      }
  for (const { line } of lines) {
    finish(line);
    await flush();
  }
}
