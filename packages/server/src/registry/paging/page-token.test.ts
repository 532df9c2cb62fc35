import { expect, it } from 'vitest';
import { openToken, sealToken } from './page-token.ts';

const key = new Uint8Array(32).fill(1);

it('gives back the values, and only to the query it was sealed for', () => {
  const values = ['naïve 模型', '', null, 0.1 + 0.2, -Infinity, 2 ** 53 - 1, 1e-320];
  const token = sealToken(key, 'models', values);
  expect(token).toMatch(/^[\w-]+$/u);
  expect(openToken(key, 'models', token)).toEqual(values);
  expect(openToken(key, 'versions', token)).toBeUndefined();
  expect(openToken(new Uint8Array(32), 'models', token)).toBeUndefined();
});

it('refuses any change of a character', () => {
  const token = sealToken(key, 'models', ['a', 1]);
  for (let i = 0; i < token.length; i++) {
    const other = token[i] === 'A' ? 'B' : 'A';
    expect(openToken(key, 'models', token.slice(0, i) + other + token.slice(i + 1))).toBeUndefined();
  }
  for (const odd of ['', 'A', `${token}=`, `${token} `, '%%%', token.slice(1)])
    expect(openToken(key, 'models', odd)).toBeUndefined();
});
