import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { useRegistry } from '../support/open-registry.ts';
import { ABSENT, anExperiment, aRun, getRun, INVALID, ok, refused } from '../support/training.ts';

for (const [name, open] of Object.entries(databases))
  describe(`inputs and outputs on ${name}`, () => {
    const t = useRegistry(open);
    const log = (run_id: unknown, body: Record<string, unknown>) =>
      t.mlflow('POST', '/runs/log-inputs', { run_id, ...body });
    const dataset = (more: Record<string, unknown> = {}) => ({
      name: 'train',
      digest: 'abc',
      source_type: 'local',
      source: '{}',
      ...more,
    });
    const context = (value: string) => [{ key: 'mlflow.data.context', value }];

    it('a data set is one of its experiment, and keeps what was said of it first', async () => {
      const experiment_id = await anExperiment(t);
      const [one, two] = [await aRun(t, { experiment_id }), await aRun(t, { experiment_id })];
      const first = dataset({ schema: '{"a":1}', profile: '{"rows":1}' });
      expect(ok(await log(one, { datasets: [{ dataset: first, tags: context('train') }] }))).toEqual({});
      ok(await log(one, { datasets: [{ dataset: dataset({ source: 'other' }), tags: context('eval') }] }));
      ok(
        await log(two, {
          datasets: [
            { dataset: dataset({ source: 'other' }), tags: context('eval') },
            { dataset: dataset({ digest: 'def' }) },
          ],
        }),
      );
      expect((await getRun(t, one)).inputs).toEqual({ dataset_inputs: [{ tags: context('train'), dataset: first }] });
      expect((await getRun(t, two)).inputs).toEqual({
        dataset_inputs: [{ tags: context('eval'), dataset: first }, { dataset: dataset({ digest: 'def' }) }],
      });
      const elsewhere = await aRun(t, { experiment_id: await anExperiment(t) });
      ok(await log(elsewhere, { datasets: [{ dataset: dataset() }, { dataset: dataset({ source: 'x' }) }] }));
      expect((await getRun(t, elsewhere)).inputs).toEqual({ dataset_inputs: [{ dataset: dataset() }] });
    });

    it('models go in and come out, there or not, each once', async () => {
      const run_id = await aRun(t);
      ok(await log(run_id, { models: [{ model_id: 'm-2' }, { model_id: 'm-1' }, { model_id: 'm-1' }] }));
      ok(await log(run_id, { models: [{ model_id: 'm-1' }] }));
      const out = (models: unknown) => t.mlflow('POST', '/runs/outputs', { run_id, models });
      expect(ok(await out([{ model_id: 'm-3', step: '7' }, { model_id: 'm-4' }]))).toEqual({});
      ok(await out([{ model_id: 'm-3', step: 9 }]));
      const { inputs, outputs } = await getRun(t, run_id);
      expect(inputs).toEqual({ model_inputs: [{ model_id: 'm-1' }, { model_id: 'm-2' }] });
      expect(outputs).toEqual({
        model_outputs: [
          { model_id: 'm-3', step: 9 },
          { model_id: 'm-4', step: 0 },
        ],
      });
      refused(await out([]), INVALID, "required parameter 'models'");
      refused(await out(undefined), INVALID, "required parameter 'models'");
      refused(await out([{ step: 1 }]), INVALID, "required parameter 'models[0].model_id'");
      refused(await out([{ model_id: 'm', step: 'x' }]), INVALID, "parameter 'models[0].step'");
      refused(await out(Array(1_001).fill({ model_id: 'm' })), INVALID, 'at most 1000 models');
    });

    it.each([
      [{ datasets: [{}] }, "required parameter 'datasets[0].dataset'"],
      [{ datasets: [{ dataset: { digest: 'x' } }] }, "required parameter 'datasets[0].dataset.name'"],
      [{ datasets: [{ dataset: { name: 'x' } }] }, "required parameter 'datasets[0].dataset.digest'"],
      [
        { datasets: [{ dataset: dataset({ name: 'x'.repeat(501) }) }] },
        "'datasets[0].dataset.name' exceeds the maximum length of 500",
      ],
      [{ datasets: [{ dataset: dataset({ digest: 'x'.repeat(37) }) }] }, "'datasets[0].dataset.digest' exceeds"],
      [{ datasets: [{ dataset: dataset({ source: 'x'.repeat(65_536) }) }] }, "'datasets[0].dataset.source' exceeds"],
      [{ datasets: [{ dataset: dataset({ schema: 'x'.repeat(1_048_576) }) }] }, "'datasets[0].dataset.schema' exceeds"],
      [
        { datasets: [{ dataset: dataset({ profile: 'x'.repeat(16_777_216) }) }] },
        "'datasets[0].dataset.profile' exceeds",
      ],
      [
        { datasets: [{ dataset: dataset(), tags: [{ key: 'k'.repeat(256), value: '' }] }] },
        "'datasets[0].tags[0].key' exceeds",
      ],
      [
        { datasets: [{ dataset: dataset(), tags: [{ key: 'k', value: 'v'.repeat(501) }] }] },
        "'datasets[0].tags[0].value' exceeds",
      ],
      [{ datasets: [{ dataset: dataset({ source: 5 }) }] }, "parameter 'datasets[0].dataset.source'"],
      [{ datasets: 'x' }, "parameter 'datasets'"],
      [{ models: [{}] }, "required parameter 'models[0].model_id'"],
      [{ models: Array(1_001).fill({ model_id: 'm' }) }, 'at most 1000 models'],
    ])('what is not as it should be leaves nothing (%#)', async (body, words) => {
      const run_id = await aRun(t);
      const more = { datasets: [], models: [{ model_id: 'fine' }] };
      refused(await log(run_id, { ...more, ...body }), INVALID, words);
      expect((await getRun(t, run_id)).inputs).toEqual({});
    });

    it('a profile of 16 MiB is kept, while other bodies have the usual bound', async () => {
      const run_id = await aRun(t);
      const profile = 'x'.repeat(16_777_215);
      ok(await log(run_id, { datasets: [{ dataset: dataset({ name: 'large', profile }) }] }));
      const [input] = (await getRun(t, run_id)).inputs.dataset_inputs;
      expect(input.dataset.profile.length).toBe(profile.length);
      const answer = await t.mlflow('POST', '/runs/set-tag', { run_id, key: 'a', value: 'x'.repeat(2_000_000) });
      expect([answer.status, answer.json.error_code]).toEqual([400, INVALID]);
    });

    it('the run has to be named, and to be there', async () => {
      refused(await log(undefined, {}), INVALID, "required parameter 'run_id'");
      refused(await log('../x', {}), INVALID, "parameter 'run_id'");
      refused(await log('nobody', {}), ABSENT, 'Run with id=nobody not found');
      refused(
        await t.mlflow('POST', '/runs/outputs', { run_id: 'nobody', models: [{ model_id: 'm' }] }),
        ABSENT,
        'nobody',
      );
    });

    it('of many that log one data set at once, it is one', async () => {
      const experiment_id = await anExperiment(t);
      const runs = await Promise.all(Array.from({ length: 12 }, () => aRun(t, { experiment_id })));
      for (const answer of await Promise.all(
        runs.map((run) => log(run, { datasets: [{ dataset: dataset({ source: run }) }] })),
      ))
        ok(answer);
      const sources = await Promise.all(
        runs.map(async (run) => (await getRun(t, run)).inputs.dataset_inputs[0].dataset.source),
      );
      expect(new Set(sources).size).toBe(1);
    });
  });
