import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import { done, jsonOf, makePlace, type Place, run, serve } from '../cli/support.ts';
import { postgresDatabase } from '../support/databases.ts';
import { startServer } from '../support/server-process.ts';
import { DATA, hasRelease, releasedCli } from './released/release.ts';
import { done as runs, run as tries } from './tools.ts';

interface Installation extends AsyncDisposable {
  folder: string;
  /** Flags that name it. */
  where: string[];
  /** A text that another state of the database does not have. */
  state(): Promise<string>;
}

/** What the release before left behind: everything that a ledger can tell of, see released/make.ts. */
async function released(place: Place, name: string): Promise<Installation> {
  await runs('tar', ['-xzf', DATA, '-C', place.folder]);
  const folder = join(place.folder, name);
  const where = ['--data', folder];
  if (name === 'sqlite') {
    const state = async () =>
      createHash('sha256')
        .update(await readFile(join(folder, 'assayer.db')))
        .digest('hex');
    return { folder, where, state, [Symbol.asyncDispose]: async () => {} };
  }
  const { url, drop } = await postgresDatabase();
  const ask = async (text: string) => {
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query(text).finally(() => client.end());
    return rows;
  };
  await ask(await readFile(join(folder, 'rows.sql'), 'utf8'));
  const state = async () =>
    JSON.stringify(await ask('select migration.*, xmin, (select count(*) from event) from migration'));
  return { folder, where: [...where, '--database', url], state, [Symbol.asyncDispose]: drop };
}

// Some twenty processes each.
vi.setConfig({ testTimeout: 180_000 });

const history = await hasRelease();

describe.each(['sqlite', 'postgres'])('the data of the release before, on %s', (name) => {
  it('O8 is upgraded, read, verified and gone on with', async () => {
    await using place = await makePlace();
    await using data = await released(place, name);
    if (name === 'postgres') {
      const refused = await run(place, 'serve', '--port', '0', ...data.where);
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/older schema.*assayer migrate/) });
      await done(place, 'migrate', ...data.where);
    }
    const server = await serve(place, ...data.where);
    await assertWhole(place, data);

    expect(await done(place, 'search', '--filter', "tags.team = 'growth'")).toContain('churn');
    expect(await done(place, 'search', 'betrug')).toContain('Betrug 詐欺');
    expect(await done(place, 'search', '--versions', '模型')).toContain('churn/2');
    const live = await done(place, 'search', '--versions', '--filter', "status = 'production' AND metrics.auc > 0.9");
    expect(live).toContain('churn/1');
    expect(await done(place, 'trash')).toMatch(/^away .*replaced$/m);
    const { items } = await get(`${server.url}/api/v1/events?type=model.renamed`);
    const before = new Date(Date.parse(items[0].at) - 1).toISOString();
    expect(await get(`${server.url}/api/v1/models/fraud?as_of=${before}`)).toMatchObject({ name: 'fraud' });
    const pulled = join(place.folder, 'pulled');
    await done(place, 'pull', 'churn/@champion', pulled);
    expect(await readFile(join(pulled, '1.pkl'), 'hex')).toBe('80044b012e');

    // Numbers go on where they were, what was in the trash comes back, and the ledger is still the same one.
    const { version } = await jsonOf(place, 'push', 'churn', pulled);
    expect(version.number).toBe(4);
    await done(place, 'restore', 'churn/3');
    await assertWhole(place, data);
    expect(await server.stop()).toBe(0);
  });

  const reason = history ? '' : ' (skipped: this clone does not hold the commit of the release)';
  it.skipIf(!history)(
    `O8 is refused by the release before once it is upgraded, and served by it from the backup${reason}`,
    async () => {
      await using place = await makePlace();
      await using data = await released(place, name);
      await done(place, 'migrate', ...data.where);
      const cli = await releasedCli();
      const upgraded = await data.state();
      const { code, stderr } = await tries(process.execPath, [cli, 'serve', '--port', '0', ...data.where]);
      expect([code, stderr]).toEqual([1, expect.stringMatching(/written by a newer Assayer.*restore a backup/)]);
      expect(await data.state()).toBe(upgraded);

      await using elsewhere = await makePlace();
      await using backup = await released(elsewhere, name);
      const server = await startServer([...backup.where], {}, { node: process.execPath, cli });
      const found = await tries(process.execPath, [cli, 'search', '--server', server.url]);
      expect([found.code, found.stdout]).toEqual([0, expect.stringContaining('churn')]);
      expect(await server.stop()).toBe(0);
    },
  );
});

/** Rows are what the events say, every blob is there, and the ledger agrees with the checkpoint of the release before. */
async function assertWhole(place: Place, { where, folder }: Installation): Promise<void> {
  await done(place, 'doctor', '--all', ...where);
  const verified = await done(place, 'ledger', 'verify', '--checkpoint', join(folder, 'checkpoint.txt'));
  expect(verified).toContain('The ledger holds');
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever was answered
async function get(url: string): Promise<any> {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  return answer.json();
}
