import { readFileSync, writeFileSync } from 'node:fs';
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresQueryCompiler,
  type RawBuilder,
  SqliteAdapter,
  SqliteQueryCompiler,
  sql,
} from 'kysely';
import { expect, it } from 'vitest';
import type { Dialect } from '../../src/db/database.ts';
import type { Noun } from '../../src/registry/search/filter.ts';
import { parseFilter } from '../../src/registry/search/grammar.ts';
import { partsOf } from '../../src/registry/search/ordering.ts';
import type { Position } from '../../src/registry/search/page-token.ts';
import { NEWEST, sortOf } from '../../src/registry/search/sort.ts';
import { statement } from '../../src/registry/search/statement.ts';
import { required } from '../../src/registry/search/steer.ts';
import { queryOf } from '../../src/registry/search/text-query.ts';
import { databases } from '../support/databases.ts';

interface Shape {
  noun: Noun;
  filter?: string;
  q?: string;
  sort?: string;
  model_id?: number;
  position?: Position;
  /** Whether the counts said that few rows satisfy the first comparison. */
  few?: boolean;
  /** Or that many rows satisfy them all. */
  many?: boolean;
  common?: boolean;
}

const SHAPES: Record<string, Shape> = {
  'models, first page': { noun: 'model' },
  'models, a page deep in the list': { noun: 'model', position: ['churn', 7] },
  'models of a rare tag': { noun: 'model', filter: "tags.team = 'growth'", few: true },
  'models of a common tag': { noun: 'model', filter: "tags.team = 'growth'", many: true },
  'models whose name begins so': { noun: 'model', filter: "name LIKE 'churn%'" },
  'models whose name holds this, in any case': { noun: 'model', filter: "name ILIKE '%churn%'" },
  'models without a tag': { noun: 'model', filter: "NOT tags.`mlflow.prompt.is_prompt` = 'true'" },
  'models with a version in production': { noun: 'model', filter: "status = 'production'" },
  'models by rank': { noun: 'model', q: 'churn-model' },
  'versions, first page': { noun: 'version' },
  'versions, a page deep in the list': { noun: 'version', position: [1_700_000_000_000, 7] },
  'versions of one model': { noun: 'version', model_id: 7 },
  'versions of one model, deep': { noun: 'version', model_id: 7, position: [70_000, 8] },
  'versions in the order of MLflow, deep': {
    noun: 'version',
    sort: '-updated_at,name,-number',
    position: [1_700_000_000_000, 'churn', 7, 7],
  },
  'versions of a run': { noun: 'version', filter: "run_id = '0123'", few: true },
  'versions of a common tag, deep': {
    noun: 'version',
    filter: "tags.team = 'growth'",
    position: [1_700_000_000_000, 7],
  },
  'versions in a status': { noun: 'version', filter: "status = 'production'" },
  'versions of a common framework': { noun: 'version', filter: "framework = 'sklearn'", many: true },
  'versions over a metric': { noun: 'version', filter: 'metrics.auc > 0.9' },
  'versions of common words, deep': { noun: 'version', q: 'churn', common: true, position: [7] },
  'versions by a metric, deep': { noun: 'version', sort: '-metrics.auc', position: [0.9, null, 7] },
};

const cold: Record<Dialect, Kysely<unknown>> = {
  sqlite: new Kysely({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: () => undefined as never,
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  }),
  postgres: new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: () => undefined as never,
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  }),
};

function build(shape: Shape, dialect: Dialect): RawBuilder<unknown> {
  const { noun, model_id, position, common = false } = shape;
  const words = queryOf(shape.q);
  const sort = common ? [{ key: NEWEST, desc: true }] : sortOf(noun, shape, words !== undefined);
  const filter = shape.filter === undefined ? undefined : parseFilter(shape.filter, noun);
  const all = required(filter);
  const steering = { few: new Set(shape.few ? all.slice(0, 1) : []), many: new Set(shape.many ? all : []) };
  const parts = partsOf(noun, sort, words, dialect);
  const from = { fromModel: true, streams: common, limit: 51 };
  return statement({ noun, dialect, filter, words, model_id, position, parts, ...from, ...steering });
}

it('asks what was reviewed (UPDATE_SQL=1 writes it anew)', async () => {
  const db = await databases.sqlite();
  const lines: string[] = [];
  for (const [title, shape] of Object.entries(SHAPES)) {
    lines.push(`== ${title}`);
    for (const dialect of ['sqlite', 'postgres'] as const) {
      const { sql: text, parameters } = build(shape, dialect).compile(cold[dialect]);
      lines.push(`-- ${dialect} ${JSON.stringify(parameters)}`, text.replace(/^ {4}/gmu, '  '));
    }
    const { rows } = await sql<{ detail: string }>`explain query plan ${build(shape, 'sqlite')}`.execute(db.read);
    lines.push('-- plan of sqlite', ...rows.map(({ detail }) => `  ${detail}`), '');
  }
  await db.close();
  const file = new URL('search.sql.txt', import.meta.url);
  if (process.env.UPDATE_SQL) writeFileSync(file, lines.join('\n'));
  expect(lines.join('\n')).toBe(readFileSync(file, 'utf8'));
});
