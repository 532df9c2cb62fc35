import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../support/server-process.ts';
import { done, nodeOf, npmOf, npmTool, ROOT, run } from './tools.ts';
import { BUNDLED, bundledTree } from './tree.ts';

const folder = await mkdtemp(join(tmpdir(), 'assayer-packages-'));
const tarballs: string[] = [];

beforeAll(async () => {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const workspaces = ['--workspace=packages/client', '--workspace=packages/server'];
  const packed = JSON.parse(await done('npm', [...args, ...workspaces], { cwd: ROOT }));
  // An array before npm 12, by name since.
  for (const { filename } of Object.values<{ filename: string }>(packed)) tarballs.push(join(folder, filename));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const listed = async (tarball: string) =>
  (await done('tar', ['-tzf', tarball]))
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''))
    .sort();

const manifestOf = async (name: string) =>
  JSON.parse(await readFile(join(ROOT, 'packages', name, 'package.json'), 'utf8'));

/** What a folder of sources is built into. */
async function builtFrom(source: string, suffixes: readonly string[]): Promise<string[]> {
  const files = await readdir(join(ROOT, source), { recursive: true });
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => suffixes.map((suffix) => `dist/${file.replace(/\.ts$/, suffix)}`));
}

describe('what is packed', () => {
  it('is what is needed and nothing else: no tests, no sources, no maps', async () => {
    const [client = '', server = ''] = tarballs;
    const words = ['LICENSE', 'README.md', 'package.json'];
    expect(await listed(client)).toEqual(
      [...words, ...(await builtFrom('packages/client/src', ['.js', '.d.ts']))].sort(),
    );
    const built = (await readdir(join(ROOT, 'packages/server/dist'))).filter((file) => /\.js$/.test(file));
    for (const entry of ['cli.js', 'wal-checkpoint-worker.js', 'hash-worker.js', 'inspect-worker.js', 'draw-worker.js'])
      expect(built).toContain(entry);
    // Of what is in the bundle.
    const own = ['bin/assayer.js', 'openapi.json', 'dist/LICENSES.txt'];
    expect(await listed(server)).toEqual([...words, ...own, ...built.map((file) => `dist/${file}`)].sort());
  });

  it('names every package that is bundled, with its licence, and no package is bundled that is installed as well', async () => {
    const licences = await readFile(join(ROOT, 'packages/server/dist/LICENSES.txt'), 'utf8');
    const told = [...licences.matchAll(/^(\S+) \d+\.\d+\.\d+ \([\w.-]+\)$/gm)].map(([, name = '']) => name);
    const bundled = (await bundledTree()).map(({ name }) => name);
    expect(told.filter((name) => !bundled.includes(name))).toEqual([]);
    for (const name of BUNDLED) expect(told).toContain(name);
    const { dependencies } = await manifestOf('server');
    expect(told.filter((name) => name in dependencies)).toEqual([]);
  });

  it('is one version: the server asks for the client that is packed with it', async () => {
    const [client, server] = await Promise.all(['client', 'server'].map(manifestOf));
    expect([server.version, server.dependencies['assayer-client']]).toEqual([client.version, client.version]);
  });

  it.each(['client', 'server'])('%s has the licence of the whole', async (name) => {
    const whole = await readFile(join(ROOT, 'LICENSE'), 'utf8');
    expect(await readFile(join(ROOT, 'packages', name, 'LICENSE'), 'utf8')).toBe(whole);
  });

  it('passes publint', async () => {
    const publint = join(await npmTool('publint@0.3.25'), 'node_modules', '.bin', 'publint');
    for (const tarball of tarballs) expect(await done(publint, ['run', tarball, '--strict'])).toMatch(/All good/);
  });
});

it('O6 no known weakness in the production tree', async ({ skip }) => {
  const { stdout } = await run('npm', ['audit', '--omit=dev', '--json'], { cwd: ROOT });
  const { error, metadata, vulnerabilities } = JSON.parse(stdout);
  skip(error !== undefined, 'the registry does not answer about advisories');
  expect(metadata.dependencies.prod).toBeGreaterThan(20);
  expect(vulnerabilities).toEqual({});
});

it('O6 no known weakness in what is bundled', async ({ skip }) => {
  const { stdout } = await run('npm', ['audit', '--json'], { cwd: ROOT });
  const { error, vulnerabilities } = JSON.parse(stdout);
  skip(error !== undefined, 'the registry does not answer about advisories');
  const weak = (await bundledTree()).filter(({ name }) => name in vulnerabilities);
  expect(weak.map(({ name, version }) => `${name}@${version}`)).toEqual([]);
});

