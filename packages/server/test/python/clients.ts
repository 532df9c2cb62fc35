import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

export const CONFORMANCE = fileURLToPath(new URL('conformance/', import.meta.url));

export interface Client {
  /** The release, as its requirements pin it. */
  version: string;
  /** Of the line, and so of `clients=` in the suite. */
  major: number;
  /** The interpreter that has it. */
  python: string;
}

/** The MLflow clients of the suite: `npm test` makes an environment of each (`scripts/setup.mjs`). */
export const CLIENTS: Client[] = [
  client(3, process.env.ASSAYER_MLFLOW3_PYTHON),
  client(2, process.env.ASSAYER_MLFLOW2_PYTHON),
];

function client(major: number, named: string | undefined): Client {
  const pins = readFileSync(join(CONFORMANCE, `requirements-mlflow${major}.txt`), 'utf8');
  const version = /^mlflow==(\S+)$/m.exec(pins)?.[1] as string;
  const own = join(ROOT, `.venv-mlflow${major}`, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  return { version, major, python: named || own };
}

/** Runs Python to its end, and answers what it said. No setting of MLflow's in this shell reaches it. */
export function run(
  { python }: Client,
  args: string[],
  more: Record<string, string> = {},
  timeoutMs = 600_000,
): Promise<{ code: number; out: string; err: string }> {
  const env: NodeJS.ProcessEnv = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MLFLOW_'))),
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONIOENCODING: 'utf-8',
    PYTHONWARNINGS: 'ignore',
    MLFLOW_DISABLE_TELEMETRY: 'true',
    ...more,
  };
  return new Promise((resolve) => {
    execFile(python, args, { env, timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err: error && !err ? error.message : err }),
    );
  });
}

/** Without the client nothing is shown, and that is a failure, not a skip. */
export async function assertClient(client: Client): Promise<void> {
  const { code, out, err } = await run(client, ['-c', 'import mlflow, onnx, skl2onnx; print(mlflow.__version__)']);
  if (code === 0 && out.trim() === client.version) return;
  throw new Error(
    `The suite needs Python with the packages of requirements-mlflow${client.major}.txt; tried ${client.python}: ` +
      `${out.trim() || err.slice(-500)}. npm test makes that environment by itself; or set ` +
      `ASSAYER_MLFLOW${client.major}_PYTHON to a Python that has them.`,
  );
}
