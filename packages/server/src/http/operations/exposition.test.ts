import { describe, expect, it } from 'vitest';
import { parseMetrics } from '../../../test/support/parse-metrics.ts';
import { createExposition } from './exposition.ts';

describe('the text for Prometheus', () => {
  it('has counters and gauges by their labels, under help and type', async () => {
    const metrics = createExposition();
    const made = metrics.counter('c_total', 'Counts.\nIn two lines, with a \\.');
    made({ a: 'x' }).value += 3;
    made({ a: 'quote " back \\ line \n end' }).value += 0.5;
    metrics.gauge('g', 'One number.', () => 7);
    metrics.total('t_total', 'Some.', async () => [{ labels: { of: 'y' }, value: 1e21 }, { value: 2 }]);
    expect(await metrics.text()).toBe(
      [
        '# HELP c_total Counts.\\nIn two lines, with a \\\\.',
        '# TYPE c_total counter',
        'c_total{a="x"} 3',
        'c_total{a="quote \\" back \\\\ line \\n end"} 0.5',
        '# HELP g One number.',
        '# TYPE g gauge',
        'g 7',
        '# HELP t_total Some.',
        '# TYPE t_total counter',
        't_total{of="y"} 1e+21',
        't_total 2',
        '',
      ].join('\n'),
    );
    expect(parseMetrics(await metrics.text()).get('c_total{a="quote \\" back \\\\ line \\n end"}')).toBe(0.5);
  });

  it('counts an observation in every bucket that holds it, the bound among them', async () => {
    const metrics = createExposition();
    const histogram = metrics.histogram('h', 'Sizes.', [1, 2.5]);
    const one = histogram({ a: 'x' });
    histogram({ a: 'never' });
    for (const value of [0, 1, 1.5, 2.5, 99]) one.observe(value);
    expect((await metrics.text()).split('\n').slice(2)).toEqual([
      'h_bucket{a="x",le="1"} 2',
      'h_bucket{a="x",le="2.5"} 4',
      'h_bucket{a="x",le="+Inf"} 5',
      'h_sum{a="x"} 104',
      'h_count{a="x"} 5',
      '',
    ]);
  });

  it('leaves out what cannot be had, and does not wait for ever', async () => {
    const metrics = createExposition();
    metrics.gauge('away', 'Fails.', () => Promise.reject(new Error('the database is away')));
    metrics.gauge('broken', 'Throws.', () => {
      throw new Error('at once');
    });
    metrics.gauge('hangs', 'Hangs.', () => new Promise(() => {}));
    metrics.gauge('none', 'Not yet.', () => undefined);
    metrics.gauge('there', 'Works.', () => 1);
    expect(await metrics.text()).toBe('# HELP there Works.\n# TYPE there gauge\nthere 1\n');
  });
});
