import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { verifyLedger } from '../../src/events/verify.ts';
import { databases, postgresSchema } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { type Answer, type Opened, openRegistry } from '../support/open-registry.ts';

const CLIENTS = 64;
const times = <T>(count: number, act: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, i) => act(i)));
const count = (answers: Answer[], status: number) => answers.filter((answer) => answer.status === status).length;

interface Setting {
  /** The servers that clients come to, in turn. */
  open(): Promise<{ replicas: Opened[]; close(): Promise<void> }>;
}

const policy = { single: ['production'] } as const;

async function alone(open: () => Promise<Database>) {
  const one = await openRegistry(open, { policy });
  return { replicas: [one], close: () => one.close() };
}

/** Two servers with pools of their own on one schema and one folder. */
async function twoReplicas() {
  const { url, schema, drop } = await postgresSchema();
  const open = () => openDatabase(url, { schema, connections: 4 });
  const first = await open();
  await migrate(first);
  const one = await openRegistry(async () => first, { policy });
  const two = await openRegistry(open, { policy, blobFolder: one.blobFolder });
  return {
    replicas: [one, two],
    async close() {
      await two.close();
      await one.close();
      await drop();
    },
  };
}

const settings: Record<string, Setting> = {
  sqlite: { open: () => alone(databases.sqlite) },
  postgres: { open: () => alone(databases.postgres) },
  'postgres, two replicas': { open: twoReplicas },
};

