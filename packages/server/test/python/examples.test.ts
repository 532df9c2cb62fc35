import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { verifyLedger } from '../../src/events/verify.ts';
import { openServer } from '../../src/main.ts';
import { postgresDatabase } from '../support/databases.ts';
import { assertClient, CLIENTS, type Client, run as runClient } from './clients.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const VENV = join(ROOT, '.venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
const PYTHON = process.env.ASSAYER_PYTHON || VENV;
const PACKAGES = ['joblib', 'numpy', 'onnxruntime', 'requests', 'skl2onnx', 'sklearn'];

/** What a reader of the output looks for. `N` is the number of the first version of the run. */
const EXAMPLES = {
  'sklearn_pickle.py': {
    model: 'breast-cancer',
    says: [
      'version    breast-cancer/N created: draft, open; accuracy 0.9',
      'read       model.protocol-0.pkl: format pickle, verdict clean, protocol 0,',
      'read       model.protocol-2.pkl: format pickle, verdict clean, protocol 2,',
      'read       model.protocol-4.pkl: format pickle, verdict clean, protocol 4,',
      'read       model.protocol-5.pkl: format pickle, verdict clean, protocol 5,',
      'imports: sklearn.pipeline.Pipeline, sklearn.preprocessing._data.StandardScaler',
      'seal       breast-cancer/N: 4 artifacts, verdict clean, sha256:',
      'check      search finds breast-cancer/N by: status =',
      'check      @champion model.protocol-0.pkl predicts the same',
      'check      production model.protocol-5.pkl predicts the same',
    ],
  },
  'sklearn_joblib.py': {
    model: 'digits',
    says: [
      'version    digits/N created: draft, open; accuracy 0.9',
      'read       model.joblib: format joblib, verdict clean,',
      'read       model.zlib.joblib: format joblib, verdict clean, compression zlib,',
      'read       model.gzip.joblib: format joblib, verdict clean, compression gzip,',
      'imports: sklearn.ensemble._forest.RandomForestClassifier',
      'seal       digits/N: 3 artifacts, verdict clean, sha256:',
      'check      search finds digits/N by: alias =',
      'check      @champion model.joblib predicts the same',
      'check      production model.gzip.joblib predicts the same',
    ],
  },
  'sklearn_onnx.py': {
    model: 'diabetes',
    says: [
      'check      onnxruntime predicts what scikit-learn predicts',
      'version    diabetes/N created: draft, open; mae 4',
      'read       model.onnx: format onnx, verdict clean, ir_version',
      'producer_name skl2onnx',
      'seal       diabetes/N: 1 artifacts, verdict clean, sha256:',
      'signature  inputs: X float32 [None, 10]',
      'signature  outputs: variable float32 [None, 1]',
      'check      search finds diabetes/N by: metrics.rmse <',
      'check      @champion model.onnx predicts the same',
      'check      production model.onnx predicts the same',
    ],
  },
};
type Example = keyof typeof EXAMPLES;

/** What every example shows, whatever its model. `M` is the number of the second version. */
const ALWAYS = [
  'promote    NAME/N: draft → staging (sealed passed, verdict passed)',
  'promote    NAME/N: staging → production (sealed passed, verdict passed)',
  'alias      @champion is NAME/N',
  'check      search finds NAME by the words:',
  'check      production is NAME/M, the second one',
  'rollback   NAME/N is back in production, [M] left:',
  'check      production is NAME/N, the first one again',
  ' example version.rolled-back NAME/N: ',
  'ledger     assayer/',
];

