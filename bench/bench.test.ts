import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../packages/server/src/db/open.ts';
import { reconcile } from '../packages/server/src/registry/reconcile.ts';
import { type FacetRow, facetsOfVersion, keptFacet } from '../packages/server/src/registry/search/facets.ts';
import { formatsOfEach, toVersion } from '../packages/server/src/registry/versions/repository.ts';
import { postgresDatabase } from '../packages/server/test/support/databases.ts';
import { CALLS } from './calls/calls.ts';
import type { Figure } from './measure/call.ts';
import type { Haul } from './measure/haul.ts';
import { readOptions } from './options.ts';
import { seed } from './seed/seed.ts';
import { shapeOf } from './seed/shape.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assayer-bench-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the benchmark', () => {
  it('measures every call, checks what was written, and tells both as figures', { timeout: 240_000 }, async () => {
    const json = join(folder, 'figures.json');
    const flags = ['--sizes', '50', '--clients', '1,4', '--seconds', '0.1', '--rounds', '1', '--transfer-mib', '2'];
    const { stdout } = await run(process.execPath, [MAIN, ...flags, '--json', json]);
    const report = JSON.parse(await readFile(json, 'utf8')) as { figures: Figure[]; hauls: Haul[] };
    const { figures, hauls } = report;
    const expected = CALLS.filter((call) => !call.needsMany).flatMap(({ name }) => [`${name} 1`, `${name} 4`]);
    expect(figures.map(({ call, clients }) => `${call} ${clients}`)).toEqual(expected);
    for (const figure of figures) {
      expect(figure).toMatchObject({ versions: 50, database: 'sqlite', errors: 0, troubles: [] });
      expect(figure.answers).toBeGreaterThan(0);
      expect(figure.p99).toBeGreaterThanOrEqual(figure.p50);
      const { readBack } = CALLS.find(({ name }) => name === figure.call) ?? {};
      expect(figure.compared > 0).toBe(readBack !== undefined);
      expect(stdout).toContain(`| ${figure.call} `);
    }
    expect(hauls.map(({ haul, errors }) => [haul, errors])).toEqual([
      ['walk', 0],
      ['a plain file', 0],
      ['a plain file, again', 0],
      ['upload', 0],
      ['download', 0],
      ['upload beside reads', 0],
    ]);
  });

  it('says what is wrong with a flag', () => {
    expect(() => readOptions(['--sizes', '7'])).toThrow('--sizes: "7" must be a multiple of 10');
    expect(() => readOptions(['--calls', 'get-modle'])).toThrow('--calls: "get-modle" must be of get-model, ');
    expect(readOptions(['--sizes', '10k,1M'])?.sizes).toEqual([10_000, 1_000_000]);
  });
});

const inOrder = (facets: FacetRow[]) =>
  facets.map(({ key, head, text, folded, num }) => JSON.stringify([key, head, text, folded, num])).sort();

const databases = {
  sqlite: async () => ({ url: '', drop: async () => {} }),
  postgres: postgresDatabase,
};

describe.each(Object.entries(databases))('a seed on %s', (name, create) => {
  it('is what its ledger says, and is found by what its documents say', async () => {
    const { url, drop } = await create();
    const data = join(folder, name);
    await seed(data, url, shapeOf(100));
    const db = await openDatabase(url || `sqlite:${join(data, 'assayer.db')}`);
    for await (const difference of reconcile(db.read)) expect.fail(JSON.stringify(difference));

    const versions = await db.read.selectFrom('version').selectAll().execute();
    expect(versions).toHaveLength(101);
    expect(new Set(versions.map(({ status }) => status))).toEqual(
      new Set(['draft', 'staging', 'production', 'archived']),
    );
    for (const row of versions) {
      const facets = await db.read
        .selectFrom('version_facet')
        .select(['key', 'head', 'text', 'folded', 'num'])
        .where('version_id', '=', row.id)
        .execute();
      const due = facetsOfVersion(toVersion(row, ''), (await formatsOfEach(db.read, [row.id])).get(row.id) ?? []);
      expect(inOrder(facets)).toEqual(inOrder(due.map(keptFacet)));
    }
    await db.close();
    await drop();
  });
});
