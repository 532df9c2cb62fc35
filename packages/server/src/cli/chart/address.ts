import { misused } from '../exit.ts';
import { parseModel, parseVersion } from '../names.ts';

export const KINDS = [
  'history',
  'versions',
  'metrics',
  'parallel',
  'slices',
  'confusion-matrix',
  'roc',
  'precision-recall',
  'badge',
] as const;
export type Kind = (typeof KINDS)[number];
export type Ending = '.svg' | '.json' | '.vl.json';

export interface ChartOptions {
  metric?: string[];
  param?: string[];
  by?: 'step' | 'time';
  dataset?: string;
  digest?: string;
  evaluation?: string;
  width?: string;
  height?: string;
  theme?: 'light' | 'dark';
}

/** Where the server has a chart, below `/api/v1`. */
export function addressOf(kind: Kind, names: readonly string[], ending: Ending, options: ChartOptions): string {
  const { metric = [], param = [], by, dataset, digest, evaluation, width, height, theme } = options;
  const look = { width, height, theme };
  const on = { dataset, digest };
  if (kind === 'badge') {
    if (ending !== '.svg') throw misused('A badge is a picture only: write it to a file that ends in .svg.');
    return `/models/${encodeURIComponent(oneModel(names))}/badge.svg`;
  }
  if (kind === 'versions')
    return `/models/${encodeURIComponent(oneModel(names))}/charts/metric${ending}${query({ metric: oneMetric(metric), ...on, ...look })}`;
  const version = names.map((name) => {
    const { model, ref } = parseVersion(name);
    return `${model}/${ref}`;
  });
  if (kind === 'history')
    return `/charts/metric-history${ending}${query({ version, metric: oneMetric(metric), x: by, ...look })}`;
  const [only] = names;
  if (names.length === 1 && only && kind !== 'metrics' && kind !== 'parallel') {
    const { model, ref } = parseVersion(only);
    const at = `/models/${encodeURIComponent(model)}/versions/${encodeURIComponent(ref)}`;
    return `${at}/charts/${kind}${ending}${query({ metric, evaluation, ...on, ...look })}`;
  }
  if (kind === 'confusion-matrix') throw misused('A confusion matrix is of one version: name one.');
  return `/compare/charts/${kind}${ending}${query({ version, metric, param, ...on, ...look })}`;
}

function oneModel(names: readonly string[]): string {
  const [name] = names;
  if (names.length !== 1 || name === undefined) throw misused('This chart is of one model: name one.');
  return parseModel(name);
}

function oneMetric(metrics: readonly string[]): string {
  const [metric] = metrics;
  if (metrics.length !== 1 || metric === undefined) throw misused('Which metric? Name one with --metric auc.');
  return metric;
}

function query(fields: Record<string, string | readonly string[] | undefined>): string {
  const entries = Object.entries(fields).flatMap(([key, values]) =>
    [values ?? []].flat().map((value): [string, string] => [key, value]),
  );
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries)}`;
}