/** The tarballs installed into an empty folder by this npm on this Node, as a user does it. */
async function install(node: string, npm: string): Promise<{ place: string; cli: string }> {
  const place = await mkdtemp(join(folder, 'place-'));
  await writeFile(join(place, 'package.json'), '{"private": true, "type": "module"}');
  const PATH = `${dirname(node)}:${process.env.PATH}`;
  await done(node, [npm, 'install', '--no-audit', '--no-fund', ...tarballs], { cwd: place, env: { PATH } });
  return { place, cli: join(place, 'node_modules', 'assayer', 'bin', 'assayer.js') };
}

/** What prints the name of the model `churn`. */
const CLIENT = `
import { createClient } from 'assayer-client';
const client = createClient({ server: process.argv[2] });
const { data } = await client.GET('/api/v1/models/{name}', { params: { path: { name: 'churn' } } });
console.log(data?.name);
`;

const TYPED = `
import { createClient, type Schemas } from 'assayer-client';
const client = createClient({ server: '' });
const { data } = await client.GET('/api/v1/models/{name}', { params: { path: { name: 'churn' } } });
export const model: Schemas['Model'] | undefined = data;
// @ts-expect-error: there is no such route
await client.GET('/api/v1/nothing');
`;

const MATRIX = [
  { version: '22', npm: '10' },
  { version: '24', npm: '11' },
  { version: '26', npm: '12' },
];

describe.each(MATRIX)('on Node.js $version, installed by npm $npm', ({ version, npm }) => {
  let node: string;
  let place: string;
  let cli: string;
  beforeAll(async () => {
    node = await nodeOf(version);
    ({ place, cli } = await install(node, await npmOf(npm)));
  });

  it('O6 nothing that is installed has an install script', async () => {
    const tree = JSON.parse(await readFile(join(place, 'node_modules', '.package-lock.json'), 'utf8'));
    const installed = Object.entries<{ hasInstallScript?: true }>(tree.packages);
    expect(installed.length).toBeGreaterThan(50);
    expect(installed.filter(([, one]) => one.hasInstallScript)).toEqual([]);
  });

  it('serves, registers, gives back what it was given, and its ledger verifies', async () => {
    const server = await startServer(['--data', join(place, 'data'), '--reserve-bytes', '0'], {}, { node, cli });
    const env = { ASSAYER_SERVER: server.url, XDG_STATE_HOME: join(place, 'state') };
    const assayer = (...args: string[]) => done(node, [cli, ...args], { cwd: place, env });
    // A pickle of 22, 24 or 26: inspected by a worker thread, and clean.
    await writeFile(join(place, 'number.pkl'), Buffer.from([0x80, 4, 0x4b, Number(version), 0x2e]));
    expect(await assayer('push', 'churn', 'number.pkl', '--metric', 'auc=0.93')).toMatch(/^verdict +clean$/m);
    await assayer('pull', 'churn/1', 'pulled');
    expect((await readFile(join(place, 'pulled', 'number.pkl')))[3]).toBe(Number(version));
    expect(await assayer('search', '--filter', 'metrics.auc > 0.9')).toContain('churn');
    expect(await assayer('chart', 'history', 'churn/1', '--metric', 'auc')).toMatch(/^<svg .*auc by step/s);
    expect(await assayer('ledger', 'verify')).toContain('The ledger holds');
    expect(await assayer('health')).toContain('is ready');
    // The client runs on older ones too.
    await writeFile(join(place, 'client.js'), CLIENT);
    for (const one of [node, await nodeOf('18')])
      expect(await done(one, ['client.js', server.url], { cwd: place })).toBe('churn\n');
    expect(await server.stop()).toBe(0);
  });

  it.each(['18', '20', '22.13.1'])('says on Node.js %s that it is too old, where SQLite would crash', async (old) => {
    const { code, stdout, stderr } = await run(await nodeOf(old), [cli, 'serve', '--data', join(place, 'data')]);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(new RegExp(`^assayer needs Node\\.js 22\\.16 or later; this is ${old}`));
  });

  it('the types of the client are whole', async () => {
    const options = { strict: true, noEmit: true, module: 'nodenext', lib: ['es2024', 'dom'], types: [] };
    await writeFile(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['typed.ts'] }));
    await writeFile(join(place, 'typed.ts'), TYPED);
    await done(join(ROOT, 'node_modules', '.bin', 'tsc'), ['-p', place]);
  });
});
