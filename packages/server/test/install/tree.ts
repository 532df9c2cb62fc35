import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './tools.ts';

/** A package as `package-lock.json` has it. */
export interface Locked {
  name: string;
  version: string;
  integrity?: string;
  license?: string;
  link?: true;
  resolved?: string;
  hasInstallScript?: true;
  optional?: true;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/** Every package of the lock file, by where it is installed. */
export async function lockedPackages(): Promise<Map<string, Locked>> {
  const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'));
  return new Map(
    Object.entries<Omit<Locked, 'name'>>(packages)
      .filter(([path]) => path !== '')
      .map(([path, one]) => [path, { ...one, name: path.replace(/^.*node_modules\//, '') }]),
  );
}

/** What runs in production: all that the server needs, and what that needs; the server and client themselves left out. */
export async function productionTree(): Promise<Locked[]> {
  return treeFrom((packages) => walkable(packages, 'packages/server'));
}

/** What the build puts into the files of the server (scripts/bundle-server.mjs): nobody installs it, and everybody runs it. */
export const BUNDLED = ['kysely', 'typebox', 'vega', 'vega-interpreter', 'vega-lite'];

export async function bundledTree(): Promise<Locked[]> {
  return treeFrom(() => BUNDLED);
}

const walkable = (packages: Map<string, Locked>, path: string): string[] => {
  const { dependencies, optionalDependencies } = packages.get(path) as Locked;
  return Object.keys({ ...dependencies, ...optionalDependencies });
};

/** Packages that the server asks for, and all that these need. */
async function treeFrom(asked: (packages: Map<string, Locked>) => string[]): Promise<Locked[]> {
  const locked = await lockedPackages();
  const found = new Map<string, Locked>();
  const visit = (from: string, name: string) => {
    const path = placesFrom(from, name).find((place) => locked.has(place));
    // An optional one may be absent on this platform.
    if (path === undefined || found.has(path)) return;
    const one = locked.get(path) as Locked;
    if (one.link) return walk(one.resolved as string);
    found.set(path, one);
    walk(path);
  };
  const walk = (path: string) => {
    for (const name of walkable(locked, path)) visit(path, name);
  };
  for (const name of asked(locked)) visit('packages/server', name);
  return [...found.values()];
}

/** Where Node looks for a package: beside, then further up. */
function placesFrom(path: string, name: string): string[] {
  const parts = path.split('/');
  return parts
    .map((_, i) => [...parts.slice(0, parts.length - i), 'node_modules', name].join('/'))
    .concat(`node_modules/${name}`);
}
