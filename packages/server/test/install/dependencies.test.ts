import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './tools.ts';
import { bundledTree, lockedPackages, productionTree } from './tree.ts';

/** Licences that ask for no more than to be named. */
const LICENCES = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'Apache-2.0',
  '0BSD',
  'Unlicense',
]);

const manifest = async (path: string) => JSON.parse(await readFile(join(ROOT, path, 'package.json'), 'utf8'));
const named = (packages: Iterable<{ name: string; version: string }>) =>
  [...packages].map(({ name, version }) => `${name}@${version}`);

describe('dependencies', () => {
  it('O6 the production tree is small', async () => {
    const tree = await productionTree();
    expect(tree.length).toBeGreaterThan(20);
    expect(tree.length, named(tree).join(' ')).toBeLessThanOrEqual(120);
  });

  it('O6 everything is pinned: exact versions are asked for, and what comes has to have its digest', async () => {
    const { workspaces } = await manifest('.');
    for (const path of ['.', ...workspaces]) {
      const { dependencies, devDependencies, optionalDependencies } = await manifest(path);
      // The Node.js of a checkout may be any of its major version; whoever installs the packages gets none of it.
      const optional = path === '.' ? {} : optionalDependencies;
      const loose = Object.entries({ ...dependencies, ...devDependencies, ...optional }).filter(
        ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(version)),
      );
      expect([path, loose]).toEqual([path, []]);
    }
    const ours = /^packages\/[a-z]+$/;
    const undigested = [...(await lockedPackages())].filter(
      ([path, { link, integrity }]) => !ours.test(path) && !link && !/^sha512-/.test(integrity ?? ''),
    );
    expect(undigested.map(([path]) => path)).toEqual([]);
  });

  it('O6 every licence of the production tree asks for no more than to be named', async () => {
    const all = [...(await productionTree()), ...(await bundledTree())];
    const others = all.filter(({ license }) => !LICENCES.has(license ?? ''));
    expect(others.map(({ name, license }) => `${name}: ${license}`)).toEqual([]);
  });

  it('O6 no install script runs: production has none, and each of development is denied by name', async () => {
    const all = [...(await productionTree()), ...(await bundledTree())];
    expect(named(all.filter((one) => one.hasInstallScript))).toEqual([]);
    const { allowScripts } = await manifest('.');
    const allowed = [...(await lockedPackages()).values()].filter(
      ({ name, hasInstallScript }) => hasInstallScript && allowScripts[name] !== false,
    );
    expect(named(allowed)).toEqual([]);
  });
});
