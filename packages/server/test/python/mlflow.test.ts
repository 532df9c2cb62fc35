import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../support/server-process.ts';
import { assertClient, CLIENTS, type Client, CONFORMANCE, run } from './clients.ts';
import { mlflowPage } from './page.ts';
import { answered, capabilitiesOf, DIFFERENCES, nameOf, type Results, SURFACE } from './results.ts';

const RUN_MS = 900_000;
const found = new Map<number, Results>();
const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

for (const client of CLIENTS)
  describe(`the client mlflow ${client.version}`, () => {
    beforeAll(async () => {
      await assertClient(client);
      found.set(client.major, await conformance(client));
    }, RUN_MS);

    it.each(capabilitiesOf(client))('$id: $title', ({ id }) => {
      const row = found.get(client.major)?.capabilities.find((one) => one.id === id);
      expect(row, `${id} ran`).toBeDefined();
      expect(row?.error).toBeNull();
    });

    it('nothing ran that is not listed here', () => {
      const ran = found.get(client.major)?.capabilities.map(({ id }) => id);
      expect(ran?.toSorted()).toEqual(
        capabilitiesOf(client)
          .map(({ id }) => id)
          .toSorted(),
      );
    });
  });

describe('docs/mlflow.md', () => {
  const results = () => CLIENTS.map(({ major }) => found.get(major) as Results) as [Results, Results];

  it('every endpoint that a registry needs is answered, and those that are not have a reason', () => {
    const [newest] = results();
    const seen = new Set([...answered(newest, 'raw'), ...answered(newest, 'client')]);
    const missing = SURFACE.filter((endpoint) => !seen.has(nameOf(endpoint)));
    expect(missing.filter(({ class: of, why }) => of !== 'C' || !why).map(nameOf)).toEqual([]);
    expect(SURFACE.filter((endpoint) => endpoint.why && seen.has(nameOf(endpoint))).map(nameOf)).toEqual([]);
  });

  it('every difference on purpose is shown by a test', () => {
    const shown = new Set(results().flatMap(({ capabilities }) => capabilities.flatMap((row) => row.differences)));
    expect([...shown].sort()).toEqual(Object.keys(DIFFERENCES).sort());
  });

  it('says what was found: update it with --update', async () => {
    await expect(mlflowPage(...results())).toMatchFileSnapshot('../../../../docs/mlflow.md');
  });
});

/** Runs the suite with one client against a server of its own: SQLite, a real port. */
async function conformance(client: Client): Promise<Results> {
  const folder = await mkdtemp(join(tmpdir(), 'assayer-mlflow-'));
  folders.push(folder);
  const server = await startServer(['--data', join(folder, 'data')]);
  const results = join(folder, 'results.json');
  try {
    const { out, err } = await run(client, [
      join(CONFORMANCE, 'main.py'),
      '--server',
      server.url,
      '--results',
      results,
    ]);
    const text = await readFile(results, 'utf8').catch(() => {
      throw new Error(`the suite ended early: ${out.slice(-3000)} ${err.slice(-3000)}`);
    });
    expect(server.log()).not.toMatch(/"level":"?(error|fatal|[56]0)/);
    return JSON.parse(text) as Results;
  } finally {
    expect(await server.stop()).toBe(0);
  }
}
