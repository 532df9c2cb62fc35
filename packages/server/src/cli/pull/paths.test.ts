import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { problemOfPath } from '../../registry/names.ts';
import { openDestination } from './destination.ts';
import { readEntries } from './manifest.ts';
import { openPart, PIECE, partPath } from './part.ts';
import { select } from './select.ts';

const sha256 = 'a'.repeat(64);
const manifest = (...paths: string[]) => JSON.stringify(paths.map((path) => ({ path, sha256, size: 1 })));
const made: string[] = [];
async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'assayer-pull-'));
  made.push(path);
  return path;
}

afterAll(() => Promise.all(made.map((path) => rm(path, { recursive: true, force: true }))));

describe('names of a manifest', () => {
  it.each([
    '../x',
    'a/../../x',
    '/etc/passwd',
    'C:/x',
    'c:x',
    '..\\x',
    'a\\b',
    'a//b',
    'a/./b',
    '%2e%2e/x',
    'a/%2E%2e/x',
    '..%2fx',
    'a\u0000b',
    'a\nb',
    'nul',
    'sub/COM1.txt',
    '',
    'a/',
    'x'.repeat(256),
  ])('%j leads nowhere', (path) => {
    expect(() => readEntries(manifest(path))).toThrow(/cannot be written here/);
  });

  it('all are told at once, and two that are one', () => {
    expect(() => readEntries(manifest('ok', '../a', '../b', 'e\u0301', '\u00e9', 'd', 'd/x'))).toThrow(
      expect.objectContaining({ lines: expect.arrayContaining([expect.stringContaining('d/x: d is a file')]) }),
    );
  });

  it.each(['', '{}', '[1]', '[{"path":"a"}]', '[{"path":"a","sha256":"A","size":1}]'])('%j is no manifest', (text) => {
    expect(() => readEntries(text)).toThrow();
  });

  it('P1: whatever the name, what is accepted stays inside', async () => {
    const root = await folder();
    const { find, root: real } = await openDestination(root);
    const segment = fc.oneof(
      fc.constantFrom('..', '.', '', 'a', 'C:', '~', '%2e%2e', '..\\'),
      fc.string({ maxLength: 8 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(segment, { maxLength: 5 }), async (segments) => {
        const path = segments.join('/');
        if (problemOfPath(path)) return;
        expect(join(real, ...path.split('/')).startsWith(`${real}/`)).toBe(true);
        await find(path);
      }),
    );
  });
});

describe('a destination', () => {
  it('is a folder, or can be made', async () => {
    const root = await folder();
    await writeFile(join(root, 'file'), '');
    expect((await openDestination(join(root, 'a', 'b'))).root).toBe(join(root, 'a', 'b'));
    const misuse = expect.objectContaining({ code: 2, message: expect.stringContaining('is a file, not a folder') });
    await expect(openDestination(join(root, 'file'))).rejects.toEqual(misuse);
    await expect(openDestination(join(root, 'file', 'x'))).rejects.toEqual(misuse);
  });

  it.runIf(process.platform === 'linux')('ends where no folder can be made', async () => {
    await expect(openDestination('/proc/nothing/here')).rejects.toThrow(/cannot be made|Nothing can be written/);
  });

  it('makes folders, and follows no links', async () => {
    const root = await folder();
    const outside = await folder();
    await symlink(outside, join(root, 'link'));
    await writeFile(join(root, 'file'), '');
    const { place } = await openDestination(root);
    expect(await place('a/b/c')).toBe(join(root, 'a', 'b', 'c'));
    await expect(place('link/x')).rejects.toThrow(/symbolic link/);
    await expect(place('file/x')).rejects.toThrow(/in the way/);
    await expect(place('../x')).rejects.toThrow(/outside/);
  });
});

describe('a part', () => {
  const entry = { path: 'x', sha256, size: 3 * PIECE };

  it('remembers its pieces, not a torn line, and not those of other bytes', async () => {
    const file = join(await folder(), 'x.part');
    const first = await openPart(file, entry);
    await first.finish(0);
    await first.finish(2);
    await first.close();
    await writeFile(`${file}.json`, `${await readFile(`${file}.json`, 'utf8')}1`);
    const again = await openPart(file, entry);
    expect([...again.done]).toEqual([0, 2]);
    await again.close();
    const other = await openPart(file, { ...entry, sha256: 'b'.repeat(64) });
    expect(other.done.size).toBe(0);
    await other.discard();
  });

  it('has another name where that is an artifact, or too long', () => {
    expect(partPath('/d/x', () => false)).toBe('/d/x.part');
    expect(partPath('/d/x', (suffix) => suffix === '.part')).toMatch(/^\/d\/\.assayer-[0-9a-f]{32}\.part$/);
    expect(Buffer.byteLength(partPath(`/d/${'é'.repeat(125)}`, () => false))).toBeLessThan(60);
  });

  it('is not written through a link', async () => {
    const root = await folder();
    await mkdir(join(root, 'd'));
    await symlink(join(root, 'target'), join(root, 'd', 'x.part'));
    await expect(openPart(join(root, 'd', 'x.part'), { ...entry, size: 1 })).rejects.toThrow(/symbolic link/);
  });
});

describe('select', () => {
  const entries = ['a', 'a.b', 'd/x', 'd/y/z'].map((path) => ({ path, sha256, size: 1 }));
  it.each([
    [undefined, ['a', 'a.b', 'd/x', 'd/y/z']],
    [['a'], ['a']],
    [['d/'], ['d/x', 'd/y/z']],
    [
      ['d/y', 'a.b'],
      ['a.b', 'd/y/z'],
    ],
  ])('%j', (paths, expected) => {
    expect(select(entries, paths).map((one) => one.path)).toEqual(expected);
  });
  it('refuses what is not there', () => {
    expect(() => select(entries, ['d/y/z/w'])).toThrow(/no such files/);
  });
});
