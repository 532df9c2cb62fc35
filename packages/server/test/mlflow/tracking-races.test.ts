import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { databases, postgresSchema } from '../support/databases.ts';
import { type Opened, openRegistry } from '../support/open-registry.ts';
import { anExperiment, aRun, entriesIn, getRun, ok, pointsOf } from '../support/training.ts';

const CLIENTS = 48;
const times = <T>(count: number, act: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, i) => act(i)));

async function alone() {
  const one = await openRegistry(databases.sqlite);
  return { replicas: [one], close: () => one.close() };
}

/** Two servers with pools of their own on one schema and one folder. */
async function twoReplicas() {
  const { url, schema, drop } = await postgresSchema();
  const open = () => openDatabase(url, { schema, connections: 4 });
  const first = await open();
  await migrate(first);
  const one = await openRegistry(async () => first);
  const two = await openRegistry(open, { blobFolder: one.blobFolder });
  return {
    replicas: [one, two],
    async close() {
      await two.close();
      await one.close();
      await drop();
    },
  };
}

for (const [name, open] of Object.entries({ sqlite: alone, 'postgres, two replicas': twoReplicas }))
  describe(`${CLIENTS} clients that train at once on ${name}`, () => {
    let replicas: Opened[] = [];
    let close = async () => {};
    let t: Opened;
    beforeAll(async () => {
      ({ replicas, close } = await open());
      t = replicas[0] as Opened;
    });
    afterAll(() => close());
    const post = (i: number, path: string, body: Record<string, unknown>) =>
      (replicas[i % replicas.length] as Opened).mlflow('POST', path, body);

    it('an experiment of a name is created once', async () => {
      const answers = await times(CLIENTS, (i) => post(i, '/experiments/create', { name: 'once' }));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(CLIENTS - 1).fill(400)]);
    });

    it('a param has one value, and whoever wrote another was told', async () => {
      const run_id = await aRun(t);
      const answers = await times(CLIENTS, (i) => {
        const params = [
          { key: 'p', value: `${i % 5}` },
          { key: `own ${i}`, value: 'x' },
        ];
        return post(i, '/runs/log-batch', { run_id, params });
      });
      const params = entriesIn((await getRun(t, run_id)).data.params);
      for (const [i, { status }] of answers.entries()) {
        const isTheirs = `${i % 5}` === params.p;
        expect([status, `own ${i}` in params]).toEqual(isTheirs ? [200, true] : [400, false]);
      }
    });

    it('the greatest point is the current one, and all are in the history', async () => {
      const run_id = await aRun(t);
      const metrics = (i: number) =>
        [0, 1].map((j) => ({ key: `m${j}`, value: i, timestamp: CLIENTS - i, step: i % 6 }));
      for (const answer of await times(CLIENTS, (i) =>
        post(i, '/runs/log-batch', { run_id, metrics: i % 2 ? metrics(i) : metrics(i).reverse() }),
      ))
        ok(answer);
      const { data } = await getRun(t, run_id);
      expect(data.metrics).toEqual(['m0', 'm1'].map((key) => ({ key, value: 5, timestamp: CLIENTS - 5, step: 5 })));
      const history = ok(await t.mlflow('GET', '/metrics/get-history', { run_id, metric_key: 'm1' }));
      expect(history.metrics).toHaveLength(CLIENTS);
    });

    it('an experiment that is deleted while runs begin has none that is active', async () => {
      for (let round = 0; round < 5; round += 1) {
        const experiment_id = await anExperiment(t, `race ${name} ${round}`);
        const answers = await times(CLIENTS, (i) =>
          i === 20 ? post(1, '/experiments/delete', { experiment_id }) : post(i, '/runs/create', { experiment_id }),
        );
        const runs = answers.flatMap(({ status, json }) => (status === 200 && json.run ? [json.run.info.run_id] : []));
        for (const run_id of runs) expect((await getRun(t, run_id)).info.lifecycle_stage).toBe('deleted');
        ok(await post(0, '/experiments/restore', { experiment_id }));
        for (const run_id of runs) expect((await getRun(t, run_id)).info.lifecycle_stage).toBe('active');
      }
    });

    it('name and tag of a run agree, whoever came last', async () => {
      const run_id = await aRun(t);
      await times(CLIENTS, (i) =>
        i % 2
          ? post(i, '/runs/update', { run_id, run_name: `u${i}` })
          : post(i, '/runs/set-tag', { run_id, key: 'mlflow.runName', value: `t${i}` }),
      );
      const { info, data } = await getRun(t, run_id);
      expect(info.run_name).toMatch(/^[ut]\d+$/);
      expect(entriesIn(data.tags)).toEqual({ 'mlflow.runName': info.run_name });
    });

    it('a purge and writes of the same run leave nothing behind', async () => {
      const run_id = await aRun(t);
      ok(await post(0, '/runs/delete', { run_id }));
      const answers = await times(CLIENTS, (i) => {
        if (i === 10) return (replicas.at(-1) as Opened).post(`/runs/${run_id}/purge`);
        if (i === 5) return post(i, '/runs/restore', { run_id });
        return post(i, '/runs/log-metric', { run_id, key: 'm', value: i, timestamp: i });
      });
      for (const { status } of answers) expect([200, 204, 400, 404, 409]).toContain(status);
      const rows = await t.db.read.selectFrom('run').select('lifecycle_stage').where('run_id', '=', run_id).execute();
      if (rows.length === 0) expect(await pointsOf(t.db, run_id)).toEqual([]);
      else expect(rows).toEqual([{ lifecycle_stage: 'active' }]);
    });
  });
