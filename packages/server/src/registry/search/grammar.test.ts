import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filters } from '../../../test/sql/search-arbitrary.ts';
import { FilterError } from './errors.ts';
import { type Filter, printFilter } from './filter.ts';
import { parseFilter } from './grammar.ts';

const one = (key: string, op: string, ...values: unknown[]) => ({ op, key, values });

const GOOD: [string, unknown][] = [
  ["name = 'churn'", one('name', '=', 'churn')],
  ['name="churn"', one('name', '=', 'churn')],
  ["attribute.name != 'a'", one('name', '!=', 'a')],
  ["name = 'it''s'", one('name', '=', "it's")],
  ['name = "say ""hi"""', one('name', '=', 'say "hi"')],
  ["`name` like '%x_'", one('name', 'LIKE', '%x_')],
  ["name Not ILike 'X%'", one('name', 'NOT ILIKE', 'X%')],
  ["tag.k = ''", one('tags.k', '=', '')],
  ["tags.mlflow.prompt.is_prompt != 'true'", one('tags.mlflow.prompt.is_prompt', '!=', 'true')],
  ["tag.`mlflow.prompt.is_prompt` != 'true'", one('tags.mlflow.prompt.is_prompt', '!=', 'true')],
  ['tags."odd key" = "x"', one('tags.odd key', '=', 'x')],
  ["tags.`od\"d` = 'x'", one('tags.od"d', '=', 'x')],
  ["`tags.odd key` = 'x'", one('tags.odd key', '=', 'x')],
  ["tags.team-a/b:c='x'", one('tags.team-a/b:c', '=', 'x')],
  ["tags.команда = '数据'", one('tags.команда', '=', '数据')],
  ['properties.a.b > -1.5e3', one('properties.a.b', '>', -1500)],
  ['properties."a.b".c = true', one('properties."a.b".c', '=', true)],
  ["properties.a in (1, 'x', FALSE)", one('properties.a', 'IN', 1, 'x', false)],
  ['metrics.auc>=.9', one('metrics.auc', '>=', 0.9)],
  ['metric."val/auc" < 1', one('metrics.val/auc', '<', 1)],
  ["version_number = '3'", one('number', '=', 3)],
  ['number IN (1, 2)', one('number', 'IN', 1, 2)],
  ["run_id NOT IN ('a','b')", one('lineage.run_id', 'NOT IN', 'a', 'b')],
  ["current_stage = 'None'", one('status', '=', 'draft')],
  ["creation_timestamp > '2026-03-31'", one('created_at', '>', Date.UTC(2026, 2, 31))],
  ["updated_at <= '2026-03-31T23:59:59+02:00'", one('updated_at', '<=', Date.UTC(2026, 2, 31, 21, 59, 59))],
  ['last_updated_timestamp < 17', one('updated_at', '<', 17)],
  ['lineage.base is null', one('lineage.base', 'IS NULL')],
  ['owner IS NOT NULL', one('owner', 'IS NOT NULL')],
  ["NOT alias = 'champion'", { op: 'NOT', part: one('alias', '=', 'champion') }],
  [
    "status = 'draft' or state = 'open' and not (size_bytes > 1)",
    {
      op: 'OR',
      parts: [
        one('status', '=', 'draft'),
        { op: 'AND', parts: [one('state', '=', 'open'), { op: 'NOT', part: one('size_bytes', '>', 1) }] },
      ],
    },
  ],
];

const BAD: [string, string][] = [
  ['', 'column 1: expected a key such as name or tags.team, found the end of the filter'],
  ['  ', 'column 3: expected a key such as name or tags.team, found the end of the filter'],
  ["metrics.auc > 'high'", "column 15: expected a number after metrics.auc >, found 'high'"],
  ["name = 'a' AND", 'column 15: expected a key such as name or tags.team, found the end of the filter'],
  ["name = 'a' name = 'b'", 'column 12: expected AND, OR or the end of the filter, found name'],
  ["name = 'a", "column 10: expected a closing ', found the end of the filter"],
  ["tags.😀 = '😀' x", 'column 14: expected AND, OR or the end of the filter, found x'],
  ['name = foo', 'column 8: expected text in quotes after name =, found foo'],
  ['name = 3', 'column 8: expected text in quotes after name =, found 3'],
  ['name = NULL', 'column 8: expected text in quotes after name =, found NULL'],
  ["name == 'a'", 'column 6: expected one of =, !=, <, <=, >, >=, LIKE, ILIKE, IN, NOT or IS, found =='],
  ["(name = 'a'", 'column 12: expected AND, OR or a closing bracket, found the end of the filter'],
  ["name IN 'a'", "column 9: expected an opening bracket after IN, found 'a'"],
  ["name IN ('a' 'b')", "column 14: expected a comma or a closing bracket, found 'b'"],
  ['name IN ()', 'column 10: expected text in quotes after name IN, found )'],
  ['name IS 3', 'column 9: expected NULL or NOT NULL after IS, found 3'],
  ["name NOT = 'a'", 'column 10: expected LIKE, ILIKE or IN after NOT, found ='],
  ['tags. = 3', 'column 1: expected a name after tags., found tags.'],
  ['properties.a. = 3', 'column 1: expected a name after properties., found properties.a.'],
  [
    "size_bytes LIKE '1%'",
    'column 12: expected one of =, !=, <, <=, >, >=, IN or IS after size_bytes, which is a number, found LIKE',
  ],
  ["number = 'x'", "column 10: expected a number after number =, found 'x'"],
  ["metrics.a = '1'", "column 13: expected a number after metrics.a =, found '1'"],
  ['metrics.a = 1e999', 'column 13: expected a number under 1.8e308, found 1e999'],
  ['metrics.a = 12abc', 'column 13: expected a number, or text in quotes, found 12abc'],
  ["status = 'prod'", "column 10: expected one of draft, staging, production, archived after status =, found 'prod'"],
  ['tags.k = true', 'column 10: expected text in quotes after tags.k =, found true'],
  ['properties.k < true', 'column 16: expected text in quotes or a number after properties.k <, found true'],
  ["name = 'a'; drop", 'column 11: expected a key, an operator or a value, found ;'],
  ["name = '\0'", 'column 9: expected text without NUL, found NUL'],
  ['constructor = 1', 'column 1: expected one of number, status'],
  ["nane = 'a'", 'column 1: expected name, or one of number, status'],
  ["tag = 'a'", 'column 1: expected a name after tags., found tag'],
];

