import { existsSync } from 'node:fs';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256Of } from '../support/blob-contract.ts';
import { done, jsonOf, makePlace, type Place, run, serve } from './support.ts';

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

describe('sweep', { timeout: 180_000 }, () => {
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

describe('scrub', { timeout: 180_000 }, () => {
  it('A2 names damage beside a running server, ends with 1, and mends it from a backup', async () => {
    await using place = await makePlace();
    const server = await serve(place);
    await push(place, 'churn', 'sound');
    expect(await jsonOf(place, 'scrub')).toEqual({
      ok: true,
      blobs: 1,
      bytes: 5,
      problems: [],
      exposed: { blobs: 0, first: [] },
      extra: { files: 0, bytes: 0, first: [] },
    });
    // As on a file system that knows no owners: no damage, and told.
    await chmod(blobFile(place, 'sound'), 0o755);
    const open = await run(place, 'scrub');
    expect(open).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 blob (5 B): all are what they should be'),
    });
    expect(open.stderr).toMatch(/1 blob may be read by other users.*\(0755\)/);
    const doctor = await run(place, 'doctor');
    expect(doctor.stdout).toMatch(/1 open to other users, such as \w{64} \(0755\)/);
    expect(doctor.stdout).not.toMatch(/refuses to serve/);
    await chmod(blobFile(place, 'sound'), 0o600);

    await push(place, 'churn', 'rotten');
    await done(place, 'backup', 'backups');
    await writeFile(blobFile(place, 'rotten'), 'Rotten');
    const { code, stdout } = await run(place, 'scrub', '--rate', '1MB');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^sha256:\w{64} holds other bytes than it should: churn\/2\/model.bin\n2 blobs \(11 B\): 1 is not/,
    );
    await rm(blobFile(place, 'sound'));
    const mended = await jsonOf(place, 'scrub', '--mend-from', 'backups');
    expect(mended).toMatchObject({ ok: true, problems: [{ mended: true }, { mended: true }] });
    expect((await run(place, 'scrub')).code).toBe(0);
    expect(await server.stop()).toBe(0);
  });

  it('a rate that is none is misuse', async () => {
    await using place = await makePlace();
    expect(await run(place, 'scrub', '--rate', 'fast')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"fast"'),
    });
  });
});

describe('backup and restore-backup', { timeout: 300_000 }, () => {
  it('D15 D16 a backup beside a running server restores to an empty machine, and the doctor finds nothing', async () => {
    await using place = await makePlace();
    const server = await serve(place);
    await push(place, 'churn', 'the first');
    await push(place, 'churn', 'the second');
    await done(place, 'rm', 'churn/2', '--reason', 'test', '--yes');
    const taken = await jsonOf(place, 'backup', 'backups', '--keep', '2');
    expect(taken).toMatchObject({
      ok: true,
      rows: { model: 1, version: 2 },
      blobs: { count: 2, bytes: 19 },
      problems: [],
    });
    await push(place, 'late', 'not in the backup');
    expect(await server.stop()).toBe(0);

    expect(await done(place, 'restore-backup', 'backups', '--dry-run', '--data', 'new')).toMatch(
      /^The backup \S+ holds: /,
    );
    expect(existsSync(join(place.folder, 'new'))).toBe(false);
    const restored = await done(place, 'restore-backup', 'backups', '--data', 'new');
    expect(restored).toMatch(/^Restored \S+ to sqlite:.*The ledger holds\.$/m);
    expect((await jsonOf(place, 'doctor', '--data', 'new', '--all')).ok).toBe(true);

    const again = await serve(place, '--data', 'new');
    await done(place, 'pull', 'churn/1', 'out');
    expect(await readFile(join(place.folder, 'out', 'model.bin'), 'utf8')).toBe('the first');
    expect(await run(place, 'show', 'late')).toMatchObject({ code: 1 });
    // The number that is in the trash is not given again.
    await push(place, 'churn', 'the third');
    expect(await done(place, 'show', 'churn/3')).toContain('churn/3');
    await done(place, 'ledger', 'verify');
    const second = await run(place, 'restore-backup', 'backups', '--data', 'new');
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('nother Assayer server') });
    expect(await again.stop()).toBe(0);
    const third = await run(place, 'restore-backup', 'backups', '--data', 'new');
    expect(third).toMatchObject({ code: 1, stderr: expect.stringContaining('There is a database already') });
  });

  it('says what is wrong with a backup, and where there is none', async () => {
    await using place = await makePlace();
    expect(await run(place, 'backup', 'backups')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no database'),
    });
    expect(await run(place, 'restore-backup', 'backups')).toMatchObject({
      code: 1,
      stderr: 'There is no backup in backups.\n',
    });
    expect(existsSync(join(place.folder, 'backups'))).toBe(false);
    const server = await serve(place);
    await push(place, 'churn', 'bytes');
    const { folder, backup } = await jsonOf(place, 'backup', 'backups');
    expect(await run(place, 'restore-backup', 'backups', '--point', 'never')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(backup),
    });
    await writeFile(join(place.folder, folder, 'model.jsonl.gz'), 'x');
    expect(await run(place, 'restore-backup', 'backups', '--dry-run')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('model.jsonl.gz'),
    });
    expect(await run(place, 'restore-backup', 'backups', '--data', 'new')).toMatchObject({ code: 1 });
    expect(existsSync(join(place.folder, 'new', 'assayer.db'))).toBe(false);
    await writeFile(join(place.folder, folder, 'manifest.json'), 'x');
    const next = await run(place, 'backup', 'backups', '--json');
    expect(next.code).toBe(1);
    expect(JSON.parse(next.stdout)).toMatchObject({
      ok: false,
      problems: [],
      unreadable: [{ backup, detail: expect.stringContaining('is damaged') }],
    });
    expect(await done(place, 'restore-backup', 'backups', '--data', 'new')).toContain('The ledger holds.');
    await server.stop();
  });
});
