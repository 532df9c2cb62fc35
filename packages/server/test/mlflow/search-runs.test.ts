import { beforeAll, describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { useRegistry } from '../support/open-registry.ts';
import { insertExperiments, insertRuns } from '../support/tracked-rows.ts';

const MODEL = `m-${'1'.repeat(32)}`;

describe.each(Object.entries(databases))('runs/search on %s', (_, open) => {
  const t = useRegistry(open);
  beforeAll(async () => {
    await insertExperiments(t.db, [
      { id: 1, name: 'one' },
      { id: 2, name: 'two' },
    ]);
    await insertRuns(t.db, [
      {
        run_id: 'a',
        run_name: 'Alpha',
        start_time: 10,
        end_time: 20,
        params: { lr: '0.1', 'batch size': '32', empty: '' },
        tags: { team: 'Growth', 'mlflow.user': 'ada', note: "it's" },
        metrics: { auc: 0.9, loss: 0.25, 'val/acc@5': 0.5 },
        datasets: [{ name: 'sales', digest: 'd1', context: 'train' }],
        inputs: [MODEL],
        outputs: [{ model_id: MODEL, step: 3 }],
      },
      {
        run_id: 'b',
        run_name: 'beta',
        status: 'RUNNING',
        user_id: 'bob',
        start_time: 30,
        params: { lr: '0.2' },
        tags: { team: 'growth_x' },
        metrics: { auc: Number.NaN, loss: 0.5 },
        datasets: [
          { name: 'sales', digest: 'd2', context: 'eval' },
          { name: 'stock', digest: 'd1' },
        ],
      },
      { run_id: 'c', run_name: 'Модель 100%', start_time: 30, metrics: { auc: 1.7976931348623157e308 } },
      { run_id: 'd', run_name: 'delta', start_time: 40, lifecycle_stage: 'deleted', params: { lr: '0.1' } },
      { run_id: 'e', run_name: 'other', start_time: 5, experiment_id: 1, params: { lr: '0.1' }, metrics: { auc: 0.1 } },
    ]);
  });

  const ask = async (body: Record<string, unknown>) => t.mlflow('POST', '/runs/search', body);
  const ids = async (filter: string, more: Record<string, unknown> = {}): Promise<string[]> => {
    const answer = await ask({ experiment_ids: ['0'], filter, ...more });
    expect(answer.status, `${filter}: ${answer.text}`).toBe(200);
    return (answer.json.runs ?? []).map((run: { info: { run_id: string } }) => run.info.run_id);
  };

  it('answers whole runs, the newest first', async () => {
    const { json } = await ask({ experiment_ids: ['0'] });
    expect(json.runs.map((run: { info: { run_id: string } }) => run.info.run_id)).toEqual(['b', 'c', 'a']);
    expect(json.next_page_token).toBeUndefined();
    expect(json.runs[2]).toEqual({
      info: {
        run_id: 'a',
        run_uuid: 'a',
        experiment_id: '0',
        run_name: 'Alpha',
        user_id: 'ada',
        status: 'FINISHED',
        start_time: 10,
        end_time: 20,
        artifact_uri: 'mlflow-artifacts:/0/a/artifacts',
        lifecycle_stage: 'active',
      },
      data: {
        metrics: [
          { key: 'auc', value: 0.9, timestamp: 1, step: 0 },
          { key: 'loss', value: 0.25, timestamp: 1, step: 0 },
          { key: 'val/acc@5', value: 0.5, timestamp: 1, step: 0 },
        ],
        params: [
          { key: 'batch size', value: '32' },
          { key: 'empty', value: '' },
          { key: 'lr', value: '0.1' },
        ],
        tags: [
          { key: 'mlflow.user', value: 'ada' },
          { key: 'note', value: "it's" },
          { key: 'team', value: 'Growth' },
        ],
      },
      inputs: {
        dataset_inputs: [
          {
            tags: [{ key: 'mlflow.data.context', value: 'train' }],
            dataset: { name: 'sales', digest: 'd1', source_type: 'local', source: '{}' },
          },
        ],
        model_inputs: [{ model_id: MODEL }],
      },
      outputs: { model_outputs: [{ model_id: MODEL, step: 3 }] },
    });
    expect(json.runs[0].data.metrics[0].value).toBe('NaN');
  });

  it('answers an empty document where nothing is found', async () => {
    for (const body of [{}, { experiment_ids: [] }, { experiment_ids: ['9'] }, { experiment_ids: ['2'] }])
      expect((await ask(body)).json).toEqual({});
  });

  it.each([
    // Text of attributes, by all of their names.
    [`run_name = 'Alpha'`, 'a'],
    [`attributes.run_name = "Alpha"`, 'a'],
    ['attr.`run name` = "Alpha"', 'a'],
    ["`Run name` LIKE 'Al%'", 'a'],
    [`run.run_name != 'Alpha'`, 'bc'],
    [`attribute.status = 'RUNNING'`, 'b'],
    [`status LIKE 'RUN%'`, 'b'],
    [`user_id ILIKE 'A_A'`, 'ca'],
    [`artifact_uri LIKE '%/a/%'`, 'a'],
    [`run_id IN ('a', 'c', 'nothing')`, 'ca'],
    [`run_id IN ("b",)`, 'b'],
    [`attributes.run_id NOT IN ('a')`, 'bc'],
    [`run_id = 'e'`, ''],
    // LIKE minds letter case, ILIKE that of ASCII; there is no escape.
    [`run_name LIKE 'al%'`, ''],
    [`run_name ILIKE 'aL%'`, 'a'],
    [`run_name ILIKE 'Модель%'`, 'c'],
    [`run_name LIKE '______ 100%'`, 'c'],
    [`tags.team LIKE 'growth_x'`, 'b'],
    [`tags.team ilike 'growth%'`, 'ba'],
    // Numbers.
    ['start_time > 10', 'bc'],
    ['created >= 10 AND end_time <= 20', 'a'],
    ['attributes.Created < 10.5', 'a'],
    ['start_time = 30.5', ''],
    ['end_time != 1', 'a'],
    ['metrics.auc > 0.5', 'ca'],
    ['metric.auc != 0.9', 'bc'],
    ['metrics.auc <= 1.7976931348623157e308', 'ca'],
    ['metrics.`val/acc@5` = 0.5', 'a'],
    ['metrics."val/acc@5" = .5', 'a'],
    ['metrics.val/acc@5 < 1', 'a'],
    ['metrics.loss>=0.25 and metrics.loss<0.5', 'a'],
    ['metrics.loss > -1', 'ba'],
    ['metrics.nothing != 1', ''],
    // Params and tags: what is missing never matches, but for IS NULL.
    [`params.lr = '0.1'`, 'a'],
    [`param.lr != '0.1'`, 'b'],
    [`parameters.lr LIKE '0._'`, 'ba'],
    ['parameter."batch size" = "32"', 'a'],
    [`params.empty = ''`, 'a'],
    ['params.lr IS NULL', 'c'],
    ['params.lr is not null', 'ba'],
    ['tags.team IS NULL', 'c'],
    [`tag.mlflow.user = 'ada'`, 'a'],
    ['tags.`mlflow.user` = "ada"', 'a'],
    [`tags.note = "it's"`, 'a'],
    [`tags.team = 'Growth' AND tags.team LIKE 'G%'`, 'a'],
    // Data sets.
    [`dataset.name = 'sales'`, 'ba'],
    [`datasets.digest IN ('d1')`, 'ba'],
    [`datasets.digest = 'd2'`, 'b'],
    [`dataset.name != 'sales'`, 'b'],
    [`dataset.name NOT IN ('stock')`, 'ba'],
    [`dataset.context = 'train'`, 'a'],
    [`dataset.context LIKE '%a%'`, 'ba'],
    [`dataset.context ILIKE 'TRAIN'`, 'a'],
    // Joined.
    [`params.lr = '0.1' AND metrics.auc > 0.5 AND `, 'a'],
    [`  `, 'bca'],
    [`AND status = 'RUNNING'`, 'b'],
    [`params.lr = '0.1' OR params.lr = '0.2'`, 'ba'],
    [`NOT (params.lr = '0.1' OR status = 'RUNNING')`, 'c'],
  ])('finds by %s', async (filter, found) => {
    expect(await ids(filter)).toEqual([...found]);
  });

  it.each([
    [`name = 'x'`, 'run_name'],
    ['attributes.experiment_id = 1', 'one of run_id'],
    ['foo.bar = 1', 'one of run_id'],
    ['start_tme > 1', 'start_time'],
    [`dataset.source = 'x'`, 'datasets.name'],
    ['metrics.auc > "0.5"', 'a number without quotes'],
    ["metrics.auc > '0.5'", 'a number without quotes'],
    ['metrics.auc LIKE "0"', 'one of =, !='],
    ['metrics.auc > NaN', 'a number without quotes'],
    ['metrics.auc IS NULL', 'one of =, !='],
    ['params.lr = 0.1', 'text in quotes'],
    ['params.lr = abc', 'text in quotes'],
    ['params.lr > "1"', 'one of =, !='],
    [`params.lr IN ('0.1')`, 'one of =, !='],
    [`tags.team NOT IN ('x')`, 'one of =, !='],
    [`run_name IN ('x')`, 'one of =, !='],
    ['run_id IN ()', 'text in quotes'],
    ['run_id IN (1)', 'text in quotes'],
    [`run_id IN 'a'`, 'an opening bracket'],
    ['start_time > "10"', 'milliseconds'],
    [`start_time LIKE '1%'`, 'one of =, !='],
    [`status == 'RUNNING'`, 'an operator'],
    [`status <> 'RUNNING'`, 'an operator'],
    ['status', 'an operator'],
    ['status =', 'text in quotes'],
    [`= 'x'`, 'one of run_id'],
    [`status = 'RUNNING'; status = 'x'`, 'found ;'],
    [`status = 'RUNNING' run_id = 'a'`, 'AND, OR or the end'],
    [`status = 'RUNNING`, 'a closing'],
    ['metrics. > 1', 'a key of 1 to'],
    ['metrics.auc > 1e999', '1.8e308'],
    ['(status = "x"', 'a closing bracket'],
    [`NOT`, 'one of run_id'],
    [Array(101).fill('metrics.auc > 1').join(' AND '), 'at most 100 comparisons'],
    [`params.lr = '${'x'.repeat(8_000)}'`, 'at most 8000 characters'],
    [`params.lr LIKE '${'%x'.repeat(30)}'`, 'at most 20 %'],
    [`${'('.repeat(200)}status = 'x'`, 'at most 32'],
    ['status = "\u0000"', 'NUL'],
  ])('refuses %s', async (filter, why) => {
    const answer = await ask({ experiment_ids: ['0'], filter });
    expect(answer.status, answer.text).toBe(400);
    expect(answer.json.error_code).toBe('INVALID_PARAMETER_VALUE');
    if (!filter.includes('\0')) expect(answer.json.message).toContain(why);
  });

  it.each([
    [['start_time ASC'], 'abc'],
    [['start_time'], 'abc'],
    [['attributes.start_time desc'], 'bca'],
    [['created DESC', 'run_id DESC'], 'cba'],
    [['run_id'], 'abc'],
    [['run_id DESC', 'metrics.auc'], 'cba'],
    [['`run name` ASC'], 'abc'],
    // NaN, then what is missing, comes last in both directions.
    [['metrics.auc'], 'acb'],
    [['metrics.auc DESC'], 'cab'],
    [['metrics.loss DESC'], 'bac'],
    [['metrics.loss ASC'], 'abc'],
    [['metrics.`loss` DESC'], 'bac'],
    [['`metrics.loss` DESC'], 'bac'],
    [['params.lr DESC'], 'bac'],
    [['params."lr"'], 'abc'],
    [['tags.team'], 'abc'],
    [['end_time DESC'], 'abc'],
    [['status DESC', 'end_time'], 'bac'],
    [['metrics.nothing', 'parameters.lr'], 'abc'],
  ])('sorts by %j', async (order_by, found) => {
    expect(await ids('', { order_by })).toEqual([...found]);
    const walked: string[] = [];
    for (let page_token: string | undefined, pages = 0; pages < 9; pages += 1) {
      const { json } = await ask({ experiment_ids: ['0'], order_by, max_results: 1, page_token });
      walked.push(json.runs[0].info.run_id);
      page_token = json.next_page_token;
      if (page_token === undefined) break;
    }
    expect(walked).toEqual([...found]);
  });

  it.each([
    [['nothing'], 'there is no sorting by'],
    [['dataset.name'], 'there is no sorting by'],
    [['metrics.auc DOWN'], 'ASC or DESC'],
    [['metrics.auc, metrics.loss'], 'ASC or DESC'],
    [['metrics.auc DESC x'], 'ASC or DESC'],
    [[''], 'ASC or DESC'],
    [['metrics.auc', 'metric.auc DESC'], 'duplicate'],
    [['start_time', 'created'], 'duplicate'],
    [["metrics.'auc"], 'Invalid order_by'],
    [[`metrics.${'x'.repeat(9_000)}`], 'Invalid order_by'],
    [Array.from({ length: 21 }, (_, i) => `metrics.m${i}`), 'at most 20'],
  ])('refuses to sort by %j', async (order_by, why) => {
    const answer = await ask({ experiment_ids: ['0'], order_by });
    expect(answer.json, answer.text).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE' });
    expect(answer.json.message).toContain(why);
    expect(answer.status).toBe(400);
  });

  it('has runs of several experiments, in all stages, in one order', async () => {
    expect(await ids('', { experiment_ids: ['1', '0', '0', '2'] })).toEqual(['b', 'c', 'a', 'e']);
    for (const view of ['ALL', 3, '3']) expect(await ids('', { run_view_type: view })).toEqual(['d', 'b', 'c', 'a']);
    expect(await ids('', { run_view_type: 'DELETED_ONLY' })).toEqual(['d']);
    for (const view of ['SOME', null, {}]) expect(await ids('', { run_view_type: view })).toEqual(['b', 'c', 'a']);
    expect(await ids(`params.lr = '0.1'`, { experiment_ids: ['0', '1'], run_view_type: 'ALL' })).toEqual([
      'd',
      'a',
      'e',
    ]);
    expect(await ids(`run_id IN ('a', 'd', 'e')`, { experiment_ids: ['1', '0'] })).toEqual(['a', 'e']);
    const many = Array.from({ length: 300 }, (_, i) => String(i));
    expect(await ids('', { experiment_ids: many, run_view_type: 'ALL' })).toEqual(['d', 'b', 'c', 'a', 'e']);
    expect(await ids('', { experiment_ids: many, order_by: ['metrics.auc'] })).toEqual(['e', 'a', 'c', 'b']);
  });

  it('binds a page token to its query', async () => {
    const asked = { experiment_ids: ['0'], max_results: 2, filter: 'start_time > 1' };
    const { json } = await ask(asked);
    expect(json.runs).toHaveLength(2);
    const { next_page_token: page_token } = json;
    expect((await ask({ ...asked, max_results: 5, page_token })).json.runs).toHaveLength(1);
    const changed = `${page_token.slice(0, -1)}${page_token.endsWith('A') ? 'B' : 'A'}`;
    for (const other of [
      { page_token: changed },
      { page_token: Buffer.from('{"offset": 1}').toString('base64') },
      { page_token: 'x' },
      { page_token, filter: 'start_time > 2' },
      { page_token, experiment_ids: ['0', '1'] },
      { page_token, order_by: ['run_id'] },
      { page_token, run_view_type: 'ALL' },
    ]) {
      const answer = await ask({ ...asked, ...other });
      expect([answer.status, answer.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
      expect(answer.json.message).toContain('page token');
    }
  });

  it.each([
    [{ max_results: 0 }, 'max_results'],
    [{ max_results: -1 }, 'max_results'],
    [{ max_results: 50_001 }, 'max_results'],
    [{ max_results: 'many' }, 'max_results'],
    [{ experiment_ids: ['x'] }, 'experiment ID'],
    [{ experiment_ids: [0] }, 'experiment_ids'],
    [{ experiment_ids: '0' }, undefined],
    [{ filter: 1 }, 'filter'],
    [{ order_by: [1] }, 'order_by'],
    [{ experiment_ids: Array.from({ length: 10_001 }, (_, i) => String(i)) }, 'at most 10000 experiments'],
  ])('refuses %j', async (body, why) => {
    const answer = await ask({ experiment_ids: ['0'], ...body });
    expect(answer.status).toBe(why === undefined ? 200 : 400);
    if (why !== undefined) expect(answer.json.message).toContain(why);
  });
});
