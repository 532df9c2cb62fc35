import type { HistoryChart, HistorySeries } from '../contract/chart.ts';
import { betterOf, emptySpec, fitted, frame, said, withUnit } from './frame.ts';
import { ofVersions, shorten, toDistinct, versionLabels } from './labels.ts';
import { axisFormat, domainOf, toDrawn } from './numbers.ts';
import { labelRoom, placeLegend, seriesEncoding } from './series.ts';
import type { Spec } from './spec.ts';
import { textWidth } from './text-width.ts';
import { type Look, SIZE } from './theme.ts';

/** Fewer points than these are shown as such, and not by the line alone. */
const DOTTED = 60;

/** Hours from 0 to 24 (d3-time-format, by what a tick stands at). */
const TIMES = {
  year: '%Y',
  month: '%b %Y',
  week: '%b %d',
  date: '%b %d',
  day: '%b %d',
  hours: '%H:%M',
  minutes: '%H:%M',
  seconds: '%H:%M:%S',
  milliseconds: '%S.%L s',
};

interface Row extends Spec {
  series: string;
  x: number;
  value: number | null;
  /** Between two gaps, where no line shows it. */
  lone: boolean;
}

/** How a metric went, step by step or over time: a line for each version. */
export function historySpec(chart: HistoryChart, asked: Look): Spec {
  const { title, summary, metric, series, x } = chart;
  const labels = labelsOf(series, labelRoom(asked));
  const rows = series.flatMap((one, i) => rowsOf(one, labels[i] as string, x));
  const drawn = rows.filter((row) => row.value !== null);
  const subtitle = said(ofVersions(series), betterOf(metric));
  if (drawn.length === 0) return emptySpec(asked, { title, subtitle, summary }, `no points of ${metric.name}`);
  const { legend, look, below } = placeLegend(labels, asked);
  const room = look.height - 140 - below;
  const values = drawn.map((row) => row.value as number);
  const xs = drawn.map((row) => row.x);
  const dotted = drawn.length <= DOTTED;
  return frame(
    look,
    { title, subtitle, summary },
    {
      ...fitted(look),
      data: { values: rows },
      encoding: {
        x: {
          field: 'x',
          ...(x === 'time'
            ? {
                type: 'temporal',
                title: 'time (UTC)',
                axis: { grid: false, format: TIMES },
                scale: { type: 'utc', ...around(domainOf(xs, 1_000)) },
              }
            : {
                type: 'quantitative',
                title: 'step',
                scale: { zero: false, nice: false, ...around(domainOf(xs, 1)) },
                axis: { tickMinStep: 1, grid: false, ...axisFormat(xs) },
              }),
        },
        y: {
          field: 'value',
          type: 'quantitative',
          title: shorten(withUnit(metric), room, SIZE.axisTitle),
          scale: { zero: false, ...around(domainOf(values)) },
          axis: axisFormat(values),
        },
        ...seriesEncoding(labels, look.theme, legend),
      },
      layer: [
        {
          mark: {
            type: 'line',
            strokeWidth: 1.8,
            strokeJoin: 'round',
            invalid: 'break-paths-show-path-domains',
          },
        },
        {
          transform: [{ filter: dotted ? 'isValid(datum.value)' : 'datum.lone' }],
          mark: { type: 'point', filled: true, size: 34, opacity: 1 },
          // A point has no dashes, and says nothing that the line does not.
          encoding: { strokeDash: { value: [1, 0] } },
        },
      ],
    },
  );
}

const around = (domain: [number, number] | undefined): Spec => (domain ? { domain, nice: false } : {});

function labelsOf(series: readonly HistorySeries[], room: number): string[] {
  const origins = series.map(({ origin }) => (origin.of === 'version' ? '' : ` (${origin.of.replace('_', ' ')})`));
  const widest = Math.max(0, ...origins.map((origin) => textWidth(origin, SIZE.label)));
  const versions = versionLabels(series, room - widest, SIZE.label);
  return toDistinct(versions.map((version, i) => version + origins[i]));
}

function rowsOf({ points }: HistorySeries, series: string, x: 'step' | 'time'): Row[] {
  const values = points.map(({ value }) => toDrawn(value));
  const gap = (i: number) => (values[i] ?? null) === null;
  return points.map(({ step, at }, i) => ({
    series,
    x: x === 'time' ? Date.parse(at) : step,
    value: values[i] as number | null,
    lone: !gap(i) && gap(i - 1) && gap(i + 1),
  }));
}
