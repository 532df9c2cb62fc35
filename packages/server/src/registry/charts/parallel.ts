import type { ParallelChart } from '../../contract/chart.ts';
import type { MetricValue } from '../../contract/shapes.ts';
import type { Reader } from '../../db/database.ts';
import { paramsOf } from '../compare/params.ts';
import { linksOf } from '../evidence/linked.ts';
import { valuesOf } from '../evidence/metrics-of.ts';
import { startClock } from '../paging/clock.ts';
import { type Asked, chartMetrics, listed, nameOf, type Reading } from './asked.ts';
import { mostShared } from './bars.ts';

export interface ParallelAsked {
  params: readonly string[];
  metrics: readonly string[];
}

/** Axes that are drawn at most. */
export const MOST_AXES = 16;

/**
 * Params of the runs and metrics of several versions, beside each other. Without names: those in which the versions
 * differ, params first.
 */
export async function parallelChart(
  { read, dialect }: Reading,
  versions: readonly Asked[],
  asked: ParallelAsked,
): Promise<ParallelChart> {
  const clock = startClock(dialect);
  const unasked = asked.params.length + asked.metrics.length === 0;
  const values: Map<string, MetricValue>[] = [];
  const params: Map<string, string>[] = [];
  for (const { row } of versions) {
    values.push(unasked || asked.metrics.length > 0 ? await valuesOf(read, row, asked.metrics) : new Map());
    params.push(await paramsOfVersion(read, row));
    await clock.rest();
  }
  const metricNames = unasked ? mostShared(values).filter((name) => differs(values, name)) : asked.metrics;
  const paramNames = unasked ? mostShared(params).filter((name) => differs(params, name)) : asked.params;
  const forMetrics = unasked
    ? Math.min(metricNames.length, Math.max(MOST_AXES / 2, MOST_AXES - paramNames.length))
    : MOST_AXES;
  const metrics = await chartMetrics(read, metricNames.slice(0, forMetrics));
  const axes: ParallelChart['axes'] = [
    ...paramNames.slice(0, MOST_AXES - metrics.length).map((name) => ({
      of: 'param' as const,
      name,
      unit: null,
      direction: null,
      values: numbersIfAll(params.map((of) => of.get(name) ?? null)),
    })),
    ...metrics.map((metric) => ({
      of: 'metric' as const,
      ...metric,
      values: values.map((of) => {
        const value = of.get(metric.name);
        return typeof value === 'number' ? value : null;
      }),
    })),
  ];
  const names = versions.map(({ model, row }) => nameOf(model, row.number));
  const told = axes.map(({ name, of }) => `${name} (${of})`);
  return {
    chart: 'parallel',
    title: `params and metrics of ${versions.length} versions`,
    summary: `Parallel coordinates of ${listed(names, 20)}. ${told.length > 0 ? `Axes: ${listed(told, MOST_AXES)}.` : 'They differ in no param and no metric.'}`,
    versions: versions.map(({ model, row }) => ({ model, number: row.number })),
    axes,
  };
}

function differs(of: readonly ReadonlyMap<string, unknown>[], name: string): boolean {
  return new Set(of.map((one) => one.get(name))).size > 1;
}

/** What reads as a number in every version is one. */
function numbersIfAll(texts: readonly (string | null)[]): (number | string | null)[] {
  const numbers = texts.map((text) => (text === null ? null : text.trim() === '' ? Number.NaN : Number(text)));
  return numbers.every((number) => number === null || Number.isFinite(number)) ? numbers : [...texts];
}

async function paramsOfVersion(reader: Reader, row: Asked['row']): Promise<Map<string, string>> {
  const { run, logged_model } = linksOf(row);
  const cells = await paramsOf(reader, run, logged_model);
  return new Map([...cells].map(([name, { shown }]) => [name, String(shown)]));
}
