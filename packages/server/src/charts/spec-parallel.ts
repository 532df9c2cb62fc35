import type { ParallelChart } from '../contract/chart.ts';
import { emptySpec, fitted, frame, PADDING, said, withUnit } from './frame.ts';
import { ofVersions, shorten, toDistinct, versionLabels } from './labels.ts';
import { rangeOf, toDrawn, toText } from './numbers.ts';
import { labelRoom, placeLegend, SYMBOL, seriesEncoding } from './series.ts';
import type { Spec } from './spec.ts';
import { textWidth } from './text-width.ts';
import { COLOURS, type Look, SIZE } from './theme.ts';

type Axis = ParallelChart['axes'][number];

/** More different texts than these are not all named on their axis. */
const NAMED = 8;
/** Pixels from axis to axis, at least. */
const APART = 84;

/** Params and metrics beside each other, each on a scale of its own, and a line through them for each version. */
export function parallelSpec(chart: ParallelChart, asked: Look): Spec {
  const { title, summary, versions, axes } = chart;
  const subtitle = said(ofVersions(versions), axes.length > 0 && 'each axis has its own scale');
  if (axes.length === 0)
    return emptySpec(asked, { title, subtitle, summary }, 'these versions have no params or metrics that differ');
  const labels = toDistinct(versionLabels(versions, labelRoom(asked), SIZE.label));
  const { legend, look, below } = placeLegend(labels, asked);
  const beside =
    2 * PADDING + (legend && !below ? SYMBOL + Math.max(...labels.map((label) => textWidth(label, SIZE.label))) : 0);
  const width = Math.max(look.width, beside + axes.length * APART);
  const step = (width - beside) / axes.length;
  const names = toDistinct(axes.map((axis) => shorten(withUnit(axis), step - 8, SIZE.label)));
  const scales = axes.map(scaleOf);
  const lines = versions.flatMap((_, v) =>
    axes.map((axis, a) => ({
      series: labels[v] as string,
      axis: names[a] as string,
      place: scales[a]!.place(axis.values[v] ?? null),
    })),
  );
  const ticks = scales.flatMap(({ ticks }, a) =>
    ticks.map(({ place, text }) => ({
      axis: names[a] as string,
      place,
      side: place === 1 ? 1 : place === 0 ? -1 : 0,
      text: shorten(text, step - 8, SIZE.label),
    })),
  );
  const { grid, text, muted, background } = COLOURS[look.theme];
  const x = {
    field: 'axis',
    type: 'nominal',
    sort: null,
    scale: { type: 'point', domain: names, padding: 0.5 },
    title: null,
    axis: { orient: 'top', labelAngle: 0, ticks: false, domain: false, labelColor: text, labelPadding: 6 },
  };
  const y = { field: 'place', type: 'quantitative', scale: { domain: [0, 1], nice: false, padding: 24 }, axis: null };
  /** The greatest above its axis, the least below, what is between beside it; on a ground that keeps lines off. */
  const told = (side: number): Spec[] => {
    const place = side === 0 ? { align: 'left', dx: 7 } : { align: 'center', dy: side * -11 };
    const mark = { type: 'text', baseline: 'middle', ...place };
    const shared = {
      data: { values: ticks.filter((tick) => tick.side === side) },
      encoding: { x, y, text: { field: 'text' } },
    };
    return [
      { ...shared, mark: { ...mark, color: background, stroke: background, strokeWidth: 4, strokeJoin: 'round' } },
      { ...shared, mark: { ...mark, color: muted } },
    ];
  };
  return frame(
    { ...look, width },
    { title, subtitle, summary },
    {
      ...fitted({ ...look, width }),
      layer: [
        {
          data: { values: names.map((axis) => ({ axis, from: 0, to: 1 })) },
          mark: { type: 'rule', color: grid, strokeWidth: 2 },
          encoding: { x, y: { ...y, field: 'from' }, y2: { field: 'to' } },
        },
        {
          data: { values: lines },
          mark: {
            type: 'line',
            strokeWidth: 1.8,
            opacity: 0.9,
            point: { size: 30, filled: true },
            invalid: 'break-paths-show-path-domains',
          },
          encoding: { x, y, detail: { field: 'series' }, ...seriesEncoding(labels, look.theme, legend) },
        },
        ...[-1, 0, 1].flatMap(told),
      ],
    },
  );
}

interface AxisScale {
  place(value: number | string | null): number | null;
  ticks: { place: number; text: string }[];
}

/** Numbers from the least (below) to the greatest; texts in their order, at equal distances. */
function scaleOf(axis: Axis): AxisScale {
  const numbers = axis.values.filter((value) => typeof value === 'number');
  if (numbers.length === axis.values.filter((value) => value !== null).length) return numberScale(numbers);
  const texts = [...new Set(axis.values.filter((value) => value !== null).map(String))].sort();
  const placeOf = (at: number) => (texts.length === 1 ? 0.5 : at / (texts.length - 1));
  const named = texts.map((text, at) => ({ place: placeOf(at), text }));
  return {
    place: (value) => (value === null ? null : placeOf(texts.indexOf(String(value)))),
    ticks: texts.length <= NAMED ? named : [named[0]!, named.at(-1)!],
  };
}

function numberScale(values: readonly number[]): AxisScale {
  const range = rangeOf(values.filter((value) => toDrawn(value) !== null));
  if (!range) return { place: () => null, ticks: [] };
  const [least, greatest] = range;
  if (least === greatest)
    return { place: (v) => (v === null ? null : 0.5), ticks: [{ place: 0.5, text: toText(least) }] };
  const half = greatest / 2 - least / 2;
  return {
    place: (value) => (typeof value === 'number' && toDrawn(value) !== null ? (value / 2 - least / 2) / half : null),
    ticks: [
      { place: 0, text: toText(least) },
      { place: 1, text: toText(greatest) },
    ],
  };
}
