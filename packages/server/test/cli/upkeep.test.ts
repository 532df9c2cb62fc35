import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256Of } from '../support/blob-contract.ts';
import { done, makePlace, type Place, run, serve } from './support.ts';

const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
const blobFile = (place: Place, content: string) => {
  const sha256 = sha256Of(Buffer.from(content));
  return join(place.folder, 'data', 'blobs', 'sha256', sha256.slice(0, 2), sha256);
};

async function push(place: Place, model: string, content: string): Promise<void> {
  await writeFile(join(place.folder, 'model.bin'), content);
  await done(place, 'push', model, 'model.bin');
}

describe('sweep', () => {
  it('D5 removes purged bytes beside a running server, and tells before what it would remove', async () => {
    await using place = await makePlace();
    const server = await serve(place);
    await push(place, 'churn', 'purged');
    await push(place, 'churn', 'kept');
    await done(place, 'rm', 'churn/1', '--reason', 'personal data', '--purge', '--yes');

    expect(await done(place, 'sweep', '--json')).toBe('');
    const told = linesOf(await done(place, 'sweep', '--grace', '0', '--dry-run', '--json'));
    expect(told).toEqual([
      { sha256: sha256Of(Buffer.from('purged')), size: 6, kept_at: expect.any(String), removed: false },
    ]);
    expect(existsSync(blobFile(place, 'purged'))).toBe(true);

    const swept = await run(place, 'sweep', '--grace', '0');
    expect(swept).toMatchObject({ code: 0, stderr: expect.stringContaining('1 blob (6 B)') });
    expect(existsSync(blobFile(place, 'purged'))).toBe(false);
    expect(existsSync(blobFile(place, 'kept'))).toBe(true);
    await done(place, 'pull', 'churn/2', 'out');
    expect(await server.stop()).toBe(0);
  });

  it('says what it cannot work on, and makes nothing', async () => {
    await using place = await makePlace();
    expect(await run(place, 'sweep')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no database'),
    });
    expect(await run(place, 'sweep', '--grace', 'soon')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"soon"'),
    });
    expect(existsSync(join(place.folder, 'data'))).toBe(false);
  });
});
