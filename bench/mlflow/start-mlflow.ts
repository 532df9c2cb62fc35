import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Target } from '../load/start.ts';
import { startProgram, stopProcess } from '../processes.ts';

/** On a busy machine it takes its time. */
const READY_WITHIN_MS = 180_000;
const LOOK_EVERY_MS = 20;
const OWN = fileURLToPath(new URL('../../.venv-mlflow3/bin/python', import.meta.url));

/** The Python that has MLflow; undefined where none is known. */
export function findPython(asked?: string): string | undefined {
  return asked ?? process.env.ASSAYER_MLFLOW3_PYTHON ?? (existsSync(OWN) ? OWN : undefined);
}

export async function versionOf(python: string): Promise<string> {
  const script = "import importlib.metadata; print(importlib.metadata.version('mlflow'))";
  const { stdout } = await promisify(execFile)(python, ['-c', script]).catch((error: Error) => {
    throw new Error(`${python} has no MLflow: ${error.message.trim().split('\n').at(-1)}`);
  });
  return stdout.trim();
}

interface Asked {
  python: string;
  /** Its database and its artifacts. */
  folder: string;
  log: string;
  /** Whether its processes for background jobs run, too, as they do where nobody turns them off. */
  withJobs?: boolean;
}

/** Starts `mlflow server` with one worker, over SQLite, until it answers. */
export async function startMlflow({ python, folder, log, withJobs = false }: Asked): Promise<Target> {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const store = ['--backend-store-uri', `sqlite:///${join(folder, 'mlflow.db')}`];
  const artifacts = ['--artifacts-destination', join(folder, 'artifacts')];
  const listen = ['--host', '127.0.0.1', '--port', String(port), '--workers', '1'];
  const child = startProgram('server', [python, '-m', 'mlflow', 'server', ...store, ...artifacts, ...listen], {
    log,
    env: {
      MLFLOW_DISABLE_TELEMETRY: 'true',
      DO_NOT_TRACK: 'true',
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: String(withJobs),
    },
  });
  child.stdout?.resume();
  const until = performance.now() + READY_WITHIN_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`mlflow server ended with ${child.exitCode}: see ${log}`);
    if (performance.now() > until) {
      await stopProcess(child);
      throw new Error(`mlflow server is not ready after ${READY_WITHIN_MS / 1_000} s: see ${log}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
  return { port, pid: child.pid as number, stop: () => stopProcess(child) };
}

async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Nothing can be started on port 0 that does not say where it listens. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
