import type { VersionsChart } from '../contract/chart.ts';
import type { Status } from '../contract/version.ts';
import { betterOf, emptySpec, fitted, frame, said, withUnit } from './frame.ts';
import { shorten } from './labels.ts';
import { axisFormat, domainOf, toDrawn } from './numbers.ts';
import type { Spec } from './spec.ts';
import { textWidth } from './text-width.ts';
import { COLOURS, type Look, SIZE } from './theme.ts';

const SHAPES: Record<Status, string> = {
  production: 'diamond',
  staging: 'triangle-up',
  draft: 'circle',
  archived: 'square',
};
const STATUSES_SHOWN = ['production', 'staging', 'draft', 'archived'] as const;

/** What one metric came to in the versions of a model. Status is told by shape and colour; what is live by its name too. */
export function versionsSpec(chart: VersionsChart, asked: Look): Spec {
  const look = { ...asked, height: Math.max(asked.height, 210 + (4 / columnsIn(asked)) * 17) };
  const { title, summary, metric, points, dataset, version_count } = chart;
  const named = namedLive(points, look);
  const rows = points
    .map(({ number, status, value, interval }) => ({
      number,
      status,
      value: toDrawn(value),
      low: interval?.low ?? null,
      high: interval?.high ?? null,
      live: status === 'production',
      name: named.has(number) ? nameOf(number) : null,
    }))
    .filter((row) => row.value !== null);
  const subtitle = said(
    dataset ? `on ${dataset.name}` : 'latest values',
    betterOf(metric),
    rows.length < version_count && `${rows.length} of ${version_count} versions have it or are shown`,
  );
  if (rows.length === 0) return emptySpec(look, { title, subtitle, summary }, `no version has ${metric.name}`);
  const values = rows.flatMap((row) => [row.value, row.low, row.high]).filter((value) => value !== null);
  const numbers = rows.map((row) => row.number);
  const { series, muted, text, background } = COLOURS[look.theme];
  const colours: Record<Status, string> = {
    production: series[2] as string,
    staging: series[4] as string,
    draft: series[0] as string,
    archived: muted,
  };
  const there = STATUSES_SHOWN.filter((status) => rows.some((row) => row.status === status));
  const columns = columnsIn(look);
  const legend = { orient: 'bottom', columns };
  const size = rows.length > 100 ? 36 : 90;
  const told = {
    transform: [{ filter: 'isValid(datum.name)' }],
    encoding: { text: { field: 'name' } },
  };
  const telling = { type: 'text', dy: -13, fontWeight: 600 };
  const domain = domainOf(values);
  const y = {
    field: 'value',
    type: 'quantitative',
    title: shorten(withUnit(metric), look.height - 160, SIZE.axisTitle),
    scale: { zero: false, padding: 16, ...(domain && { domain, nice: false }) },
    axis: axisFormat(values),
  };
  return frame(
    look,
    { title, subtitle, summary },
    {
      ...fitted(look),
      data: { values: rows },
      encoding: {
        x: {
          field: 'number',
          type: 'quantitative',
          title: 'version',
          scale: { zero: false, nice: false, padding: 18, domain: domainOf(numbers, 1) ?? extent(numbers) },
          axis: { tickMinStep: 1, grid: false, format: 'd', ...(numbers.length === 1 && { values: numbers }) },
        },
        y,
      },
      layer: [
        { mark: { type: 'line', color: muted, strokeWidth: 1, opacity: 0.6 } },
        {
          transform: [{ filter: 'isValid(datum.low)' }],
          mark: { type: 'rule', color: muted, strokeWidth: 1.5 },
          encoding: { y: { ...y, field: 'low' }, y2: { field: 'high' } },
        },
        {
          mark: { type: 'point', filled: true, opacity: 1 },
          encoding: {
            size: { condition: { test: 'datum.live', value: 150 }, value: size },
            shape: {
              field: 'status',
              type: 'nominal',
              title: null,
              scale: { domain: there, range: there.map((status) => SHAPES[status]) },
              legend,
            },
            color: {
              field: 'status',
              type: 'nominal',
              title: null,
              scale: { domain: there, range: there.map((status) => colours[status]) },
              legend,
            },
          },
        },
        { ...told, mark: { ...telling, color: background, stroke: background, strokeWidth: 4 } },
        { ...told, mark: { ...telling, color: text } },
      ],
    },
  );
}

function extent(numbers: readonly number[]): [number, number] {
  return [Math.min(...numbers), Math.max(...numbers)];
}

/** Of the legend. */
const columnsIn = ({ width }: Look): number => (width < 320 ? 1 : width < 440 ? 2 : 4);

const nameOf = (number: number): string => `v${number} live`;

/** Of the versions in production those whose names do not stand over each other: the newest first. */
function namedLive(points: VersionsChart['points'], { width }: Look): Set<number> {
  const numbers = points.map(({ number }) => number);
  const [first = 0, last = 0] = numbers.length > 0 ? extent(numbers) : [];
  const pixels = (width - 120) / Math.max(1, last - first);
  const named: number[] = [];
  for (const { number, status } of points.toReversed()) {
    const room = textWidth(nameOf(number), SIZE.label, true) + 6;
    const nearest = named.at(-1);
    if (status === 'production' && (nearest === undefined || (nearest - number) * pixels >= room)) named.push(number);
  }
  return new Set(named);
}
