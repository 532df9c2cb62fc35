import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { matches, type Subject } from '../../src/registry/runs/search/evaluate.ts';
import type { Comparison, Filter, Operator } from '../../src/registry/runs/search/filter.ts';
import { parseFilter } from '../../src/registry/runs/search/grammar.ts';
import { RUN } from '../../src/registry/runs/search/nouns.ts';
import { searchRuns } from '../../src/registry/runs/search/search.ts';
import { BOUNDS, type Bounds } from '../../src/registry/search/at.ts';
import { compareScalars } from '../../src/registry/search/order.ts';
import { databases } from '../support/databases.ts';
import { insertExperiments, insertRuns, type RunMade } from '../support/tracked-rows.ts';

const WORDS = [
  '',
  'a',
  'A',
  'aB',
  '100%',
  'a*b[c]?',
  'Модель',
  'модель',
  '😀 ok',
  "it's",
  'back\\slash',
  'x'.repeat(70),
];
const NUMBERS = [-1.5, 0, 1, 2, 0.25, 1e300, 1.7976931348623157e308, -1.7976931348623157e308];
const KEYS = ['k', 'odd key', 'a.b', 'ключ', 'K'];
const STATUSES = ['RUNNING', 'FINISHED'] as const;

/** Runs of all kinds, some of them equal in all that they are sorted by. */
const RUNS: readonly RunMade[] = fc
  .sample(
    fc.record({
      experiment_id: fc.constantFrom(0, 0, 1, 2),
      run_name: fc.constantFrom(...WORDS),
      user_id: fc.constantFrom('ada', 'Bob'),
      status: fc.constantFrom(...STATUSES),
      start_time: fc.constantFrom(0, 1, 2, 3, 1_700_000_000_000),
      end_time: fc.constantFrom(null, 1, 2),
      lifecycle_stage: fc.constantFrom('active' as const, 'active' as const, 'deleted' as const),
      params: fc.dictionary(fc.constantFrom(...KEYS), fc.constantFrom(...WORDS)),
      tags: fc.dictionary(fc.constantFrom(...KEYS), fc.constantFrom(...WORDS)),
      metrics: fc.dictionary(fc.constantFrom(...KEYS), fc.constantFrom(...NUMBERS, Number.NaN, Number.NaN)),
      datasets: fc.uniqueArray(
        fc.record(
          {
            name: fc.constantFrom('a', 'A', 'b'),
            digest: fc.constantFrom('1', '2'),
            context: fc.constantFrom(...WORDS),
          },
          { requiredKeys: ['name', 'digest'] },
        ),
        { selector: ({ name, digest }) => name + digest, maxLength: 3 },
      ),
    }),
    { numRuns: 120, seed: 11 },
  )
  .map((run, i) => ({ ...run, run_id: `run${(i * 37) % 120}` }));

function subjectOf(run: RunMade): Subject {
  const { run_id, run_name = '', user_id = '', status = '', start_time = 0, end_time = null, experiment_id } = run;
  const artifact_uri = `mlflow-artifacts:/${experiment_id}/${run_id}/artifacts`;
  return {
    attributes: { run_id, run_name, user_id, status, start_time, end_time, artifact_uri },
    params: run.params ?? {},
    tags: run.tags ?? {},
    metrics: Object.fromEntries(Object.entries(run.metrics ?? {}).map(([key, value]) => [key, [value]])),
    datasets: run.datasets ?? [],
  };
}

const TEXT: Operator[] = ['=', '!=', 'LIKE', 'ILIKE'];
const ORDERED: Operator[] = ['=', '!=', '<', '<=', '>', '>='];
const pattern = fc
  .array(
    fc.oneof(
      fc.constantFrom('%', '_'),
      fc.constantFrom(...WORDS).map((word) => [...word].slice(0, 2).join('')),
    ),
    {
      maxLength: 4,
    },
  )
  .map((pieces) => pieces.join(''));
