import { describe, expect, it } from 'vitest';
import { escapeBlock, escapeLine, toJson } from './escape.ts';
import { createProgress, formatProgress } from './progress.ts';
import { pairs, table } from './table.ts';
import { cut, widthOf } from './width.ts';

describe('escape', () => {
  it('leaves nothing that acts on a terminal', () => {
    expect(escapeLine('a\u001b[31mb\u0007\n\t\u202e\u009b')).toBe('a\\u001b[31mb\\u0007\\n\\t\\u202e\\u009b');
    expect(escapeBlock('a\n\tb\r')).toBe('a\n\tb\\u000d');
    expect(escapeLine('流失 😀 é')).toBe('流失 😀 é');
  });

  it('JSON stays the same value', () => {
    const value = { '\u202e': ['\u009b', 'x\ny'] };
    for (const indent of [undefined, 2]) {
      expect(toJson(value, indent)).not.toMatch(/[\u009b\u202e]/);
      expect(JSON.parse(toJson(value, indent))).toEqual(value);
    }
  });
});

describe('width', () => {
  it.each([
    ['abc', 3],
    ['模型', 4],
    ['😀', 2],
    ['é', 1],
    ['e\u0301', 1],
  ])('%s', (text, width) => {
    expect(widthOf(text)).toBe(width);
  });

  it('cuts by columns', () => {
    expect(cut('模型模型', 5)).toBe('模型…');
    expect(cut('short', 5)).toBe('short');
  });
});

describe('table', () => {
  it('aligns, and leaves out what nobody has', () => {
    const rows = [
      { name: '模', n: 1 },
      { name: 'long name', n: 20 },
    ];
    const lines = table(rows, [
      { head: 'NAME', cell: (row) => row.name },
      { head: 'N', cell: (row) => row.n, right: true },
      { head: 'NONE', cell: () => undefined },
    ]);
    expect(lines).toEqual(['NAME        N', '模          1', 'long name  20']);
    expect(table([], [])).toEqual([]);
  });

  it('pairs', () => {
    expect(
      pairs([
        ['a', 1],
        ['long', 'x\u001b'],
        ['none', null],
      ]),
    ).toEqual(['a     1', 'long  x\\u001b']);
  });
});

describe('progress', () => {
  const state = { what: 'Sending', bytes: 2 ** 30, total: 2 ** 32, files: 3, totalFiles: 12, rate: 2 ** 26 };

  it('tells bytes, share, rate and the time left', () => {
    expect(formatProgress(state)).toBe('Sending 3 of 12 files  1 GiB of 4 GiB (25 %)  64 MiB/s  48 s left');
    expect(formatProgress({ ...state, bytes: 0, total: 0, totalFiles: 1, rate: 0 })).toBe(
      'Sending 3 of 1 file  0 B of 0 B (100 %)  0 B/s',
    );
  });

  it('draws on a terminal only, not too often, and cleans up', () => {
    const written: string[] = [];
    const stream = { isTTY: true, columns: 40, write: (text: string) => written.push(text) };
    let at = 0;
    const progress = createProgress({ quiet: false, stream: stream as never, now: () => at });
    progress.start('Fetching', 1000, 1);
    progress.add(100);
    at = 1000;
    progress.add(100);
    progress.end();
    expect(written).toHaveLength(3);
    expect(written[1]).toContain('Fetching 0 of 1 file  200 B of 1000 B');
    expect(written.every((text) => text.length <= 45)).toBe(true);
    const silent = createProgress({ quiet: true, stream: stream as never });
    silent.start('Fetching', 1, 1);
    expect(written).toHaveLength(3);
  });
});
