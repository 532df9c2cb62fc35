import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { insertRows } from '../../src/db/rows.ts';
import { databases } from '../support/databases.ts';
import { make } from '../support/make.ts';
import { ada, DAY_MS, type Opened, openRegistry, useRegistry } from '../support/open-registry.ts';
import { workAtRandom } from './workload.ts';

type Row = Record<string, unknown>;
type Table = 'model' | 'version';

async function reconciled({ registry }: Opened) {
  const found = [];
  for await (const difference of registry.ledger.reconcile()) found.push(difference);
  return found;
}

const located = async (t: Opened) =>
  (await reconciled(t)).map(({ subject, field }) => (field === undefined ? subject : `${subject} ${field}`));

/** What someone with access to the database may write in place of a value. */
function forgeries(column: string, value: unknown): unknown[] {
  if (value === null) return [/_(at|after)$|latest/.test(column) ? 1 : '{"forged":true}'];
  if (typeof value === 'number') return [value + 1, 0, ...(/_(at|after)$/.test(column) ? [9e15, null] : [])];
  const text = String(value);
  const json = /^[[{]/.test(text) ? (JSON.parse(text) as object) : undefined;
  const grown = Array.isArray(json) ? [...json, 'forged'] : { ...json, forged: 'forged' };
  return [`${text} forged`, ...(json ? [JSON.stringify(grown), '7'] : [])];
}

/** Not of the document, and no event tells them. */
const UNTOLD = ['id', 'model_id', 'number', 'status_since'];
const NOT_NULL = /^(created_at|updated_at)$/;

/** Forges each column of a row in turn, and expects that this and nothing else is reported. */
async function forgeEach(t: Opened, table: Table, id: number, subject: string): Promise<void> {
  const query = t.db.read.selectFrom(table).selectAll().where('id', '=', id);
  const row = (await query.executeTakeFirstOrThrow()) as Row;
  const set = (column: string, value: unknown) =>
    sql`update ${sql.table(table)} set ${sql.ref(column)} = ${value} where id = ${id}`.execute(t.db.write);
  for (const [column, value] of Object.entries(row).filter(([name]) => !UNTOLD.includes(name)))
    for (const forged of forgeries(column, value)) {
      if (forged === value || (forged === null && NOT_NULL.test(column))) continue;
      await set(column, forged);
      expect(await located(t), `${column} = ${forged}`).toEqual([`${subject} ${column}`]);
      await set(column, value);
    }
  expect(await reconciled(t)).toEqual([]);
}

const idOf = async (t: Opened, name: string) =>
  (await t.db.read.selectFrom('model').select('id').where('name', '=', name).executeTakeFirstOrThrow()).id;

async function versionId(t: Opened, name: string, number = 1) {
  const query = t.db.read
    .selectFrom('version')
    .select('id')
    .where('model_id', '=', await idOf(t, name));
  return (await query.where('number', '=', number).executeTakeFirstOrThrow()).id;
}

for (const [database, open] of Object.entries(databases))
  describe(`reconciling the ledger with the rows on ${database}`, () => {
    it('finds nothing after any work, nor while it goes on', async () => {
      const types = new Set<string>();
      for (const seed of database === 'sqlite' ? [1, 2, 3] : [4, 5]) {
        const t = await openRegistry(open);
        t.clock.set('2026-03-01T00:00:00.000Z');
        let working = true;
        const work = workAtRandom(t, seed, 400).finally(() => {
          working = false;
        });
        while (working) {
          await sleep(20);
          expect(await reconciled(t), `seed ${seed}`).toEqual([]);
        }
        await work;
        expect(await reconciled(t), `seed ${seed}`).toEqual([]);
        for (const { type } of await t.db.read.selectFrom('event').select('type').distinct().execute()) types.add(type);
        await t.close();
      }
      expect(types.size).toBeGreaterThan(14);
    });

    describe('a change behind its back', () => {
      const t = useRegistry(open);
      const version = {
        description: 'a version',
        tags: { team: 'growth' },
        properties: { rows: 5 },
        card: '# card',
        framework: 'sklearn',
        signature: { inputs: [{ name: 'x', type: 'double' }] },
        lineage: { run_id: 'r1' },
        metrics: { auc: 0.5 },
      };
      const made = async (name: string) => {
        await make.model(t, { ...version, name, owner: 'ada' } as never);
        await make.version(t, { ...version, model: name, status: 'production', aliases: ['best'] });
        await t.clock.tick(1_000);
        return name;
      };

      it('of any field of a model or version is reported', async () => {
        const name = await made('alive');
        await forgeEach(t, 'model', await idOf(t, name), name);
        await forgeEach(t, 'version', await versionId(t, name), `${name}/1`);
      });

      it('of a policy or a promotion is reported, and so is one that is inserted or deleted', async () => {
        const name = await made('ruled');
        const bob = { ...ada, actor: { name: 'bob', verified: false } };
        await t.registry.policies.change(ada, name, { statuses: { production: { approvals: 1 } } });
        await make.version(t, { model: name, sealed: true });
        const { id } = await t.registry.versions.promote(ada, name, '2', { to: 'production', reason: 'r' });
        await t.registry.promotions.approve(bob, id as number, { reason: 'fine' });
        await make.version(t, { model: name, sealed: true });
        const waits = (await t.registry.versions.promote(ada, name, '3', { to: 'production' })).id as number;
        const policy = await t.db.read.selectFrom('policy').select('id').executeTakeFirstOrThrow();
        for (const [table, of, subject] of [
          ['policy', policy.id, `policy 1 of ${name}`],
          ['promotion', id as number, `promotion ${id}`],
          ['promotion', waits, `promotion ${waits}`],
        ] as const) {
          const where = sql`from ${sql.table(table)} where id = ${of}`;
          const row = (await sql<Row>`select * ${where}`.execute(t.db.read)).rows[0]!;
          const set = (column: string, value: unknown) =>
            sql`update ${sql.table(table)} set ${sql.ref(column)} = ${value} where id = ${of}`.execute(t.db.write);
          for (const [column, value] of Object.entries(row).filter(([one]) => !['id', 'model_id'].includes(one)))
            for (const forged of forgeries(column, value)) {
              if (forged === value || forged === null) continue;
              await set(column, forged);
              expect(await located(t), `${table} ${column} = ${forged}`).toEqual([`${subject} ${column}`]);
              await set(column, value);
            }
          await sql`delete ${where}`.execute(t.db.write);
          expect(await located(t)).toEqual([subject]);
          await insertRows(t.db.write as never, table, [row as never]);
          await insertRows(t.db.write as never, table, [
            { ...row, id: 1_000, ...(table === 'policy' ? { version: 9 } : { target: 'x' }) } as never,
          ]);
          expect(await located(t)).toEqual([`${table} 1000`]);
          await sql`delete from ${sql.table(table)} where id = 1000`.execute(t.db.write);
        }
        expect(await reconciled(t)).toEqual([]);
      });

      it('of a state that reads of the past start from', async () => {
        const name = await made('changed');
        for (let i = 0; i < 64; i += 1) await t.patch(`/models/${name}`, { tags: { i: String(i) } });
        const kept = await t.db.read.selectFrom('model_state').selectAll().executeTakeFirstOrThrow();
        const forge = (doc: string) => t.db.write.updateTable('model_state').set({ doc }).execute();
        await forge(kept.doc.replace('a version', 'another'));
        expect(await reconciled(t)).toEqual([
          { subject: name, field: 'model_state', detail: `differs at etag ${kept.etag}` },
        ]);
        await forge(kept.doc);
        expect(await reconciled(t)).toEqual([]);
      });

      it('of the times by which moments are found', async () => {
        const { name } = await make.model(t);
        for (let i = 0; i < 256; i += 1) await t.patch(`/models/${name}`, { tags: { i: String(i) } });
        const span = await t.db.read.selectFrom('event_span').selectAll().executeTakeFirstOrThrow();
        const set = (least_at: number) => t.db.write.updateTable('event_span').set({ least_at }).execute();
        await set(span.least_at - 1);
        expect(await located(t)).toEqual(['ledger event_span']);
        await set(span.least_at);
        expect(await located(t)).toEqual([]);
      });

      it('of one in the trash, or purged', async () => {
        const name = await made('trashed');
        await make.version(t, { ...version, model: name });
        await t.registry.versions.deregister(ada, name, '1', { reason: 'old', force: true });
        await forgeEach(t, 'version', await versionId(t, name), `${name}/1`);
        await t.registry.versions.purge(ada, name, '1');
        await forgeEach(t, 'version', await versionId(t, name), `${name}/1`);
        await t.registry.models.deregister(ada, name, { reason: 'old' });
        await forgeEach(t, 'model', await idOf(t, name), name);
        t.clock.tick(DAY_MS);
        await t.registry.models.purge(ada, name);
        await forgeEach(t, 'model', await idOf(t, name), name);
        await forgeEach(t, 'version', await versionId(t, name, 1), `${name}/1`);
        await forgeEach(t, 'version', await versionId(t, name, 2), `${name}/2`);
      });

      it('of where a version belongs', async () => {
        const [name, other] = [await made('mine'), await made('yours')];
        const [id, other_id] = [await versionId(t, name), await idOf(t, other)];
        const set = (to: object) => t.db.write.updateTable('version').set(to).where('id', '=', id).execute();
        const was = await t.db.read
          .selectFrom('version')
          .select(['model_id', 'number'])
          .where('id', '=', id)
          .executeTakeFirstOrThrow();
        await set({ number: 9 });
        expect(await reconciled(t)).toEqual([
          { subject: 'mine/1', detail: 'is in the ledger, but not in the database' },
          { subject: 'mine/9', detail: 'is in the database, but no event tells of it' },
        ]);
        await set({ model_id: other_id, number: 5 });
        expect(await located(t)).toEqual(['mine/1', 'yours/5']);
        await set(was);
      });

      it('of the order in which versions came into production', async () => {
        const { name } = await make.model(t, { name: 'ordered' });
        for (let i = 0; i < 3; i += 1) await make.version(t, { model: name, status: 'production' });
        const rows = await t.db.read
          .selectFrom('version')
          .select(['id', 'status_since'])
          .where('model_id', '=', await idOf(t, name))
          .orderBy('number')
          .execute();
        const set = (i: number, status_since: number) =>
          t.db.write.updateTable('version').set({ status_since }).where('id', '=', rows[i]!.id).execute();
        expect(await reconciled(t)).toEqual([]);
        await set(0, rows[2]!.status_since + 1);
        expect(await reconciled(t)).toEqual([
          { subject: name, field: 'live', detail: 'lists [3,2,1] in production; by status_since it is [1,3,2]' },
        ]);
        await set(0, rows[0]!.status_since);
      });

      it('that inserts or deletes a row', async () => {
        const name = await made('base');
        const model_id = await idOf(t, name);
        const id = await versionId(t, name);
        const model = await t.db.read
          .selectFrom('model')
          .selectAll()
          .where('id', '=', model_id)
          .executeTakeFirstOrThrow();
        const row = await t.db.read.selectFrom('version').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
        const { id: _, ...version } = row;
        const { id: __, ...rest } = model;
        await t.db.write
          .insertInto('version')
          .values({ ...version, number: 2 })
          .execute();
        await t.db.write
          .insertInto('model')
          .values({ ...rest, name: 'forged', name_key: 'forged' })
          .execute();
        expect(await located(t)).toEqual(['base/2', 'forged']);
        await t.db.write.deleteFrom('version').where('model_id', '=', model_id).where('number', '=', 2).execute();
        await t.db.write.deleteFrom('model').where('name', '=', 'forged').execute();
        expect(await reconciled(t)).toEqual([]);

        await make.model(t, { name: 'lonely' });
        await t.db.write.deleteFrom('name_use').where('name_key', '=', 'lonely').execute();
        await t.db.write.deleteFrom('model').where('name', '=', 'lonely').execute();
        await t.db.write.deleteFrom('artifact').where('version_id', '=', id).execute();
        await t.db.write.deleteFrom('version').where('id', '=', id).execute();
        expect(await located(t)).toEqual(['base/1', 'lonely']);
      });
    });

    it('reports each column of an event, and an index, that does not say what the line says', async () => {
      const t = await openRegistry(open);
      await make.version(t, { model: (await make.model(t, { name: 'm' })).name, status: 'staging' });
      const row = await t.db.read.selectFrom('event').selectAll().where('seq', '=', 2).executeTakeFirstOrThrow();
      const set = (to: object) => t.db.write.updateTable('event').set(to).where('seq', '=', 2).execute();
      const forged = { at: row.at + 1, type: 'model.updated', actor: 'bob', subject: 'm/2', request_id: 'x' };
      for (const [column, value] of Object.entries({ ...forged, leaf: Buffer.alloc(32) })) {
        await set({ [column]: value });
        expect(await located(t)).toEqual([`event 2 ${column}`]);
        await set(row);
      }
      await set({ line: row.line.replace('"actor":"ada"', '"actor":"bob"') });
      expect(await located(t)).toEqual(['event 2 actor', 'event 2 leaf']);
      for (const line of ['', 'null', '{"changes":[null]}', row.line.slice(0, -1)]) {
        await set({ line });
        const told = await located(t);
        expect([told[0], told.at(-1)]).toEqual(['event 2 line', 'ledger']);
      }
      await set(row);
      expect(await reconciled(t)).toEqual([]);
      await t.db.write.insertInto('event_subject').values({ model_id: 1, number: 7, seq: 2 }).execute();
      expect(await located(t)).toEqual(['ledger event_subject', 'm last_number']);
      await t.db.write.deleteFrom('event_subject').where('number', '=', 7).execute();
      await t.db.write.deleteFrom('event_subject').where('seq', '=', 3).execute();
      expect(await located(t)).toContain('m/1 size_bytes');
      await t.close();
    });
  });
