import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALLS } from './calls/calls.ts';
import { startAssayer, startGenerator } from './load/start.ts';
import { ask } from './measure/ask.ts';
import { MLFLOW_CALLS } from './mlflow/calls/calls.ts';
import { compareCall } from './mlflow/measure/compare-call.ts';
import { differencesOf } from './mlflow/measure/differences.ts';
import { ofBoth } from './mlflow/measure/sides.ts';
import { compareTransfers } from './mlflow/measure/transfers.ts';
import { readOptions } from './mlflow/options.ts';
import { tablesOf } from './mlflow/report.ts';
import { seedThrough, startRuns, TOGETHER } from './mlflow/seed/seed.ts';
import { findPython } from './mlflow/start-mlflow.ts';
import { shapeOf } from './seed/shape.ts';

const MAIN = fileURLToPath(new URL('mlflow/main.ts', import.meta.url));
const run = promisify(execFile);
const python = findPython();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assayer-bench-mlflow-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the benchmark beside MLflow', () => {
  it('has a name of its own for every call', () => {
    const names = [...CALLS, ...MLFLOW_CALLS].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('measures every call on two servers in turns, and reads back what was written', { timeout: 120_000 }, async () => {
    const shape = shapeOf(200);
    const generator = startGenerator();
    const sides = await ofBoth(async (name) => {
      const target = await startAssayer(['--data', join(folder, name)], join(folder, `${name}.log`));
      await seedThrough(target.port, shape, TOGETHER.assayer);
      return { target, ground: { shape, runs: await startRuns(target.port) } };
    });
    try {
      // What one of the two has and the other has not is seen; before the load, which is not the same on both.
      const getModel = MLFLOW_CALLS[0] as (typeof MLFLOW_CALLS)[number];
      expect(await differencesOf(sides, getModel)).toEqual([]);
      const tag = { name: 'churn-000000', key: 'only', value: 'here' };
      const send = (method: string, path: string) =>
        ask(sides.assayer.target.port, { method, path: `/api/2.0/mlflow/registered-models/${path}`, body: tag });
      await send('POST', 'set-tag');
      expect(await differencesOf(sides, getModel)).toHaveLength(1);
      await send('DELETE', 'delete-tag');

      const arena = { generator, sides, seconds: 0.05, rounds: 1 };
      const comparisons = [];
      for (const call of MLFLOW_CALLS) {
        const comparison = await compareCall(arena, call, 4);
        expect(comparison).toMatchObject({ call: call.name, errors: 0, troubles: [], peerTroubles: [] });
        for (const cost of [comparison.assayer, comparison.mlflow]) {
          expect(cost.answers).toBeGreaterThan(0);
          expect(cost.compared > 0).toBe(call.readBack !== undefined);
        }
        comparisons.push(comparison);
      }
      const transfers = await compareTransfers(arena, 3_000_000);
      expect(transfers.map(({ transfer, errors }) => [transfer, errors])).toEqual([
        ['upload', 0],
        ['download', 0],
      ]);
      const tables = tablesOf({ starts: [], comparisons, transfers });
      for (const { row } of MLFLOW_CALLS) expect(tables).toContain(`| ${row} `);
    } finally {
      await Promise.all([generator.stop(), sides.assayer.target.stop(), sides.mlflow.target.stop()]);
    }
  });

  it.skipIf(!python)('fills and starts MLflow, and tells figures of both', { timeout: 240_000 }, async () => {
    const json = join(folder, 'figures.json');
    const calls = 'get-registered-model,set-model-version-tag,log-batch-of-10,transfer';
    const flags = ['--size', '50', '--seconds', '0.1', '--rounds', '1', '--transfer-mib', '2', '--clients', '2'];
    const { stdout } = await run(process.execPath, [MAIN, ...flags, '--calls', calls, '--json', json]);
    const { comparisons, transfers, machine } = JSON.parse(await readFile(json, 'utf8'));
    expect(machine.mlflow).toMatch(/^3\./);
    expect([...comparisons, ...transfers].map(({ errors }) => errors)).toEqual([0, 0, 0, 0, 0]);
    for (const { mlflow, row } of comparisons) {
      expect(mlflow.answers).toBeGreaterThan(0);
      expect(stdout).toContain(`| ${row} `);
    }
  });

  it('says what is wrong with a flag', () => {
    expect(() => readOptions(['--python', 'x', '--size', '7'])).toThrow('--size: "7" must be a multiple of 10');
    expect(() => readOptions(['--python', 'x', '--calls', 'get-model'])).toThrow('--calls: "get-model" must be of ');
  });
});
