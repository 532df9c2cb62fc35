import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Model } from '../contract/model.ts';
import { toTime } from '../contract/time.ts';
import type { Version } from '../contract/version.ts';
import { toJsonPage } from './json-document.ts';
import { toModelJson } from './models/json.ts';
import { type ModelRow, toColumns as modelColumns, toModel } from './models/repository.ts';
import { toVersionJson } from './versions/json.ts';
import { toVersion, type VersionRow, toColumns as versionColumns } from './versions/repository.ts';

const text = fc.string({ unit: 'grapheme' });
const count = fc.nat();
const time = fc.nat({ max: 4_102_444_800_000 }).map(toTime);
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of);
const numbers = fc.array(count);
const common = {
  description: maybe(text),
  tags: fc.dictionary(text, text),
  properties: fc.dictionary(text, fc.jsonValue()),
  card: maybe(text),
  created_at: time,
  created_by: text,
  updated_at: time,
  etag: count,
  deregistered: maybe(fc.record({ at: time, by: text, reason: text, purge_after: time })),
};
const model = fc.record({
  ...common,
  name: text,
  owner: maybe(text),
  aliases: fc.dictionary(text, count),
  latest_version: maybe(count),
  version_count: count,
  live: fc.record({ production: numbers, staging: numbers }),
}) as fc.Arbitrary<Model>;
const version = fc.record({
  ...common,
  model: text,
  number: count,
  status: fc.constantFrom('draft', 'staging', 'production', 'archived'),
  state: fc.constantFrom('open', 'sealed'),
  digest: maybe(text),
  size_bytes: fc.maxSafeNat(),
  artifact_count: count,
  verdict: fc.constantFrom('clean', 'unknown'),
  framework: maybe(text),
  signature: maybe(fc.record({ inputs: fc.array(fc.record({ name: text })) })),
  lineage: maybe(fc.record({ run_id: text })),
  source: maybe(fc.record({ uri: text })),
  aliases: fc.array(text),
  metrics: fc.dictionary(text, fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant('NaN'))),
}) as unknown as fc.Arbitrary<Version>;

it('writes models from their columns as from the documents', () => {
  const law = fc.property(model, (document) => {
    const row = modelColumns(document) as unknown as ModelRow;
    expect(toModelJson(row)).toBe(JSON.stringify(toModel(row)));
  });
  fc.assert(law);
});

it('writes versions from their columns as from the documents', () => {
  const law = fc.property(version, (document) => {
    const row = versionColumns(document) as unknown as VersionRow;
    expect(toVersionJson(row, document.model)).toBe(JSON.stringify(toVersion(row, document.model)));
  });
  fc.assert(law);
});

it('writes pages', () => {
  const law = fc.property(fc.array(fc.jsonValue()), maybe(text), (items, next_page_token) => {
    const written = toJsonPage({ items, next_page_token }, JSON.stringify);
    expect(written).toBe(JSON.stringify({ items, next_page_token }));
  });
  fc.assert(law);
});