const word = fc.oneof(fc.constantFrom(...WORDS, 'ada', 'RUNNING', 'b', '2'), pattern);
const one = { minLength: 1, maxLength: 1 };

function comparison(
  family: Comparison['family'],
  names: string[],
  ops: Operator[],
  value: fc.Arbitrary<string | number>,
): fc.Arbitrary<Comparison> {
  return fc.constantFrom(...ops).chain((op) =>
    fc.record({
      family: fc.constant(family),
      name: fc.constantFrom(...names),
      op: fc.constant(op),
      values: op.startsWith('IS')
        ? fc.constant([])
        : fc.array(value, op.endsWith('IN') ? { minLength: 1, maxLength: 3 } : one),
    }),
  );
}

const NULLS: Operator[] = ['IS NULL', 'IS NOT NULL'];
const leaf = fc.oneof(
  comparison('attribute', ['run_name', 'user_id', 'status', 'artifact_uri'], TEXT, word),
  comparison(
    'attribute',
    ['run_id'],
    ['=', '!=', 'IN', 'NOT IN', 'LIKE'],
    fc.constantFrom(...RUNS.slice(0, 9).map(({ run_id }) => run_id)),
  ),
  comparison('attribute', ['start_time', 'end_time'], ORDERED, fc.constantFrom(0, 1, 1.5, 2, -1, 1e300)),
  comparison('param', KEYS, [...TEXT, ...NULLS], word),
  comparison('tag', KEYS, [...TEXT, ...NULLS], word),
  comparison('metric', KEYS, ORDERED, fc.constantFrom(...NUMBERS)),
  comparison('dataset', ['name', 'digest', 'context'], [...TEXT, 'IN', 'NOT IN'], word),
);
const filters = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    leaf,
    fc.record({
      op: fc.constantFrom('AND' as const, 'OR' as const),
      parts: fc.array(tie('filter'), { minLength: 2, maxLength: 3 }),
    }),
    fc.record({ op: fc.constant('NOT' as const), part: tie('filter') }),
  ),
})).filter;

/** The filter as a client writes it. */
function print(filter: Filter): string {
  if (!('family' in filter))
    return filter.op === 'NOT'
      ? `NOT (${print(filter.part)})`
      : filter.parts.map((part) => `(${print(part)})`).join(` ${filter.op} `);
  const { family, name, op, values } = filter;
  const literals = values.map((value) =>
    typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`,
  );
  const start = `${family}.\`${name}\` ${op}`;
  if (op.startsWith('IS')) return start;
  return op.endsWith('IN') ? `${start} (${literals.join(', ')})` : `${start} ${literals[0]}`;
}

const orders = fc
  .uniqueArray(
    fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom('start_time', 'end_time', 'run_name', 'status', 'run_id') },
      { weight: 2, arbitrary: fc.constantFrom(...KEYS).map((key) => `metrics.\`${key}\``) },
      { weight: 1, arbitrary: fc.constantFrom(...KEYS).map((key) => `params.\`${key}\``) },
    ),
    { maxLength: 3 },
  )
  .chain((keys) =>
    fc.tuple(...keys.map((key) => fc.constantFrom(' ASC', ' DESC', '').map((way) => [key, way === ' DESC'] as const))),
  );
type Order = readonly (readonly [key: string, desc: boolean])[];

/** What a run is sorted by. */
function sortValue(run: RunMade, key: string): string | number | null {
  const [, family, name] = /^(\w+)\.`(.*)`$/su.exec(key) ?? [];
  if (family === undefined) return subjectOf(run).attributes[key] ?? null;
  const values: Record<string, string | number> = (family === 'metrics' ? run.metrics : run.params) ?? {};
  return Object.hasOwn(values, name!) ? values[name!]! : null;
}

