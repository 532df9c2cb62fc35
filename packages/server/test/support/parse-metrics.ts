import { expect } from 'vitest';

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\n"])*"';
const SAMPLE = new RegExp(
  `^(${NAME})(\\{(?:${LABEL}(?:,${LABEL})*)\\})? (-?(?:\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?|Inf)|NaN)$`,
);
const OF_HISTOGRAM = /_(bucket|sum|count)$/;

/**
 * Reads Prometheus' text format 0.0.4 as strictly as its own linter does: each family once, under its help and type, no
 * sample twice, buckets that do not fall, and the last one equal to the count. Answers value by name and labels.
 */
export function parseMetrics(text: string): Map<string, number> {
  expect(text.endsWith('\n')).toBe(true);
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  let family = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      expect([...types.keys()], `${name} has one help`).not.toContain(name);
      family = name;
    } else if (keyword === 'TYPE') {
      expect(name, 'help stands before type').toBe(family);
      expect(rest).toMatch(/^(counter|gauge|histogram)$/);
      if (rest === 'counter') expect(name).toMatch(/_total$/);
      types.set(name, rest);
    } else {
      const [, sample = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
      expect(sample, `a sample: ${line}`).not.toBe('');
      const isHistogram = types.get(family) === 'histogram';
      expect(isHistogram ? sample.replace(OF_HISTOGRAM, '') : sample, `under its family: ${line}`).toBe(family);
      expect(samples.has(sample + labels), `twice: ${line}`).toBe(false);
      samples.set(sample + labels, Number(value.replace('Inf', 'Infinity')));
    }
  }
  for (const [name, type] of types) if (type === 'histogram') assertHistogram(name, samples);
  return samples;
}

function assertHistogram(name: string, samples: ReadonlyMap<string, number>): void {
  const last = new Map<string, { le: number; count: number }>();
  for (const [key, count] of samples) {
    if (!key.startsWith(`${name}_bucket{`)) continue;
    const [, labels = '', bound = ''] = /^\w+\{(.*?),?le="([^"]+)"\}$/.exec(key) ?? [];
    const le = Number(bound.replace('+Inf', 'Infinity'));
    const before = last.get(labels);
    if (before) expect([le > before.le, count >= before.count], key).toEqual([true, true]);
    last.set(labels, { le, count });
  }
  expect(last.size, `${name} has buckets`).toBeGreaterThan(0);
  for (const [labels, { le, count }] of last) {
    expect(le).toBe(Number.POSITIVE_INFINITY);
    const own = labels === '' ? '' : `{${labels}}`;
    expect(samples.get(`${name}_count${own}`)).toBe(count);
    expect(samples.has(`${name}_sum${own}`)).toBe(true);
  }
}
