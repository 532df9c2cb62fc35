import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { backUp } from '../../src/backup/backup.ts';
import { KEPT_TABLES, pagesOf, type Row, toLine } from '../../src/db/portable.ts';
import { insertRows } from '../../src/db/rows.ts';
import type { Tables } from '../../src/db/tables.ts';
import { BYTES_TOGETHER, inGroups, LONG } from '../../src/db/together.ts';
import { linesIn } from '../../src/events/ledger.ts';
import { nextIndexed } from '../../src/registry/backlog-index.ts';
import { differingEvents } from '../../src/registry/reconcile-events.ts';
import { foundRows } from '../../src/registry/reconcile-rows.ts';
import { collect } from '../support/blob-contract.ts';
import { make } from '../support/make.ts';
import type { Opened } from '../support/open-registry.ts';
import { type Place, places, restoreTo } from '../support/places.ts';

vi.mock(import('../../src/db/rows.ts'), async (original) => {
  const rows = await original();
  return { ...rows, insertRows: vi.fn(rows.insertRows) };
});

/** No row is larger, and no line of an event. */
const ROW = 2.5 * 2 ** 20;
const MODELS = 8;

const bytesOf = (rows: readonly object[]) =>
  rows.reduce((sum, row) => sum + Buffer.byteLength(Object.values(row).join('')), 0);

/** A reader that notes how many bytes the largest of all its answers had. */
function measured<T extends Kysely<Tables>>(read: T): { read: T; most(): number } {
  let most = 0;
  const noted = read.withPlugin({
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      most = Math.max(most, bytesOf(result.rows));
      return result;
    },
  });
  return { read: noted as T, most: () => most };
}

for (const kind of Object.keys(places) as (keyof typeof places)[])
  describe(`large rows on ${kind}`, () => {
    let place: Place;
    let opened: Opened;
    beforeAll(async () => {
      place = await places[kind]();
      opened = await place.open();
      for (let i = 0; i < MODELS; i += 1) {
        const properties = { notes: `${i}`.repeat(900_000) };
        const { name } = await make.model(opened, { properties });
        await make.version(opened, { model: name, properties });
      }
      for (let i = 0; i < 6; i += 1)
        await opened.db.write
          .insertInto('dataset')
          .values({
            experiment_id: 0,
            name: `d${i}`,
            digest: 'd',
            source_type: 's',
            source: 's',
            schema: null,
            profile: `${i}`.repeat(1_500_000),
          })
          .execute();
    });
    afterAll(async () => {
      await opened?.close();
      await place?.remove();
    });

    const readers: Record<string, (read: Kysely<Tables>) => Promise<unknown>> = {
      'a backup': async (read) => {
        for (const kept of KEPT_TABLES) {
          const rows = (await collect(pagesOf(read, kept))).flat();
          expect(rows.map(toLine).sort()).toEqual(
            (await opened.db.read.selectFrom(kept.table).selectAll().execute()).map(toLine as never).sort(),
          );
        }
      },
      'the ledger': async (read) =>
        expect(await collect(linesIn(read, 1, await opened.ledger.size()))).toHaveLength(await opened.ledger.size()),
      reconciling: async (read) => {
        expect(await collect(differingEvents(read, await opened.ledger.size()))).toEqual([]);
        expect(await collect(foundRows(read))).toHaveLength(2 * MODELS);
      },
    };
    for (const [what, readAll] of Object.entries(readers))
      it(`${what} reads them few at a time`, async () => {
        const { read, most } = measured(opened.db.read);
        await readAll(read);
        expect(most()).toBeGreaterThan(900_000);
        expect(most()).toBeLessThan(BYTES_TOGETHER + ROW);
      });

    it('the search index is written anew from few at a time', async () => {
      for (const noun of ['model', 'version'] as const)
        await opened.db.write.transaction().execute(async (tx) => {
          const { read, most } = measured(tx);
          let steps = 0;
          const task = { kind: `index ${noun}s` as const, model_id: 0 };
          for (let after: number | undefined = 0; after !== undefined; steps += 1)
            after = await nextIndexed(noun)({ tx: read, dialect: opened.db.name }, { ...task, after });
          expect(steps).toBeGreaterThan(1);
          expect(most()).toBeLessThan(BYTES_TOGETHER + ROW);
        });
    });

    it('a restore writes them few at a time', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'assayer-large-'));
      const target = await places[kind]();
      try {
        const { db, blobs } = opened;
        const point = await backUp({ db, blobs, now: Date.now, version: '0.0.0' }, folder, { keep: 1 });
        vi.mocked(insertRows).mockClear();
        await restoreTo(target, folder, point);
        const written = vi.mocked(insertRows).mock.calls.map(([, table, rows]) => ({ table, bytes: bytesOf(rows) }));
        for (const large of ['model', 'dataset'])
          expect(written.filter(({ table }) => table === large).length).toBeGreaterThan(1);
        // The index is made anew of rows that were read few at a time, and has their texts twice.
        const most = (table: string) => BYTES_TOGETHER * (table.endsWith('_facet') ? 2 : 1);
        expect(written.filter(({ table, bytes }) => bytes >= most(table))).toEqual([]);
      } finally {
        await target.remove();
        await rm(folder, { recursive: true });
      }
    });
  });

