import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';
import { expectProblem, walk } from '../support/problems.ts';

for (const [database, open] of Object.entries(databases))
  describe(`pages on ${database}`, () => {
    const t = useRegistry(open);
    const ROWS = 23;
    let model = '';
    let moment = '';

    /** Every list, with enough rows for several pages. */
    const lists = () => [
      '/models',
      '/models?sort=-name',
      '/versions',
      `/models/${model}/versions`,
      `/models/${model}/versions?sort=-number&filter=${encodeURIComponent('number > 2')}`,
      '/versions?q=searchable',
      `/models/${model}/versions/1/artifacts`,
      '/events',
      '/events?order=asc',
      `/events?subject=${model}`,
      '/trash',
      `/models?as_of=${moment}`,
      `/versions?as_of=${moment}`,
      `/versions?as_of=${moment}&sort=-number`,
    ];

    it('of every list are bounded: 1 to 1,000 rows, 50 unless asked otherwise', async () => {
      model = (await make.model(t)).name;
      await make.version(t, {
        model,
        artifacts: Object.fromEntries(Array.from({ length: ROWS }, (_, i) => [`f${i}`, `${i}`])),
      });
      for (let i = 0; i < ROWS; i += 1) {
        await make.version(t, { model, description: `searchable ${i}` });
        const { name } = await make.model(t);
        await t.del(`/models/${(await make.model(t)).name}?reason=r`);
        expect(name).toBeTruthy();
      }
      moment = new Date().toISOString();
      for (const list of lists()) {
        const of = (query: string) => t.get(`${list}${list.includes('?') ? '&' : '?'}${query}`);
        expect((await of('page_size=1000')).status, list).toBe(200);
        expect((await of('page_size=2')).json.items).toHaveLength(2);
        for (const size of [
          ...['0', '-1', '1001', '1.5', 'x', '', '1e9', '99999999999999999999', '1&page_size=2'],
          ...['0x10', '0b1', '1e2', '%2B5', '%205', '5%20', '05', '5.0', 'true', 'null', '%D9%A5'],
        ])
          expectProblem(await of(`page_size=${size}`), 400, 'query-invalid');
      }
      const listed = (await t.get('/events')).json;
      expect(listed.items).toHaveLength(50);
    });

    it('C7 a walk sees every row once, in order, whatever the size of the page', async () => {
      for (const list of lists()) {
        const whole = await walk(t.get, list, 1_000);
        expect(whole.length, list).toBeGreaterThan(20);
        for (const size of [1, 7, whole.length - 1, whole.length, whole.length + 1])
          expect(await walk(t.get, list, size), `${list} by ${size}`).toEqual(whole);
      }
    });

    it('a token that was changed, cut or made up is a 400', async () => {
      for (const list of lists()) {
        const join = list.includes('?') ? '&' : '?';
        const { next_page_token: token } = (await t.get(`${list}${join}page_size=2`)).json;
        expect(token, list).toMatch(/^[\w-]+$/);
        const flipped = (at: number) => token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
        for (const bad of [
          '',
          'x',
          'null',
          flipped(0),
          flipped(5),
          flipped(token.length - 2),
          token.slice(0, -1),
          `${token}A`,
          `${token}=`,
          token.slice(0, 20),
          'A'.repeat(40),
          '..',
          '%00'.slice(1),
        ])
          expectProblem(await t.get(`${list}${join}page_size=2&page_token=${bad}`), 400, 'page-token-invalid');
        expectProblem(await t.get(`${list}${join}page_size=2&page_token=${'A'.repeat(5_000)}`), 400, 'query-invalid');
      }
    });

    it('a token of another list or query is a 400; of the same query with another page size it is not', async () => {
      const all = lists();
      const tokens = [];
      for (const list of all)
        tokens.push((await t.get(`${list}${list.includes('?') ? '&' : '?'}page_size=2`)).json.next_page_token);
      for (const [i, list] of all.entries())
        for (const [j, token] of tokens.entries()) {
          const answer = await t.get(`${list}${list.includes('?') ? '&' : '?'}page_size=3&page_token=${token}`);
          if (i === j) expect(answer.status, list).toBe(200);
          else expect(answer.status, `${list} with a token of ${all[j]}`).toBe(400);
        }
    });

    it('C7 rows that come and go during a walk hide no row that was there throughout', async () => {
      const stem = aName('walk');
      const stay = Array.from({ length: 20 }, (_, i) => `${stem}-${String(i).padStart(2, '0')}`);
      const going = stay.map((name) => `${name}-goes`);
      for (const name of [...stay, ...going]) await make.model(t, { name, tags: { walk: stem } });
      let i = 0;
      const churn = async () => {
        await t.del(`/models/${going[i % going.length]}?reason=r`);
        await make.model(t, { name: `${stem}-${String((i * 7) % 20).padStart(2, '0')}-new${i}`, tags: { walk: stem } });
        await t.patch(`/models/${stay[(i * 3) % 20]}`, { description: `${i}` });
        i += 1;
      };
      const filter = encodeURIComponent(`tags.walk = '${stem}'`);
      for (const sort of ['name', '-name', 'created_at', '-created_at']) {
        const seen = (await walk<{ name: string }>(t.get, `/models?filter=${filter}&sort=${sort}`, 3, churn)).map(
          (one) => one.name,
        );
        expect(new Set(seen).size, sort).toBe(seen.length);
        expect(seen.filter((name) => stay.includes(name)).sort(), sort).toEqual(stay);
      }
      const before = await t.registry.ledger.size();
      const seqs = (await walk<{ seq: number }>(t.get, '/events', 50, churn)).map((event) => event.seq);
      expect(seqs.filter((seq) => seq <= before)).toEqual(Array.from({ length: before }, (_, k) => before - k));
    });
  });
