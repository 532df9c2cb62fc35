import dns from 'node:dns';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { openServer } from '../../src/main.ts';
import { makePlace, run } from '../cli/support.ts';
import { newAuthority } from '../support/certificates.ts';
import { postgresDatabase } from '../support/databases.ts';
import { dropConnections, speakTls } from '../support/postgres-tls.ts';
import { startServer } from '../support/server-process.ts';
import { type PostgresServer, postgresServer } from '../support/start-postgres.ts';
import { troubles } from '../support/troubles.ts';
import { getJson, type Reply, readiness, send } from './client.ts';
import { type Creating, startCreating } from './creating.ts';

const DAY_MS = 86_400_000;
const HERE = ['127.0.0.1'];
const authority = newAuthority();
const GOOD = authority.issue(HERE);
const BAD = {
  stranger: newAuthority('Somebody else').issue(HERE),
  expired: authority.issue(HERE, { until: new Date(Date.now() - 1_000) }),
  early: authority.issue(HERE, { from: new Date(Date.now() + DAY_MS / 2) }),
  elsewhere: authority.issue(['db.example']),
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assayer-outside-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Nothing can be read or changed, nobody is told that it could, and the health names the database alone. */
async function expectAway(server: string): Promise<void> {
  await expect
    .poll(() => readiness(server), { timeout: 10_000 })
    .toMatchObject({
      code: 503,
      parts: {
        database: { state: 'failing', detail: /does not answer/ },
        artifacts: { state: 'ok' },
        disk: { state: 'ok' },
      },
    });
  const asked: [string, string, unknown?][] = [
    ['GET', '/models/m'],
    ['POST', '/models', { name: 'n' }],
    ['PUT', '/models/m/versions/1/artifacts/a.bin', Buffer.from('bytes')],
  ];
  for (const one of asked) expectProblem(await send(server, ...one), 'database-away');
}

function expectProblem({ status, headers, bytes }: Reply, kind: string): void {
  expect({ status, ...JSON.parse(bytes.toString()) }).toMatchObject({ status: 503, type: `/problems/${kind}` });
  expect(headers['retry-after']).toBeDefined();
}

/** Takes the database away and gives it back under load; all that was answered in between must have been true. */
async function passes(server: string, creating: Creating, outages: (() => Promise<() => Promise<void>>)[]) {
  for (const begin of outages) {
    creating.down = true;
    const end = await begin();
    await expectAway(server);
    await end();
    await creating.recovers();
  }
  await creating.end();
  expect((await getJson(server, '/models')).items).toHaveLength(1);
  expect((await getJson(server, '/models/m/versions/1/artifacts')).items).toEqual([]);
}

describe('certificates', () => {
  let postgres: PostgresServer;
  let authorityFile: string;
  let address: string;

  beforeAll(async () => {
    authorityFile = join(folder, 'authority.pem');
    await writeFile(authorityFile, authority.cert);
    postgres = await postgresServer();
    address = `${postgres.url.replace('@', ':hunter2@')}?sslmode=verify-full&sslrootcert=${authorityFile}`;
  });
  afterAll(() => postgres.stop());

  /** What `assayer serve` says where it cannot start on this database. */
  async function refusal(database: string): Promise<{ code: number | null; told: string; advice: string }> {
    await using place = await makePlace();
    const { code, stderr } = await run(place, 'serve', '--port', '0', '--database', database);
    expect(stderr).not.toMatch(/hunter2|^\s+at |fault of assayer/m);
    const [told = '', advice = ''] = stderr.split('\n');
    return { code, told, advice };
  }

  it('O4 at the start, a database whose name or certificate is wrong is refused in a sentence that says what to do', async () => {
    const unreachable = (told: string, advice: RegExp) => ({
      code: 3,
      told: expect.stringMatching(`^The database at \\S+:\\d+ cannot be reached: ${told}\\.$`),
      advice: expect.stringMatching(advice),
    });
    const unknown = 'postgres://ada:hunter2@nohost.invalid/models';
    expect(await refusal(unknown)).toEqual(unreachable('(there is no such host|its name cannot be .*)', /DNS/));
    expect(await refusal(address)).toEqual(unreachable('it does not speak TLS', /sslmode=disable/));
    await speakTls(postgres, BAD.stranger);
    expect(await refusal(address)).toEqual(unreachable('.* an authority that is not .* here', /sslrootcert=FILE/));
    await speakTls(postgres, BAD.expired);
    expect(await refusal(address)).toEqual(unreachable('its certificate has expired', /Renew it.* clock/));
    await speakTls(postgres, BAD.early);
    expect(await refusal(address)).toEqual(unreachable('its certificate is not valid yet', /clock/));
    await speakTls(postgres, BAD.elsewhere);
    expect(await refusal(address)).toEqual(unreachable('its certificate is for another host', /DNS:db\.example/));
  });

  it('O4 an address of which nothing can be made is refused, and says what is wrong', async () => {
    const unusable = (why: string) => ({
      code: 1,
      told: expect.stringMatching(`^The address of the database cannot be used: .*${why}.*\\.$`),
      advice: '',
    });
    expect(await refusal(address.replace('authority', 'no-authority'))).toEqual(unusable('no-authority\\.pem'));
    expect(await refusal(address.replace('verify-full', 'full'))).toEqual(unusable('sslmode is one of .*verify-full'));
    expect(await refusal('postgres://ada:hunter2@db:five/models')).toEqual(unusable('write postgres://'));
  });

  it('O4 a certificate that turns bad while it serves: 503, nothing lost or doubled, and it recovers', async () => {
    const data = join(folder, 'certificates');
    await speakTls(postgres, GOOD);
    const server = await startServer(['--data', data, '--reserve-bytes', '0', '--database', address]);
    try {
      const creating = await startCreating(server.url, 4);
      // It was read at the start.
      await rm(authorityFile);
      const outages = Object.values(BAD).map((bad) => async () => {
        await speakTls(postgres, bad);
        return () => speakTls(postgres, GOOD);
      });
      await passes(server.url, creating, outages);
      expect(await server.stop()).toBe(0);
      expect(await troubles(data, postgres.url)).toEqual([]);
    } finally {
      await server.kill();
    }
  });
});

it('O4 a name that no longer resolves while it serves: 503, nothing lost or doubled, and it recovers', async () => {
  const { url, drop } = await postgresDatabase();
  const data = join(folder, 'names');
  const named = new URL(url);
  const { hostname } = named;
  named.hostname = 'database.invalid';
  const resolver = knowing({ 'database.invalid': hostname });
  const flags = { port: 0, data, database: named.href, log_level: 'silent', 'limits.reserve_bytes': 0 };
  const server = await openServer(loadConfig({ flags }));
  try {
    const creating = await startCreating(server.url, 4);
    const outage = async () => {
      resolver.forget();
      await dropConnections(url);
      return async () => resolver.remember();
    };
    await passes(server.url, creating, [outage, outage]);
  } finally {
    await server.close();
    resolver.restore();
  }
  expect(await troubles(data, url)).toEqual([]);
  await drop();
});

/** Makes this process know names besides those that the machine's resolver does, and forget them. */
function knowing(names: Record<string, string>) {
  const { lookup } = dns;
  let known = names;
  dns.lookup = ((name: string, ...rest: unknown[]) =>
    (lookup as (...args: unknown[]) => void)(known[name] ?? name, ...rest)) as typeof lookup;
  return {
    forget() {
      known = {};
    },
    remember() {
      known = names;
    },
    restore() {
      dns.lookup = lookup;
    },
  };
}
