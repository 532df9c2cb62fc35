import { expect, it } from 'vitest';
import { parseRef } from './refs.ts';

it('a ref is a number, latest, an alias or a status', () => {
  expect(parseRef('7')).toEqual({ kind: 'number', number: 7 });
  expect(parseRef('999999999999999')).toEqual({ kind: 'number', number: 999_999_999_999_999 });
  expect(parseRef('latest')).toEqual({ kind: 'latest' });
  expect(parseRef('@champion')).toEqual({ kind: 'alias', alias: 'champion' });
  for (const status of ['draft', 'staging', 'production', 'archived'])
    expect(parseRef(status)).toEqual({ kind: 'status', status });
});

it.each([
  '',
  '0',
  '-1',
  '01',
  '1.0',
  '1e3',
  '+1',
  ' 1',
  '1 ',
  '1\n',
  '0x1',
  '٣',
  '1000000000000000',
  'Latest',
  '@',
  '@@a',
  '@v1',
  '@latest',
  '@a b',
  'None',
  'live',
  '__proto__',
])('P5 «%s» is none', (text) => expect(parseRef(text)).toBeUndefined());
