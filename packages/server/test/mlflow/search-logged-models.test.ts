import { beforeAll, describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { useRegistry } from '../support/open-registry.ts';
import { insertExperiments, insertLoggedModels } from '../support/tracked-rows.ts';

describe.each(Object.entries(databases))('logged-models/search on %s', (_, open) => {
  const t = useRegistry(open);
  beforeAll(async () => {
    await insertExperiments(t.db, [{ id: 1, name: 'one' }]);
    await insertLoggedModels(t.db, [
      {
        model_id: 'm-a',
        name: 'churn',
        creation_time: 10,
        model_type: 'sklearn',
        source_run_id: 'r1',
        params: { lr: '0.01', note: 'x y' },
        tags: { team: 'growth' },
        metrics: [
          { key: 'auc', value: 0.5, timestamp: 1, step: 1, dataset_name: 'train', dataset_digest: 'd1' },
          { key: 'auc', value: 0.7, timestamp: 2, step: 2, dataset_name: 'eval', dataset_digest: 'd2' },
        ],
      },
      {
        model_id: 'm-b',
        name: 'Churn',
        creation_time: 20,
        last_update_time: 99,
        status: 'LOGGED_MODEL_PENDING',
        tags: { team: 'risk' },
        metrics: [{ key: 'auc', value: 0.9, timestamp: 1, step: 1, dataset_name: 'eval', dataset_digest: 'd3' }],
      },
      {
        model_id: 'm-c',
        name: 'other',
        creation_time: 20,
        params: { lr: '1' },
        metrics: [{ key: 'auc', value: Number.NaN, timestamp: 1, step: 1 }],
      },
      { model_id: 'm-d', name: 'churn', creation_time: 30, deleted_at: 1 },
      { model_id: 'm-e', name: 'churn', creation_time: 5, experiment_id: 1 },
    ]);
  });

  const ask = (body: Record<string, unknown>) =>
    t.mlflow('POST', '/logged-models/search', { experiment_ids: ['0'], ...body });
  const ids = async (body: Record<string, unknown>): Promise<string> => {
    const answer = await ask(body);
    expect(answer.status, answer.text).toBe(200);
    return (answer.json.models ?? []).map((one: { info: { model_id: string } }) => one.info.model_id.slice(2)).join('');
  };

  it('answers whole models that are not deleted, the newest first', async () => {
    const { json } = await ask({});
    expect(json.models.map((one: { info: { model_id: string } }) => one.info.model_id)).toEqual(['m-b', 'm-c', 'm-a']);
    expect(json.models[2]).toMatchObject({
      info: { name: 'churn', model_type: 'sklearn', source_run_id: 'r1', tags: [{ key: 'team', value: 'growth' }] },
      data: {
        params: [
          { key: 'lr', value: '0.01' },
          { key: 'note', value: 'x y' },
        ],
        metrics: [{ value: 0.5, dataset_name: 'train' }, { value: 0.7 }],
      },
    });
    expect(await ids({ experiment_ids: ['1', '0'] })).toBe('bcae');
    expect((await ask({ experiment_ids: ['7'] })).json).toEqual({});
  });

  it.each([
    [`name = 'churn'`, 'a'],
    [`attributes.name ILIKE "CHURN"`, 'ba'],
    [`name IN ('churn', 'other')`, 'ca'],
    [`name NOT IN ('churn')`, 'bc'],
    [`name LIKE 'c%'`, 'a'],
    [`model_id = 'm-b'`, 'b'],
    [`model_id = 'm-d'`, ''],
    [`source_run_id = 'r1' AND name = 'churn'`, 'a'],
    [`source_run_id != 'r1'`, ''],
    [`model_type = 'sklearn'`, 'a'],
    [`model_type != 'x'`, 'a'],
    [`experiment_id = '0'`, 'bca'],
    [`status = 'READY'`, 'ca'],
    [`status = 'LOGGED_MODEL_PENDING'`, 'b'],
    ['status = 2', 'ca'],
    [`status IN ('1', '3')`, 'b'],
    ['creation_timestamp > 10', 'bc'],
    ['creation_time = 10', 'a'],
    ['attributes.last_updated_timestamp_ms >= 99', 'b'],
    ['metrics.auc > 0.6', 'ba'],
    ['metrics.auc < 0.6', 'a'],
    ['metrics.auc != 0.9', 'ca'],
    ['metrics.`auc` = 0.9', 'b'],
    [`params.lr = '0.01'`, 'a'],
    ['params.lr = 0.01', 'a'],
    [`params.lr IN ('0.01', '1')`, 'ca'],
    [`params.note LIKE "x%"`, 'a'],
    [`tags.team != 'growth'`, 'b'],
    [`tags.team IN ('growth', 'risk')`, 'ba'],
    [`metrics.auc > 0.6 AND tags.team = 'risk' AND`, 'b'],
    [`params.lr = '1' OR NOT name = 'Churn'`, 'ca'],
  ])('finds by %s', async (filter, found) => {
    expect(await ids({ filter })).toBe(found);
  });

  it.each([
    [[{ dataset_name: 'eval' }], '', 'ba'],
    [[{ dataset_name: 'eval', dataset_digest: 'd3' }], '', 'b'],
    [[{ dataset_name: 'train' }, { dataset_name: 'eval', dataset_digest: 'd3' }], '', 'ba'],
    [[{ dataset_name: 'train' }], 'metrics.auc > 0.6', ''],
    [[{ dataset_name: 'eval', dataset_digest: 'd2' }], 'metrics.auc > 0.6', 'a'],
    [[{ dataset_name: 'nothing' }], '', ''],
  ])('counts metrics on %j with filter %s', async (datasets, filter, found) => {
    expect(await ids({ datasets, filter })).toBe(found);
  });

  it.each([
    [[{ field_name: 'creation_timestamp', ascending: true }], 'abc'],
    [[{ field_name: 'name' }], 'bac'],
    [[{ field_name: 'model_id', ascending: false }], 'cba'],
    [[{ field_name: 'model_type' }], 'abc'],
    // The newest point counts; NaN comes last in both directions.
    [[{ field_name: 'metrics.auc' }], 'abc'],
    [[{ field_name: 'metrics.auc', ascending: false }], 'bac'],
    [[{ field_name: 'metrics.auc', ascending: false, dataset_name: 'train' }], 'abc'],
    [[{ field_name: 'metrics.auc', dataset_name: 'eval', dataset_digest: 'd3' }], 'bca'],
    [[{ field_name: 'metrics.`auc`' }, { field_name: 'name' }], 'abc'],
    [[{ field_name: 'metrics.nothing', ascending: false }], 'bca'],
  ])('sorts by %j, and walks so', async (order_by, found) => {
    expect(await ids({ order_by })).toBe(found);
    let walked = '';
    for (let page_token: string | undefined, pages = 0; pages < 9; pages += 1) {
      const { json } = await ask({ order_by, max_results: 1, page_token });
      walked += json.models[0].info.model_id.slice(2);
      page_token = json.next_page_token;
      if (page_token === undefined) break;
    }
    expect(walked).toBe(found);
  });

  it.each([
    [{ experiment_ids: [] }, 'experiment_ids'],
    [{ experiment_ids: ['x'] }, 'experiment ID'],
    [{ experiment_ids: undefined }, 'experiment_ids'],
    [{ filter: `title = 'x'` }, 'one of name'],
    [{ filter: `attribute.name = 'x'` }, 'one of name'],
    [{ filter: `param.lr = 'x'` }, 'one of name'],
    [{ filter: 'name = churn' }, 'text in quotes'],
    [{ filter: `metrics.auc > '0.5'` }, 'a number without quotes'],
    [{ filter: `tags.team IS NULL` }, 'one of =, !='],
    [{ filter: `status = 'DONE'` }, 'PENDING'],
    [{ filter: `creation_time LIKE '1%'` }, 'one of ='],
    [{ order_by: [{ field_name: 'params.lr' }] }, 'order_by'],
    [{ order_by: [{ field_name: 'nothing' }] }, 'order_by'],
    [{ order_by: [{}] }, 'order_by[0].field_name'],
    [{ order_by: ['name'] }, 'order_by'],
    [{ order_by: [{ field_name: 'name' }, { field_name: 'name', ascending: false }] }, 'duplicate'],
    [{ datasets: [{ dataset_digest: 'd1' }] }, 'datasets[0].dataset_name'],
    [{ max_results: -1 }, 'max_results'],
    [{ page_token: 'e30=' }, 'page token'],
  ])('refuses %j', async (body, why) => {
    const answer = await ask(body);
    expect([answer.status, answer.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    expect(answer.json.message).toContain(why);
  });

  it('binds a page token to its query', async () => {
    const { next_page_token: page_token } = (await ask({ max_results: 1 })).json;
    for (const other of [
      { filter: `name != 'x'` },
      { datasets: [{ dataset_name: 'eval' }] },
      { experiment_ids: ['1'] },
    ])
      expect((await ask({ max_results: 1, page_token, ...other })).status).toBe(400);
    expect((await ask({ max_results: 1, page_token })).status).toBe(200);
  });
});
