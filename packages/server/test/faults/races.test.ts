import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresDatabase } from '../support/databases.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { troubles } from '../support/troubles.ts';
import { getJson, type Reply, send } from './client.ts';
import { rounds, told } from './rounds.ts';

const ROUNDS = rounds(10_000, 16);
/** Rounds that run side by side, each on models of its own. */
const LANES = 8;

const settings = {
  'one process on sqlite': {
    processes: 1,
    open: async () => ({ args: [] as string[], url: undefined, drop: async () => {} }),
  },
  'four processes on postgres': {
    processes: 4,
    open: async () => {
      const { url, drop } = await postgresDatabase();
      return { args: ['--database', url, '--database-connections', '5'], url, drop };
    },
  },
};

const count = (replies: Reply[], status: number) => replies.filter((reply) => reply.status === status).length;
const parsed = (reply: Reply) => JSON.parse(reply.bytes.toString());
const range = (length: number) => Array.from({ length }, (_, i) => i);

for (const [name, { processes, open }] of Object.entries(settings))
  describe(`${ROUNDS} rounds with ${name}`, () => {
    let data: string;
    let url: string | undefined;
    let drop = async () => {};
    const servers: ServerProcess[] = [];
    let asked = 0;

    beforeAll(async () => {
      data = await mkdtemp(join(tmpdir(), 'assayer-races-'));
      const opened = await open();
      ({ url, drop } = opened);
      const args = ['--data', data, '--reserve-bytes', '0', '--single', 'production', ...opened.args];
      for (let i = 0; i < processes; i += 1) servers.push(await startServer(args));
    });
    afterAll(async () => {
      for (const server of servers) await server.kill();
      await drop();
      await rm(data, { recursive: true });
    });

    /** Asks the servers in turn. */
    const ask = (method: string, path: string, body?: unknown) => {
      asked += 1;
      return send((servers[asked % processes] as ServerProcess).url, method, path, body);
    };
    const yes = async (method: string, path: string, body?: unknown) => {
      const reply = await ask(method, path, body);
      if (reply.status !== 200 && reply.status !== 201)
        throw new Error(`${method} ${path}: ${reply.status} ${reply.bytes}`);
      return parsed(reply);
    };
    const look = (path: string) => getJson((servers[asked++ % processes] as ServerProcess).url, path);

    /** Runs the rounds, `prepare` once in each lane. */
    async function race<Lane>(
      prepare: (lane: number) => Promise<Lane>,
      round: (lane: Lane, n: number) => Promise<void>,
    ): Promise<Lane[]> {
      let begun = 0;
      return Promise.all(
        range(LANES).map(async (i) => {
          const lane = await prepare(i);
          while (begun < ROUNDS) await round(lane, begun++);
          return lane;
        }),
      );
    }
    const aModel = (stem: string) => async (lane: number) => {
      await yes('POST', '/models', { name: `${stem}${lane}` });
      return `/models/${stem}${lane}`;
    };
    const aVersion = async (model: string): Promise<number> => (await yes('POST', `${model}/versions`, {})).number;

    it('C1 of parallel creates of one name one succeeds, and all others conflict', async () => {
      await race(
        async () => {},
        async (_, n) => {
          const replies = await Promise.all(range(5).map(() => ask('POST', '/models', { name: `c1 ${n}` })));
          expect([count(replies, 201), count(replies, 409)]).toEqual([1, 4]);
        },
      );
    }, 7_200_000);

    it('C2 parallel versions have the numbers that follow, no gap, no double', async () => {
      const lanes = await race(
        async (lane) => ({ model: await aModel('c2-')(lane), last: 0 }),
        async (lane) => {
          const replies = await Promise.all(range(5).map(() => ask('POST', `${lane.model}/versions`, {})));
          const numbers = replies.map((reply) => parsed(reply).number).sort((a, b) => a - b);
          expect(numbers).toEqual(range(5).map((i) => lane.last + i + 1));
          lane.last += 5;
        },
      );
      for (const { model, last } of lanes)
        expect(await look(model)).toMatchObject({ latest_version: last, version_count: last });
    }, 7_200_000);

    it('C3 of parallel promotions under a policy of one, one stays, and the ledger shows the true order', async () => {
      const lanes = await race(
        async (lane) => {
          const model = await aModel('c3-')(lane);
          for (let number = 1; number <= 4; number += 1) {
            await aVersion(model);
            await yes('PUT', `${model}/versions/${number}/artifacts/a`, Buffer.from(`${number}`));
            await yes('POST', `${model}/versions/${number}/seal`);
          }
          return model;
        },
        async (model) => {
          const replies = await Promise.all(
            range(4).map((i) => ask('POST', `${model}/versions/${i + 1}/promotions`, { to: 'production' })),
          );
          expect(count(replies, 200)).toBe(4);
          expect((await look(model)).live.production).toHaveLength(1);
        },
      );
      for (const model of lanes) {
        let holder: number | undefined;
        for await (const { subject, details } of promotionsOf(model)) {
          expect(details.superseded).toEqual(holder === undefined ? [] : [holder]);
          holder = Number(subject.slice(subject.lastIndexOf('/') + 1));
        }
        expect((await look(model)).live.production).toEqual(holder === undefined ? [] : [holder]);
      }
    }, 7_200_000);

    async function* promotionsOf(model: string) {
      const query = `/events?subject=${model.slice('/models/'.length)}&type=version.promoted&order=asc&page_size=1000`;
      for (let token: string | null = ''; token !== null; ) {
        const page: {
          items: { subject: string; details: { superseded: number[] } }[];
          next_page_token: string | null;
        } = await look(`${query}${token && `&page_token=${encodeURIComponent(token)}`}`);
        yield* page.items;
        token = page.next_page_token;
      }
    }

    it('C4 an alias that is moved while its versions go names one that exists, or is gone', async () => {
      await race(aModel('c4-'), async (model) => {
        const [a, b] = await Promise.all([aVersion(model), aVersion(model)]);
        const replies = await Promise.all([
          ask('PUT', `${model}/aliases/champion`, { version: a }),
          ask('DELETE', `${model}/versions/${a}?reason=race`),
          ask('PUT', `${model}/aliases/champion`, { version: b }),
          ask('PUT', `${model}/aliases/champion`, { version: a }),
        ]);
        for (const { status } of replies) expect([200, 404]).toContain(status);
        const { aliases } = await look(model);
        expect([undefined, b]).toContain(aliases.champion);
        if (aliases.champion === b) expect((await look(`${model}/versions/${b}`)).aliases).toEqual(['champion']);
      });
    }, 7_200_000);

    it('C5 a deletion that meets creations leaves neither orphan versions nor a 5xx', async () => {
      await race(
        async () => {},
        async (_, n) => {
          const model = `/models/c5-${n}`;
          await yes('POST', '/models', { name: `c5-${n}` });
          const replies = await Promise.all([
            ask('POST', `${model}/versions`, {}),
            ask('POST', `${model}/versions`, {}),
            ask('DELETE', `${model}?reason=race`),
            ask('POST', `${model}/restore`),
            ask('POST', `${model}/versions`, {}),
          ]);
          for (const { status, bytes } of replies) expect([200, 201, 404, 409], `${bytes}`).toContain(status);
          if ((await ask('GET', model)).status === 404) await yes('POST', `${model}/restore`);
          const made = count(replies, 201);
          expect(await look(model)).toMatchObject({ version_count: made, latest_version: made || null });
        },
      );
    }, 7_200_000);

    it('C6 of different uploads to one path one wins whole', async () => {
      await race(aModel('c6-'), async (model, n) => {
        const path = `${model}/versions/${await aVersion(model)}/artifacts/model.bin`;
        const content = (i: number) => Buffer.from(`upload ${i} of ${n} `.repeat(200));
        const replies = await Promise.all(range(4).map((i) => ask('PUT', path, content(i))));
        expect([count(replies, 201), count(replies, 409)]).toEqual([1, 3]);
        const winner = replies.findIndex((reply) => reply.status === 201);
        expect((await ask('GET', path)).bytes.equals(content(winner))).toBe(true);
      });
    }, 7_200_000);

    it('C7 a walk while rows come and go sees every row that was there throughout, once', async () => {
      await race(
        async (lane) => {
          const stem = `c7-${lane}-`;
          for (const i of range(10)) await yes('POST', '/models', { name: `${stem}stays-${i}` });
          return stem;
        },
        async (stem, n) => {
          const comes = `${stem}comes-${n}`;
          const goes = ask('POST', '/models', { name: comes }).then(() =>
            ask('DELETE', `/models/${comes}?reason=race`),
          );
          const query = `/models?filter=${encodeURIComponent(`name LIKE '${stem}%'`)}&sort=name&page_size=4`;
          const seen: string[] = [];
          for (let token: string | null = ''; token !== null; ) {
            const page: { items: { name: string }[]; next_page_token: string | null } = await look(
              `${query}${token && `&page_token=${encodeURIComponent(token)}`}`,
            );
            seen.push(...page.items.map((model) => model.name));
            token = page.next_page_token;
          }
          expect(seen.filter((one) => one !== comes)).toEqual(range(10).map((i) => `${stem}stays-${i}`));
          expect(seen.length - new Set(seen).size).toBe(0);
          expect((await goes).status).toBe(200);
        },
      );
    }, 7_200_000);

    it('A3 A6 afterwards rows, ledger and bytes agree', async () => {
      for (const server of servers.splice(0)) expect(await server.stop()).toBe(0);
      expect(await troubles(data, url)).toEqual([]);
      told(`${ROUNDS} rounds of each race with ${name}: no violation`);
    }, 7_200_000);
  });
