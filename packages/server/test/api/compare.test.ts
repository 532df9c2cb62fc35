import { describe, expect, it } from 'vitest';
import type { ComparedMetric, Comparison } from '../../src/contract/comparison.ts';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';
import { expectProblem } from '../support/problems.ts';

const query = (versions: readonly string[], more = '') =>
  `/compare?${versions.map((one) => `version=${encodeURIComponent(one)}`).join('&')}${more}`;
/** `name: outcome difference` of each value. */
const told = ({ name, values }: ComparedMetric) =>
  `${name}: ${values.map((one) => (one === null ? '-' : [one.outcome, one.difference].filter((part) => part !== null).join(' '))).join(', ')}`;

for (const [database, open] of Object.entries(databases))
  describe(`GET /compare on ${database}`, () => {
    const t = useRegistry(open);
    const compare = async (versions: readonly string[], more = ''): Promise<Comparison> => {
      const answer = await t.get(query(versions, more));
      expect(answer.status, answer.text).toBe(200);
      return answer.json;
    };
    const holdout = { name: 'holdout', digest: 'sha256:aa' };
    const evaluate = async (at: string, body: object) => {
      const answer = await t.post(`/models/${at.replace('/', '/versions/')}/evaluations`, body);
      expect(answer.status, answer.text).toBe(201);
      return answer.json.id as number;
    };

    it('tells metrics better, worse and equal by their direction, with difference and percentage', async () => {
      const { name: model } = await make.model(t);
      await make.version(t, { model, metrics: { auc: 0.8, rmse: 2, odd: 5, gone: 1, zero: 0, lost: 'NaN', f1: 0.5 } });
      await make.version(t, {
        model,
        metrics: { auc: 0.9, rmse: 3, odd: 4, came: 1, zero: 1, lost: 1, f1: 0.5, accuracy: 'Infinity' },
      });
      const { metrics, versions, base } = await compare([`${model}/1`, `${model}/2`]);
      expect({ base, numbers: versions.map(({ number }) => number) }).toEqual({ base: 0, numbers: [1, 2] });
      expect({ ...metrics, items: metrics.items.map(told) }).toEqual({
        total: 9,
        different: 8,
        items: [
          'accuracy: -, not_comparable',
          'auc: base, better 0.09999999999999998',
          'came: -, not_comparable',
          'gone: base, -',
          'lost: base, not_comparable',
          'odd: base, different -1',
          'rmse: base, worse 1',
          'zero: base, different 1',
          'f1: base, equal 0',
        ],
      });
      const byName = new Map(metrics.items.map((one) => [one.name, one]));
      expect(byName.get('auc')).toMatchObject({ direction: 'higher', best: [1], same: false });
      expect(byName.get('auc')?.values[1]?.percent).toBeCloseTo(12.5);
      expect(byName.get('rmse')).toMatchObject({ direction: 'lower', best: [0] });
      expect(byName.get('rmse')?.values[1]?.percent).toBe(50);
      expect(byName.get('odd')).toMatchObject({ direction: null, best: [] });
      expect(byName.get('zero')?.values[1]).toMatchObject({ difference: 1, percent: null });
      expect(byName.get('lost')).toMatchObject({ values: [{ value: 'NaN' }, { difference: null, percent: null }] });

      const turned = await compare([`${model}/1`, `${model}/2`], '&base=1');
      expect(turned.metrics.items.filter(({ name }) => ['auc', 'rmse'].includes(name)).map(told)).toEqual([
        'auc: worse -0.09999999999999998, base',
        'rmse: better -1, base',
      ]);
    });

    it('minds infinities: farther than any number, and equal to themselves', async () => {
      const { name: model } = await make.model(t);
      for (const auc of [1, 'Infinity', '-Infinity', 'Infinity'] as const)
        await make.version(t, { model, metrics: { auc } });
      const outcomes = async (base: number) =>
        (
          await compare(
            [1, 2, 3, 4].map((n) => `${model}/${n}`),
            `&base=${base}`,
          )
        ).metrics.items[0]!;
      expect(told(await outcomes(0))).toBe('auc: base, better Infinity, worse -Infinity, better Infinity');
      expect(told(await outcomes(1))).toBe('auc: worse -Infinity, base, worse -Infinity, equal 0');
      expect((await outcomes(0)).best).toEqual([1, 3]);
    });

    it('joins evaluations on the same data set name and digest only, and says why others stand apart', async () => {
      const { name: model } = await make.model(t);
      for (let i = 0; i < 3; i += 1) await make.version(t, { model, sealed: true });
      await evaluate(`${model}/1`, { dataset: holdout, metrics: { auc: 0.1 } });
      const slices = [
        { slice: 'DE', n: 10, metrics: { auc: 0.7 } },
        { slice: 'FR', metrics: { auc: 0.6 } },
      ];
      const first = await evaluate(`${model}/1`, { dataset: holdout, n: 100, metrics: { auc: 0.8, loss: 1 }, slices });
      const second = await evaluate(`${model}/2`, {
        dataset: holdout,
        metrics: { auc: 0.9 },
        slices: [{ slice: 'DE', n: 12, metrics: { auc: 0.6 } }],
      });
      await evaluate(`${model}/3`, { dataset: { ...holdout, digest: 'sha256:bb' }, metrics: { auc: 1 } });
      await evaluate(`${model}/3`, { dataset: { name: 'own', digest: '1' }, metrics: { auc: 1 } });

      const { evaluations } = await compare([`${model}/1`, `${model}/2`, `${model}/3`]);
      expect(evaluations).toMatchObject({ total: 1, apart_total: 2 });
      const [joined] = evaluations.datasets;
      expect(joined?.dataset).toEqual(holdout);
      expect(joined?.evaluations).toMatchObject([
        { id: first, n: 100, of_these_bytes: true },
        { id: second, n: null, of_these_bytes: true },
        null,
      ]);
      expect(joined?.metrics.items.map(told)).toEqual(['auc: base, better 0.09999999999999998, -', 'loss: base, -, -']);
      expect(joined?.slices.items.map(({ slice, n, metrics }) => [slice, n, metrics.items.map(told)])).toEqual([
        ['DE', [10, 12, null], ['auc: base, worse -0.09999999999999998, -']],
        ['FR', [null, null, null], ['auc: base, -, -']],
      ]);
      expect(
        evaluations.apart.map(({ version, dataset, reason, metrics }) => [version, dataset.digest, reason, metrics]),
      ).toEqual([
        [2, '1', 'only_one', { auc: 1 }],
        [2, 'sha256:bb', 'other_digest', { auc: 1 }],
      ]);
      expect(evaluations.apart[1]?.detail).toMatch(
        /^model-\S+\/[12] was evaluated on holdout with another digest, sha256:aa$/,
      );
    });

    it('says where a version has other bytes now than were evaluated', async () => {
      const { name: model } = await make.model(t);
      await make.version(t, { model, sealed: true });
      await make.version(t, { model, artifacts: { a: 'x' } });
      for (const number of [1, 2]) await evaluate(`${model}/${number}`, { dataset: holdout, metrics: { auc: 1 } });
      await make.artifact(t, model, 2, 'b');
      await t.post(`/models/${model}/versions/2/seal`);
      const { evaluations } = await compare([`${model}/1`, `${model}/2`]);
      expect(evaluations.datasets[0]?.evaluations.map((one) => one?.of_these_bytes)).toEqual([true, false]);
    });

    it('holds signatures, files, tags and properties against the base, and names what is identical', async () => {
      const [a, b] = [(await make.model(t, { name: aName('größe %41') })).name, (await make.model(t)).name];
      const input = { name: 'age', type: 'int64' };
      const common = { tags: { team: 'x', only: '1' }, properties: { deep: { a: 1, b: 2 } } };
      await make.version(t, {
        model: a,
        sealed: true,
        ...common,
        signature: { inputs: [input] },
        artifacts: { m: '1', n: 'n' },
      });
      await make.version(t, {
        model: b,
        sealed: true,
        tags: { team: 'y' },
        properties: { deep: { b: 2, a: 1 }, long: 'z'.repeat(5_000) },
        signature: { inputs: [{ ...input, type: 'int32' }] },
        artifacts: { m: '2', n: 'n', o: 'new' },
        aliases: ['champion'],
      });
      await make.version(t, {
        model: b,
        sealed: true,
        ...common,
        signature: { inputs: [input] },
        artifacts: { m: '1', n: 'n' },
      });
      const { versions, signatures, files, tags, properties, identical } = await compare([
        `${a}/1`,
        `${b}/@champion`,
        `${b}/latest`,
        `${b}/1`,
      ]);
      expect(versions.map(({ asked, model, number }) => [asked, model, number])).toEqual([
        [`${a}/1`, a, 1],
        [`${b}/@champion`, b, 1],
        [`${b}/latest`, b, 2],
        [`${b}/1`, b, 1],
      ]);
      expect(signatures.map(({ breaking, total }) => [breaking, total])).toEqual([
        [false, 0],
        [true, 1],
        [false, 0],
        [true, 1],
      ]);
      expect(signatures[1]?.items).toEqual([
        { side: 'inputs', name: 'age', kind: 'type', breaking: true, detail: 'int64 became int32, which is narrower' },
      ]);
      expect(files.map((one) => one && [one.same, one.changed, one.added, one.removed, one.complete])).toEqual([
        [2, 0, 0, 0, true],
        [1, 1, 1, 0, true],
        [2, 0, 0, 0, true],
        [1, 1, 1, 0, true],
      ]);
      expect(files[1]?.items.map(({ path, change }) => [path, change])).toEqual([
        ['m', 'changed'],
        ['o', 'added'],
      ]);
      expect(tags).toMatchObject({ total: 2, different: 2 });
      expect(tags.items).toEqual([
        { name: 'only', values: ['1', null, '1', null], same: false },
        { name: 'team', values: ['x', 'y', 'x', 'y'], same: false },
      ]);
      expect(properties.items.map(({ name, same }) => [name, same])).toEqual([
        ['long', false],
        ['deep', true],
      ]);
      expect(properties.items[0]?.values[1]).toBe(`${'z'.repeat(200)}…`);
      expect(identical).toEqual(
        expect.arrayContaining([
          { what: 'version', versions: [1, 3] },
          { what: 'digest', versions: [0, 2] },
          { what: 'digest', versions: [1, 3] },
          { what: 'signature', versions: [0, 2] },
          { what: 'tags', versions: [0, 2] },
        ]),
      );
    });

    it('counts files side by side however many there are, and shows the first that differ', async () => {
      const { name: model } = await make.model(t);
      const names = (of: number[]) =>
        Object.fromEntries(of.map((n) => [`f${String(n).padStart(4, '0')}`, `same ${n}`]));
      const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
      const rows = async (number: number, of: number[], sha256?: string) => {
        const [version] = await t.db.read
          .selectFrom('version')
          .selectAll()
          .where('number', '=', number)
          .where('model_id', '=', (eb) => eb.selectFrom('model').select('id').where('name', '=', model))
          .execute();
        const [any] = await t.db.read
          .selectFrom('artifact')
          .selectAll()
          .where('version_id', '=', version!.id)
          .execute();
        for (const name of Object.keys(names(of)))
          await t.db.write
            .insertInto('artifact')
            .values({
              version_id: version!.id,
              path: name,
              path_key: name,
              size_bytes: 1,
              sha256: sha256 ?? any!.sha256,
              created_at: 1,
            })
            .execute();
      };
      for (let i = 0; i < 2; i += 1) await make.version(t, { model, artifacts: { zz: 'one' } });
      await make.version(t, { model, artifacts: { zz: 'two' } });
      await rows(1, range(0, 1_200));
      await rows(2, range(600, 1_300));
      await rows(3, range(0, 1_200));
      const { files } = await compare([`${model}/1`, `${model}/2`, `${model}/3`]);
      expect(files.map((one) => one && [one.same, one.changed, one.added, one.removed, one.items.length])).toEqual([
        [1, 0, 0, 0, 0],
        [601, 0, 100, 600, 100],
        [0, 1_201, 0, 0, 100],
      ]);
      expect(files[1]?.items[0]).toMatchObject({ path: 'f0000', change: 'removed', sha256: null });
    });

    it('params of the run, and facts read from the files', async () => {
      const { name: model } = await make.model(t);
      const { run } = (await t.mlflow('POST', '/runs/create', { experiment_id: '0' })).json;
      const { run_id } = run.info;
      await t.mlflow('POST', '/runs/log-batch', {
        run_id,
        params: [{ key: 'depth', value: '3' }],
        metrics: [{ key: 'auc', value: 0.7, timestamp: 1, step: 1 }],
      });
      await make.version(t, { model, lineage: { run_id }, metrics: { loss: 1 } });
      await make.version(t, { model });
      const { params, metrics, versions } = await compare([`${model}/1`, `${model}/2`]);
      expect(params.items).toEqual([{ name: 'depth', values: ['3', null], same: false }]);
      expect(versions.map((one) => one.run_id)).toEqual([run_id, null]);
      expect(metrics.items.map(({ name, values }) => [name, values[0]?.origin])).toEqual([
        ['auc', { of: 'run', id: run_id }],
        ['loss', undefined],
      ]);
    });

    it('as of a moment: versions, aliases, metrics and evaluations of then', async () => {
      const { name: model } = await make.model(t);
      t.clock.set('2026-03-01T00:00:00.000Z');
      await make.version(t, { model, sealed: true, metrics: { auc: 0.1 }, aliases: ['champion'] });
      await make.version(t, { model, metrics: { auc: 0.2 }, artifacts: { a: 'a' } });
      for (const number of [1, 2]) await evaluate(`${model}/${number}`, { dataset: holdout, metrics: { f1: 0.5 } });
      const then = new Date(t.clock.tick(1_000)).toISOString();
      t.clock.tick(1_000);
      await t.post(`/models/${model}/versions/1/metrics`, { metrics: [{ name: 'auc', value: 0.9, step: 7 }] });
      await t.put(`/models/${model}/aliases/champion`, { version: 2 });
      await evaluate(`${model}/1`, { dataset: holdout, metrics: { f1: 0.9 } });
      await t.post(`/models/${model}/versions/2/seal`);
      t.clock.run();
      const asked = [`${model}/@champion`, `${model}/2`];
      const past = await compare(asked, `&as_of=${then}`);
      expect(past.as_of).toBe(then);
      expect(past.versions.map(({ number, state, etag }) => [number, state, etag])).toEqual([
        [1, 'sealed', (await t.get(`/models/${model}/versions/1?as_of=${then}`)).json.etag],
        [2, 'open', (await t.get(`/models/${model}/versions/2?as_of=${then}`)).json.etag],
      ]);
      expect(past.metrics.items.map(told)).toEqual(['auc: base, better 0.1']);
      expect(past.evaluations.datasets[0]?.metrics.items.map(told)).toEqual(['f1: base, equal 0']);
      expect(past.files[1]).toBeNull();
      const now = await compare(asked);
      expect(now.versions.map(({ number }) => number)).toEqual([2, 2]);
      expect(now.identical).toContainEqual({ what: 'version', versions: [0, 1] });
      expectProblem(await t.get(query(asked, '&as_of=2026-02-01T00:00:00Z')), 404, 'model-not-found');
    });

    it('names the parameter that is wrong', async () => {
      const { name: model } = await make.model(t);
      await make.version(t, { model });
      const [one, two] = [`${model}/1`, `${model}/latest`];
      const detailOf = async (path: string, status: number, kind: string) =>
        expectProblem(await t.get(path), status, kind).detail as string;
      expect(await detailOf(query([one, `${model}/9`]), 404, 'version-not-found')).toContain(
        `Of the second version, "${model}/9": ${model} has no version 9`,
      );
      expect(await detailOf(query([one, two, `nobody/1`]), 404, 'model-not-found')).toContain(
        'Of the third version, "nobody/1":',
      );
      expect(await detailOf(query([`${model}/@none`, one]), 404, 'alias-not-found')).toContain('Of the first version');
      for (const wrong of [model, `${model}/`, '/1', `${model}/v1`, `${model}/1/2`])
        expect(await detailOf(query([one, wrong]), 400, 'query-invalid')).toContain(`the second version, "${wrong}"`);
      for (const path of [
        '/compare',
        query([one]),
        query(Array(21).fill(one)),
        query([one, two], '&base=2'),
        query([one, two], '&base=-1'),
        query([one, two], '&base=x'),
        query([one, two], '&other=1'),
        `${query([one, two])}%00`,
      ])
        expect((await t.get(path)).status, path).toBe(400);
      expect((await t.get(query(Array(20).fill(one)))).status).toBe(200);
    });
  });