/** What a reader of the one that is refused looks for; `P` is the number of its third version. */
const CHALLENGED = [
  'register   tumours: new',
  'evaluate   tumours/N on breast-cancer-holdout, n=228: accuracy 0.9',
  'evaluate     radius=large, n=125: accuracy 0.',
  'policy     tumours, version 1: production asks for 5 checks and 1 approval',
  'refused    422 check-failed',
  'failed     has: it has no card → add card',
  'failed     metric: accuracy of tumours/M on breast-cancer-holdout is 0.8991228070175439, and has to be >= 0.92 → ',
  'failed     not_worse_than_live: auc of tumours/M on breast-cancer-holdout is 0.93',
  'check      production is still tumours/N, the champion',
  'dry run    tumours/P to production: waiting, 7 of 7 checks pass',
  'refused    403 own-promotion',
  'was approved by grace, and is executed',
  'check      tumours/N, the champion, was archived by the same promotion',
  '1. tumours/P auc 0.99',
  'chart      roc: http',
  'verify     ✓ proofs: each event is in the tree of',
  'verify     The pack holds: tumours/P, sha256:',
  'check      the pack of evidence holds',
  'verify     ✗ contents: ',
  'check      with one bit changed it does not',
  'rollback   tumours/N is back in production, [P] left: ',
  ' grace version.promoted tumours/P: ',
];
const CHARTS = ['badge', 'confusion-matrix', 'metrics', 'over-versions', 'roc', 'slices']
  .flatMap((name) => (name === 'badge' ? [`${name}.svg`] : [`${name}-dark.svg`, `${name}.svg`]))
  .sort();

/** What a reader of the one that speaks MLflow looks for. */
const MLFLOW_SAYS = [
  'register   NAME: new',
  'version    NAME/1 from run C=1.0',
  'alias      @champion is NAME/1',
  'promote    NAME/1 is in Production',
  'promote    NAME/2 is in Staging',
  'check      search finds NAME/1 by its run',
  'check      models:/NAME@champion predicts the same for all 143 rows',
  'check      models:/NAME/Production predicts the same for all 143 rows',
  'damage     the files that were logged were overwritten, and the run was deleted',
  'kept       models:/NAME@champion predicts as before',
];

const places = {
  sqlite: async () => start({}),
  postgres: async () => {
    const { url, drop } = await postgresDatabase();
    return start({ database: url }, drop);
  },
};

beforeAll(assertPython);

describe.each(Object.entries(places))('the examples on %s', (_, open) => {
  let url: string;
  let close: () => Promise<void>;
  const checkpoints: string[] = [];

  beforeAll(async () => {
    ({ url, close } = await open());
  });
  afterAll(() => close());

  const get = async (path: string) => {
    const answer = await fetch(`${url}/api/v1${path}`);
    expect(answer.status, path).toBe(200);
    return answer.text();
  };

  for (const [script, { model, says }] of Object.entries(EXAMPLES))
    it(`${script} takes its model from training to production and back`, async () => {
      const { code, out, err } = await run(script as Example, ['--server', url]);
      expect(err).toBe('');
      expect(code).toBe(0);
      expectLines(out, [`register   ${model}: new`, ...says, ...ALWAYS], { model, first: 1 });
      checkpoints.push(await get('/ledger/checkpoint'));
    });

  it('a second run goes on with the model that is there', async () => {
    const { code, out, err } = await run('sklearn_pickle.py', ['--server', url]);
    expect(err).toBe('');
    expect(code).toBe(0);
    const { model, says } = EXAMPLES['sklearn_pickle.py'];
    expectLines(out, [`register   ${model}: there already, latest version 2`, ...says, ...ALWAYS], { model, first: 3 });
  });

  it('champion_challenger.py is refused by name of each failed check, improves, is approved, goes live and is rolled back', async () => {
    const charts = await mkdtemp(join(tmpdir(), 'assayer-charts-'));
    const { code, out, err } = await run('champion_challenger.py', ['--server', url, '--charts', charts]);
    expect(err).toBe('');
    expect(code).toBe(0);
    expectLines(out, CHALLENGED, { model: 'tumours', first: 1 });
    const files = await readdir(charts);
    expect(files.sort()).toEqual(CHARTS);
    for (const file of files) expect(await readFile(join(charts, file), 'utf8'), file).toMatch(/^<svg /);
    await rm(charts, { recursive: true });
    // A second run meets the policy that the first one left.
    const again = await run('champion_challenger.py', ['--server', url]);
    expect(again.err).toBe('');
    expect(again.code).toBe(0);
    expectLines(again.out, CHALLENGED.slice(1), { model: 'tumours', first: 4 });
  }, 120_000);

  it('any name will do that the registry takes', async () => {
    const model = '客户 流失 100%25.v2 #?&+é';
    const { code, out, err } = await run('sklearn_onnx.py', ['--model', model], { ASSAYER_SERVER: url });
    expect(err).toBe('');
    expect(code).toBe(0);
    expectLines(out, ['register   NAME: new', ...ALWAYS], { model, first: 1 });
  });

  it('mlflow_train.py does so with nothing but the MLflow client, and what it damages is kept', async () => {
    const client = CLIENTS[0] as Client;
    await assertClient(client);
    const { code, out, err } = await runClient(client, [join(ROOT, 'examples', 'mlflow_train.py')], {
      MLFLOW_TRACKING_URI: url,
      MLFLOW_TRACKING_USERNAME: 'example',
      MLFLOW_TRACKING_PASSWORD: 'not verified while access is open',
    });
    expect(code, err).toBe(0);
    expectLines(out, MLFLOW_SAYS, { model: 'breast-cancer-mlflow', first: 1 });
  }, 240_000);

  it('and the ledger verifies, with the checkpoints taken on the way', async () => {
    const vkey = (await get('/ledger/key')).trim();
    checkpoints.push(await get('/ledger/checkpoint'));
    const lines = (await get('/ledger/export')).trimEnd().split('\n');
    const report = await verifyLedger(inTurn(lines), { vkey, checkpoints });
    expect(report.problems).toEqual([]);
    expect(report.ok).toBe(true);
    expect(report.size).toBe(lines.length);
    expect(report.checkpoints.map(({ outcome }) => outcome)).toEqual(checkpoints.map(() => 'agrees'));
    // The examples did everything under the names that they were given.
    expect([...new Set(lines.map((line) => JSON.parse(line).actor))].sort()).toEqual(['example', 'grace']);
  });
});

