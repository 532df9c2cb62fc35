import { expect, it } from 'vitest';
import type { ListedVersion } from '../../registry/versions/listed.ts';
import { toDownloadUri, toMlflowList, toMlflowModel, toMlflowVersion } from './translate-registry.ts';

const ODD = [
  '',
  'plain',
  '"',
  '\\',
  '\\"',
  '","',
  '":"',
  '{"a":"b"}',
  'line\nbreak',
  '$1 $& $$',
  '\u2028',
  'naïve 模型 🚀',
  '\u0007',
  '\\u0041',
  "'",
  '\\\\',
];

const row = (more: Partial<ListedVersion> = {}): ListedVersion => ({
  model_id: 7,
  number: 3,
  status: 'draft',
  description: null,
  tags: '{}',
  lineage: null,
  source: null,
  aliases: '[]',
  created_at: 1,
  updated_at: 2,
  ...more,
});
const shown = (more: Partial<ListedVersion>) => JSON.parse(toMlflowVersion(row(more), 'm'));

it('a version is told as it is, whatever its texts hold', () => {
  for (const text of ODD) {
    expect(JSON.parse(toMlflowVersion(row({ description: text }), text))).toMatchObject({
      name: text,
      description: text,
    });
    const lineage = { run_id: text, git_commit: ODD.join('') };
    expect(shown({ lineage: JSON.stringify(lineage) }).run_id).toBe(text);
    expect(shown({ lineage: JSON.stringify({ git_url: '"run_id":"x"', run_id: text }) }).run_id).toBe(text);
    for (const more of [{}, { run_link: text }, { model_id: text }, { location: text }]) {
      const source = { uri: text, protected: true, ...more };
      const { model_id, run_link } = { run_link: '', ...source } as { model_id?: string; run_link: string };
      expect(shown({ source: JSON.stringify(source) })).toMatchObject({ source: text, run_link });
      expect(shown({ source: JSON.stringify(source) }).model_id).toBe(model_id);
    }
  }
});

it('tags and aliases are lists, whatever they hold', () => {
  const tags = Object.fromEntries(ODD.map((text, i) => [text, ODD[(i + 5) % ODD.length]!]));
  const list = Object.entries(tags).map(([key, value]) => ({ key, value }));
  expect(shown({ tags: JSON.stringify(tags) }).tags).toEqual(list);
  for (const one of list) expect(shown({ tags: JSON.stringify({ [one.key]: one.value }) }).tags).toEqual([one]);
  const model = { name: 'm', description: '', tags: '{}', created_at: 1, updated_at: 2 };
  const aliases = JSON.stringify({ champion: 12, 'x-1_模': 3 });
  expect(JSON.parse(toMlflowModel({ ...model, aliases }, []))).toEqual({
    name: 'm',
    creation_timestamp: 1,
    last_updated_timestamp: 2,
    aliases: [
      { alias: 'champion', version: '12' },
      { alias: 'x-1_模', version: '3' },
    ],
  });
});

it('a version without a source names where its own files are', () => {
  expect(shown({})).toEqual({
    name: 'm',
    version: '3',
    creation_timestamp: 1,
    last_updated_timestamp: 2,
    current_stage: 'None',
    description: '',
    source: 'mlflow-artifacts:/versions/7/3',
    run_id: '',
    run_link: '',
    status: 'READY',
  });
});

it('R6 long texts take time in proportion', () => {
  const tags = JSON.stringify(
    Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`k${i}`, '\\"'.repeat(50_000)])),
  );
  const start = performance.now();
  expect(shown({ tags }).tags).toHaveLength(10);
  expect(performance.now() - start).toBeLessThan(1_000);
});

it('a list is left out where it is empty, and so is the token', () => {
  expect(toMlflowList('xs', [])).toBe('{}');
  expect(toMlflowList('xs', [], 't"')).toBe('{"next_page_token":"t\\""}');
  expect(toMlflowList('xs', ['1', '2'], 't')).toBe('{"xs":[1,2],"next_page_token":"t"}');
});

it('files are where the source says, but those of a version that holds its own', () => {
  const told = (source: object | null) =>
    JSON.parse(toDownloadUri({ model_id: 7, number: 3, source: source && JSON.stringify(source) }));
  const own = 'mlflow-artifacts:/versions/7/3';
  expect(told(null)).toBe(own);
  for (const text of ODD) {
    expect(told({ uri: text, protected: false })).toBe(text);
    expect(told({ uri: text, protected: false, run_link: text })).toBe(text);
    expect(told({ uri: 'runs:/1/model', protected: false, location: text })).toBe(text);
    expect(told({ uri: text, protected: true })).toBe(own);
    expect(told({ uri: text, protected: true, location: text })).toBe(own);
  }
});
