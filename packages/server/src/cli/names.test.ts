import { describe, expect, it } from 'vitest';
import { Ended } from './exit.ts';
import { parseCount, parseMetric, parseModel, parseProperty, parseSubject, parseVersion, toRecord } from './names.ts';

describe('refs', () => {
  it.each([
    ['churn', { model: 'churn' }],
    ['churn/7', { model: 'churn', ref: '7' }],
    ['churn/latest', { model: 'churn', ref: 'latest' }],
    ['churn/@champion', { model: 'churn', ref: '@champion' }],
    ['churn/production', { model: 'churn', ref: 'production' }],
    ['流失 模型 😀/@冠军', { model: '流失 模型 😀', ref: '@冠军' }],
    ['a@b.c/3', { model: 'a@b.c', ref: '3' }],
  ])('%s', (text, subject) => {
    expect(parseSubject(text)).toEqual(subject);
  });

  it.each([
    '',
    '/',
    '/7',
    'churn/',
    'churn/0',
    'churn/07',
    'churn/-1',
    'churn/1/2',
    'churn/@',
    'churn/@v1',
    'a:b',
    ' a',
    '..',
  ])('"%s" is misuse', (text) => {
    expect(() => parseSubject(text)).toThrow(Ended);
  });

  it('a version needs a ref, and a model has none', () => {
    expect(() => parseVersion('churn')).toThrow(/Which version\? Write churn\/7/);
    expect(() => parseModel('churn/7')).toThrow(/write churn/);
  });
});

describe('pairs', () => {
  it.each([
    ['rows=120000', ['rows', 120_000]],
    ['ok=true', ['ok', true]],
    ['cols=["a"]', ['cols', ['a']]],
    ['note=plain text', ['note', 'plain text']],
    ['eq=a=b', ['eq', 'a=b']],
    ['empty=', ['empty', '']],
  ])('property %s', (text, pair) => {
    expect(parseProperty(text)).toEqual(pair);
  });

  it.each([
    ['auc=0.93', ['auc', 0.93]],
    ['n=1e-3', ['n', 0.001]],
    ['a=NaN', ['a', 'NaN']],
    ['a=-inf', ['a', '-Infinity']],
    ['a=Infinity', ['a', 'Infinity']],
  ])('metric %s', (text, pair) => {
    expect(parseMetric(text)).toEqual(pair);
  });

  it.each(['auc', '=1', 'auc=', 'auc=high'])('metric %s is misuse', (text) => {
    expect(() => parseMetric(text)).toThrow(Ended);
  });

  it('a key given twice is misuse; __proto__ is a key like others', () => {
    expect(() => toRecord([['a', 1] as const, ['a', 2] as const])).toThrow(/a is given twice/);
    expect(Object.keys(toRecord([['__proto__', 1] as const]))).toEqual(['__proto__']);
  });

  it('counts are whole', () => {
    expect(parseCount('50')).toBe(50);
    for (const text of ['0', '-1', '1.5', 'x', '']) expect(() => parseCount(text)).toThrow(Ended);
  });
});
