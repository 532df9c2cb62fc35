import type { Evaluation, Interval } from '../../contract/evaluation.ts';
import { type Html, html } from './escape.ts';
import type { Shown } from './shown.ts';
import { some, table } from './tables.ts';

const MOST = 200;

/** Metrics of the version's own, and those of what it was made from. */
export function metrics({ version, linked }: Shown): Html {
  const own = Object.entries(version.metrics);
  const rows = [
    ...own.map(([name, value]) => [name, Number(value), 'its own']),
    ...linked.map(({ name, value, origin }) => [
      name,
      Number(value),
      `${origin.of.replace('_', ' ')} ${origin.id ?? ''}`,
    ]),
  ];
  const shown = { shown: rows.slice(0, MOST), total: rows.length };
  const note = html`<p>Those of a run or a logged model are linked: they are as they were when this was put together, and stand in no event.</p>\n`;
  return html`${some(shown, 'metrics.json')}${table(['Metric', 'Value', 'Of'], shown.shown)}${linked.length > 0 ? note : ''}`;
}

/** The newest first: what a promotion was decided by. */
export function evaluations({ evaluations: list }: Shown): Html {
  if (list.total === 0) return html`<p>There are none.</p>\n`;
  return html`${some(list, 'evaluations.json')}${list.shown.toReversed().map(evaluation)}`;
}

function evaluation(one: Evaluation): Html {
  const { id, dataset, n, evaluator, at, slices, intervals, version_digest, recorded_at, recorded_by } = one;
  const rows = Object.entries(one.metrics).map(([name, value]) => [name, Number(value), interval(intervals[name])]);
  return html`<h3>Evaluation ${id}: ${dataset.name}</h3>
<p>Data set <code>${dataset.digest}</code>${n === null ? '' : `, n = ${n}`}; evaluated ${at}${evaluator === null ? '' : ` by ${evaluator}`}, recorded ${recorded_at}
by ${recorded_by}${version_digest === null ? ', while the version was open' : ''}.</p>
${table(['Metric', 'Value', 'Interval'], rows)}${slices.length > 0 ? slicesOf(one) : ''}`;
}

function interval(one: Interval | undefined): string {
  return one ? `${one.low} to ${one.high} (${one.level * 100} %, ${one.method})` : '';
}

function slicesOf({ slices }: Evaluation): Html {
  const names = [...new Set(slices.flatMap((slice) => Object.keys(slice.metrics)))].slice(0, 10);
  const value = (of: Record<string, unknown>, name: string) => (Object.hasOwn(of, name) ? Number(of[name]) : '');
  const rows = slices.map(({ slice, n, metrics: of }) => [slice, n ?? '', ...names.map((name) => value(of, name))]);
  return table(['Slice', 'n', ...names], rows, 'By slices');
}
