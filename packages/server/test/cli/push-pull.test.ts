import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { done, jsonOf, makePlace, openPipe, run, type Served, serve, start, until } from './support.ts';

const place = await makePlace();
const BIG = 40 * 2 ** 20;
const FILES: Record<string, Buffer> = {
  'big.bin': randomBytes(BIG),
  'empty.bin': Buffer.alloc(0),
  'sub dir/模型 😀.txt': Buffer.from('odd'),
  'sub dir/100%25 # ?&.txt': Buffer.from('percent'),
  'sub dir/a=b;c,d+e.json': Buffer.from('{}'),
};
FILES['sub dir/deep/copy of big.bin'] = FILES['big.bin'] as Buffer;

let server: Served;

beforeAll(async () => {
  for (const [path, bytes] of Object.entries(FILES)) {
    const file = join(place.folder, 'model', path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, bytes);
  }
  server = await serve(place);
});

afterAll(async () => {
  await server?.stop();
  await place[Symbol.asyncDispose]();
});

async function treeOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = async (file: string) => [file.slice(folder.length + 1), sha256(await readFile(file))] as const;
  return Object.fromEntries((await Promise.all(files.map(read))).sort());
}
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const expected = Object.fromEntries(
  Object.entries(FILES)
    .map(([path, bytes]) => [path, sha256(bytes)] as const)
    .sort(),
);

describe('push and pull', () => {
  it('bring a folder there and back, bytes and names', async () => {
    const args = ['--metric', 'auc=0.93', 'loss=nan', '--tag', 'team=growth', '--property', 'rows=120000', 'note=text'];
    const more = ['--framework', 'sklearn', '--run-id', 'r1', '--git-commit', 'abc', '--description', 'first'];
    const pushed = await jsonOf(place, 'push', '流失 churn', 'model', ...args, ...more, '--alias', 'champion');
    expect(pushed).toMatchObject({ files: 6, bytes: 2 * BIG + 3 + 7 + 2, sent_files: 5 });
    expect(pushed.version).toMatchObject({
      number: 1,
      state: 'sealed',
      description: 'first',
      framework: 'sklearn',
      metrics: { auc: 0.93, loss: 'NaN' },
      tags: { team: 'growth' },
      properties: { rows: 120_000, note: 'text' },
      lineage: { run_id: 'r1', git_commit: 'abc' },
    });
    const pulled = await jsonOf(place, 'pull', '流失 churn/@champion', 'out');
    expect(pulled).toMatchObject({ files: 6, fetched_files: 6, version: { digest: pushed.version.digest } });
    expect(await treeOf(join(place.folder, 'out'))).toEqual(expected);
  });

  it('send no bytes that the server has', async () => {
    const pipe = await openPipe(server.url);
    const pushed = await jsonOf(place, 'push', 'churn again', 'model', '--server', pipe.url);
    expect(pushed).toMatchObject({ files: 6, sent_files: 0, sent_bytes: 0 });
    expect(pipe.up).toBeLessThan(20_000);
    pipe.close();
  });

  it('fetch nothing that is there', async () => {
    expect(await jsonOf(place, 'pull', '流失 churn/1', 'out')).toMatchObject({ files: 6, fetched_files: 0 });
  });

  it('take one file, and some of the files', async () => {
    await done(place, 'push', 'one', join('model', 'empty.bin'), '--quiet');
    await done(place, 'pull', 'one/latest');
    expect(await treeOf(join(place.folder, 'one-1'))).toEqual({ 'empty.bin': expected['empty.bin'] });
    await done(place, 'pull', '流失 churn/1', 'some', '--path', 'sub dir/deep', 'empty.bin');
    expect(Object.keys(await treeOf(join(place.folder, 'some')))).toEqual([
      'empty.bin',
      'sub dir/deep/copy of big.bin',
    ]);
    expect(await run(place, 'pull', '流失 churn/1', 'some', '--path', 'nowhere')).toMatchObject({ code: 1 });
  });

  it('replace nothing without --force', async () => {
    const target = join(place.folder, 'some', 'empty.bin');
    await writeFile(target, 'mine');
    const refused = await run(place, 'pull', '流失 churn/1', 'some');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/Nothing was overwritten.*empty\.bin: holds something else/s);
    expect(await readFile(target, 'utf8')).toBe('mine');
    await done(place, 'pull', '流失 churn/1', 'some', '--force');
    expect(await treeOf(join(place.folder, 'some'))).toEqual(expected);
  });

  it('write nothing through a symbolic link', async () => {
    const folder = join(place.folder, 'linked');
    await mkdir(folder);
    await mkdir(join(place.folder, 'elsewhere'));
    await symlink(join(place.folder, 'elsewhere'), join(folder, 'sub dir'));
    const refused = await run(place, 'pull', '流失 churn/1', 'linked', '--force');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/is a symbolic link: nothing is written through it/);
    await rm(join(folder, 'sub dir'));
    await symlink(join(place.folder, 'elsewhere', 'x'), join(folder, 'empty.bin.part'));
    expect(await run(place, 'pull', '流失 churn/1', 'linked')).toMatchObject({ code: 1 });
    expect(await readdir(join(place.folder, 'elsewhere'))).toEqual([]);
  });

  it('tell all names that cannot be artifacts, and send nothing', async () => {
    const folder = join(place.folder, 'bad');
    await mkdir(join(folder, 'sub'), { recursive: true });
    await writeFile(join(folder, 'back\\slash'), '');
    await writeFile(join(folder, 'sub', 'aux'), '');
    await symlink('/etc/passwd', join(folder, 'link'));
    const refused = await run(place, 'push', 'bad', 'bad');
    expect(refused.code).toBe(2);
    for (const word of ['back\\slash:', 'sub/aux:', 'link: is a symbolic link']) expect(refused.stderr).toContain(word);
    expect(await run(place, 'show', 'bad')).toMatchObject({ code: 1 });
  });
});

