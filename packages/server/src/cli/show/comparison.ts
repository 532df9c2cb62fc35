import { formatSize } from '../../config/sizes.ts';
import type {
  ComparedMetrics,
  ComparedMetricValue,
  ComparedValues,
  ComparedVersion,
  Comparison,
} from '../../contract/comparison.ts';
import { escapeLine } from '../terminal/escape.ts';
import { type Output, paint } from '../terminal/output.ts';
import { type Column, table } from '../terminal/table.ts';
import { listed, when } from './words.ts';

/** Longer cells are cut, and longer lists end with how much more there is. */
const CELL = 28;
const LINES = 20;

/** One table for each thing that is compared; what is the same in all of them is said once, at the end. */
export function tellComparison(out: Output, comparison: Comparison): void {
  const { versions, base, params, facts, metrics, evaluations, tags, properties, as_of } = comparison;
  const heads = versions.map(({ model, number }, i) => `${model}/${number}${i === base ? ' (base)' : ''}`);
  const section = (title: string, lines: readonly string[]) => {
    if (lines.length > 0) out.lines('', paint('bold', escapeLine(title)), ...lines);
  };
  if (as_of !== null) out.lines(`as of ${when(as_of)}`);
  out.lines(
    ...byVersion(
      heads,
      FACTS.map(([name, cell]) => ({ name, cells: versions.map(cell) })),
    ),
  );
  section('metrics', metricLines(heads, metrics));
  for (const { dataset, metrics: own, slices } of evaluations.datasets) {
    const name = `${dataset.name}, ${dataset.digest}`;
    section(`evaluated on ${name}`, metricLines(heads, own));
    const rows = slices.items.flatMap((slice) => metricRows(slice.metrics, `${slice.slice}: `));
    section(`slices of ${name}`, cut(byVersion(heads, rows), slices.total - slices.items.length, 'slices'));
  }
  section(
    'not comparable',
    evaluations.apart.slice(0, LINES).map(({ version, dataset, detail, metrics: own }) => {
      const values = Object.entries(own).map(([name, value]) => `${name} ${value}`);
      return escapeLine(`${heads[version]} on ${dataset.name}: ${detail} (${listed(values.slice(0, 5))})`);
    }),
  );
  section('signature', signatureLines(heads, comparison));
  section('files', fileLines(heads, comparison));
  section('params', valueLines(heads, params));
  section('read from the files', valueLines(heads, facts));
  section('tags', valueLines(heads, tags));
  section('properties', valueLines(heads, properties));
  section(
    'the same',
    comparison.identical.map(({ what, versions: of }) => escapeLine(`${what}: ${listed(of.map((i) => heads[i]))}`)),
  );
  if (metrics.total > 0 || evaluations.total > 0) out.note(LEGEND);
}

const LEGEND = '+ better than the base, - worse, = equal, ~ differs (no direction is defined), ? cannot be compared';

type Cell = (version: ComparedVersion) => string | number | null;
const FACTS: readonly (readonly [name: string, cell: Cell])[] = [
  ['asked', ({ asked, model, number }) => (asked === `${model}/${number}` ? '' : asked)],
  ['status', ({ status }) => status],
  ['state', ({ state }) => state],
  ['verdict', ({ verdict }) => verdict],
  ['framework', ({ framework }) => framework],
  ['formats', ({ formats }) => listed(formats)],
  ['size', ({ size_bytes }) => formatSize(size_bytes)],
  ['files', ({ artifact_count }) => artifact_count],
  ['digest', ({ digest }) => digest?.slice('sha256:'.length, 'sha256:'.length + 12) ?? null],
  ['aliases', ({ aliases }) => listed(aliases)],
  ['run', ({ run_id }) => run_id],
  ['commit', ({ git_commit }) => git_commit],
  ['created', ({ created_at }) => when(created_at)],
  ['by', ({ created_by }) => created_by],
];

interface Row {
  name: string;
  cells: readonly (string | number | null)[];
}

/** A row for each thing, a column for each version. Rows in which nobody has anything are left out. */
function byVersion(heads: readonly string[], rows: readonly Row[]): string[] {
  const columns: Column<Row>[] = heads.map((head, i) => ({
    head: escapeLine(head),
    cell: (row) => row.cells[i],
    most: CELL,
  }));
  const used = rows.filter(({ cells }) => cells.some((cell) => cell !== null && cell !== ''));
  return table(used, [{ head: '', cell: ({ name }) => name, most: 2 * CELL }, ...columns]);
}

const MARKS = { base: ' ', better: '+', worse: '-', equal: '=', different: '~', not_comparable: '?' } as const;

function metricText(one: ComparedMetricValue | null): string {
  if (one === null) return '';
  const percent = one.percent === null || one.percent === 0 ? '' : ` (${signed(one.percent)}%)`;
  return `${MARKS[one.outcome]} ${one.value}${percent}`;
}

const signed = (percent: number) => `${percent > 0 ? '+' : ''}${Number(percent.toPrecision(3))}`;

function metricRows({ items }: ComparedMetrics, before = ''): Row[] {
  return items.map(({ name, unit, values }) => ({
    name: `${before}${name}${unit === null ? '' : ` [${unit}]`}`,
    cells: values.map(metricText),
  }));
}

function metricLines(heads: readonly string[], metrics: ComparedMetrics): string[] {
  return cut(byVersion(heads, metricRows(metrics)), metrics.total - metrics.items.length, 'metrics');
}

/** Only what differs. */
function valueLines(heads: readonly string[], { items, different }: ComparedValues): string[] {
  const differing = items.filter(({ same }) => !same);
  const shown = differing.slice(0, LINES).map(({ name, values }) => ({ name, cells: values.map(valueText) }));
  return cut(byVersion(heads, shown), different - shown.length, 'that differ');
}

function valueText(value: unknown): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function signatureLines(heads: readonly string[], { signatures }: Comparison): string[] {
  return signatures.flatMap(({ items, total }, i) =>
    cut(
      items.slice(0, LINES).map(({ side, name, breaking, detail }) => {
        const what = `${side}${name && ` ${name}`}: ${detail}`;
        return escapeLine(`${breaking ? '✗ breaks' : '✓ keeps'} ${heads[i]}: ${what}`);
      }),
      total - Math.min(items.length, LINES),
      'differences',
    ),
  );
}

function fileLines(heads: readonly string[], { files, base }: Comparison): string[] {
  return files.flatMap((one, i) => {
    if (i === base) return [];
    if (one === null) return [escapeLine(`${heads[i]}: not known, as it was open then`)];
    const { same, changed, added, removed, complete, items } = one;
    const counts = `${same} the same, ${changed} changed, ${added} added, ${removed} removed`;
    const shown = items.slice(0, LINES).map(({ path, change }) => escapeLine(`  ${change} ${path}`));
    const differing = changed + added + removed;
    return [
      escapeLine(`${heads[i]}: ${counts}${complete ? '' : ', and others that were not counted'}`),
      ...cut(shown, differing - shown.length, 'files'),
    ];
  });
}

function cut(lines: readonly string[], more: number, what: string): string[] {
  return more > 0 ? [...lines, `… and ${more} more ${what}`] : [...lines];
}
