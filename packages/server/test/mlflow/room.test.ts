import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { useRegistry } from '../support/open-registry.ts';
import { aRun, getRun, INVALID, ok, refused } from '../support/training.ts';

for (const [name, open] of Object.entries(databases))
  describe(`what one run may have on ${name}`, () => {
    const t = useRegistry(open);
    const batch = (run_id: string, body: Record<string, unknown>) =>
      t.mlflow('POST', '/runs/log-batch', { run_id, ...body });
    const entries = (from: number) => Array.from({ length: 100 }, (_, i) => ({ key: `k${from + i}`, value: '' }));

    it('R3 params, tags and metrics are bounded, and what there is can still be written', async () => {
      const run_id = await aRun(t);
      for (let i = 0; i < 5_000; i += 100)
        ok(await batch(run_id, { params: entries(i), ...(i < 1_900 && { tags: entries(i) }) }));
      refused(await batch(run_id, { params: [{ key: 'more', value: '' }] }), INVALID, 'at most 5000 params');
      refused(await batch(run_id, { tags: entries(2_000), params: entries(0) }), INVALID, 'at most 2000 tags');
      refused(await t.mlflow('POST', '/runs/log-parameter', { run_id, key: 'more' }), INVALID, 'at most 5000 params');
      for (let i = 0; i < 20_000; i += 1_000) {
        const metrics = Array.from({ length: 1_000 }, (_, j) => ({ key: `m${i + j}`, value: 1, timestamp: 1 }));
        ok(await batch(run_id, { metrics }));
      }
      refused(
        await batch(run_id, { metrics: [{ key: 'more', value: 1, timestamp: 1 }] }),
        INVALID,
        'at most 20000 metrics',
      );
      ok(
        await batch(run_id, { metrics: [{ key: 'm0', value: 2, timestamp: 2 }], params: entries(0), tags: entries(0) }),
      );
      const { data } = await getRun(t, run_id);
      expect([data.metrics.length, data.params.length, data.tags.length]).toEqual([20_000, 5_000, 1_901]);
    });

    it('R3 its data sets are bounded in bytes', async () => {
      const run_id = await aRun(t);
      const log = (digest: string, length: number) => {
        const dataset = { name: 'd', digest, profile: 'x'.repeat(length) };
        return t.mlflow('POST', '/runs/log-inputs', { run_id, datasets: [{ dataset }] });
      };
      for (const digest of ['a', 'b']) ok(await log(digest, 16_777_215));
      ok(await log('small', 2));
      refused(await log('c', 1), INVALID, 'may have 33554432 bytes');
      expect((await getRun(t, run_id)).inputs.dataset_inputs).toHaveLength(3);
    });
  });
