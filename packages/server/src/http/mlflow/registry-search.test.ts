import { describe, expect, it } from 'vitest';
import { printFilter } from '../../registry/search/filter.ts';
import type { SortKey } from '../../registry/search/sort.ts';
import { Fields } from './fields.ts';
import { readFilter, readOrder, readPage } from './registry-search.ts';

const PROMPT = 'tags."mlflow.prompt.is_prompt"';
const HIDDEN = `NOT ${PROMPT} = 'true'`;
const read = (text: string | undefined, noun: 'model' | 'version' = 'version') => printFilter(readFilter(text, noun));

describe('a filter of MLflow', () => {
  it('hides prompts unless it asks for them', () => {
    expect(read(undefined)).toBe(HIDDEN);
    expect(read('')).toBe(HIDDEN);
    expect(read('  ')).toBe(HIDDEN);
    expect(read("name = 'x'")).toBe(`name = 'x' AND (${HIDDEN})`);
    expect(read("name = 'x' OR name = 'y'")).toBe(
      `((name = 'x') OR (name = 'y')) AND (${HIDDEN})`.replace(/\((name = '\w')\)/g, '$1'),
    );
  });

  it.each([
    ["tags.`mlflow.prompt.is_prompt` = 'true'", '='],
    ['tag.mlflow.prompt.is_prompt = "TRUE"', '='],
    ['tags."mlflow.prompt.is_prompt" != \'false\'', '!='],
  ])('asks for prompts with %s', (text, op) => {
    expect(read(text)).toMatch(new RegExp(`^tags\\."mlflow\\.prompt\\.is_prompt" ${op} '\\w+'$`));
    expect(read(`name LIKE 'a%' AND ${text}`)).not.toContain('NOT');
  });

  it('hides them once', () => {
    const asked = "name = 'x' AND tag.`mlflow.prompt.is_prompt` != 'true'";
    expect(read(asked)).toBe(read("name = 'x'"));
  });

  it.each(["!= 'true'", "= 'false'", "!= 'TRUE'"])('means all that is no prompt with %s', (says) => {
    const text = `tag.\`mlflow.prompt.is_prompt\` ${says}`;
    expect(read(`name = 'x' AND ${text}`)).toContain(`NOT ${PROMPT} = 'true'`);
    expect(read(text)).not.toMatch(/ (!= 'true'|= 'false')/i);
  });

  it('forgives an AND at the end, and nothing else that dangles', () => {
    expect(read("name = 'x' AND ")).toBe(read("name = 'x'"));
    for (const bad of [
      "AND name = 'x'",
      "name = 'x' OR",
      'name =',
      "= 'x'",
      "name == 'x'",
      "name <> 'x'",
      "name = 'x' name = 'y'",
      "name = 'x';",
      "name = 'x",
      'name',
      "(name = 'x'",
      "name = 'x')",
      'name LIKE',
      'name = 7',
      "nope = 'x'",
      "name = 'x' AND AND name = 'y'",
      'x'.repeat(9_000),
    ])
      expect(() => readFilter(bad, 'version'), bad).toThrow();
  });

  it('knows stages by their names', () => {
    expect(read("current_stage = 'None'")).toContain("status = 'draft'");
    expect(read("current_stage IN ('Staging', 'production')")).toContain("status IN ('staging', 'production')");
    expect(() => readFilter("current_stage = 'Live'", 'version')).toThrow(/None, Staging, Production, Archived/);
  });

  it.each([
    ["run_id != 'x'", true],
    ["run_id = 'x'", false],
    ["run_id = ''", true],
    ["run_id != ''", false],
    ["run_id NOT IN ('x', 'y')", true],
    ["run_id IN ('x', '')", true],
    ["run_id NOT IN ('')", false],
    ["run_id LIKE '%'", true],
    ["run_id LIKE '_%'", false],
    ["run_id ILIKE ''", true],
    ["source_path != 's3://b/x'", true],
    ["tags.run_id != 'x'", false],
  ])('%s finds what has none: %s', (text, does) => {
    expect(read(text).includes('IS NULL')).toBe(does);
  });
});

const printed = (sort: SortKey[]) => sort.map(({ key, desc }) => (desc ? `-${key}` : key)).join(',');

describe('an order of MLflow', () => {
  const all = readFilter(undefined, 'version');
  const one = readFilter("name = 'x' AND tags.a = 'b'", 'version');
  it.each([
    ['model', [], 'name'],
    ['model', ['name DESC'], '-name'],
    ['model', ['timestamp'], 'updated_at,name'],
    ['model', ['last_updated_timestamp  desc', 'name'], '-updated_at,name'],
    ['version', [], '-updated_at,name,-number'],
    ['version', ['version_number asc'], 'number,name'],
    ['version', ['name', '`creation_timestamp` DESC'], 'name,-created_at,-number'],
    ['version', ['attribute.version_number DESC', '"name"'], '-number,name'],
  ] as const)('of %ss by %j is %s', (noun, clauses, sort) => {
    expect(printed(readOrder(clauses, noun, all))).toBe(sort);
  });

  it('leaves the name out where all have the same', () => {
    expect(printed(readOrder([], 'version', one))).toBe('-updated_at,-number');
  });

  it.each([
    ['model', ['creation_timestamp'], /^Invalid order by key 'creation_timestamp' specified/],
    ['model', ['name', 'name DESC'], /duplicate fields/],
    ['model', ['timestamp', 'last_updated_timestamp'], /duplicate fields/],
    ['version', ['timestamp'], /^Invalid order by key/],
    ['version', ['name sideways'], /^Invalid ordering key/],
    ['version', ['name desc asc'], /Could not be parsed/],
    ['version', ['name, version_number'], /^Invalid/],
    ['version', [''], /Could not be parsed/],
    ['version', ['constructor'], /^Invalid order by key/],
    ['version', ['name;'], /^Invalid order by key/],
  ] as const)('of %ss by %j is refused', (noun, clauses, message) => {
    expect(() => readOrder(clauses, noun, all)).toThrow(message);
  });
});

it('a page has from 1 to so many', () => {
  const page = (fields: Record<string, unknown>) => readPage(new Fields(fields), 100, 1_000);
  expect(page({})).toEqual({ page_size: 100 });
  expect(page({ max_results: '1000', page_token: '' })).toEqual({ page_size: 1_000 });
  expect(page({ max_results: 1, page_token: 'x' })).toEqual({ page_size: 1, page_token: 'x' });
  expect(() => page({ max_results: '0' })).toThrow(/positive integer, but got 0/);
  expect(() => page({ max_results: -5 })).toThrow(/positive integer, but got -5/);
  expect(() => page({ max_results: 1_001 })).toThrow(/It must be at most 1000, but got value 1001/);
  expect(() => page({ max_results: 'x' })).toThrow(/max_results/);
  expect(() => page({ max_results: 1.5 })).toThrow(/max_results/);
});