describe('the grammar of filters', () => {
  it.each(GOOD)('reads %s', (text, expected) => {
    expect(parseFilter(text, 'version')).toEqual(expected);
  });

  it.each(BAD)('refuses %s', (text, message) => {
    expect(() => parseFilter(text, 'version')).toThrow(FilterError);
    expect(() => parseFilter(text, 'version')).toThrow(message);
  });

  it.each(["'2026-02-30'", "'2026-13-01'", "'yesterday'", "'2026-03-31T25:00:00Z'", "'2026-03-31T10:00:00'", 'true'])(
    'refuses %s as a time',
    (value) => {
      expect(() => parseFilter(`created_at > ${value}`, 'model')).toThrow('column 14: expected');
    },
  );

  it('knows the keys of models from those of versions', () => {
    expect(parseFilter('latest_version > 2', 'model')).toEqual(one('latest_version', '>', 2));
    expect(() => parseFilter('latest_version > 2', 'version')).toThrow('column 1');
    expect(parseFilter("status = 'production'", 'model')).toEqual(one('status', '=', 'production'));
  });

  it('is bounded', () => {
    const refused = (text: string, message: string) =>
      expect(() => parseFilter(text, 'version')).toThrow(`expected ${message}`);
    refused(`name = '${'x'.repeat(8_000)}'`, 'at most 8000 characters');
    refused(Array(101).fill('number=1').join(' OR '), 'at most 100 comparisons');
    refused(`${'('.repeat(33)}number=1${')'.repeat(33)}`, 'at most 32 brackets');
    refused(`${'NOT '.repeat(33)}number=1`, 'at most 32 brackets');
    refused(`number IN (${Array(1_001).fill('1').join(',')})`, 'at most 1000 values');
    refused(`name LIKE '${'%a'.repeat(21)}'`, 'a pattern with at most 20 %');
    refused(`name LIKE '${'a'.repeat(1_001)}'`, 'a pattern of at most 1000 characters');
    expect(parseFilter(`${'('.repeat(32)}number=1${')'.repeat(32)}`, 'version')).toEqual(one('number', '=', 1));
  });

  it('reads what it prints', () => {
    for (const noun of ['model', 'version'] as const) {
      fc.assert(
        fc.property(filters(noun), (filter: Filter) => {
          expect(parseFilter(printFilter(filter), noun)).toEqual(filter);
        }),
        { numRuns: 500 },
      );
    }
  });

  it('throws nothing but FilterError, and soon', () => {
    const pieces = fc.constantFrom(
      ...[
        "'",
        '"',
        '`',
        '(',
        ')',
        ',',
        '.',
        '=',
        '!=',
        '%',
        ' ',
        'AND',
        'NOT',
        'IN',
        'tags',
        'name',
        '1',
        '-',
        'e',
        '\n',
      ],
    );
    const noise = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.array(pieces, { maxLength: 300 }).map((some) => some.join('')),
      fc.tuple(pieces, pieces).map((pair) => pair.join('').repeat(2_000)),
    );
    fc.assert(
      fc.property(noise, (text) => {
        const start = performance.now();
        try {
          parseFilter(text, 'model');
        } catch (error) {
          if (!(error instanceof FilterError)) throw error;
          expect(error.column).toBeLessThanOrEqual([...text].length + 1);
        }
        expect(performance.now() - start).toBeLessThan(500);
      }),
      { numRuns: 1_000 },
    );
  });
});
