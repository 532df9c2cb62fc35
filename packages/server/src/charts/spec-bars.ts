import type { BarsChart } from '../contract/chart.ts';
import { betterOf, emptySpec, frame, PADDING, said, withUnit } from './frame.ts';
import { nameOf, ofVersions, shorten, toDistinct, versionLabels } from './labels.ts';
import { axisFormat, rangeOf, toDrawn, toText } from './numbers.ts';
import type { Spec } from './spec.ts';
import { textWidth } from './text-width.ts';
import { COLOURS, type Look, SIZE } from './theme.ts';

const BAR = 22;
const SPACING = 26;
/** Of a chart of one metric, its labels apart: below this there are fewer beside each other. */
const NARROW = 220;

/** Metrics of several versions, each metric on a scale of its own. Such a picture is as high as its bars are many. */
export function barsSpec(chart: BarsChart, look: Look): Spec {
  const { title, summary, metrics } = chart;
  const versions = metrics[0]?.bars ?? [];
  const labels = toDistinct(versionLabels(versions, Math.min(190, look.width / 4), SIZE.label));
  const subtitle = said(ofVersions(versions), 'the best of each is marked');
  if (metrics.every(({ bars }) => bars.every(({ value }) => toDrawn(value) === null)))
    return emptySpec(look, { title, subtitle, summary }, 'these versions have no metric to compare');
  const beside = Math.max(...labels.map((label) => textWidth(label, SIZE.label))) + 12;
  const room = look.width - 2 * PADDING;
  const columns = Math.max(1, Math.min(metrics.length, Math.floor((room + SPACING) / (NARROW + beside + SPACING))));
  const width = Math.max(60, Math.floor((room - (columns - 1) * SPACING) / columns - beside));
  const heads = metrics.some(({ metric }) => metric.direction) ? 2 : 1;
  const rows = Math.ceil(metrics.length / columns);
  const least = versions.length * BAR;
  const height = Math.max(least, Math.floor((look.height - 90) / rows) - 42 - heads * 16 - SPACING);
  return frame(
    look,
    { title, subtitle, summary },
    {
      columns,
      spacing: SPACING,
      concat: metrics.map((one) => ({
        ...panel(one, labels, look, width),
        width,
        height: Math.min(height, least * 2),
      })),
    },
  );
}

type MetricBars = BarsChart['metrics'][number];

function panel({ metric, bars }: MetricBars, labels: readonly string[], look: Look, width: number): Spec {
  const { series, text, muted } = COLOURS[look.theme];
  const rows = bars.map(({ value, best }, i) => ({
    version: labels[i] as string,
    value: toDrawn(value),
    from: 0,
    best,
    told: `${toText(value)}${best ? ' ★' : ''}`,
  }));
  const drawn = rows.map((row) => row.value).filter((value) => value !== null);
  const value = {
    field: 'value',
    type: 'quantitative',
    title: shorten(withUnit(metric), width, SIZE.axisTitle),
    scale: {
      domain: roomFor(drawn, Math.max(...rows.map(({ told }) => textWidth(told, SIZE.label))) + 8, width),
      nice: false,
    },
    axis: { tickCount: Math.max(2, Math.floor(width / 70)), ...axisFormat([0, ...drawn]) },
  };
  const told = (negative: boolean): Spec => ({
    transform: [{ filter: negative ? 'datum.value < 0' : '!(datum.value < 0)' }],
    mark: { type: 'text', align: negative ? 'right' : 'left', dx: negative ? -4 : 4, color: text, invalid: null },
    encoding: { x: { ...value, field: 'end' }, text: { field: 'told' } },
  });
  return {
    title: {
      text: shorten(metric.name, width, SIZE.axisTitle, true),
      ...(metric.direction && { subtitle: betterOf(metric) }),
      fontSize: SIZE.axisTitle,
      subtitleFontSize: SIZE.label,
      subtitlePadding: 2,
      offset: 6,
    },
    data: { values: rows.map((row) => ({ ...row, end: row.value ?? 0 })) },
    encoding: {
      y: {
        field: 'version',
        type: 'nominal',
        title: null,
        sort: null,
        scale: { domain: labels },
        axis: { ticks: false },
      },
    },
    layer: [
      {
        mark: { type: 'bar', height: { band: 0.7 }, invalid: 'filter' },
        encoding: {
          x: { ...value, stack: null },
          color: { condition: { test: 'datum.best', value: series[0] as string }, value: muted },
        },
      },
      told(false),
      told(true),
    ],
  };
}

/** From 0, with room for the number at the end of the longest bar. */
function roomFor(values: readonly number[], pixels: number, width: number): [number, number] {
  const [least, greatest] = rangeOf([0, ...values]) as [number, number];
  if (least === greatest) return [0, 1];
  const share = Math.min(0.8, pixels / width);
  const more = (greatest - least) * (share / (1 - share));
  if (!Number.isFinite(more)) return [least, greatest];
  return [least < 0 ? least - more : 0, greatest > 0 ? greatest + more : 0];
}

/** `churn v7 0.93`, for the summary. */
export function barsInWords({ metric, bars }: MetricBars): string {
  return `${metric.name}: ${bars.map((bar) => `${nameOf(bar)} ${toText(bar.value)}${bar.best ? ' (best)' : ''}`).join(', ')}.`;
}
