import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { logModel, logRun } from '../support/logged.ts';
import { make } from '../support/make.ts';
import { type Opened, useRegistry } from '../support/open-registry.ts';
import { expectProblem } from '../support/problems.ts';

const at = (i: number) => new Date(Date.UTC(2026, 2, 1) + i * 1_000).toISOString();
const query = (fields: Record<string, string | number | readonly string[]>) =>
  `?${new URLSearchParams(Object.entries(fields).flatMap(([key, value]) => [value].flat().map((one): [string, string] => [key, String(one)])))}`;
const path = (model: string, number: number) => `/models/${encodeURIComponent(model)}/versions/${number}`;

async function log(t: Opened, model: string, number: number, name: string, values: readonly (number | string)[]) {
  for (let from = 0; from < values.length; from += 1_000) {
    const metrics = values
      .slice(from, from + 1_000)
      .map((value, i) => ({ name, value, step: from + i, at: at(from + i) }));
    const answer = await t.post(`${path(model, number)}/metrics`, { metrics });
    expect(answer.status, answer.text).toBe(201);
  }
}

const EVALUATION = {
  dataset: { name: 'holdout', digest: 'sha256:1' },
  metrics: { accuracy: 0.9, log_loss: 0.3 },
  n: 1_000,
  slices: [
    { slice: 'country=DE', n: 400, metrics: { accuracy: 0.91, log_loss: 0.29 } },
    { slice: 'country=FR', n: 600, metrics: { accuracy: 0.89, log_loss: 'NaN' } },
  ],
  curves: {
    roc: [
      { fpr: 0, tpr: 0 },
      { fpr: 0.1, tpr: 0.8 },
      { fpr: 1, tpr: 1 },
    ],
    precision_recall: [
      { recall: 1, precision: 0.5 },
      { recall: 0, precision: 1 },
    ],
    confusion: {
      labels: ['stays', 'churns'],
      counts: [
        [90, 10],
        [5, 95],
      ],
    },
  },
};

