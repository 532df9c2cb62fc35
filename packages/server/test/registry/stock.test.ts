import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createStock } from '../../src/registry/stock.ts';
import { databases } from '../support/databases.ts';
import { useRegistry } from '../support/open-registry.ts';

describe.each(Object.entries(databases))('the stock on %s', (_, open) => {
  const t = useRegistry(open);

  it('is what is live, whatever is in the trash or was purged; of blobs each counts once', async () => {
    const done = async (asked: Promise<{ status: number; text: string }>) => {
      const { status, text } = await asked;
      expect([200, 201, 204], text).toContain(status);
    };
    const counted = async () => {
      await t.registry.idle();
      const stock = createStock(t.db);
      await stock.count(new AbortController().signal);
      return stock.latest();
    };
    for (const name of ['a', 'b', 'c', 'd']) {
      await done(t.post('/models', { name }));
      for (let number = 1; number <= 3; number += 1) await done(t.post(`/models/${name}/versions`, {}));
      for (const path of ['one', 'same'])
        await done(t.put(`/models/${name}/versions/1/artifacts/${path}`, Buffer.from('1')));
      await done(t.put(`/models/${name}/versions/2/artifacts/other`, Buffer.from(`of ${name}`)));
    }
    const all = { models: 4, versions: 12, artifacts: 12, files: 0, blobs: 5, blob_bytes: 1 + 4 * 4 };
    expect(await counted()).toEqual(all);
    const file = (path: string, bytes: string) => t.registry.files.put(path, Readable.from([Buffer.from(bytes)]));
    await file('0/a', '1');
    await file('0/b', 'of a file alone');
    await file('0/c', 'of a file alone');
    expect(await counted()).toEqual({ ...all, files: 3, blobs: 6, blob_bytes: 17 + 15 });
    await t.registry.files.remove('0');
    expect(await counted()).toEqual(all);
    await done(t.del('/models/a/versions/3?reason=old'));
    await done(t.del('/models/b/versions/3?reason=old'));
    await done(t.post('/models/b/versions/3/purge'));
    expect(await counted()).toEqual({ ...all, versions: 10 });
    await done(t.del('/models/c?reason=old&force=true'));
    await done(t.post('/models/c/purge'));
    expect(await counted()).toEqual({ models: 3, versions: 7, artifacts: 9, files: 0, blobs: 4, blob_bytes: 13 });
  });
});
