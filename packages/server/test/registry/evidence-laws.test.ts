import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MetricValue } from '../../src/contract/shapes.ts';
import { metricsOf } from '../../src/registry/evidence/metrics-of.ts';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { ada, useRegistry } from '../support/open-registry.ts';

const VALUES: MetricValue[] = ['NaN', 'Infinity', '-Infinity', 0, -1, 0.5, 1];
const value = fc.constantFrom(...VALUES);
const DAY = Date.parse('2026-01-01T00:00:00Z');

for (const [database, open] of Object.entries(databases)) {
  const numRuns = database === 'sqlite' ? 40 : 15;

  describe(`laws of evidence on ${database}`, () => {
    const t = useRegistry(open);

    it('the latest point is the greatest by step, time and value, in whatever order and portions they come', async () => {
      const point = fc.record({
        name: fc.constantFrom('a', 'b'),
        value,
        step: fc.integer({ min: 0, max: 2 }),
        at: fc.integer({ min: 0, max: 2 }).map((second) => new Date(DAY + second * 1_000).toISOString()),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(point, { minLength: 1, maxLength: 6 }), { maxLength: 5 }), async (calls) => {
          const { model } = await make.version(t);
          for (const metrics of calls) await t.registry.evidence.metrics.log(ada, model, '1', { metrics });
          const all = new Map(calls.flat().map((one) => [JSON.stringify(one), one]));
          const sorted = [...all.values()].sort(
            (a, b) => a.step - b.step || a.at.localeCompare(b.at) || order(a.value) - order(b.value),
          );
          const row = await t.registry.rows.version(model, '1');
          const latest = Object.fromEntries((await metricsOf(t.db.read, row)).map((one) => [one.name, one]));
          for (const name of ['a', 'b']) {
            const own = sorted.filter((one) => one.name === name);
            const { items } = (await t.get(`/models/${model}/versions/1/metrics/${name}?page_size=1000`)).json;
            expect(items?.map(keyOf) ?? []).toEqual(own.map(keyOf));
            expect(latest[name] && keyOf(latest[name])).toEqual(own.at(-1) && keyOf(own.at(-1)!));
            expect((await t.registry.versions.get(model, '1')).metrics[name]).toEqual(own.at(-1)?.value);
          }
        }),
        { numRuns },
      );
    });

    it('a leaderboard is the newest evaluation of each live version in order, whatever the pages', async () => {
      const recorded = fc.record({ version: fc.integer({ min: 0, max: 5 }), value, other: fc.boolean() });
      const asked = fc.record({ higher: fc.boolean(), size: fc.integer({ min: 1, max: 4 }), trashed: fc.nat(5) });
      await fc.assert(
        fc.asyncProperty(fc.array(recorded, { maxLength: 14 }), asked, async (records, { higher, size, trashed }) => {
          const name = aName('set');
          const { name: model } = await make.model(t);
          for (let i = 0; i < 6; i += 1) await make.version(t, { model });
          const newest = new Map<number, MetricValue>();
          for (const one of records) {
            const dataset = { name, digest: '1' };
            const metrics = { [one.other ? 'other' : 'm']: one.value };
            await t.registry.evidence.evaluations.record(ada, model, String(one.version + 1), { dataset, metrics });
            if (!one.other) newest.set(one.version + 1, one.value);
          }
          await t.del(`/models/${model}/versions/${trashed + 1}?reason=old`);
          newest.delete(trashed + 1);
          if (records.length === 0) return;
          const numbers = [...newest].filter(([, one]) => one !== 'NaN').map(([number, one]) => [number, Number(one)]);
          const sign = higher ? -1 : 1;
          const ordered = (numbers as [number, number][]).sort(
            ([x, a], [y, b]) => (a === b ? 0 : sign * (a - b)) || sign * (x - y),
          );
          const expected = ordered.map(([number, one]) => [
            1 + ordered.filter(([, b]) => sign * (b - one) < 0).length,
            number,
          ]);
          const nans = [...newest].filter(([, one]) => one === 'NaN').map(([number]) => number);
          for (const number of nans.sort((x, y) => sign * (x - y))) expected.push([ordered.length + 1, number]);
          const seen = [];
          for (let token = ''; ; ) {
            const query = `metric=m&direction=${higher ? 'higher' : 'lower'}&page_size=${size}${token}`;
            const page = (await t.get(`/datasets/${name}/leaderboard?${query}`)).json;
            seen.push(...page.items.map((one: { rank: number; number: number }) => [one.rank, one.number]));
            if (page.next_page_token === null) break;
            token = `&page_token=${page.next_page_token}`;
          }
          expect(seen).toEqual(expected);
        }),
        { numRuns },
      );
    });
  });
}

/** NaN counts as 0, after it. */
function order(one: MetricValue): number {
  if (one === 'NaN') return Number.MIN_VALUE;
  return one === 'Infinity' ? 9 : one === '-Infinity' ? -9 : Number(one);
}

function keyOf({ step, at, value }: { step: number; at: string; value: MetricValue }) {
  return [step, at, value];
}
