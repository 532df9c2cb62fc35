import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { useRegistry } from '../support/open-registry.ts';
import { ABSENT, aRun, getRun, INVALID, ok, refused } from '../support/training.ts';

interface Point {
  key?: string;
  value: number | string;
  timestamp: number;
  step?: number;
}

const LARGEST = Number.MAX_VALUE;
/** JSON has no infinities, and whole numbers beyond 2^53 are refused unless they are text. */
const isPlain = (value: unknown) => Number.isFinite(value) && Math.abs(value as number) < 2 ** 53;

for (const [name, open] of Object.entries(databases))
  describe(`metrics on ${name}`, () => {
    const t = useRegistry(open);
    const log = (run_id: string, point: Record<string, unknown>) =>
      t.mlflow('POST', '/runs/log-metric', { run_id, key: 'm', ...point });
    const get = (path: string, query: Record<string, unknown>) => t.mlflow('GET', `/metrics/${path}`, query);
    const history = async (run_id: string, more = {}) =>
      ok(await get('get-history', { run_id, metric_key: 'm', ...more }));
    const latest = async (run_id: string) => (await getRun(t, run_id)).data.metrics;
    const logAll = async (run_id: string, points: Point[]) => {
      for (let i = 0; i < points.length; i += 1_000) {
        const metrics = points.slice(i, i + 1_000).map((point) => ({ key: 'm', ...point }));
        ok(await t.mlflow('POST', '/runs/log-batch', { run_id, metrics }));
      }
    };

    it('numbers are kept as they are, NaN too, and infinities as the largest number', async () => {
      const run_id = await aRun(t);
      const values: [unknown, unknown][] = [
        [0.1, 0.1],
        ['1e-300', 1e-300],
        [5e-324, 5e-324],
        [-12, -12],
        ['NaN', 'NaN'],
        ['Infinity', LARGEST],
        ['-Infinity', -LARGEST],
        [9_007_199_254_740_991, 9_007_199_254_740_991],
        ['0.30000000000000004', 0.30000000000000004],
      ];
      for (const [i, [sent, kept]] of values.entries()) {
        expect(ok(await log(run_id, { value: sent, timestamp: String(i), step: i }))).toEqual({});
        expect(await latest(run_id)).toEqual([{ key: 'm', value: kept, timestamp: i, step: i }]);
      }
      const { metrics } = await history(run_id);
      expect(metrics.map((point: Point) => point.value)).toEqual(values.map(([, kept]) => kept));
    });

    it('times and steps are whole numbers that are kept exactly, or refused', async () => {
      const run_id = await aRun(t);
      const most = Number.MAX_SAFE_INTEGER;
      ok(await log(run_id, { value: 1, timestamp: most, step: -most }));
      ok(await log(run_id, { value: 1, timestamp: '0', step: '-3' }));
      for (const member of ['timestamp', 'step'])
        for (const bad of [
          '9007199254740992',
          '9223372036854775807',
          '99999999999999999999',
          1.5,
          '1.5',
          'x',
          true,
          [],
          {},
        ])
          refused(await log(run_id, { value: 1, timestamp: 1, [member]: bad }), INVALID, `parameter '${member}'`);
      refused(
        await log(run_id, { value: 1, timestamp: -1 }),
        INVALID,
        "'timestamp' supplied: metric 'm' (value=1). Timestamp must be",
      );
      refused(await log(run_id, { value: 1 }), INVALID, "required parameter 'timestamp'");
      refused(await log(run_id, { timestamp: 1 }), INVALID, "required parameter 'value'");
      refused(await log('no', { value: 1, timestamp: 1 }), ABSENT, 'Run with id=no not found');
      expect((await history(run_id)).metrics).toEqual([
        { key: 'm', value: 1, timestamp: 0, step: -3 },
        { key: 'm', value: 1, timestamp: most, step: -most },
      ]);
    });

    it('the same point twice is one', async () => {
      const run_id = await aRun(t);
      const points = [1, 1, 'NaN', 'NaN', 0, '-0'].map((value) => ({ value, timestamp: 5, step: 5 }));
      await logAll(run_id, points);
      for (const point of points) ok(await log(run_id, point));
      const { metrics } = await history(run_id);
      expect(metrics.map((point: Point) => point.value)).toEqual([0, 'NaN', 1]);
    });

    it('LAW the current value is the greatest by step, timestamp and value, however the points came', async () => {
      const point = fc.record({
        value: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true }), fc.constant('NaN')),
        timestamp: fc.integer({ min: 0, max: 3 }),
        step: fc.integer({ min: -2, max: 2 }),
      });
      const clipped = (value: number | string) =>
        value === 'NaN' ? 0 : Math.max(-LARGEST, Math.min(LARGEST, Number(value)));
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(point, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 }),
          async (batches) => {
            const run_id = await aRun(t);
            for (const batch of batches) {
              const sent = batch.map((one) => ({ ...one, value: isPlain(one.value) ? one.value : String(one.value) }));
              await logAll(run_id, sent as Point[]);
            }
            const best = batches.flat().reduce((a, b) => {
              const order = b.step - a.step || b.timestamp - a.timestamp || clipped(b.value) - clipped(a.value);
              return order > 0 ? b : a;
            });
            const [found] = await latest(run_id);
            expect([found.step, found.timestamp]).toEqual([best.step, best.timestamp]);
            expect(clipped(found.value)).toBe(clipped(best.value) + 0);
            const { metrics } = await history(run_id);
            const order = metrics.map((p: Required<Point>) => [p.timestamp, p.step, clipped(p.value)]);
            expect(order).toEqual(
              order.toSorted((a: number[], b: number[]) => a[0]! - b[0]! || a[1]! - b[1]! || a[2]! - b[2]!),
            );
            const places = batches
              .flat()
              .map((p) => JSON.stringify([p.timestamp, p.step, clipped(p.value) + 0, p.value === 'NaN']));
            expect(metrics).toHaveLength(new Set(places).size);
          },
        ),
        { numRuns: 40 },
      );
    });

    it('many that log at once end with the greatest', async () => {
      const run_id = await aRun(t);
      await Promise.all(
        Array.from({ length: 60 }, (_, i) => log(run_id, { value: i, timestamp: 60 - i, step: i % 7 })),
      );
      expect(await latest(run_id)).toEqual([{ key: 'm', value: 6, timestamp: 54, step: 6 }]);
      expect((await history(run_id)).metrics).toHaveLength(60);
    });

    it('a history comes in pages, by timestamp, step and value, also where many share a time', async () => {
      const run_id = await aRun(t);
      const points = Array.from({ length: 250 }, (_, i) => ({
        value: i % 9 === 8 ? 'NaN' : i % 5,
        timestamp: i % 3,
        step: i % 11,
      }));
      await logAll(run_id, points);
      const { metrics: all, next_page_token: none } = await history(run_id);
      expect(none).toBeUndefined();
      for (const max_results of [1, 7, 100, all.length - 1, all.length, 25_000]) {
        const seen = [];
        for (let page_token: string | undefined; ; ) {
          const page = await history(run_id, { max_results, ...(page_token && { page_token }) });
          expect(page.metrics.length).toBeLessThanOrEqual(max_results);
          seen.push(...page.metrics);
          page_token = page.next_page_token;
          if (page_token === undefined) break;
        }
        expect(seen).toEqual(all);
        if (max_results === 1) expect(seen.length).toBeGreaterThan(100);
      }
    });

    it('a history of what is not there is empty, and a bad page is refused', async () => {
      const run_id = await aRun(t);
      expect(ok(await get('get-history', { run_id: 'nobody', metric_key: 'm' }))).toEqual({});
      expect(ok(await get('get-history', { run_uuid: run_id, metric_key: 'none', max_results: 5 }))).toEqual({});
      for (const max_results of [0, -1])
        refused(
          await get('get-history', { run_id, metric_key: 'm', max_results }),
          INVALID,
          'It must be a positive integer',
        );
      refused(await get('get-history', { run_id, metric_key: 'm', max_results: 'x' }), INVALID, 'max_results');
      refused(await get('get-history', { run_id }), INVALID, "required parameter 'metric_key'");
      refused(await get('get-history', { metric_key: 'm' }), INVALID, "required parameter 'run_id'");
      await logAll(run_id, [
        { value: 1, timestamp: 1 },
        { value: 2, timestamp: 2 },
      ]);
      const { next_page_token } = await history(run_id, { max_results: 1 });
      refused(await get('get-history', { run_id, metric_key: 'other', page_token: next_page_token }), INVALID, '');
      refused(await get('get-history', { run_id, metric_key: 'm', page_token: 'eyJvZmZzZXQiOiAxfQ==' }), INVALID, '');
    });

    it('a metric of a logged model is kept for the run and for the model, with its data set', async () => {
      const run_id = await aRun(t);
      const { model } = ok(
        await t.mlflow('POST', '/logged-models', { experiment_id: '0', name: 'm', source_run_id: run_id }),
      );
      const { model_id } = model.info;
      const about = { model_id, dataset_name: 'train', dataset_digest: 'abc' };
      for (let i = 0; i < 2; i += 1) ok(await log(run_id, { value: 'NaN', timestamp: 1, step: 2, ...about }));
      ok(
        await t.mlflow('POST', '/runs/log-batch', {
          run_id,
          metrics: [
            { key: 'm', value: 2, timestamp: 2, model_id },
            { key: 'own', value: 1, timestamp: 1 },
          ],
        }),
      );
      expect(await latest(run_id)).toEqual([
        { key: 'm', value: 'NaN', timestamp: 1, step: 2 },
        { key: 'own', value: 1, timestamp: 1, step: 0 },
      ]);
      const { metrics } = ok(await t.mlflow('GET', `/logged-models/${model_id}`)).model.data;
      expect(metrics).toEqual([
        expect.objectContaining({
          key: 'm',
          value: 'NaN',
          timestamp: 1,
          step: 2,
          run_id,
          model_id,
          dataset_name: 'train',
          dataset_digest: 'abc',
        }),
        expect.objectContaining({ key: 'm', value: 2, timestamp: 2, step: 0, run_id, model_id }),
      ]);
      refused(await log(run_id, { value: 1, timestamp: 9, model_id: 'm-none' }), ABSENT, "'m-none' not found");
      expect((await history(run_id)).metrics).toHaveLength(2);
    });

    it('histories of several runs come together, in order of run', async () => {
      const runs = (await Promise.all([aRun(t), aRun(t), aRun(t)])).sort();
      for (const run_id of runs)
        await logAll(run_id, [
          { value: 2, timestamp: 2 },
          { value: 'NaN', timestamp: 1 },
        ]);
      const bulk = (query: Record<string, unknown>) => get('get-history-bulk', { metric_key: 'm', ...query });
      const { metrics } = ok(await bulk({ run_id: [runs[2], runs[0], 'nobody', runs[0]] }));
      expect(metrics).toEqual(
        [runs[0], runs[2]].flatMap((run_id) => [
          { key: 'm', value: 'NaN', timestamp: 1, step: 0, run_id },
          { key: 'm', value: 2, timestamp: 2, step: 0, run_id },
        ]),
      );
      expect(ok(await bulk({ run_id: runs, max_results: 3 })).metrics).toHaveLength(3);
      expect(ok(await bulk({ run_id: 'nobody' }))).toEqual({ metrics: [] });
      refused(await bulk({}), INVALID, 'at least one run_id');
      refused(await bulk({ run_id: Array(101).fill('x') }), INVALID, 'more than 100 run_ids. Received 101');
      refused(await get('get-history-bulk', { run_id: runs }), INVALID, 'must specify a metric_key');
      refused(await bulk({ run_id: runs, max_results: 'x' }), INVALID, 'max_results');
    });

    it('a sample is even, keeps first and last, and may be of some steps', async () => {
      const [run_id, other] = [await aRun(t), await aRun(t)];
      await logAll(
        run_id,
        Array.from({ length: 1_000 }, (_, i) => ({ value: i, timestamp: 1_000 - i, step: i })),
      );
      await logAll(other, [{ value: 1, timestamp: 1, step: 3 }]);
      const sample = (query: Record<string, unknown>) =>
        get('get-history-bulk-interval', { run_ids: [run_id], metric_key: 'm', ...query });
      const steps = async (query: Record<string, unknown>) =>
        (ok(await sample(query)).metrics ?? []).map((point: Point) => point.step);
      expect(await steps({ max_results: 4 })).toEqual([0, 250, 500, 999]);
      expect(await steps({ max_results: 1 })).toEqual([999]);
      expect(await steps({})).toHaveLength(1_000);
      expect(await steps({ start_step: 10, end_step: 12 })).toEqual([10, 11, 12]);
      expect(await steps({ start_step: -5, end_step: 99, max_results: 10 })).toEqual([
        0, 10, 20, 30, 40, 50, 60, 70, 80, 99,
      ]);
      expect(ok(await sample({ run_ids: [other, 'nobody'] })).metrics).toEqual([
        { key: 'm', value: 1, timestamp: 1, step: 3, run_id: other },
      ]);
      expect(ok(await sample({ metric_key: 'none' }))).toEqual({});
      refused(await sample({ max_results: 0 }), INVALID, 'between 1 and 2500');
      refused(await sample({ max_results: 2_501 }), INVALID, 'between 1 and 2500');
      refused(await sample({ start_step: 1 }), INVALID, 'both must be specified');
      refused(await sample({ start_step: 2, end_step: 1 }), INVALID, 'end_step must be greater than start_step');
      refused(await sample({ run_ids: [] }), INVALID, '');
      refused(await sample({ run_ids: Array(101).fill('x') }), INVALID, '101');
    });
  });
