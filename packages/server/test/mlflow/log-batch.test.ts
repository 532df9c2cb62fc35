import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { useRegistry } from '../support/open-registry.ts';
import { ABSENT, aRun, entriesIn, getRun, INVALID, ok, refused } from '../support/training.ts';

for (const [name, open] of Object.entries(databases))
  describe(`batches on ${name}`, () => {
    const t = useRegistry(open);
    const log = (run_id: unknown, body: Record<string, unknown>) =>
      t.mlflow('POST', '/runs/log-batch', { run_id, ...body });
    const points = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ key: `m${i}`, value: i, timestamp: i, step: i }));
    const entries = (count: number, of = 'k') =>
      Array.from({ length: count }, (_, i) => ({ key: `${of}${i}`, value: 'x' }));

    it('are stored whole: metrics, params and tags', async () => {
      const run_id = await aRun(t, { run_name: 'x' });
      const tags = [
        { key: 'a', value: '1' },
        { key: 'a', value: '2' },
      ];
      expect(ok(await log(run_id, { metrics: points(800), params: entries(100), tags }))).toEqual({});
      const { data } = await getRun(t, run_id);
      expect(data.metrics).toHaveLength(800);
      expect(data.metrics.find(({ key }: { key: string }) => key === 'm799')).toEqual(points(800)[799]);
      expect(data.params).toEqual(entries(100).sort((a, b) => (a.key < b.key ? -1 : 1)));
      expect(entriesIn(data.tags)).toEqual({ a: '2', 'mlflow.runName': 'x' });
      ok(await log(run_id, {}));
      ok(await log(run_id, { metrics: points(800), params: entries(100), tags }));
      expect((await getRun(t, run_id)).data).toEqual(data);
    });

    it('of the longest values are read, however a client escapes them', async () => {
      const run_id = await aRun(t);
      const long = (count: number, of: string, length: number) =>
        entries(count, of).map(({ key }) => ({ key, value: '\u00e9'.repeat(length) }));
      const body = { run_id, params: long(100, 'p', 6_000), tags: long(100, 't', 8_000) };
      const payload = JSON.stringify(body).replaceAll('\u00e9', '\\u00e9'); // as json.dumps of Python writes it
      const url = '/api/2.0/mlflow/runs/log-batch';
      const headers = { host: 'localhost', 'content-type': 'application/json' };
      const answer = await t.http.inject({ method: 'POST', url, headers, payload });
      expect(answer.statusCode, answer.body).toBe(200);
      const { data } = await getRun(t, run_id);
      expect(data.params).toHaveLength(100);
      expect(data.tags.find(({ key }: { key: string }) => key === 't99').value).toBe('\u00e9'.repeat(8_000));
    });

    it.each([
      [{ metrics: points(1_001) }, 'at most 1000 metrics. Got 1001 metrics'],
      [{ params: entries(101) }, 'at most 100 params. Got 101'],
      [{ tags: entries(101) }, 'at most 100 tags. Got 101'],
      [
        { metrics: points(900), params: entries(100), tags: entries(1) },
        'at most 1000 metrics, params, and tags. Got 1001',
      ],
      [{ params: [...entries(2), ...entries(1)] }, 'Duplicate parameter keys have been submitted: ["k0"]'],
      [{ metrics: [{ key: 'a', timestamp: 1 }] }, "required parameter 'metrics[0].value'"],
      [{ metrics: [...points(1), { key: 'a', value: 1 }] }, "required parameter 'metrics[1].timestamp'"],
      [{ metrics: [{ value: 1, timestamp: 1 }] }, "required parameter 'metrics[0].key'"],
      [{ metrics: [{ key: 'a', value: 'much', timestamp: 1 }] }, "Invalid value much for parameter 'metrics[0].value'"],
      [{ metrics: [{ key: 'a', value: true, timestamp: 1 }] }, "parameter 'metrics[0].value'"],
      [{ metrics: [{ key: 'a', value: 1, timestamp: -1 }] }, "parameter 'metrics[0].timestamp' supplied: metric 'a'"],
      [{ metrics: [{ key: 'a', value: 1, timestamp: 1, step: 'x' }] }, "parameter 'metrics[0].step'"],
      [
        { metrics: [{ key: 'a', value: 1, timestamp: 1, step: '9223372036854775807' }] },
        "'metrics[0].step' supplied: It must",
      ],
      [
        { metrics: [{ key: 'a//b', value: 1, timestamp: 1 }] },
        "parameter 'metrics[0].name' supplied: Names may be treated",
      ],
      [{ params: [{ key: '', value: 'x' }] }, "required parameter 'params[0].key'"],
      [{ params: [{ key: 'a', value: 5 }] }, "parameter 'params[0].value'"],
      [{ params: [{ key: 'k'.repeat(251), value: 'x' }] }, "'params[0].key' exceeds the maximum length of 250"],
      [{ tags: [{ key: 'a\n', value: 'x' }] }, "parameter 'tags[0].key'"],
      [{ tags: { key: 'a' } }, "parameter 'tags'"],
      [{ tags: ['a'] }, "parameter 'tags'"],
      [{ metrics: [null] }, "parameter 'metrics'"],
    ])('one that is not as it should be leaves nothing (%#)', async (body, words) => {
      const run_id = await aRun(t, { run_name: 'x' });
      const more = {
        metrics: [{ key: 'fine', value: 1, timestamp: 1 }],
        params: [{ key: 'fine', value: '' }],
        tags: [{ key: 'fine', value: '' }],
      };
      const asked = Object.fromEntries(
        Object.entries(more).map(([part, one]) => [part, (body as Record<string, unknown>)[part] ?? one]),
      );
      refused(await log(run_id, words.includes('at most') ? body : asked), INVALID, words);
      expect((await getRun(t, run_id)).data).toEqual({ tags: [{ key: 'mlflow.runName', value: 'x' }] });
    });

    it('one whose param has another value leaves nothing of it', async () => {
      const run_id = await aRun(t, { run_name: 'x' });
      ok(await log(run_id, { params: [{ key: 'b', value: '1' }] }));
      const { data } = await getRun(t, run_id);
      const params = [
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
        { key: 'c', value: '3' },
      ];
      refused(
        await log(run_id, { params, metrics: points(3), tags: entries(3) }),
        INVALID,
        'Changing param values is not allowed',
      );
      expect((await getRun(t, run_id)).data).toEqual(data);
    });

    it('one that names a logged model that is not there leaves nothing of it', async () => {
      const run_id = await aRun(t, { run_name: 'x' });
      const metrics = [...points(2), { key: 'm', value: 1, timestamp: 1, model_id: `m-${'0'.repeat(32)}` }];
      const answer = await log(run_id, { metrics, params: entries(1), tags: entries(1) });
      refused(answer, ABSENT, `Logged model with ID 'm-${'0'.repeat(32)}' not found`);
      expect((await getRun(t, run_id)).data).toEqual({ tags: [{ key: 'mlflow.runName', value: 'x' }] });
    });

    it('the run has to be named, and to be there', async () => {
      refused(await log(undefined, {}), INVALID, "required parameter 'run_id'");
      refused(await log('../x', {}), INVALID, "for parameter 'run_id'");
      refused(await log('a'.repeat(257), {}), INVALID, "for parameter 'run_id'");
      refused(await log('nobody', { tags: entries(1) }), ABSENT, 'Run with id=nobody not found');
    });

    it('of many at once, those that are refused take nothing from the others', async () => {
      const runs = await Promise.all(Array.from({ length: 8 }, () => aRun(t, { run_name: 'x' })));
      const answers = await Promise.all(
        Array.from({ length: 64 }, (_, i) =>
          log(runs[i % 8], {
            metrics: [{ key: 'm', value: i, timestamp: i, ...(i % 5 === 4 && { model_id: 'm-none' }) }],
            params: [{ key: `p${i}`, value: String(i) }],
            tags: [{ key: `t${i}`, value: 'x' }],
          }),
        ),
      );
      for (const [i, run_id] of runs.entries()) {
        const { data } = await getRun(t, run_id);
        const fine = Array.from({ length: 8 }, (_, j) => j * 8 + i).filter((n) => n % 5 !== 4);
        expect(Object.keys(entriesIn(data.params)).sort()).toEqual(fine.map((n) => `p${n}`).sort());
        expect(data.metrics).toEqual([{ key: 'm', value: Math.max(...fine), timestamp: Math.max(...fine), step: 0 }]);
      }
      for (const [i, answer] of answers.entries()) expect(answer.status).toBe(i % 5 === 4 ? 404 : 200);
    });
  });
