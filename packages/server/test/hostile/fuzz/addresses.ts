import { type Dice, garble } from './dice.ts';
import { filter, sort, words } from './filters.ts';
import type { Known, Operation } from './known.ts';
import { mlflowQuery } from './mlflow.ts';
import { encoded, NAMES, PATHS, REFS, text } from './texts.ts';

/** Without these hardly anything is answered. */
const MOSTLY = ['reason', 'version', 'metric'];
const METRICS = ['accuracy', 'auc', 'loss', 'val/loss', '精度', 'x'];
const CHARTS = [
  'metric-history',
  'metric',
  'slices',
  'confusion-matrix',
  'roc',
  'precision-recall',
  'metrics',
  'parallel',
].flatMap((name) => ['', '.json', '.vl.json', '.svg'].map((ending) => name + ending));

/** The address of an operation with its parameters, mostly known ones. */
export function addressOf(dice: Dice, operation: Operation, known: Known): string {
  const { id, path, method, mlflow } = operation;
  const params: Record<string, () => string> = {
    name: () => encoded(dice, text(dice, NAMES)),
    ref: () => encoded(dice, text(dice, REFS)),
    alias: () => encoded(dice, text(dice, ['champion', 'best', 'é_1', 'v1', 'latest'])),
    chart: () => encoded(dice, text(dice, CHARTS)),
    metric: () => encoded(dice, text(dice, METRICS)),
    id: () => encoded(dice, text(dice, ['1', '2', '7'])),
    run_id: () => encoded(dice, text(dice, known.runs)),
    model_id: () => encoded(dice, text(dice, [...known.loggedModels, 'm-0'])),
    path: () =>
      text(dice, PATHS)
        .split('/')
        .map((segment) => encoded(dice, segment))
        .join('/'),
  };
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => (params[name] ?? params.name)!());
  const own = mlflow && (method === 'GET' || dice.odd(0.05)) ? `?${mlflowQuery(dice, operation, known)}` : '';
  const query = mlflow ? own : queryOf(dice, id, known);
  return `${!dice.odd(0.03) ? filled : dice.one([`${filled}/`, `/${filled}`, filled.toUpperCase(), `${filled};a=b`, `${filled}#x`, filled.replace('/api', '/api/./')])}${query}`;
}

function queryOf(dice: Dice, operation: string, { tokens, digests }: Known): string {
  const time = () =>
    text(dice, ['2030-01-01T00:00:00Z', '2020-01-01T00:00:00%2B02:00', '2026-02-30T00:00:00Z', 'now', '1']);
  const number = () => text(dice, ['1', '2', '50', '1000', '1001', '0']);
  const token = () =>
    dice.chance(0.4)
      ? dice.one([...tokens, 'AA'])
      : garble(dice, Buffer.from(dice.one([...tokens, 'AA']))).toString('latin1');
  const list = { q: () => words(dice), filter: () => filter(dice), sort: () => sort(dice), as_of: time };
  const page = { page_size: number, page_token: token };
  const version = () => text(dice, ['churn/1', 'churn/2', 'fraud/@champion', 'modèle 模/latest']);
  const look = {
    width: () => text(dice, ['200', '720', '2000', '2001', '1e3']),
    height: () => text(dice, ['200', '420', '199']),
    theme: () => text(dice, ['light', 'dark', 'red']),
  };
  const chart = { metric: () => text(dice, METRICS), dataset: () => text(dice, ['holdout']), ...look };
  const known: Record<string, Record<string, () => string>> = {
    getChart: { version, ...chart, x: () => text(dice, ['step', 'time']), points: number },
    getModelChart: { ...chart, versions: number },
    getVersionChart: { ...chart, evaluation: number },
    getCompareChart: { version, ...chart, param: () => text(dice, ['a']) },
    listModels: { ...list, ...page },
    listVersions: { ...list, ...page },
    listVersionsOfModel: { ...list, ...page },
    listArtifacts: page,
    listTrash: page,
    listMetrics: page,
    listMetricPoints: { ...page, origin: () => text(dice, ['version', 'run', 'logged_model', 'x']) },
    listMetricDefinitions: page,
    listEvaluations: { ...page, filter: () => filter(dice) },
    listEvaluationsOfVersion: page,
    listDatasets: page,
    leaderboard: {
      ...page,
      metric: () => text(dice, METRICS),
      digest: () => text(dice, ['d1', 'd2']),
      model: () => text(dice, NAMES),
      direction: () => text(dice, ['higher', 'lower', 'x']),
    },
    listEvents: {
      ...page,
      subject: () => text(dice, [...NAMES, 'churn/1']),
      actor: () => text(dice, ['ada']),
      type: () => text(dice, ['model.registered', 'x']),
      from: time,
      to: time,
      order: () => text(dice, ['asc', 'desc']),
    },
    compareVersions: { base: number, as_of: time },
    listLive: { ...page, status: () => text(dice, ['production', 'staging', 'draft']), as_of: time },
    getModel: { as_of: time },
    getVersion: { as_of: time },
    getAlias: { as_of: time },
    deregisterModel: { reason: () => text(dice, ['r']), force: () => text(dice, ['true', 'false', '1']) },
    deregisterVersion: { reason: () => text(dice, ['r']), force: () => text(dice, ['true', 'false', '1']) },
    putArtifact: { digest: () => text(dice, [...digests.map((digest) => `sha256:${digest}`), 'sha256:x']) },
    proveInclusion: { seq: number, size: number },
    proveConsistency: { from: number, to: number },
    exportLedger: { from: number, to: number },
  };
  const asked = Object.entries(known[operation] ?? {}).filter(([key]) =>
    dice.chance(MOSTLY.includes(key) ? 0.9 : 0.35),
  );
  if (operation === 'exportLedger' && !asked.some(([key]) => key === 'to')) asked.push(['to', () => '50']);
  if (operation === 'compareVersions')
    for (let i = dice.one([1, 2, 2, 3, 21]); i > 0; i -= 1)
      asked.push(['version', () => text(dice, [`${dice.one(NAMES)}/${dice.one(REFS)}`])]);
  const parts = asked.map(([key, make]) => `${key}=${encoded(dice, make(), 0.05)}`);
  if (dice.odd(0.05))
    parts.push(
      dice.one([
        'x=1',
        '=',
        '&&',
        'page_size=1&page_size=2',
        '%zz=1',
        'a[b]=c',
        '__proto__=1',
        `${'a=b&'.repeat(1_000)}`,
      ]),
    );
  return parts.length === 0 ? dice.one(['', '', '', '?']) : `?${parts.join('&')}`;
}
