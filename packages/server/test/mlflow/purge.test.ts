import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { DAY_MS, type Opened, useRegistry } from '../support/open-registry.ts';
import { ABSENT, anExperiment, aRun, getRun, ok, pointsOf, refused } from '../support/training.ts';

const TABLES = ['run', 'param', 'run_tag', 'latest_metric', 'run_dataset', 'run_model'] as const;

for (const [name, open] of Object.entries(databases))
  describe(`purging runs on ${name}`, () => {
    const t = useRegistry(open, { trashMs: 30 * DAY_MS });
    const post = (path: string, body: Record<string, unknown>) => t.mlflow('POST', path, body);
    const rowsOf = async (run_id: string) =>
      Promise.all([
        pointsOf(t.db, run_id).then((points) => points.length),
        ...TABLES.map(async (table) => {
          const rows = await t.db.read.selectFrom(table).select('run_id').where('run_id', '=', run_id).execute();
          return rows.length;
        }),
      ]);

    async function aFullRun(more: Record<string, unknown> = {}): Promise<string> {
      const run_id = await aRun(t, more);
      const metrics = Array.from({ length: 5 }, (_, i) => ({ key: `m${i}`, value: i, timestamp: i }));
      ok(await post('/runs/log-batch', { run_id, metrics, params: [{ key: 'p', value: '1' }] }));
      const dataset = { name: 'd', digest: 'x' };
      ok(await post('/runs/log-inputs', { run_id, datasets: [{ dataset }], models: [{ model_id: 'm-1' }] }));
      await putFile(t, run_id, 'model/weights.bin');
      return run_id;
    }

    it('one that is deleted is gone with its files, another stays', async () => {
      const [gone, stays] = [await aFullRun(), await aFullRun()];
      const before = await getRun(t, stays);
      const purge = (run_id: string) => t.post(`/runs/${run_id}/purge`);
      const active = await purge(gone);
      expect([active.status, active.json.type]).toEqual([409, expect.stringContaining('run-not-deleted')]);
      ok(await post('/runs/delete', { run_id: gone }));
      const answer = await purge(gone);
      expect([answer.status, answer.text]).toEqual([204, '']);
      expect((await purge(gone)).status).toBe(404);
      expect((await purge('nobody')).status).toBe(404);
      for (const path of ['delete', 'restore', 'set-tag'])
        refused(await post(`/runs/${path}`, { run_id: gone, key: 'a' }), ABSENT, `Run with id=${gone} not found`);
      expect(await rowsOf(gone)).toEqual([0, 0, 0, 0, 0, 0, 0]);
      expect(await filesOf(t, gone)).toEqual([]);
      expect(await getRun(t, stays)).toEqual(before);
      expect(await filesOf(t, stays)).toEqual([`0/${stays}/artifacts/model/weights.bin`]);
    });

    it('a run with a long history goes bit by bit, also where all points share a time', async () => {
      const run_id = await aRun(t);
      for (let i = 0; i < 5; i += 1) {
        const metrics = Array.from({ length: 1_000 }, (_, j) => ({ key: 'm', value: i * 1_000 + j, timestamp: 0 }));
        ok(await post('/runs/log-batch', { run_id, metrics }));
      }
      ok(await post('/runs/delete', { run_id }));
      await t.registry.tracking.runs.purge(run_id);
      expect(await rowsOf(run_id)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    });

    it('what has been deleted for longer than the trash keeps is purged, and nothing else', async () => {
      t.clock.set('2026-01-01T00:00:00Z');
      const experiment_id = await anExperiment(t);
      const kept = await anExperiment(t);
      const [inDeleted, old, restored] = [await aFullRun({ experiment_id }), await aFullRun(), await aFullRun()];
      const model = { experiment_id, name: 'm' };
      const { model_id } = ok(await post('/logged-models', model)).model.info;
      for (const run_id of [old, restored]) ok(await post('/runs/delete', { run_id }));
      ok(await post('/experiments/delete', { experiment_id }));
      t.clock.tick(10 * DAY_MS);
      const young = await aFullRun();
      ok(await post('/runs/delete', { run_id: young }));
      ok(await post('/experiments/delete', { experiment_id: kept }));
      ok(await post('/runs/restore', { run_id: restored }));
      t.clock.tick(20 * DAY_MS);
      expect(await t.registry.tracking.purgeExpired()).toBe(0);
      t.clock.tick(1);
      expect(await t.registry.tracking.purgeExpired()).toBe(4);
      expect(await t.registry.tracking.purgeExpired()).toBe(0);
      for (const run_id of [inDeleted, old])
        refused(await t.mlflow('GET', '/runs/get', { run_id }), ABSENT, 'not found');
      refused(await t.mlflow('GET', '/experiments/get', { experiment_id }), ABSENT, `id=${experiment_id}`);
      refused(await t.mlflow('GET', `/logged-models/${model_id}`), ABSENT, model_id);
      ok(await post('/runs/restore', { run_id: young }));
      ok(await post('/experiments/restore', { experiment_id: kept }));
      expect((await getRun(t, restored)).data.metrics).toHaveLength(5);
      const again = ok(await post('/experiments/create', { name: `after ${experiment_id}` })).experiment_id;
      expect(Number(again)).toBeGreaterThan(Number(kept));
      t.clock.run();
    });

    it('one that was broken off is gone for everybody, and is finished by the next', async () => {
      const run_id = await aFullRun();
      ok(await post('/runs/delete', { run_id }));
      await t.db.write
        .updateTable('run')
        .set({ lifecycle_stage: 'purged', deleted_at: 0 })
        .where('run_id', '=', run_id)
        .execute();
      refused(await t.mlflow('GET', '/runs/get', { run_id }), ABSENT, 'not found');
      refused(await post('/runs/restore', { run_id }), ABSENT, 'not found');
      const search = { experiment_ids: ['0'], run_view_type: 'ALL', filter: `run_id = '${run_id}'` };
      expect(ok(await post('/runs/search', search))).toEqual({});
      await t.registry.tracking.purgeExpired();
      expect(await rowsOf(run_id)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    });

    it('the default experiment stays', async () => {
      ok(await post('/experiments/delete', { experiment_id: '0' }));
      t.clock.set(Date.now() + 400 * DAY_MS);
      await t.registry.tracking.purgeExpired();
      ok(await post('/experiments/restore', { experiment_id: '0' }));
      t.clock.run();
    });
  });

async function putFile(t: Opened, run_id: string, path: string): Promise<void> {
  const { artifact_uri } = (await getRun(t, run_id)).info;
  const at = artifact_uri.replace('mlflow-artifacts:', '/api/2.0/mlflow-artifacts/artifacts');
  const answer = await t.ask('PUT', `http://localhost${at}/${path}`, { body: Buffer.from(run_id) });
  expect([answer.status, answer.text]).toEqual([200, '']);
}

async function filesOf(t: Opened, run_id: string): Promise<string[]> {
  const rows = await t.db.read.selectFrom('file').select('path').where('path', 'like', `%${run_id}%`).execute();
  return rows.map(({ path }) => path);
}
