import { beforeAll, describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { useRegistry } from '../support/open-registry.ts';
import { insertExperiments } from '../support/tracked-rows.ts';

describe.each(Object.entries(databases))('experiments/search on %s', (_, open) => {
  const t = useRegistry(open);
  beforeAll(async () => {
    await t.db.write.updateTable('experiment').set({ creation_time: 0, last_update_time: 0 }).execute();
    await insertExperiments(t.db, [
      { id: 1, name: 'Churn', creation_time: 30, last_update_time: 90, tags: { team: 'growth', 'mlflow.note': 'x' } },
      { id: 2, name: 'churn 2', creation_time: 20, tags: { team: 'Risk' } },
      { id: 3, name: 'Прогноз', creation_time: 20, last_update_time: 70 },
      { id: 4, name: 'gone', creation_time: 10, lifecycle_stage: 'deleted', tags: { team: 'growth' } },
    ]);
  });

  const ask = (body: Record<string, unknown>, method = 'POST') =>
    t.mlflow(method, '/experiments/search', { max_results: 1_000, ...body });
  const ids = async (filter: string, more: Record<string, unknown> = {}, method = 'POST'): Promise<string> => {
    const answer = await ask({ filter, ...more }, method);
    expect(answer.status, `${filter}: ${answer.text}`).toBe(200);
    return (answer.json.experiments ?? []).map((one: { experiment_id: string }) => one.experiment_id).join('');
  };

  it('answers whole experiments, the newest first', async () => {
    const { json } = await ask({});
    expect(json.experiments.map((one: { name: string }) => one.name)).toEqual([
      'Churn',
      'churn 2',
      'Прогноз',
      'Default',
    ]);
    expect(json.experiments[0]).toEqual({
      experiment_id: '1',
      name: 'Churn',
      artifact_location: 'mlflow-artifacts:/1',
      lifecycle_stage: 'active',
      creation_time: 30,
      last_update_time: 90,
      tags: [
        { key: 'mlflow.note', value: 'x' },
        { key: 'team', value: 'growth' },
      ],
    });
    expect((await ask({ filter: "name = 'nothing'" })).json).toEqual({});
  });

  it.each([
    [`name = 'Churn'`, '1'],
    [`attribute.name != "Churn"`, '230'],
    [`name LIKE 'churn%'`, '2'],
    [`name ILIKE 'churn%'`, '12'],
    [`name LIKE 'Про____'`, '3'],
    [`experiment_id = '2'`, '2'],
    [`experiment_id IN ('0', '3', '77')`, '30'],
    [`experiment_id NOT IN ('0', '3')`, '12'],
    [`experiment_id != '0'`, '123'],
    ['creation_time >= 20 AND creation_time < 30', '23'],
    ['last_update_time > 60', '13'],
    [`tags.team = 'growth'`, '1'],
    [`tag.team != 'growth'`, '2'],
    [`tags.team ILIKE 'r%'`, '2'],
    ['tags.team IS NULL', '30'],
    ['tags."mlflow.note" IS NOT NULL AND', '1'],
    [`name = 'Churn' OR tags.team = 'Risk'`, '12'],
    [`NOT name LIKE '%u%'`, '3'],
  ])('finds by %s', async (filter, found) => {
    expect(await ids(filter)).toBe(found);
    expect(await ids(filter, {}, 'GET')).toBe(found);
  });

  it.each([
    [`nam = 'x'`, 'name'],
    [`attributes.name = 'x'`, 'one of name'],
    [`id = '1'`, 'one of name'],
    [`params.x = '1'`, 'one of name'],
    [`experiment_id = 'x'`, 'the id of an experiment'],
    [`experiment_id LIKE '1%'`, 'one of =, !=, IN, NOT IN'],
    ['creation_time > 1.5', 'milliseconds'],
    [`creation_time > '1'`, 'milliseconds'],
    [`name IN ('x')`, 'one of =, !=, LIKE, ILIKE'],
    [`tags.team IN ('x')`, 'one of ='],
    ['name IS NULL', 'one of ='],
    ['name = Churn', 'text in quotes'],
    [`lifecycle_stage = 'active'`, 'one of name'],
  ])('refuses %s', async (filter, why) => {
    const answer = await ask({ filter });
    expect([answer.status, answer.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    expect(answer.json.message).toContain(why);
  });

  it.each([
    [['name'], '1023'],
    [['name DESC'], '3201'],
    [['experiment_id ASC'], '0123'],
    [['attribute.creation_time'], '0321'],
    [['last_update_time DESC', 'name'], '1320'],
    [['creation_time DESC', 'name DESC'], '1320'],
  ])('sorts by %j, and walks so', async (order_by, found) => {
    expect(await ids('', { order_by })).toBe(found);
    let walked = '';
    for (let page_token: string | undefined, pages = 0; pages < 9; pages += 1) {
      const body = { order_by, max_results: 1, ...(page_token && { page_token }) };
      const { json } = await ask(body, pages % 2 === 0 ? 'GET' : 'POST');
      walked += json.experiments[0].experiment_id;
      page_token = json.next_page_token;
      if (page_token === undefined) break;
    }
    expect(walked).toBe(found);
  });

  it('has those of each stage', async () => {
    expect(await ids('', { view_type: 'DELETED_ONLY' })).toBe('4');
    expect(await ids('', { view_type: 'ALL' })).toBe('12340');
    expect(await ids('', { view_type: '3' }, 'GET')).toBe('12340');
    expect(await ids(`tags.team = 'growth'`, { view_type: 2 })).toBe('4');
  });

  it.each([
    [{ max_results: undefined }, 'max_results'],
    [{ max_results: 0 }, 'max_results'],
    [{ max_results: 50_001 }, 'max_results'],
    [{ order_by: ['tags.team'] }, 'order_by'],
    [{ order_by: ['name', 'name DESC'] }, 'duplicate'],
    [{ page_token: 'x' }, 'page token'],
  ])('refuses %j', async (body, why) => {
    const answer = await ask(body);
    expect([answer.status, answer.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    expect(answer.json.message).toContain(why);
  });

  it('refuses bad text in a query, too', async () => {
    for (const filter of ['name = "\u0000"', "name = 'x"]) {
      const answer = await ask({ filter }, 'GET');
      expect([answer.status, answer.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    }
  });
});
