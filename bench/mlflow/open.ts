import { existsSync } from 'node:fs';
import { constants, cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CACHE, forget, isLeftOver, keyOfSeeds, runOf } from '../installation/cache.ts';
import { say } from '../machine.ts';
import { formatSize, type Shape } from '../seed/shape.ts';
import { seedThrough, TOGETHER } from './seed/seed.ts';
import { startMlflow, versionOf } from './start-mlflow.ts';

/** A folder of MLflow's that may be spoilt: a copy of the one that is kept. */
export interface Installation {
  folder: string;
  /** Of MLflow. */
  version: string;
  remove(): Promise<void>;
}

const MADE_BY = ['bench/seed', 'bench/mlflow/seed'];

/** The first of its kind takes a while: MLflow is filled through its own API, and what it then holds is kept. */
export async function openMlflow(python: string, shape: Shape, log: string): Promise<Installation> {
  const version = await versionOf(python);
  const size = `mlflow_${formatSize(shape.versions)}`;
  const name = `${size}_${version}_${await keyOfSeeds(MADE_BY)}`;
  const kept = join(CACHE, name);
  await forget(isLeftOver);
  if (!existsSync(kept)) {
    say(`filling MLflow ${version} with ${formatSize(shape.versions)} versions: it takes some 10 ms for each`);
    await forget((other) => other.startsWith(`${size}_`));
    const part = `${kept}_part`;
    const server = await startMlflow({ python, folder: part, log });
    await seedThrough(server.port, shape, TOGETHER.mlflow).finally(() => server.stop());
    await rename(part, kept);
  }
  const folder = join(CACHE, runOf(name));
  await cp(kept, folder, { recursive: true, mode: constants.COPYFILE_FICLONE });
  return { folder, version, remove: () => rm(folder, { recursive: true, force: true }) };
}