it('an example that is refused ends with the reason and exit code 1', async () => {
  const { url, close } = await start({ database: 'sqlite::memory:' });
  try {
    const { code, err } = await run('sklearn_onnx.py', ['--server', url, '--model', 'a/b']);
    expect(err).toBe('failed: 422 invalid: name must not hold / or :.\n');
    expect(code).toBe(1);
  } finally {
    await close();
  }
});

/** A real server on a free port, with a data folder of its own. */
async function start(flags: Record<string, unknown>, drop = async () => {}) {
  const data = await mkdtemp(join(tmpdir(), 'assayer-examples-'));
  const settings = { port: 0, data, log_level: 'error', limits: { reserve_bytes: 0 }, ...flags };
  const server = await openServer(loadConfig({ flags: settings }));
  return {
    url: server.url,
    async close() {
      await server.close();
      await drop();
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function* inTurn(lines: string[]): AsyncGenerator<string> {
  yield* lines;
}

function expectLines(out: string, wanted: string[], { model, first }: { model: string; first: number }): void {
  for (const line of wanted) {
    const text = line
      .replaceAll('NAME', model)
      .replace(/\/N\b/g, `/${first}`)
      .replace(/\/M\b|(?<=\[)M(?=\])/g, (m) => m.replace('M', String(first + 1)))
      .replace(/\/P\b|(?<=\[)P(?=\])/g, (m) => m.replace('P', String(first + 2)));
    expect(out).toContain(text);
  }
}

function run(
  script: Example | 'champion_challenger.py',
  args: string[],
  more: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string }> {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ASSAYER_ACTOR: 'example',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONIOENCODING: 'utf-8',
    ...more,
  };
  if (!more.ASSAYER_SERVER) delete env.ASSAYER_SERVER;
  return new Promise((resolve) => {
    execFile(PYTHON, [join(ROOT, 'examples', script), ...args], { env, timeout: 50_000 }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err }),
    );
  });
}

/** Without Python the examples are not tested, and that is a failure, not a skip. */
function assertPython(): void {
  const asks = `import importlib.util as u, json; print(json.dumps([n for n in ${JSON.stringify(PACKAGES)} if not u.find_spec(n)]))`;
  let missing: string;
  try {
    const names = JSON.parse(execFileSync(PYTHON, ['-c', asks], { encoding: 'utf8' })) as string[];
    if (names.length === 0) return;
    missing = `it has no ${names.join(', ')}`;
  } catch (error) {
    missing = (error as Error).message;
  }
  throw new Error(
    `The examples need Python with the packages of examples/requirements.txt; tried ${PYTHON}: ${missing}. ` +
      'npm test makes that environment by itself; by hand: python3 -m venv .venv && .venv/bin/pip install -r ' +
      'examples/requirements.txt, or set ASSAYER_PYTHON to a Python that has them.',
  );
}
