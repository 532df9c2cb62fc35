import type { Registry } from '../../packages/server/src/registry/registry.ts';
import { nameOf, type Shape } from './shape.ts';

/** The data set that models were evaluated on, of each one version. */
export const DATASET = 'holdout';
const EVALUATED = 1_000;
/** The version that has a metric of so many points that a chart of it is thinned. */
export const LOGGED = { version: `${nameOf(0)}/1`, metric: 'step_loss' };
const POINTS = 20_000;
const TOGETHER = 1_000;

const CALLER = { actor: { name: 'seed', verified: false }, request_id: 'seed' };

/** What versions are judged by: written by the registry itself, once all versions are there. */
export async function addEvidence({ evidence }: Registry, { models }: Shape): Promise<void> {
  for (let i = 0; i < Math.min(models, EVALUATED); i += 1)
    await evidence.evaluations.record(CALLER, nameOf(i), '1', {
      dataset: { name: DATASET, digest: 'sha256:1' },
      metrics: { accuracy: 0.5 + ((i * 7_919) % 500) / 1_000 },
      n: 1_000,
    });
  for (let from = 0; from < POINTS; from += TOGETHER) {
    const metrics = Array.from({ length: TOGETHER }, (_, k) => ({
      name: LOGGED.metric,
      value: 1 + Math.sin((from + k) / 700) + ((from + k) % 13) / 100,
      step: from + k,
    }));
    await evidence.metrics.log(CALLER, nameOf(0), '1', { metrics });
  }
}
