import { expect, it } from 'vitest';
import { afterPrefix, matchesLike, prefixOf, toGlob } from './like.ts';

it.each([
  ['', '', true],
  ['', '%', true],
  ['a', '', false],
  ['abc', 'a%', true],
  ['abc', '%c', true],
  ['abc', 'a_c', true],
  ['abc', 'A_C', false],
  ['a😀c', 'a_c', true],
  ['a\nc', 'a%c', true],
  ['a\\%', 'a\\%', true],
  ['aXbXc', '%X%X%', true],
  ['aXbc', '%X%X%', false],
  ['ab', '%%b', true],
])('%j like %j is %s', (text, pattern, answer) => {
  expect(matchesLike(text, pattern)).toBe(answer);
});

it('takes no longer than text times pattern', () => {
  const start = performance.now();
  expect(matchesLike('a'.repeat(100_000), `${'%a'.repeat(19)}%b`)).toBe(false);
  expect(performance.now() - start).toBeLessThan(2_000);
});

it('speaks GLOB', () => {
  expect(toGlob('a%_*[b]?')).toBe('a*?[*][[]b][?]');
});

it('knows the range of a prefix', () => {
  expect(prefixOf('abc%d')).toBe('abc');
  expect(afterPrefix('abc')).toBe('abd');
  expect(afterPrefix('a\u{10FFFF}')).toBe('b');
  expect(afterPrefix('\uD7FF')).toBe('\uE000');
  expect(afterPrefix('')).toBeUndefined();
});
