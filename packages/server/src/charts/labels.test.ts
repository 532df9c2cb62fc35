import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shorten, toDistinct, toShown, versionLabels, wrap } from './labels.ts';
import { axisFormat, toText } from './numbers.ts';
import { textWidth } from './text-width.ts';
import { escapeXml } from './xml.ts';

const text = fc.string({
  unit: fc.oneof(fc.constantFrom('a', 'W', ' ', '模', 'نم', '🚀', '\u0301', '\u202e', '\0'), fc.string()),
  maxLength: 300,
});
const mistaken = fc.constantFrom('if', 'constructor', 'valueOf', '__proto__');

describe('labels', () => {
  it('are never wider than they may be, and begin and end as the text does', () => {
    fc.assert(
      fc.property(fc.oneof(text, mistaken), fc.integer({ min: 30, max: 400 }), (words, width) => {
        const shortened = shorten(words, width, 11);
        // The space behind a word that Vega would mistake is seen in no picture.
        const label = shortened === `${toShown(words)} ` ? shortened.slice(0, -1) : shortened;
        expect(textWidth(label, 11)).toBeLessThanOrEqual(width);
        if (label === toShown(words)) return;
        const [head = '', tail = ''] = label.split('…');
        expect(toShown(words).startsWith(head) || words.includes('…')).toBe(true);
        expect(toShown(words).endsWith(tail) || words.includes('…')).toBe(true);
      }),
    );
  });

  it('are told apart where they came out the same', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'a (2)', 'b', '…')), (labels) => {
        const distinct = toDistinct(labels);
        expect(new Set(distinct).size).toBe(labels.length);
        for (const [i, label] of distinct.entries()) expect(label.startsWith(labels[i]!)).toBe(true);
      }),
    );
  });

  it('keep the number of a version, however long the name of its model is', () => {
    const names = versionLabels(
      [
        { model: 'x'.repeat(256), number: 12 },
        { model: 'churn', number: 7 },
      ],
      100,
      11,
    );
    expect(names).toEqual([expect.stringMatching(/^x+…x+ v12$/), 'churn v7']);
    expect(
      versionLabels(
        [
          { model: 'churn', number: 7 },
          { model: 'churn', number: 8 },
        ],
        100,
        11,
      ),
    ).toEqual(['v7', 'v8']);
  });

  it('are wrapped on as many lines as there are', () => {
    const lines = wrap('one two three four five six seven eight nine ten', 60, 11, 2);
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(textWidth(line, 11)).toBeLessThanOrEqual(60);
    expect(wrap('short', 60, 11, 2)).toEqual(['short']);
  });

  it('hold nothing that is not seen, and nothing that XML does not take', () => {
    expect(toShown('a\u202eb\u0000c\nd\ud800')).toBe('a\ufffdb\ufffdc d\ufffd');
    expect(escapeXml('<a b="c">&\'\u0007\ud800\uffff')).toBe('&lt;a b=&quot;c&quot;&gt;&amp;&#39;\ufffd\ufffd\ufffd');
  });

  it('numbers have four digits that count', () => {
    const told = [0, 1, -0.5, 0.93333333, 1_234.5678, 1e12, 1e-12, 123_456_789, 'NaN', '-Infinity', null] as const;
    expect(told.map(toText)).toEqual([
      '0',
      '1',
      '-0.5',
      '0.9333',
      '1,235',
      '1e12',
      '1e-12',
      '1.235e8',
      'NaN',
      '-∞',
      '–',
    ]);
    expect(axisFormat([0.1, 0.9])).toEqual({});
    expect(axisFormat([1e12, 1e12 + 3])).toMatchObject({ format: '.12~e' });
  });
});
