import { toText } from '../../charts/numbers.ts';
import { thin } from '../../charts/thin.ts';
import type { ConfusionChart, CurveChart, SlicesChart } from '../../contract/chart.ts';
import type { Evaluation } from '../../contract/evaluation.ts';
import type { Reader } from '../../db/database.ts';
import { type Asked, chartMetrics, listed, nameOf } from './asked.ts';
import { type EvaluationAsked, evaluationAsked, evaluationsTogether, toChartEvaluation } from './evaluated.ts';

/** What is drawn at most: more would be too small to read. */
const SLICES = 50;
const METRICS = 20;
const POINTS = 500;

export interface SlicesAsked extends EvaluationAsked {
  metrics: readonly string[];
}

/** The slices of one evaluation by metrics, or of several versions' by one metric. */
export async function slicesChart(
  reader: Reader,
  versions: readonly Asked[],
  asked: SlicesAsked,
): Promise<SlicesChart> {
  const [only] = versions;
  const evaluations =
    versions.length === 1 && only
      ? [await evaluationAsked(reader, only, asked, 'slices')].filter((one) => one !== undefined)
      : await evaluationsTogether(reader, versions, asked, 'slices');
  const sliced = evaluations.filter(({ slices }) => slices.length > 0);
  const all = slicesOf(sliced);
  const slices = all.slice(0, SLICES);
  const there = [...new Set(sliced.flatMap((one) => one.slices.flatMap(({ metrics }) => Object.keys(metrics))))].sort();
  const names = asked.metrics.length > 0 ? asked.metrics : there;
  const metrics = await chartMetrics(reader, names.slice(0, versions.length > 1 ? 1 : METRICS));
  const columns = metrics.flatMap((metric) =>
    sliced.map(({ id, model, number }) => ({ metric, evaluation: id, model, number })),
  );
  const values = slices.map(({ slice }) =>
    columns.map(({ metric, evaluation }) => {
      const of = sliced.find(({ id }) => id === evaluation)?.slices.find((one) => one.slice === slice);
      return of?.metrics[metric.name] ?? null;
    }),
  );
  const what = versions.length > 1 && metrics[0] ? metrics[0].name : 'metrics';
  return {
    chart: 'slices',
    title: `${what} by slice`,
    summary: wordsOfSlices(what, sliced, slices, columns, values),
    evaluations: sliced.map(toChartEvaluation),
    slice_count: all.length,
    slices,
    columns,
    values,
  };
}

/** Every slice once, the largest first. */
function slicesOf(evaluations: readonly Evaluation[]): SlicesChart['slices'] {
  const slices = new Map<string, number | null>();
  for (const { slice, n } of evaluations.flatMap((one) => one.slices))
    if (!slices.has(slice)) slices.set(slice, n ?? null);
  return [...slices].map(([slice, n]) => ({ slice, n })).sort((a, b) => (b.n ?? 0) - (a.n ?? 0));
}

function wordsOfSlices(
  what: string,
  evaluations: readonly Evaluation[],
  slices: SlicesChart['slices'],
  columns: SlicesChart['columns'],
  values: SlicesChart['values'],
): string {
  if (slices.length === 0 || columns.length === 0) return `A heat map of ${what} by slice. There are no slices.`;
  const told = columns.map((column, j) => {
    const numbers = values
      .map((row, i) => ({ value: row[j], slice: slices[i]!.slice }))
      .filter((one) => typeof one.value === 'number') as { value: number; slice: string }[];
    if (numbers.length === 0) return '';
    const sorted = numbers.sort((a, b) => a.value - b.value);
    const [least, greatest] = [sorted[0]!, sorted.at(-1)!];
    return `${column.metric.name} of ${nameOf(column.model, column.number)}: from ${toText(least.value)} (${least.slice}) to ${toText(greatest.value)} (${greatest.slice}).`;
  });
  const on = evaluations[0]!.dataset.name;
  return [`A heat map of ${what} by slice on ${on}.`, ...told].filter(Boolean).join(' ');
}

export async function confusionChart(reader: Reader, version: Asked, asked: EvaluationAsked): Promise<ConfusionChart> {
  const evaluation = await evaluationAsked(reader, version, asked, 'curves');
  const { labels = [], counts = [] } = evaluation?.curves?.confusion ?? {};
  const all = counts.flat().reduce((sum, count) => sum + count, 0);
  const right = counts.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
  const of = `The confusion matrix of ${nameOf(version.model, version.row.number)}`;
  return {
    chart: 'confusion-matrix',
    title: 'confusion matrix',
    summary:
      labels.length === 0
        ? `${of}. None was given.`
        : `${of} on ${evaluation!.dataset.name}: ${labels.length} labels (${listed(labels, 10)}), ${right.toLocaleString('en-US')} of ${all.toLocaleString('en-US')} predicted right.`,
    evaluation: evaluation && labels.length > 0 ? toChartEvaluation(evaluation) : null,
    labels,
    counts,
  };
}

export async function curveChart(
  reader: Reader,
  versions: readonly Asked[],
  chart: 'roc' | 'precision-recall',
  asked: EvaluationAsked,
): Promise<CurveChart> {
  const [only] = versions;
  const evaluations =
    versions.length === 1 && only
      ? [await evaluationAsked(reader, only, asked, 'curves')].filter((one) => one !== undefined)
      : await evaluationsTogether(reader, versions, asked, 'curves');
  const series = evaluations.flatMap((evaluation) => {
    const points = pointsOf(evaluation, chart);
    return points ? [{ evaluation: toChartEvaluation(evaluation), count: points.length, points: thinned(points) }] : [];
  });
  const title = `${chart === 'roc' ? 'ROC' : 'precision-recall'} curve${series.length > 1 ? 's' : ''}`;
  const names = versions.map(({ model, row }) => nameOf(model, row.number));
  const told = series.map(
    ({ evaluation, count }) =>
      `${nameOf(evaluation.model, evaluation.number)} on ${evaluation.dataset.name}: ${count} points.`,
  );
  const summary = [`${title} of ${listed(names, 20)}.`, ...(told.length > 0 ? told : ['No points were given.'])].join(
    ' ',
  );
  return { chart, title, summary, series };
}

function pointsOf({ curves }: Evaluation, chart: 'roc' | 'precision-recall'): { x: number; y: number }[] | undefined {
  return chart === 'roc'
    ? curves?.roc?.map(({ fpr, tpr }) => ({ x: fpr, y: tpr }))
    : curves?.precision_recall?.map(({ recall, precision }) => ({ x: recall, y: precision }));
}

/** A curve of precision may go from recall 1 to 0: it is thinned by its place, and keeps its order. */
function thinned(points: { x: number; y: number }[]): { x: number; y: number }[] {
  const rises = (points[0]?.x ?? 0) <= (points.at(-1)?.x ?? 0);
  const ordered = rises ? points : points.toReversed();
  return thin(
    ordered.map(({ x }) => x),
    ordered.map(({ y }) => y),
    POINTS,
  ).map((i) => ordered[i]!);
}