for (const [name, { open }] of Object.entries(settings))
  describe(`${CLIENTS} clients at once on ${name}`, () => {
    let replicas: Opened[] = [];
    let close = async () => {};
    let t: Opened;
    const at = (i: number) => replicas[i % replicas.length] as Opened;

    beforeAll(async () => {
      ({ replicas, close } = await open());
      t = replicas[0] as Opened;
    });
    afterAll(() => close());

    it('C1 parallel creates of one name: one succeeds, all others conflict', async () => {
      for (let round = 0; round < 3; round += 1) {
        const model = aName('race');
        const answers = await times(CLIENTS, (i) => at(i).post('/models', { name: model, description: `${i}` }));
        expect([count(answers, 201), count(answers, 409)]).toEqual([1, CLIENTS - 1]);
        const winner = answers.find((answer) => answer.status === 201) as Answer;
        expect((await t.get(`/models/${model}`)).json).toEqual(winner.json);
        expect((await t.get(`/events?subject=${model}`)).json.items).toHaveLength(1);
      }
    });

    it('C1 two spellings of one name: one of them', async () => {
      const stem = aName('é x');
      const spellings = [stem, stem.normalize('NFD'), stem.replace(' ', '%20'), encodeURIComponent(stem)];
      const answers = await times(CLIENTS, (i) => at(i).post('/models', { name: spellings[i % 4] }));
      expect([count(answers, 201), count(answers, 409)]).toEqual([1, CLIENTS - 1]);
    });

    it('C2 parallel versions of one model: numbers 1 to N, no gap, no double', async () => {
      const { name: model } = await make.model(t);
      const answers = await times(CLIENTS, (i) => at(i).post(`/models/${model}/versions`, { description: `${i}` }));
      expect(count(answers, 201)).toBe(CLIENTS);
      const numbers = answers.map((answer) => answer.json.number as number).sort((a, b) => a - b);
      expect(numbers).toEqual(Array.from({ length: CLIENTS }, (_, i) => i + 1));
      expect((await t.get(`/models/${model}`)).json).toMatchObject({ latest_version: CLIENTS, version_count: CLIENTS });
      for (const { json } of answers)
        expect((await t.get(`/models/${model}/versions/${json.number}`)).json.description).toBe(json.description);
    });

    it('C3 parallel promotions under single: exactly one stays, and the ledger shows the true order', async () => {
      const { name: model } = await make.model(t);
      for (let i = 0; i < 8; i += 1) await make.version(t, { model, sealed: true });
      const answers = await times(CLIENTS, (i) =>
        at(i).post(`/models/${model}/versions/${(i % 8) + 1}/promotions`, { to: 'production' }),
      );
      expect(count(answers, 200)).toBe(CLIENTS);
      const { items } = (
        await t.get(`/versions?filter=${encodeURIComponent(`name = '${model}' AND status = 'production'`)}`)
      ).json;
      expect(items).toHaveLength(1);
      const { live } = (await t.get(`/models/${model}`)).json;
      expect(live.production).toEqual([items[0].number]);
      const events = (await t.get(`/events?subject=${model}&type=version.promoted&order=asc&page_size=1000`)).json
        .items;
      let holder: number | undefined;
      for (const { subject, details } of events) {
        expect(details.superseded).toEqual(holder === undefined ? [] : [holder]);
        holder = Number(subject.slice(subject.lastIndexOf('/') + 1));
      }
      expect(holder).toBe(items[0].number);
    });

    it('C4 an alias always names one live version', async () => {
      const { name: model } = await make.model(t);
      for (let i = 0; i < 16; i += 1) await make.version(t, { model });
      const answers = await times(CLIENTS, (i) => {
        const number = (i % 16) + 1;
        return i % 4 === 3
          ? at(i).del(`/models/${model}/versions/${number}?reason=race`)
          : at(i).put(`/models/${model}/aliases/champion`, { version: number });
      });
      for (const { status } of answers) expect([200, 404]).toContain(status);
      const { aliases } = (await t.get(`/models/${model}`)).json;
      const bearers = (await t.get(`/models/${model}/versions?page_size=100`)).json.items.filter(
        (version: { aliases: string[] }) => version.aliases.length > 0,
      );
      expect(bearers.map((version: { number: number }) => version.number)).toEqual(Object.values(aliases));
    });

    it('C5 delete racing create leaves neither orphan version nor fault', async () => {
      for (let round = 0; round < 3; round += 1) {
        const { name: model } = await make.model(t);
        const answers = await times(CLIENTS, (i) => {
          if (i === 20) return at(i).del(`/models/${model}?reason=race`);
          if (i === 40) return at(i).post(`/models/${model}/restore`);
          return at(i).post(`/models/${model}/versions`, {});
        });
        for (const { status, text } of answers) expect([200, 201, 404, 409], text).toContain(status);
        if ((await t.get(`/models/${model}`)).status === 404) await t.post(`/models/${model}/restore`);
        const made = count(answers, 201);
        expect((await t.get(`/models/${model}`)).json).toMatchObject({
          version_count: made,
          latest_version: made || null,
        });
        const { items } = (await t.get(`/models/${model}/versions?sort=number&page_size=100`)).json;
        expect(items.map((version: { number: number }) => version.number)).toEqual(
          Array.from({ length: made }, (_, i) => i + 1),
        );
      }
    });

    it('C6 different uploads to one path: one wins whole', async () => {
      const { model } = await make.version(t);
      const path = `/models/${model}/versions/1/artifacts/model.bin`;
      const content = (i: number) => Buffer.from(`upload ${i} `.repeat(1_000));
      const answers = await times(16, (i) => at(i).put(path, content(i)));
      expect([count(answers, 201), count(answers, 409)]).toEqual([1, 15]);
      const winner = answers.findIndex((answer) => answer.status === 201);
      expect((await t.get(path)).bytes.equals(content(winner))).toBe(true);
      expect((await t.get(`/models/${model}/versions/1`)).json).toMatchObject({
        artifact_count: 1,
        size_bytes: content(winner).length,
      });
    });

    it('C6 equal uploads to one path: one is new, all others find it there; a folder and a file: one of them', async () => {
      const { model } = await make.version(t);
      const path = `/models/${model}/versions/1/artifacts`;
      const same = await times(16, (i) => at(i).put(`${path}/same`, Buffer.from('same bytes')));
      expect([count(same, 201), count(same, 200)]).toEqual([1, 15]);
      const mixed = await times(16, (i) => at(i).put(`${path}/${i % 2 ? 'x' : 'x/y'}`, Buffer.from(`${i % 2}`)));
      expect(count(mixed, 201)).toBe(1);
    });

    it('A9 uploads racing the seal are in the manifest, or refused', async () => {
      const { model } = await make.version(t);
      const at1 = `/models/${model}/versions/1`;
      const answers = await times(24, (i) =>
        i === 12 ? at(i).post(`${at1}/seal`) : at(i).put(`${at1}/artifacts/f${i}`, Buffer.from(`${i}`)),
      );
      for (const { status } of answers) expect([200, 201, 409]).toContain(status);
      const manifest = (await t.get(`${at1}/manifest`)).json as { path: string }[];
      expect(manifest).toHaveLength(count(answers, 201));
      expect((await t.get(at1)).json.artifact_count).toBe(manifest.length);
    });

    it('stale writes: of many with one ETag one succeeds', async () => {
      const { name: model } = await make.model(t);
      const answers = await times(CLIENTS, (i) =>
        at(i).patch(`/models/${model}`, { description: `${i}` }, { 'if-match': '"1"' }),
      );
      expect([count(answers, 200), count(answers, 412)]).toEqual([1, CLIENTS - 1]);
      expect((await t.get(`/models/${model}`)).json.etag).toBe(2);
    });

    it('D9 one idempotency key at two servers has one effect', async () => {
      const { name: model } = await make.model(t);
      const answers = await times(20, (i) =>
        at(i).post(`/models/${model}/versions`, {}, { 'idempotency-key': `race-${model}` }),
      );
      for (const { status, json } of answers) expect([status, json]).toEqual([201, answers[0]?.json]);
      expect((await t.get(`/models/${model}`)).json.version_count).toBe(1);
    });

    it('A3 A6 afterwards the ledger verifies, its sequence without a gap', async () => {
      const export1 = (await t.get('/ledger/export')).text;
      const lines = export1.split('\n').slice(0, -1);
      const checkpoint = (await at(1).get('/ledger/checkpoint')).text;
      const vkey = (await t.get('/ledger/key')).text.trim();
      async function* each() {
        yield* lines;
      }
      const report = await verifyLedger(each(), { checkpoints: [checkpoint], vkey });
      expect(report.problems).toEqual([]);
      expect(report).toMatchObject({ ok: true, size: lines.length });
      expect(report.checkpoints).toMatchObject([{ outcome: 'agrees' }]);
    });
  });