/** Columns of text and bytes that the registry bounds to some KiB. */
const SHORT = `installation.origin installation.ledger_key installation.token_key model.name model.name_key model.owner
  model.created_by name_use.name_key version.status version.state version.digest version.verdict version.framework
  version.created_by artifact.path artifact.path_key artifact.sha256 inspection.sha256 inspection.media_type
  inspection.format inspection.verdict inspection.rules_version tenure.status tenure.ended_by event.type event.actor
  event.subject event.request_id event.leaf ledger_head.frontier ledger_head.last_leaf ledger_tile.hash
  ledger_checkpoint.note idempotency.actor idempotency.key idempotency.fingerprint backlog.kind experiment.name
  experiment.artifact_location experiment.lifecycle_stage experiment_tag.key run.run_id run.run_name run.user_id run.status
  run.artifact_uri run.lifecycle_stage param.run_id param.key run_tag.run_id run_tag.key
  latest_metric.run_id latest_metric.key dataset.name dataset.digest dataset.source_type run_dataset.run_id run_model.run_id
  run_model.role run_model.model_id logged_model.model_id logged_model.name logged_model.artifact_location
  logged_model.status logged_model.model_type logged_model.source_run_id logged_model_param.model_id
  logged_model_param.key logged_model_tag.model_id logged_model_tag.key logged_model_metric.model_id
  logged_model_metric.key logged_model_metric.run_id logged_model_metric.dataset_name logged_model_metric.dataset_digest
  file.path file.path_key file.sha256 metric_point.name latest_point.name metric_definition.name metric_definition.unit
  metric_definition.direction metric_definition.description metric_definition.updated_by evaluated_dataset.name
  evaluated_dataset.digest evaluation.version_digest evaluation.evaluator evaluation.recorded_by standing.metric
  policy.by promotion.target promotion.state`.split(/\s+/);

it('every column of text or bytes is known to be long or short', async () => {
  const place = await places.sqlite();
  const opened = await place.open();
  try {
    const columns: string[] = [];
    for (const { table } of KEPT_TABLES) {
      const found =
        await sql<Row>`select name from pragma_table_info(${table}) where lower(type) in ('text', 'blob')`.execute(
          opened.db.read,
        );
      columns.push(...found.rows.map(({ name }) => `${table}.${name}`));
    }
    const long = Object.entries(LONG).flatMap(([table, names]) => names.map((name) => `${table}.${name}`));
    expect(columns.sort()).toEqual([...long, ...SHORT].sort());
  } finally {
    await opened.close();
    await place.remove();
  }
});

it('groups are bounded by their number and by their bytes, and none is empty', async () => {
  async function* items() {
    yield* [1, 1, 1, BYTES_TOGETHER, 1, BYTES_TOGETHER + 1, BYTES_TOGETHER - 1, 1, 1];
  }
  const groups = await collect(inGroups(items(), 2, (bytes) => bytes));
  const B = BYTES_TOGETHER;
  expect(groups).toEqual([[1, 1], [1], [B], [1], [B + 1], [B - 1, 1], [1]]);
  expect(await collect(inGroups((async function* () {})(), 2, () => 1))).toEqual([]);
});
