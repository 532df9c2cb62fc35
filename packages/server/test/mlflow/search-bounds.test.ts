import { sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { useRegistry } from '../support/open-registry.ts';
import { insertExperiments, insertLoggedModels, insertRuns } from '../support/tracked-rows.ts';

const MOST_BYTES = 24 * 2 ** 20;

describe.each(Object.entries(databases))('R5 long documents on %s', (_, open) => {
  const t = useRegistry(open);
  const numbers = (most: number) =>
    sql`with recursive n (i) as (select 1 union all select i + 1 from n where i < ${sql.lit(most)})`;
  const ids = (of: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${of}${String(i).padStart(3, '0')}`);

  beforeAll(async () => {
    await insertExperiments(
      t.db,
      [1, 2, 3, 4].map((id) => ({ id, name: String(id) })),
    );
    const runs = (of: string, count: number, experiment_id: number) =>
      insertRuns(
        t.db,
        ids(of, count).map((run_id) => ({ run_id, experiment_id })),
      );
    await runs('m', 250, 1);
    await sql`insert into latest_metric (run_id, key, value, timestamp, step, is_nan) ${numbers(1_000)}
      select run_id, 'metric ' || i, 0.1, 1, 1, 0 from run cross join n where experiment_id = 1`.execute(t.db.write);
    await runs('p', 60, 2);
    await sql`insert into param (run_id, key, value) ${numbers(60)}
      select run_id, 'param ' || i, ${'x'.repeat(6_000)} from run cross join n where experiment_id = 2`.execute(
      t.db.write,
    );
    const profile = 'p'.repeat(5 * 2 ** 20);
    await insertRuns(
      t.db,
      ids('d', 4).map((run_id) => ({ run_id, experiment_id: 3, datasets: [{ name: 'wide', digest: '1', profile }] })),
    );
    await insertLoggedModels(
      t.db,
      ids('m-', 40).map((model_id) => ({
        model_id,
        experiment_id: 4,
        params: { long: 'y'.repeat(90_000), longer: 'y'.repeat(90_000), longest: 'y'.repeat(100_000) },
      })),
    );
  });

  /** The ids of all pages, and how many pages there are. */
  async function walk(of: 'runs' | 'models', experiment: number): Promise<{ found: string[]; pages: number }> {
    const found: string[] = [];
    for (let page_token: string | undefined, pages = 1; ; pages += 1) {
      const path = of === 'runs' ? '/runs/search' : '/logged-models/search';
      const body = { experiment_ids: [String(experiment)], max_results: 1_000, page_token };
      const { json, bytes } = await t.mlflow('POST', path, body);
      expect(bytes.length).toBeLessThan(MOST_BYTES);
      for (const { info } of json[of]) found.push(info.run_id ?? info.model_id);
      page_token = json.next_page_token;
      if (page_token === undefined) return { found, pages };
    }
  }

  it('a page of runs with many metrics ends early, and no run is left out', async () => {
    const { found, pages } = await walk('runs', 1);
    expect(found).toEqual(ids('m', 250));
    expect(pages).toBeGreaterThan(1);
  });

  it('a page of runs with long params ends early', async () => {
    const { found, pages } = await walk('runs', 2);
    expect(found).toEqual(ids('p', 60));
    expect(pages).toBeGreaterThan(2);
  });

  it('a page of runs with one long data set ends early', async () => {
    expect(await walk('runs', 3)).toEqual({ found: ids('d', 4), pages: 4 });
  });

  it('a page of logged models with long params ends early', async () => {
    const { found, pages } = await walk('models', 4);
    expect(found).toEqual(ids('m-', 40));
    expect(pages).toBe(2);
  });
});