for (const [database, open] of Object.entries(databases))
  describe(`charts on ${database}`, () => {
    const t = useRegistry(open);

    it('what is linked counts where a version has none of its own, by whatever names are asked for', async () => {
      const { run } = (await t.mlflow('POST', '/runs/create', { experiment_id: '0' })).json;
      const { run_id } = run.info;
      for (const [key, value] of Object.entries({ auc: 0.8, linked: 0.7 }))
        await t.mlflow('POST', '/runs/log-metric', { run_id, key, value, timestamp: 1 });
      const { model } = await make.version(t, { lineage: { run_id }, metrics: { auc: 0.9, own: 0.6 } });
      const valuesIn = async (names: string[]) => {
        const { json } = await t.get(
          `/compare/charts/metrics.json${query({ version: `${model}/1`, ...(names.length > 0 && { metric: names }) })}`,
        );
        return Object.fromEntries(
          json.metrics.map((one: { metric: { name: string }; bars: { value: number | null }[] }) => [
            one.metric.name,
            one.bars[0]!.value,
          ]),
        );
      };
      const values = { auc: 0.9, linked: 0.7, own: 0.6 };
      expect(await valuesIn([])).toEqual(values);
      expect(await valuesIn([...Object.keys(values), 'none'])).toEqual({ ...values, none: null });
      const { series } = (await t.get(`/charts/metric-history${query({ version: `${model}/1`, metric: 'auc' })}`)).json;
      expect(series.map((one: { origin: { of: string } }) => one.origin.of)).toEqual(['version', 'run']);
    });

    it('the history of a metric: every point of several versions, and NaN as a gap', async () => {
      const { model } = await make.version(t);
      await make.version(t, { model });
      await log(t, model, 1, 'val_loss', [1, 0.5, 'NaN', 0.25]);
      await log(t, model, 2, 'val_loss', [2, 'Infinity']);
      const versions = [`${model}/1`, `${model}/latest`];
      const { status, json } = await t.get(`/charts/metric-history${query({ version: versions, metric: 'val_loss' })}`);
      expect(status).toBe(200);
      expect(json).toMatchObject({
        chart: 'metric-history',
        title: 'val_loss by step',
        metric: { name: 'val_loss', direction: 'lower' },
        x: 'step',
        series: [
          { model, number: 1, origin: { of: 'version' }, count: 4, thinned: false },
          { model, number: 2, count: 2 },
        ],
      });
      expect(json.series[0].points).toEqual(
        [1, 0.5, 'NaN', 0.25].map((value, step) => ({ step, at: at(step), value })),
      );
      expect(json.summary).toContain(`${model} v1: 4 points, from 0.25 to 1, at last 0.25.`);
    });

    it('as data, as a spec and as a picture, by ending or by Accept, with one ETag each', async () => {
      const { model } = await make.version(t);
      await log(t, model, 1, 'auc', [0.8, 0.9]);
      const asked = query({ version: `${model}/1`, metric: 'auc', width: 400, height: 300, theme: 'dark' });
      const forms = {
        '.json': 'application/json',
        '.vl.json': 'application/vnd.vegalite.v6+json',
        '.svg': 'image/svg+xml',
      };
      const tags = new Set<unknown>();
      for (const [ending, type] of Object.entries(forms)) {
        const answer = await t.get(`/charts/metric-history${ending}${asked}`);
        expect([answer.status, answer.headers['content-type']]).toEqual([200, `${type}; charset=utf-8`]);
        const accepted = await t.get(`/charts/metric-history${asked}`, { accept: `${type}, */*;q=0.1` });
        expect(accepted.text).toBe(answer.text);
        const { etag } = answer.headers;
        expect([accepted.headers.etag, answer.headers['cache-control']]).toEqual([etag, 'private, no-cache']);
        tags.add(etag);
        const held = { 'if-none-match': String(etag) };
        const again = await t.get(`/charts/metric-history${ending}${asked}`, held);
        expect([again.status, again.text, again.headers.etag]).toEqual([304, '', etag]);
        await log(t, model, 1, 'auc', [0.8, 0.9, answer.text.length]);
        expect((await t.get(`/charts/metric-history${ending}${asked}`, held)).status).toBe(200);
      }
      expect(tags.size).toBe(3);
      const spec = await t.get(`/charts/metric-history.vl.json${asked}`);
      expect(JSON.parse(spec.text)).toMatchObject({
        $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
        width: 400,
        height: 300,
        config: { background: '#12161c' },
      });
      const { text, headers } = await t.get(`/charts/metric-history.svg${asked}`);
      expect(text).toMatch(
        /^<svg [^>]*width="400" height="300"[^>]* role="img"><title>auc by step<\/title><desc>Lines of auc/,
      );
      expect(text).not.toMatch(/<script|href=|url\(|<image|<style|\son\w+=/);
      expect(headers['content-security-policy']).toContain("default-src 'none'");
    });

    it('a history too long to be read keeps ends and extremes, by step and by time, and says how many points there are', async () => {
      const { model } = await make.version(t);
      const values = Array.from({ length: 12_000 }, (_, i) => Math.sin(i / 500) + (i % 7) / 100);
      Object.assign(values, { 4321: 55, 8765: -44, 9000: Number.NaN });
      await log(
        t,
        model,
        1,
        'loss',
        values.map((value) => (Number.isNaN(value) ? 'NaN' : value)),
      );
      for (const x of ['step', 'time']) {
        const asked = query({ version: `${model}/1`, metric: 'loss', points: 200, x });
        const [series] = (await t.get(`/charts/metric-history.json${asked}`)).json.series;
        expect([series.count, series.thinned]).toEqual([12_000, true]);
        const { points } = series;
        expect(points.length).toBeGreaterThan(150);
        expect(points.length).toBeLessThanOrEqual(200);
        expect([points[0].step, points.at(-1).step]).toEqual([0, 11_999]);
        expect(points.map((point: { step: number }) => point.step)).toEqual(expect.arrayContaining([4_321, 8_765]));
        for (const { step, value, at: when } of points) expect([value, when]).toEqual([values[step], at(step)]);
        const steps = points.map((point: { step: number }) => point.step);
        expect(steps).toEqual([...new Set(steps)].sort((a, b) => (a as number) - (b as number)));
      }
      await log(t, model, 1, 'loss', [77, 55]);
      const again = await t.get(`/charts/metric-history.json${query({ version: `${model}/1`, metric: 'loss' })}`);
      expect(again.json.series[0].count).toBe(12_002);
      expect(again.json.summary).toContain('to 77');
    });

    it('a long history of a run that a version came from is linked, whatever its steps are', async () => {
      const run = (await t.mlflow('POST', '/runs/create', { experiment_id: '0' })).json.run.info.run_id;
      const values = Array.from({ length: 11_000 }, (_, i) => (i === 5_000 ? 99 : i % 13));
      for (let from = 0; from < values.length; from += 1_000)
        await t.mlflow('POST', '/runs/log-batch', {
          run_id: run,
          metrics: values
            .slice(from, from + 1_000)
            .map((value, i) => ({ key: 'loss', value, timestamp: 1_000 + from + i, step: 0 })),
        });
      const { model } = await make.version(t, { lineage: { run_id: run } });
      const asked = query({ version: `${model}/1`, metric: 'loss', x: 'time', points: 100 });
      const { json } = await t.get(`/charts/metric-history.json${asked}`);
      const [series] = json.series;
      expect(series).toMatchObject({ origin: { of: 'run', id: run }, count: 11_000, thinned: true });
      expect(series.points.length).toBeLessThanOrEqual(100);
      expect(series.points.map((point: { value: number }) => point.value)).toContain(99);
    });

    it('points of a logged model on several data sets count once', async () => {
      const { model_id, uri } = await logModel(t, (await logRun(t)).run_id, 'model', { MLmodel: '' });
      const points = { few: 6_000, many: 11_000 };
      for (const [key, count] of Object.entries(points))
        await sql`with recursive n (i) as (select 0 union all select i + 1 from n where i < ${sql.lit(count - 1)})
          insert into logged_model_metric
            (model_id, key, timestamp, step, value, is_nan, run_id, dataset_name, dataset_digest)
          select ${model_id}, ${key}, 1000 + i, i, i % 13, case when i % 13 = 0 and i > 0 then 1 else 0 end, 'run', d, 'd'
          from n cross join (select 'a' as d union all select 'b') as datasets`.execute(t.db.write);
      const { name } = await make.model(t);
      const source = { name, source: uri, model_id };
      expect((await t.mlflow('POST', '/model-versions/create', source)).status).toBe(200);
      for (const [metric, count] of Object.entries(points)) {
        const asked = query({ version: `${name}/1`, metric, points: 100 });
        const [series] = (await t.get(`/charts/metric-history.json${asked}`)).json.series;
        expect(series, metric).toMatchObject({ origin: { of: 'logged_model', id: model_id }, count, thinned: true });
      }
    });

    it('all points at one step, and steps as far apart as they may be', async () => {
      const { model } = await make.version(t);
      const rows = (count: number, to: (i: number) => { step: number; at: string }) =>
        Array.from({ length: count }, (_, i) => ({ name: 'm', value: i % 100, ...to(i) }));
      const far = (i: number) => ({ step: i < 10_500 ? i : Number.MAX_SAFE_INTEGER - i, at: at(i) });
      const all = [
        ...rows(11_000, far),
        ...rows(11_000, (i) => ({ step: -Number.MAX_SAFE_INTEGER, at: at(i) })).map((row) => ({ ...row, name: 'one' })),
      ];
      for (let from = 0; from < all.length; from += 1_000)
        await t.post(`${path(model, 1)}/metrics`, { metrics: all.slice(from, from + 1_000) });
      for (const metric of ['m', 'one']) {
        const { json } = await t.get(
          `/charts/metric-history.json${query({ version: `${model}/1`, metric, points: 100 })}`,
        );
        const [series] = json.series;
        expect([series.count, series.points.length > 50], metric).toEqual([11_000, true]);
      }
    });

    it('one metric over the versions of a model: latest, or on a data set with intervals', async () => {
      const { name } = await make.model(t);
      for (const auc of [0.8, 0.85, 'NaN'] as const) await make.version(t, { model: name, metrics: { accuracy: auc } });
      await make.version(t, { model: name });
      await make.version(t, { model: name, metrics: { accuracy: 0.9 }, status: 'production' });
      const chart = `/models/${encodeURIComponent(name)}/charts/metric`;
      const { json } = await t.get(`${chart}.json${query({ metric: 'accuracy' })}`);
      expect(json).toMatchObject({ chart: 'metric', model: name, dataset: null, version_count: 5 });
      expect(json.points.map((one: Record<string, unknown>) => [one.number, one.status, one.value])).toEqual([
        [1, 'draft', 0.8],
        [2, 'draft', 0.85],
        [3, 'draft', 'NaN'],
        [5, 'production', 0.9],
      ]);
      expect(json.summary).toContain(`In production: 0.9 (${name} v5).`);
      await t.post(`${path(name, 2)}/evaluations`, EVALUATION);
      const on = await t.get(`${chart}.json${query({ metric: 'accuracy', dataset: 'holdout' })}`);
      expect(on.json).toMatchObject({ dataset: { name: 'holdout', digest: 'sha256:1' } });
      expect(on.json.points).toEqual([
        {
          number: 2,
          status: 'draft',
          aliases: [],
          value: 0.9,
          interval: { low: expect.closeTo(0.8798, 3), high: expect.closeTo(0.9171, 3), level: 0.95 },
        },
      ]);
      expect((await t.get(`${chart}.svg${query({ metric: 'accuracy' })}`)).text).toContain('v5 live');
    });

    it('metrics of versions beside each other, the best of each marked by its direction', async () => {
      const { model } = await make.version(t, { metrics: { auc: 0.8, log_loss: 0.4, rows: 5 } });
      await make.version(t, { model, metrics: { auc: 0.9, log_loss: 0.5, rows: 6 } });
      const version = [`${model}/1`, `${model}/2`];
      const { json } = await t.get(`/compare/charts/metrics.json${query({ version })}`);
      const best = json.metrics.map(({ metric, bars }: never) => [
        (metric as { name: string }).name,
        (bars as { best: boolean }[]).map((bar) => bar.best),
      ]);
      expect(best).toEqual([
        ['auc', [false, true]],
        ['log_loss', [true, false]],
        ['rows', [false, false]],
      ]);
      const one = await t.get(`/compare/charts/metrics.json${query({ version, metric: ['rows'] })}`);
      expect(one.json.metrics).toHaveLength(1);
    });

    it('params of runs and metrics in parallel: those that differ, numbers as numbers', async () => {
      const version: string[] = [];
      const { name: model } = await make.model(t);
      for (const [depth, kind] of [
        ['3', 'gbtree'],
        ['5', 'dart'],
      ]) {
        const run = (await t.mlflow('POST', '/runs/create', { experiment_id: '0' })).json.run.info.run_id;
        const params = { max_depth: depth, booster: kind, seed: '7' };
        for (const [key, value] of Object.entries(params))
          await t.mlflow('POST', '/runs/log-parameter', { run_id: run, key, value });
        const made = await make.version(t, { model, lineage: { run_id: run }, metrics: { auc: Number(depth) / 10 } });
        version.push(`${model}/${made.number}`);
      }
      const { json } = await t.get(`/compare/charts/parallel.json${query({ version })}`);
      expect(json.axes).toMatchObject([
        { of: 'param', name: 'booster', values: ['gbtree', 'dart'] },
        { of: 'param', name: 'max_depth', values: [3, 5] },
        { of: 'metric', name: 'auc', values: [0.3, 0.5], direction: 'higher' },
      ]);
      const chosen = await t.get(`/compare/charts/parallel.json${query({ version, param: ['seed'] })}`);
      expect(chosen.json.axes).toMatchObject([{ name: 'seed', values: [7, 7] }]);
    });

    it('slices, confusion matrix and curves of an evaluation: the newest that has them, or the one of an id', async () => {
      const { model } = await make.version(t);
      const chart = `${path(model, 1)}/charts`;
      const { id } = (await t.post(`${path(model, 1)}/evaluations`, EVALUATION)).json;
      const bare = { dataset: { name: 'other', digest: 'd' }, metrics: { accuracy: 0.5 } };
      const later = (await t.post(`${path(model, 1)}/evaluations`, bare)).json.id;
      const slices = (await t.get(`${chart}/slices.json`)).json;
      expect(slices).toMatchObject({
        evaluations: [{ id, dataset: EVALUATION.dataset }],
        slices: [
          { slice: 'country=FR', n: 600 },
          { slice: 'country=DE', n: 400 },
        ],
        values: [
          [0.89, 'NaN'],
          [0.91, 0.29],
        ],
      });
      expect(slices.columns.map((one: { metric: { name: string } }) => one.metric.name)).toEqual([
        'accuracy',
        'log_loss',
      ]);
      expect((await t.get(`${chart}/confusion-matrix`)).json).toMatchObject({
        evaluation: { id },
        ...EVALUATION.curves.confusion,
      });
      expect((await t.get(`${chart}/roc.json`)).json.series[0].points).toHaveLength(3);
      expect((await t.get(`${chart}/precision-recall.json`)).json.series[0].points).toEqual([
        { x: 0, y: 1 },
        { x: 1, y: 0.5 },
      ]);
      for (const kind of ['slices', 'confusion-matrix', 'roc', 'precision-recall']) {
        const none = await t.get(`${chart}/${kind}.svg${query({ evaluation: later })}`);
        expect([none.status, /given/.test(none.text)], kind).toEqual([200, true]);
        expect((await t.get(`${chart}/${kind}.svg`)).text).toContain(
          kind === 'roc' ? 'false positive rate' : '<title>',
        );
      }
      expectProblem(await t.get(`${chart}/roc${query({ evaluation: 999_999 })}`), 404, 'evaluation-not-found');
      const other = await make.version(t);
      expectProblem(
        await t.get(`${path(other.model, 1)}/charts/roc${query({ evaluation: id })}`),
        404,
        'evaluation-not-found',
      );
    });

    it('slices and curves of several versions are those of one data set', async () => {
      const { model } = await make.version(t);
      await make.version(t, { model });
      for (const n of [1, 2]) await t.post(`${path(model, n)}/evaluations`, EVALUATION);
      await t.post(`${path(model, 2)}/evaluations`, {
        ...EVALUATION,
        dataset: { name: 'holdout', digest: 'sha256:2' },
      });
      const version = [`${model}/1`, `${model}/2`];
      const { json } = await t.get(`/compare/charts/slices.json${query({ version, metric: ['accuracy'] })}`);
      expect(json.evaluations.map((one: { dataset: unknown }) => one.dataset)).toEqual([
        EVALUATION.dataset,
        EVALUATION.dataset,
      ]);
      expect(json.values).toEqual([
        [0.89, 0.89],
        [0.91, 0.91],
      ]);
      expect((await t.get(`/compare/charts/roc.json${query({ version })}`)).json.series).toHaveLength(2);
    });

    it('what is not there: an honest picture without points, and a problem for what does not exist', async () => {
      const { model } = await make.version(t);
      const none = await t.get(`/charts/metric-history.svg${query({ version: `${model}/1`, metric: 'nothing' })}`);
      expect([none.status, none.text]).toEqual([200, expect.stringContaining('no points of nothing')]);
      expectProblem(
        await t.get(`/charts/metric-history${query({ version: `${model}/9`, metric: 'a' })}`),
        404,
        'version-not-found',
      );
      expectProblem(
        await t.get(`/models/nobody-has-it/charts/metric${query({ metric: 'a' })}`),
        404,
        'model-not-found',
      );
      for (const bad of [
        '/charts/metric-history',
        '/charts/metric-history?metric=a',
        `/charts/metric-history.png${query({ version: `${model}/1`, metric: 'a' })}`,
        `/charts/metric-history${query({ version: model, metric: 'auc' })}`,
        `/charts/metric-history${query({ version: `${model}/1`, metric: 'a\0' })}`,
        `/charts/metric-history${query({ version: [`${model}/1`, 'a\0/1'], metric: 'a' })}`,
        `/charts/metric-history${query({ version: Array.from({ length: 21 }, (_, i) => `${model}/${i}`), metric: 'a' })}`,
        `/charts/metric-history${query({ version: `${model}/1`, metric: 'a', width: 199 })}`,
        `/charts/metric-history${query({ version: `${model}/1`, metric: 'a', height: 2_001 })}`,
        `/charts/metric-history${query({ version: `${model}/1`, metric: 'a', theme: 'red' })}`,
      ])
        expectProblem(await t.get(bad), 400, 'query-invalid');
    });

    it('text of a client is text in a picture', async () => {
      const name = `<script>alert("1")</script> & ${Math.random()}`.replace('/', '|');
      await make.model(t, { name });
      await make.version(t, { model: name, metrics: { '<b>&"\u0007\u202e': 1 } });
      const asked = query({ version: `${name}/1`, metric: '<b>&"\u0007\u202e' });
      const { text } = await t.get(`/charts/metric-history.svg${asked}`);
      for (const bad of ['<script', '<b>', '\u0007', '\u202e']) expect(text).not.toContain(bad);
      expect(text).toContain('&lt;script');
      expect((await t.get(`/models/${encodeURIComponent(name)}/badge.svg`)).text).not.toContain('<script');
    });

    it('a badge says where the model stands', async () => {
      const { name } = await make.model(t);
      const badge = async () => (await t.get(`/models/${name}/badge.svg`)).text;
      expect(await badge()).toContain(`<title>${name}: no version</title>`);
      await make.version(t, { model: name });
      expect(await badge()).toContain(`<title>${name}: draft v1</title>`);
      await make.version(t, { model: name, status: 'staging' });
      expect(await badge()).toContain('staging v2');
      await make.version(t, { model: name, status: 'production' });
      const answer = await t.get(`/models/${name}/badge.svg`);
      expect(answer.text).toContain('production v3');
      expect(answer.headers).toMatchObject({
        'content-type': 'image/svg+xml; charset=utf-8',
        'cache-control': 'private, no-cache',
      });
      const held = await t.get(`/models/${name}/badge.svg`, { 'if-none-match': String(answer.headers.etag) });
      expect([held.status, held.text]).toEqual([304, '']);
      expectProblem(await t.get('/models/nobody-has-it/badge.svg'), 404, 'model-not-found');
    });
  });
