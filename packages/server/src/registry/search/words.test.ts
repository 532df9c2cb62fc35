import { describe, expect, it } from 'vitest';
import { QueryError } from './errors.ts';
import { queryOf, rankOf, toMatch, toTsquery, toTsvector } from './text-query.ts';
import { textRow, tokensOf } from './words.ts';

const fields = (some: Partial<Record<'name' | 'description' | 'card', string>>, tags: Record<string, string> = {}) =>
  textRow({ name: '', description: null, card: null, tags, ...some });
const rank = (q: string, tokens: ReturnType<typeof fields>) => rankOf(tokens, queryOf(q)!);

describe('the words of full text', () => {
  it.each([
    ['Churn, model!', ['churn', 'model']],
    ['churn_model', ['churn', 'model', 'churnmodel']],
    ['churn-Model', ['churn', 'model', 'churnmodel']],
    ['XGBoostRegressor', ['xgboostregressor', 'xg', 'boost', 'regressor']],
    ['resnet50', ['resnet50']],
    ['Café ÅNGSTRÖM', ['cafe', 'angstrom']],
    ['ＦＵＬＬ ﬁne', ['full', 'fine']],
    ['İstanbul Straße', ['istanbul', 'straße']],
    ['ΟΔΟΣ', ['οδοσ']],
    ['Ёлка', ['елка']],
    ['हिन्दी', ['हिन्दी']],
    ['機械学習', ['機械', '械学', '学習', '習']],
    ['ガギ', ['ガギ', 'ギ']],
    ['한국어', ['한국', '국어', '어']],
    ['ไทย', ['ไท', 'ทย', 'ย']],
    ['BERTモデル', ['bert', 'モデ', 'デル', 'ル']],
    ['😀 *[(%', []],
  ])('splits %s', (text, tokens) => {
    expect(tokensOf(text)).toEqual(tokens);
  });

  it('cuts what is long', () => {
    expect(tokensOf('x'.repeat(100))).toEqual(['x'.repeat(64)]);
    const many = Array.from({ length: 10_000 }, (_, i) => `w${i}`).join(' ');
    expect(tokensOf(many)).toHaveLength(5_000);
    const wide = Array.from({ length: 5_000 }, (_, i) => `${'ж'.repeat(60)}${i}`).join(' ');
    expect(Buffer.byteLength(tokensOf(wide).join(''))).toBeLessThanOrEqual(160_000);
  });

  it('is quick, whatever the text', () => {
    const start = performance.now();
    for (const piece of ['a', '_', 'a_', 'aB', '模', 'e\u0301', '\u0301']) tokensOf(piece.repeat(250_000));
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it('finds every word as a prefix, joined or apart', () => {
    const tokens = fields(
      { name: 'ChurnModel', description: 'Vorhersage der Kündigung', card: '機械学習モデル' },
      { team: 'growth' },
    );
    for (const q of [
      'chu',
      'churn model',
      'churnmod',
      'churn_model',
      'ChurnModel',
      'kundig',
      'KÜNDIGUNG',
      'grow',
      'team',
      '学習',
      '習',
    ]) {
      expect(rank(q, tokens), q).toBeGreaterThan(0);
    }
    for (const q of ['odel', 'churn missing', '習学', 'modelchurn']) expect(rank(q, tokens), q).toBeUndefined();
    expect(rank('xgboost', fields({ name: 'XGBoost' }))).toBeDefined();
    expect(rank('XGBoost', fields({ name: 'xgboost' }))).toBeDefined();
  });

  it('ranks by field', () => {
    expect(rank('a', fields({ name: 'a' }))).toBe(24);
    expect(rank('a b', fields({ name: 'a', card: 'b' }))).toBe(9);
    expect(rank('a', fields({ description: 'a' }, { k: 'a' }))).toBe(6);
  });

  it('asks for nothing without a word, and is bounded', () => {
    expect(queryOf(undefined)).toBeUndefined();
    expect(queryOf(' *"() ')).toBeUndefined();
    expect(() => queryOf('x'.repeat(501))).toThrow(QueryError);
    expect(() => queryOf('x '.repeat(17))).toThrow('at most 16 words');
  });

  it('writes both query languages', () => {
    const [word] = queryOf('a_b')!;
    expect(toMatch(word!, 'name')).toBe('{name} : (("ab" *) OR (("a" *) AND ("b" *)))');
    expect(toTsquery(word!, 'tags')).toBe("(('ab':*B) | (('a':*B) & ('b':*B)))");
    expect(toTsvector(fields({ name: 'a b', card: 'b' }))).toBe("'a':1A 'b':1A,4D");
  });
});