describe('what is interrupted goes on', () => {
  it('a pull that was killed, with what it had', async () => {
    const pipe = await openPipe(server.url);
    // More than four pieces of 8 MiB, as many as are fetched at once: one of them is whole.
    pipe.stallAfter = { down: 34 * 2 ** 20 };
    const target = join(place.folder, 'resumed', 'big.bin');
    const { child, ended } = start(place, [
      'pull',
      '流失 churn/1',
      'resumed',
      '--path',
      'big.bin',
      '--server',
      pipe.url,
    ]);
    await until(() => pipe.down > 34 * 2 ** 20);
    const finished = async () => (await readFile(`${target}.part.json`, 'utf8').catch(() => '')).split('\n').length;
    await until(async () => (await finished()) > 2);
    child.kill('SIGKILL');
    await ended;
    expect(existsSync(target)).toBe(false);
    expect(existsSync(`${target}.part`)).toBe(true);
    pipe.stallAfter = {};
    pipe.down = 0;
    await done(place, 'pull', '流失 churn/1', 'resumed', '--path', 'big.bin', '--server', pipe.url);
    expect(pipe.down).toBeLessThan(BIG - 7 * 2 ** 20);
    expect(await readdir(join(place.folder, 'resumed'))).toEqual(['big.bin']);
    expect(sha256(await readFile(target))).toBe(expected['big.bin']);
    pipe.close();
  });

  it('a part whose bytes were lost is fetched anew', async () => {
    const folder = join(place.folder, 'torn');
    await mkdir(folder);
    const head = JSON.stringify({ sha256: expected['big.bin'], size: BIG, piece: 8 * 2 ** 20 });
    await writeFile(join(folder, 'big.bin.part'), Buffer.alloc(BIG));
    await writeFile(join(folder, 'big.bin.part.json'), `${head}\n0\n1\n4`);
    const pull = ['pull', '流失 churn/1', 'torn', '--path', 'big.bin'];
    const first = await run(place, ...pull);
    expect(first).toMatchObject({ code: 1, stderr: expect.stringContaining('arrived damaged') });
    expect(existsSync(join(folder, 'big.bin'))).toBe(false);
    await done(place, ...pull);
    expect(await treeOf(folder)).toEqual({ 'big.bin': expected['big.bin'] });
  });

  it('a push that was interrupted says how, and then sends the rest', async () => {
    const pipe = await openPipe(server.url);
    await writeFile(join(place.folder, 'fresh.bin'), randomBytes(10 * 2 ** 20));
    pipe.stallAfter = { up: 2 ** 20 };
    const { child, ended } = start(place, ['push', 'stopped model', 'fresh.bin', '--server', pipe.url]);
    await until(() => pipe.up > 2 ** 20);
    child.kill('SIGINT');
    const interrupted = await ended;
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toContain("assayer push 'stopped model' fresh.bin --version 1");
    pipe.close();
    const pushed = await jsonOf(place, 'push', 'stopped model', 'fresh.bin', '--version', '1');
    expect(pushed.version).toMatchObject({ number: 1, state: 'sealed' });
    expect(await run(place, 'push', 'stopped model', 'fresh.bin', '--version', '1')).toMatchObject({ code: 1 });
  });

  it('connections that break are made again', async () => {
    const pipe = await openPipe(server.url);
    await writeFile(join(place.folder, 'broken.bin'), randomBytes(10 * 2 ** 20));
    pipe.breakAfter = { bytes: 2 ** 20, times: 2 };
    const pushed = await run(place, 'push', 'broken', 'broken.bin', '--server', pipe.url);
    expect(pushed).toMatchObject({ code: 0, stderr: expect.stringContaining('Trying again') });
    pipe.breakAfter = { bytes: 2 ** 20, times: 2 };
    const pulled = await run(place, 'pull', 'broken/1', 'mended', '--server', pipe.url);
    expect(pulled).toMatchObject({ code: 0, stderr: expect.stringContaining('Trying again') });
    pipe.close();
  });
});

describe('a version that is open', () => {
  it('takes files from several pushes', async () => {
    await writeFile(join(place.folder, 'a.txt'), 'a');
    await writeFile(join(place.folder, 'b.txt'), 'b');
    const first = await jsonOf(place, 'push', 'open', 'a.txt', '--no-seal');
    expect(first.version).toMatchObject({ state: 'open', digest: null });
    const second = await jsonOf(place, 'push', 'open', 'b.txt', '--version', 'latest');
    expect(second.version).toMatchObject({ number: 1, state: 'sealed', artifact_count: 2 });
  });

  it('is not made where the model is unknown and may not be registered', async () => {
    const refused = await run(place, 'push', 'unknown', 'a.txt', '--no-create', '--json');
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ type: '/problems/model-not-found', status: 404 });
  });
});
