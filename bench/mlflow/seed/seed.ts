import { ask, askJson } from '../../measure/ask.ts';
import { newModel, newVersion } from '../../seed/documents.ts';
import { EACH, type Shape } from '../../seed/shape.ts';
import { post } from '../calls/request.ts';

/** Requests under way at a time: where MLflow has many changes, it answers some that its database is locked. */
export const TOGETHER = { assayer: 32, mlflow: 4 } as const;
/** Runs that take metrics, of which each request meets the next. */
const RUNS = 100;

/** What becomes of the newest version of a model, of the one before it, and so on. */
const STAGES = ['None', 'Staging', 'Production', 'Archived'];
const CHAMPION = EACH - STAGES.indexOf('Production');

/** Fills a server through MLflow's API alone, so that two servers hold the same. */
export async function seedThrough(port: number, shape: Shape, together: number): Promise<void> {
  const places = Array.from({ length: shape.models }, (_, i) => i);
  const each = (some: number[], work: (i: number) => Promise<void>) => inParallel(together, some, work);
  const names = places.map((i) => newModel(i).name);
  const send = async (path: string, body: object) => void (await ask(port, post(path, body)));

  await each(places, (i) => {
    const { name, description, tags } = newModel(i);
    return send('/registered-models/create', { name, description, tags: toList(tags) });
  });
  // In rounds over all models, as in life: those of one model do not lie side by side, and their numbers are certain.
  for (let number = 1; number <= EACH; number += 1)
    await each(places, (i) => {
      const { description, tags, lineage } = newVersion(i, number);
      const source = `s3://models/${names[i]}/${number}`;
      const version = { name: names[i], source, run_id: lineage?.run_id, description, tags: toList(tags) };
      return send('/model-versions/create', version);
    });
  await each(places, async (i) => {
    for (const [before, stage] of STAGES.entries())
      if (before > 0)
        await send('/model-versions/transition-stage', {
          name: names[i],
          version: String(EACH - before),
          stage,
          archive_existing_versions: false,
        });
    await send('/registered-models/alias', { name: names[i], alias: 'champion', version: String(CHAMPION) });
  });
}

/** Runs that are new, and empty. */
export function startRuns(port: number): Promise<string[]> {
  return inParallel(
    TOGETHER.mlflow,
    Array.from({ length: RUNS }, (_, i) => i),
    async (i) => {
      const request = post('/runs/create', { experiment_id: '0', run_name: `train-${i}`, start_time: i });
      return (await askJson<{ run: { info: { run_id: string } } }>(port, request)).run.info.run_id;
    },
  );
}

const toList = (tags: Record<string, string> = {}) => Object.entries(tags).map(([key, value]) => ({ key, value }));

/** Each of these, so many at a time. */
async function inParallel<T, R>(count: number, items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < items.length; i = next++) done[i] = await work(items[i] as T);
  };
  await Promise.all(Array.from({ length: count }, worker));
  return done;
}
