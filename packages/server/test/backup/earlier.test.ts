import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { getPoint } from '../../src/backup/folder.ts';
import { ranSteps, STEPS } from '../../src/db/migrate.ts';
import { collect } from '../support/blob-contract.ts';
import { make } from '../support/make.ts';
import { places, restoreTo } from '../support/places.ts';
import { aRun, ok, pointsOf } from '../support/training.ts';

/** A backup that the build took whose newest step was 0009-recency: models, versions, a run with points at the ends of what a number is. */
const EARLIER = fileURLToPath(new URL('of-0009', import.meta.url));

for (const kind of Object.keys(places) as (keyof typeof places)[])
  it(`D16 a backup of an earlier build restores to ${kind}, brought up to this one, and goes on`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'assayer-earlier-'));
    await cp(EARLIER, folder, { recursive: true });
    const place = await places[kind]();
    const point = await getPoint(folder);
    expect(point.manifest.schema.at(-1)).toBe('0009-recency');
    try {
      await restoreTo(place, folder, point);
      const opened = await place.open();
      try {
        expect(await collect(opened.registry.ledger.reconcile())).toEqual([]);
        expect(await ranSteps(opened.db.read)).toHaveLength(STEPS.length);
        const points = await pointsOf(opened.db, 'r');
        expect(points.sort((a, b) => a - b)).toEqual([-Number.MAX_VALUE, -1e-300, 0, 5e-324, 0.1, Number.MAX_VALUE]);
        const events = ok(await opened.get('/events?subject=fraud-eu&page_size=100')).items;
        expect(events.map(({ type }: { type: string }) => type)).toContain('version.promoted');
        const staging = ok(await opened.get("/versions?filter=status = 'staging'&page_size=100")).items;
        expect(staging.length).toBeGreaterThan(0);
        for (const { status } of staging) expect(status).toBe('staging');
        // Ids go on after those that were restored.
        await make.version(opened, { artifacts: { 'model.bin': 'it goes on' } });
        const run_id = await aRun(opened);
        ok(await opened.mlflow('POST', '/runs/log-metric', { run_id, key: 'k', value: 7, timestamp: 1 }));
        expect(await pointsOf(opened.db, run_id)).toEqual([7]);
        expect(await pointsOf(opened.db, 'r')).toHaveLength(6);
      } finally {
        await opened.close();
      }
    } finally {
      await place.remove();
      await rm(folder, { recursive: true });
    }
  });