function compareBy(order: Order): (a: RunMade, b: RunMade) => number {
  const isTimed = order.some(([key]) => key === 'start_time');
  const whole: Order = [...order, ...(isTimed ? [] : [['start_time', true] as const]), ['run_id', false]];
  return (a, b) => {
    for (const [key, desc] of whole) {
      const [x, y] = [sortValue(a, key), sortValue(b, key)];
      const kind = kindOf(x) - kindOf(y);
      if (kind !== 0) return kind;
      const sign = x === null || Number.isNaN(x) ? 0 : compareScalars(x, y!);
      if (sign !== 0) return desc ? -sign : sign;
    }
    return 0;
  };
}

/** NaN, then what is missing, in both directions. */
function kindOf(value: string | number | null): number {
  return value === null ? 2 : Number.isNaN(value) ? 1 : 0;
}

const queries = fc.record({
  filter: fc.option(filters, { nil: undefined }),
  order: orders,
  experiment_ids: fc.constantFrom([0], [0], [1], [0, 1], [2, 1, 0, 9]),
  stages: fc.constantFrom(
    ['active'] as const,
    ['active'] as const,
    ['deleted'] as const,
    ['active', 'deleted'] as const,
  ),
  page_size: fc.constantFrom(1, 7, 500),
});

describe.each(Object.keys(databases) as (keyof typeof databases)[])('searches of runs on %s', (name) => {
  let db: Database;
  beforeAll(async () => {
    db = await databases[name]();
    await insertExperiments(db, [
      { id: 1, name: 'one' },
      { id: 2, name: 'two' },
    ]);
    await insertRuns(db, RUNS);
  });
  afterAll(() => db?.close());

  type Query = { filter: Filter | undefined; order: Order } & Omit<
    Parameters<typeof searchRuns>[1],
    'filter' | 'order_by'
  >;
  async function walk({ filter, order, ...asked }: Query, bounds: Bounds): Promise<string[]> {
    const parts = { read: db.read, dialect: db.name, tokenKey: new Uint8Array(32), bounds };
    const order_by = order.map(([key, desc]) => `${key} ${desc ? 'DESC' : 'ASC'}`);
    const ids: string[] = [];
    for (let page_token: string | undefined; ; ) {
      const page = await searchRuns(parts, { ...asked, order_by, filter: filter && print(filter), page_token });
      expect(page.items.length).toBeLessThanOrEqual(asked.page_size);
      ids.push(...page.items.map(({ info }) => info.run_id));
      if (page.next_page_token === null) return ids;
      page_token = page.next_page_token;
    }
  }

  function expected({ filter, order, experiment_ids, stages }: Query): string[] {
    return RUNS.filter((run) => experiment_ids.includes(run.experiment_id!) && stages.includes(run.lifecycle_stage!))
      .filter((run) => filter === undefined || matches(filter, subjectOf(run)))
      .sort(compareBy(order))
      .map(({ run_id }) => run_id);
  }

  it('find what the rules say, whatever the filter', async () => {
    await fc.assert(
      fc.asyncProperty(filters, async (filter) => {
        expect(parseFilter(print(filter), RUN)).toEqual(filter);
        const query = {
          filter,
          order: [],
          experiment_ids: [0, 1, 2],
          stages: ['active', 'deleted'] as const,
          page_size: 500,
        };
        expect(await walk(query, BOUNDS), print(filter)).toEqual(expected(query));
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('walk pages in the order that the rules say, each run once', async () => {
    await fc.assert(
      fc.asyncProperty(queries, async (query) => {
        expect(await walk(query, BOUNDS)).toEqual(expected(query));
      }),
      { numRuns: 150, seed: 2 },
    );
  });

  it('answer the same when a part holds few rows, and a page takes long', async () => {
    const slow = { ...BOUNDS, step: 1, patience: 0 };
    await fc.assert(
      fc.asyncProperty(queries, async (query) => {
        // What has to be sorted as a whole cannot end early.
        const isInOrder = query.order.length === 0 || query.order[0]![0] === 'start_time';
        expect(await walk(query, isInOrder ? slow : { ...slow, patience: 1_000 })).toEqual(expected(query));
      }),
      { numRuns: 100, seed: 3 },
    );
  });
});
