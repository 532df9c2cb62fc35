import type { Dice } from './dice.ts';
import { text } from './texts.ts';

const KEYS = [
  ...[
    'name',
    'status',
    'owner',
    'description',
    'number',
    'created_at',
    'updated_at',
    'size_bytes',
    'format',
    'framework',
  ],
  ...[
    'verdict',
    'digest',
    'alias',
    'tags.team',
    'tags.`odd key`',
    'properties.a.b',
    'properties."x y".z',
    'metrics.auc',
  ],
  ...[
    'lineage.run_id',
    'lineage.base',
    'lineage.datasets',
    'tag.team',
    'metric.auc',
    'attributes.name',
    'run_id',
    'nothing',
  ],
];
const VALUES = [
  ...[
    "'churn'",
    "'production'",
    '"x"',
    '1',
    '0.5',
    '-3',
    '1e5',
    '.5',
    "'2026-03-31'",
    "'2026-03-31T00:00:00Z'",
    'true',
    'null',
  ],
  ...[
    "'%a%'",
    "'_'",
    "'it''s'",
    "''",
    "'\\u0000'",
    "'",
    '"',
    '`',
    '99999999999999999999',
    '1e999',
    '0x10',
    '--1',
    '-',
    'NaN',
  ],
];

/** A filter of the grammar, now and then with a token too many, too few or in the wrong place. */
export function filter(dice: Dice, depth = 0): string {
  if (depth === 0 && dice.odd(0.05))
    return dice.one([
      '('.repeat(40),
      'NOT '.repeat(200),
      "name = 'a' AND ".repeat(150),
      "name IN ('a',".repeat(50),
      ' '.repeat(9_000),
    ]);
  const inner = () => filter(dice, depth + 1);
  const tokens =
    depth < 4 && dice.chance(0.4)
      ? dice.one([
          () => [inner(), dice.one(['AND', 'OR', 'and', 'XOR']), inner()],
          () => ['NOT', inner()],
          () => ['(', inner(), ')'],
        ])()
      : comparison(dice);
  if (dice.odd(0.1))
    tokens.splice(dice.int(0, tokens.length), dice.int(0, 1), dice.one([...VALUES, '(', ')', ',', '==', '.', ';']));
  return tokens.join(!dice.odd(0.05) ? ' ' : dice.one(['', '  ', '\t', '\n', '/**/']));
}

function comparison(dice: Dice): string[] {
  const key = !dice.odd(0.05) ? dice.one(KEYS) : text(dice, KEYS, 1);
  const value = () => (!dice.odd(0.1) ? dice.one(VALUES) : `'${text(dice, ['a'], 1)}'`);
  return dice.one([
    () => [key, dice.one(['=', '!=', '<', '<=', '>', '>=', 'LIKE', 'ILIKE', '<>', '=~']), value()],
    () => [key, dice.one(['IN', 'NOT IN']), '(', Array.from({ length: dice.int(0, 4) }, value).join(', '), ')'],
    () => [key, dice.one(['IS NULL', 'IS NOT NULL', 'IS', 'IS NOT'])],
    () => [key, dice.one(['LIKE', 'ILIKE']), `'${'%a'.repeat(dice.one([1, 10, 19, 20, 21, 400]))}'`],
  ])();
}

export function sort(dice: Dice): string {
  const key = () => `${dice.one(['', '-', '-', '+', ' '])}${dice.one(KEYS)}${dice.one(['', '', ' desc', ','])}`;
  return Array.from({ length: dice.one([1, 1, 2, 5, 6]) }, key).join(',');
}

export function words(dice: Dice): string {
  const word = () =>
    text(dice, ['churn', 'chu', 'snake_case', 'CamelCase', '模', 'e\u0301', '"a b"', '-x', '*', 'NEAR(a)', 'a:b'], 0.1);
  return Array.from({ length: dice.one([1, 1, 2, 3, 17]) }, word).join(' ');
}
