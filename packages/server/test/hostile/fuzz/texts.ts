import type { Dice } from './dice.ts';

/** Few names, so that requests meet what others made. `anchor` is not among them: nothing may happen to it. */
export const NAMES = ['churn', 'fraud', 'modèle 模', 'a.b', 'x', 'constructor', '100%', 'Ω'];
export const REFS = ['1', '2', '3', '4', 'latest', '@champion', '@best', 'production', 'staging', 'draft', 'archived'];
export const PATHS = ['model.bin', 'deep/data.json', 'deep', 'a/b/c/d', 'é.bin', 'a b', 'x.pkl'];

const HOSTILE = [
  ...['', ' ', '.', '..', '...', '/', '//', '\\', '~', '*', '?', '#', '%', '%%', '-', '--', '\0', '\n', '\r\n', '\t'],
  ...['../../etc/passwd', '..\\..\\windows', '/etc/passwd', 'C:/windows', 'c:x', 'nul', 'COM1.txt', 'a/./b', 'a//b'],
  ...['http://127.0.0.1/', 'file:///etc/hosts', 'x?y#z', '.git/config', 'a;b', '$(id)', '`id`', '#{7*7}', '{{7*7}}'],
  ...["' OR 1=1 --", "'; drop table model; --", '"', "'", '<script>alert(1)</script>', '%s%n%x', '\u202e', '\ufeff'],
  ...[
    '__proto__',
    'toString',
    'hasOwnProperty',
    'null',
    'undefined',
    'true',
    'NaN',
    'Infinity',
    '-0',
    '\ud800',
    '\udc00a',
  ],
  ...['0', '-1', '+1', '01', '1.0', '1e3', '0x10', '9007199254740993', '99999999999999999999', '1_000', '١٢', '½'],
  ...[
    'latest ',
    'LATEST',
    '@',
    '@@x',
    '@@@@',
    'v1',
    'production/',
    '1/2',
    'e\u0301',
    '\u00e9',
    '\u1e9b\u0323',
    'ﬁ',
    '\u0000',
  ],
];

/** Mostly one of `good`; else something to trip over, of any length. */
export function text(dice: Dice, good: readonly string[], wild = 0.15): string {
  if (!dice.odd(wild)) return dice.one(good);
  if (dice.chance(0.7)) return dice.one(HOSTILE);
  const letter = dice.one(['a', 'é', '模', '\u{1f30a}', '%41', '\u0301', ' ', '/', '../', "'", '(']);
  return letter.repeat(dice.one([2, 63, 64, 255, 256, 257, 1_024, 1_025, 4_097, 8_200]));
}

/** Percent-encoded for a path or query, now and then wrongly: raw, twice, overlong, cut, or in bytes that are no UTF-8. */
export function encoded(dice: Dice, plain: string, wild = 0.1): string {
  const right = encodeURIComponent(plain.toWellFormed());
  if (!dice.odd(wild)) return right;
  return dice.one([
    plain.replace(/[\r\n]/g, ''),
    encodeURIComponent(right),
    right.replaceAll('.', '%2e').replaceAll('%2F', '/'),
    right.replaceAll('/', '%c0%af').replaceAll('.', '%c0%ae'),
    `${right}%`,
    `${right}%f`,
    `${right}%zz`,
    `${right}%00`,
    `${right}%ff%fe`,
    `${right}%ed%a0%80`,
    right.toLowerCase(),
    right.replace(/[a-z]/g, (c) => `%${c.charCodeAt(0).toString(16)}`),
    `${right}/../${right}`,
    `${right}%u0041`,
    right.replaceAll('%20', '+'),
  ]);
}
