import { expect, it } from 'vitest';
import type { Model } from '../../contract/model.ts';
import type { Version } from '../../contract/version.ts';
import { facetsOfModel, facetsOfVersion } from './facets.ts';

const time = '2026-03-31T00:00:00.000Z';
const common = {
  description: null,
  tags: {},
  properties: {},
  card: null,
  created_at: time,
  created_by: 'ada',
  updated_at: time,
  etag: 1,
};
const model: Model = {
  ...common,
  name: 'Churn',
  owner: null,
  aliases: { champion: 3 },
  latest_version: 3,
  version_count: 3,
  live: { production: [], staging: [] },
  deregistered: null,
};
const version: Version = {
  ...common,
  model: 'Churn',
  number: 3,
  status: 'draft',
  state: 'open',
  digest: null,
  size_bytes: 0,
  artifact_count: 0,
  verdict: 'unknown',
  framework: null,
  signature: null,
  source: { uri: 'runs:/r/m', protected: true },
  lineage: { run_id: 'r', datasets: [{ name: 'd' }, { name: 'd' }], base: { model: 'Bert', version: 2 } },
  aliases: [],
  metrics: { auc: 0.5, loss: 'NaN', top: '-Infinity' },
  deregistered: null,
};
const brief = (rows: ReturnType<typeof facetsOfModel>) => rows.map(({ key, text, num }) => [key, text, num]);

it('keeps what columns do not', () => {
  expect(brief(facetsOfModel(model))).toEqual([
    ['name', 'Churn', null],
    ['created_by', 'ada', null],
    ['alias', 'champion', null],
  ]);
  expect(brief(facetsOfVersion(version, ['onnx', 'onnx', 'json']))).toEqual([
    ['created_by', 'ada', null],
    ['verdict', 'unknown', null],
    ['source', 'runs:/r/m', null],
    ['lineage.run_id', 'r', null],
    ['lineage.datasets', 'd', null],
    ['lineage.base', 'Bert', null],
    ['lineage.base', 'Bert/2', null],
    ['metrics.auc', null, 0.5],
    ['metrics.loss', 'NaN', null],
    ['metrics.top', null, -Infinity],
    ['format', 'onnx', null],
    ['format', 'json', null],
  ]);
});

it('keeps of some fields what they alone come to', () => {
  expect(brief(facetsOfModel(model, { aliases: {}, etag: 2 }))).toEqual([['alias', 'champion', null]]);
  expect(brief(facetsOfVersion(version, [], { verdict: 'unknown', card: null }))).toEqual([
    ['verdict', 'unknown', null],
  ]);
});

it('flattens properties with their types', () => {
  const properties = { b: { 'x.y': [1, 'a', true, null, { no: 1 }], n: -0 }, a: 'A', none: null, empty: [] };
  expect(brief(facetsOfModel({ ...model, properties })).slice(2, -1)).toEqual([
    ['properties.a', 'A', null],
    ['properties.b.n', null, 0],
    ['properties.b."x.y"', null, 1],
    ['properties.b."x.y"', 'a', null],
    ['properties.b."x.y"', 'true', 1],
  ]);
});

it('cuts heads by characters and keeps only what both databases can', () => {
  const [row] = facetsOfModel({ ...model, name: `${'😀'.repeat(70)}` });
  expect([...row!.head!]).toHaveLength(64);
  const tags = { k: 'a\0b\uD800' };
  expect(facetsOfModel({ ...model, tags })[2]!.text).toBe('a\uFFFDb\uFFFD');
});

it('is bounded', () => {
  const wide = { list: Array(10_000).fill(1) };
  expect(facetsOfModel({ ...model, properties: wide }).filter(({ key }) => key === 'properties.list')).toHaveLength(
    500,
  );
  let deep: Record<string, unknown> = { end: 1 };
  for (let i = 0; i < 50; i++) deep = { d: deep };
  expect(facetsOfModel({ ...model, properties: deep })).toHaveLength(3);
});
