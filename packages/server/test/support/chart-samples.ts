import type { ChartData, ChartMetric, HistoryChart, HistorySeries, VersionsChart } from '../../src/contract/chart.ts';
import type { MetricValue } from '../../src/contract/shapes.ts';

type Given = Pick<HistorySeries, 'model' | 'number' | 'points'> & Partial<HistorySeries>;

const at = (i: number) => new Date(Date.UTC(2026, 2, 1) + i * 60_000).toISOString();
const m = (name: string, unit: string | null = null, direction: 'higher' | 'lower' | null = 'higher') => ({
  name,
  unit,
  direction,
});
const origin = { of: 'version' as const };
const curve = (n: number, f: (i: number) => MetricValue) =>
  Array.from({ length: n }, (_, i) => ({ step: i, at: at(i), value: f(i) }));
const hist = (title: string, metric: ChartMetric, series: Given[], x: 'step' | 'time' = 'step'): HistoryChart => ({
  chart: 'metric-history',
  title,
  summary: 'Line chart.',
  metric,
  x,
  series: series.map((s) => ({ origin, count: s.points.length, thinned: false, ...s })),
});
const L = 'a-very-long-model-name-that-goes-on-'.repeat(8).slice(0, 256);
const CJK = '顧客離反予測モデル・改良版・東京支店向け・第二四半期';
const RTL = 'نموذج التنبؤ بمغادرة العملاء';
const EMO = '🚀🔥 churn 😀';
const names = ['churn', L, CJK, RTL, EMO];
const ev = (model: string, number = 7, id = 12) => ({
  id,
  model,
  number,
  dataset: { name: 'holdout-2026Q1', digest: 'sha256:9f86d081' },
  at: at(0),
});
const cm = (labels: string[], f: (i: number, j: number) => number) => ({
  labels,
  counts: labels.map((_, i) => labels.map((_, j) => f(i, j))),
});
const words = 'cat dog bird fish horse cow sheep goat pig duck mouse rat fox wolf bear lion tiger deer'.split(' ');
export const samples: Record<string, ChartData> = {
  'hist-one-point': hist('auc by step', m('auc'), [{ model: 'churn', number: 7, points: curve(1, () => 0.93) }]),
  'hist-empty': hist('auc by step', m('auc'), [{ model: 'churn', number: 7, points: [] }]),
  'hist-three': hist(
    'val_loss by step',
    m('val_loss', null, 'lower'),
    [1, 2, 3].map((n) => ({
      model: 'churn',
      number: n,
      points: curve(500, (i) => 1 / (1 + i / 40) + 0.05 * n + Math.sin(i * n) * 0.01),
    })),
  ),
  'hist-nan': hist('loss by step', m('loss', null, 'lower'), [
    {
      model: 'churn',
      number: 7,
      points: curve(60, (i) => (i % 10 > 6 || i === 33 ? 'NaN' : i === 45 ? 'Infinity' : Math.cos(i / 9))),
    },
    { model: 'churn', number: 8, points: curve(3, (i) => (i === 1 ? 0.5 : 'NaN')) },
  ]),
  'hist-negative': hist('log_likelihood by step', m('log_likelihood', 'nats', null), [
    { model: 'churn', number: 7, points: curve(100, (i) => -1000 + i * 3.7) },
  ]),
  'hist-20': hist(
    'accuracy by step',
    m('accuracy', '%'),
    Array.from({ length: 20 }, (_, n) => ({
      model: names[n % 5]!,
      number: n + 1,
      points: curve(200, (i) => 0.5 + n / 50 + Math.sin(i / 20 + n) / 10),
    })),
  ),
  'hist-20-same': hist(
    'accuracy by time',
    m('accuracy', '%'),
    Array.from({ length: 20 }, (_, n) => ({
      model: 'churn',
      number: n + 1,
      points: curve(200, (i) => 0.5 + n / 50 + Math.sin(i / 20 + n) / 10),
    })),
    'time',
  ),
  'hist-tiny': hist('learning_rate by step', m('learning_rate', null, null), [
    { model: 'churn', number: 7, points: curve(100, (i) => 1e-12 * (1 + i / 30)) },
  ]),
  'hist-huge': hist('tokens_seen by step', m('tokens_seen', 'tokens', null), [
    { model: 'churn', number: 7, points: curve(100, (i) => 1e12 + i * 1e10) },
  ]),
  'hist-both': hist('weird by step', m('weird', null, null), [
    {
      model: 'churn',
      number: 7,
      points: [
        { step: -5, at: at(0), value: 1e-12 },
        { step: 9_000_000_000_000, at: at(1), value: 1e12 },
        { step: 9_007_199_254_740_991, at: at(2), value: -1e12 },
      ],
    },
  ]),
  'hist-long': hist(
    `${L} by step`,
    m(L.replaceAll('-', '_').slice(0, 250), 'milliseconds per thousand requests on the reference machine', 'lower'),
    [
      { model: L, number: 7, points: curve(100, (i) => i * i) },
      { model: `${L}x`, number: 7, points: curve(100, (i) => i * i + 400) },
    ],
  ),
  'hist-linked': hist('auc by step', m('auc'), [
    { model: 'churn', number: 7, points: curve(5, (i) => 0.9 + i / 100) },
    { model: 'churn', number: 7, origin: { of: 'run', id: 'abc' }, points: curve(50, (i) => 0.7 + i / 250) },
    { model: 'churn', number: 7, origin: { of: 'logged_model', id: 'm-1' }, points: curve(3, (i) => 0.6 + i / 10) },
  ]),
  versions: {
    chart: 'metric',
    title: 'auc over the versions of churn',
    summary: 's',
    model: 'churn',
    metric: m('auc'),
    dataset: null,
    version_count: 12,
    points: Array.from({ length: 12 }, (_, i) => ({
      number: i + 1,
      status: (['archived', 'archived', 'staging', 'draft'] as const)[i % 4]!,
      aliases: [],
      value: 0.8 + Math.sin(i) / 20,
      interval: null,
    })).map((p, i) => (i === 6 ? { ...p, status: 'production' as const } : p)),
  },
  'versions-one': {
    chart: 'metric',
    title: 'auc over the versions of churn',
    summary: 's',
    model: 'churn',
    metric: m('auc'),
    dataset: null,
    version_count: 1,
    points: [{ number: 1, status: 'production', aliases: ['champion'], value: 0.93, interval: null }],
  },
  'versions-interval': {
    chart: 'metric',
    title: 'accuracy over the versions of churn',
    summary: 's',
    model: 'churn',
    metric: m('accuracy'),
    dataset: { name: 'holdout', digest: null },
    version_count: 40,
    points: Array.from({ length: 25 }, (_, i) => ({
      number: i + 10,
      status: i === 24 ? 'production' : i > 20 ? 'staging' : 'archived',
      aliases: [],
      value: 0.8 + i / 200,
      interval: { low: 0.78 + i / 200, high: 0.82 + i / 200, level: 0.95 },
    })) as never,
  },
  'versions-many': {
    chart: 'metric',
    title: `rmse over the versions of ${CJK}`,
    summary: 's',
    model: CJK,
    metric: m('rmse', 'EUR', 'lower'),
    dataset: null,
    version_count: 10_432,
    points: Array.from({ length: 500 }, (_, i) => ({
      number: 9_000 + i,
      status: (['archived', 'staging', 'draft', 'production'] as const)[i % 97 === 0 ? 3 : i % 3]!,
      aliases: [],
      value: i % 50 === 0 ? 'NaN' : 1e6 + i * 1000 * Math.sin(i),
      interval: null,
    })),
  },
  'bars-2': {
    chart: 'metrics',
    title: 'metrics of 2 versions',
    summary: 's',
    metrics: ['auc', 'f1', 'log_loss', 'latency_p95'].map((name, k) => ({
      metric: m(name, k === 3 ? 'ms' : null, k > 1 ? 'lower' : 'higher'),
      bars: [1, 2].map((n) => ({
        model: 'churn',
        number: n,
        value: k === 3 ? 120 + n * 7 : 0.8 + n / 30,
        best: n === (k > 1 ? 1 : 2),
      })),
    })),
  },
  'bars-20': {
    chart: 'metrics',
    title: 'metrics of 20 versions',
    summary: 's',
    metrics: ['auc', L.slice(0, 200), 'tiny', 'delta'].map((name, k) => ({
      metric: m(name, null, k === 3 ? null : 'higher'),
      bars: Array.from({ length: 20 }, (_, n) => ({
        model: names[n % 5]!,
        number: n,
        value: k === 2 ? 1e-12 * n : k === 3 ? (n - 10) * 1e12 : n === 4 ? 'NaN' : n === 5 ? null : n / 20,
        best: n === 19,
      })),
    })) as never,
  },
  'bars-empty': { chart: 'metrics', title: 'metrics of 2 versions', summary: 's', metrics: [] },
  slices: {
    chart: 'slices',
    title: 'metrics by slice',
    summary: 's',
    evaluations: [ev('churn')],
    slice_count: 6,
    slices: ['country=DE', 'country=FR', 'age<25', 'age>=65', `segment=${CJK}`, 'new customers'].map((slice, i) => ({
      slice,
      n: 100 * i + 40,
    })),
    columns: ['accuracy', 'auc', 'log_loss', 'latency_p95'].map((name, k) => ({
      metric: m(name, k === 3 ? 'ms' : null, k > 1 ? 'lower' : 'higher'),
      evaluation: 12,
      model: 'churn',
      number: 7,
    })),
    values: Array.from({ length: 6 }, (_, i) => [
      0.8 + i / 50,
      0.9 - i / 60,
      i === 2 ? 'NaN' : 0.3 + i / 20,
      i === 4 ? null : 1200 + i * 31,
    ]) as never,
  },
  'slices-many': {
    chart: 'slices',
    title: 'metrics by slice',
    summary: 's',
    evaluations: [ev(L)],
    slice_count: 400,
    slices: Array.from({ length: 50 }, (_, i) => ({
      slice: `${i % 3 ? 'region' : L.slice(0, 90)}=${i}`,
      n: i % 4 ? i * 1000 : null,
    })),
    columns: Array.from({ length: 20 }, (_, k) => ({
      metric: m(`metric_${k}_${'x'.repeat(k * 4)}`),
      evaluation: 12,
      model: L,
      number: 7,
    })),
    values: Array.from({ length: 50 }, (_, i) => Array.from({ length: 20 }, (_, k) => Math.sin(i * k) * 10 ** (k - 8))),
  },
  'slices-versions': {
    chart: 'slices',
    title: 'accuracy by slice',
    summary: 's',
    evaluations: names.map((n, i) => ev(n, i + 1, i)),
    slice_count: 3,
    slices: ['a', 'b', 'c'].map((slice) => ({ slice, n: null })),
    columns: names.map((n, i) => ({ metric: m('accuracy'), evaluation: i, model: n, number: i + 1 })),
    values: [0, 1, 2].map((i) => names.map((_, k) => 0.5 + i / 10 + k / 20)),
  },
  'slices-empty': {
    chart: 'slices',
    title: 'metrics by slice',
    summary: 's',
    evaluations: [],
    slice_count: 0,
    slices: [],
    columns: [],
    values: [],
  },
  'confusion-2': {
    chart: 'confusion-matrix',
    title: 'confusion matrix',
    summary: 's',
    evaluation: ev('churn'),
    ...cm(['stays', 'churns'], (i, j) => (i === j ? 940 : 61) * (i + 1)),
  },
  'confusion-18': {
    chart: 'confusion-matrix',
    title: 'confusion matrix',
    summary: 's',
    evaluation: ev(RTL),
    ...cm(words, (i, j) => (i === j ? 900 : (i * j) % 40)),
  },
  'confusion-100': {
    chart: 'confusion-matrix',
    title: 'confusion matrix',
    summary: 's',
    evaluation: ev(L),
    ...cm(
      Array.from({ length: 100 }, (_, i) => (i % 9 ? `class ${i}` : `${CJK} ${i}`)),
      (i, j) => (i === j ? 900 : (i * j) % 300),
    ),
  },
  'confusion-empty': {
    chart: 'confusion-matrix',
    title: 'confusion matrix',
    summary: 's',
    evaluation: null,
    labels: [],
    counts: [],
  },
  roc: {
    chart: 'roc',
    title: 'ROC curve',
    summary: 's',
    series: [
      {
        evaluation: ev('churn'),
        count: 100,
        points: Array.from({ length: 100 }, (_, i) => ({ x: i / 99, y: (i / 99) ** 0.25 })),
      },
    ],
  },
  'roc-20': {
    chart: 'roc',
    title: 'ROC curves',
    summary: 's',
    series: Array.from({ length: 20 }, (_, n) => ({
      evaluation: ev(names[n % 5]!, n + 1),
      count: 100,
      points: Array.from({ length: 100 }, (_, i) => ({ x: i / 99, y: (i / 99) ** (0.1 + n / 25) })),
    })),
  },
  pr: {
    chart: 'precision-recall',
    title: 'precision-recall curve',
    summary: 's',
    series: [
      {
        evaluation: ev('churn'),
        count: 100,
        points: Array.from({ length: 100 }, (_, i) => ({ x: 1 - i / 99, y: 0.3 + 0.7 * (i / 99) ** 0.5 })),
      },
    ],
  },
  'pr-empty': { chart: 'precision-recall', title: 'precision-recall curve', summary: 's', series: [] },
  parallel: {
    chart: 'parallel',
    title: 'params and metrics of 6 versions',
    summary: 's',
    versions: Array.from({ length: 6 }, (_, n) => ({ model: 'churn', number: n + 1 })),
    axes: [
      { of: 'param', name: 'max_depth', unit: null, direction: null, values: [3, 5, 7, 9, 5, 3] },
      {
        of: 'param',
        name: 'booster',
        unit: null,
        direction: null,
        values: ['gbtree', 'dart', 'gblinear', 'gbtree', null, 'dart'],
      },
      { of: 'param', name: 'learning_rate', unit: null, direction: null, values: [0.1, 0.05, 1e-12, 0.3, 0.1, 0.2] },
      { of: 'metric', name: 'auc', unit: null, direction: 'higher', values: [0.9, 0.92, 0.88, 0.93, 0.91, null] },
      { of: 'metric', name: 'latency_p95', unit: 'ms', direction: 'lower', values: [120, 130, 90, 200, 150, 111] },
    ],
  },
  'parallel-20': {
    chart: 'parallel',
    title: 'params and metrics of 20 versions',
    summary: 's',
    versions: Array.from({ length: 20 }, (_, n) => ({ model: names[n % 5]!, number: n + 1 })),
    axes: Array.from({ length: 12 }, (_, a) => ({
      of: a < 6 ? ('param' as const) : ('metric' as const),
      name: a === 3 ? L : a === 4 ? CJK : `axis_${a}`,
      unit: a === 7 ? 'ms' : null,
      direction: null,
      values: Array.from({ length: 20 }, (_, n) =>
        a === 2 ? `${L}${n}` : a === 5 ? 7 : Math.sin(n * a) * 10 ** (a * 2 - 12),
      ),
    })),
  },
  'parallel-empty': { chart: 'parallel', title: 'params and metrics', summary: 's', versions: [], axes: [] },
};
/** Names that every object has, and a word of expressions: what draws looks up what it is given. */
const INHERITED = ['if', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__'];
for (const name of INHERITED) {
  const metric = m(name);
  const one = { model: name, number: 7 };
  const other = { model: 'churn', number: 8 };
  const given: ChartData[] = [
    hist(name, metric, [
      { ...one, points: curve(5, (i) => i) },
      { ...other, points: curve(5, (i) => 2 * i) },
    ]),
    { ...(samples['versions-interval'] as VersionsChart), title: name, model: name, metric },
    {
      chart: 'metrics',
      title: name,
      summary: name,
      metrics: [{ metric, bars: [one, other].map((of, i) => ({ ...of, value: i + 1, best: i === 1 })) }],
    },
    {
      chart: 'slices',
      title: name,
      summary: name,
      evaluations: [ev(name)],
      slice_count: INHERITED.length,
      slices: INHERITED.map((slice) => ({ slice, n: null })),
      columns: [{ metric, evaluation: 12, ...one }],
      values: INHERITED.map((_, i) => [i]),
    },
    {
      chart: 'confusion-matrix',
      title: name,
      summary: name,
      evaluation: ev(name),
      ...cm(INHERITED, (i, j) => i + j),
    },
    {
      chart: 'roc',
      title: name,
      summary: name,
      series: [one, other].map(({ model, number }) => ({
        evaluation: ev(model, number),
        count: 2,
        points: [0, 1].map((x) => ({ x, y: x })),
      })),
    },
    {
      chart: 'parallel',
      title: name,
      summary: name,
      versions: [one, other],
      axes: [
        { of: 'param', name, unit: null, direction: null, values: INHERITED.slice(-2) },
        { of: 'metric', ...metric, values: [1, 2] },
      ],
    },
  ];
  for (const data of given) samples[`${data.chart}-${name}`] = data;
}

export { CJK, EMO, L, names, RTL };
