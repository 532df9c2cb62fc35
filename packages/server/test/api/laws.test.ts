import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/contract/event.ts';
import { applyChange, type Doc } from '../../src/events/replay.ts';
import { verifyLedger } from '../../src/events/verify.ts';
import { toModel } from '../../src/registry/models/repository.ts';
import { toVersion } from '../../src/registry/versions/repository.ts';
import { databases } from '../support/databases.ts';
import { useRegistry } from '../support/open-registry.ts';
import { indexThereAndAnew } from '../support/search-index.ts';
import { requestsOf, type Seen, type Step, seenIn, stateOf } from '../support/workload.ts';

const STEPS = 250;

for (const [database, open] of Object.entries(databases))
  for (const [seed, single] of [
    [1, true],
    [2, false],
  ] as const)
    describe(`after ${STEPS} random requests (seed ${seed}) on ${database}`, () => {
      const t = useRegistry(open, { policy: { single: single ? ['production'] : [] } });
      const steps: Step[] = [];
      const moments: { at: number; seen: Seen; compared: unknown }[] = [];

      /** The first version against the last one, as far as the ledger tells of them: files and evaluations go when they are purged. */
      async function compared({ versions }: Seen, query = '') {
        const [first, last] = [versions.at(0), versions.at(-1)].map((one) => one as { model: string; number: number });
        if (!first || !last) return undefined;
        const named = [first, last].map(({ model, number }) => `version=${encodeURIComponent(`${model}/${number}`)}`);
        const answer = await t.get(`/compare?${named.join('&')}${query}`);
        expect(answer.status, answer.text).toBe(200);
        const { as_of: _, facts: _facts, files: _files, evaluations: _evaluations, ...told } = answer.json;
        return told;
      }

      it('A3 Every change is an event: one event each, none without a change, no change without', async () => {
        const next = requestsOf(seed);
        t.clock.set('2026-01-01T00:00:00.000Z');
        let state = await stateOf(t);
        for (let i = 0; i < STEPS; i += 1) {
          const at = t.clock.tick(1_000);
          const request = next();
          const from = await t.registry.ledger.size();
          const answer = await t.ask(request.method, request.path, { body: request.body, actor: i % 2 ? 'ada' : 'bo' });
          const to = await t.registry.ledger.size();
          const after = await stateOf(t);
          const told = `${JSON.stringify(request)} ${answer.status} ${answer.text}`;
          expect(answer.status, told).toBeLessThan(500);
          if (answer.status >= 400) expect([to - from, after === state], told).toEqual([0, true]);
          else expect(to - from, told).toBe(after === state ? 0 : 1);
          state = after;
          steps.push({ request, answer, from, to, at });
          if (i % 10 !== 9) continue;
          const seen = await seenIn(t);
          moments.push({ at, seen, compared: await compared(seen) });
        }
        const [changed, refused] = [
          steps.filter((step) => step.to > step.from),
          steps.filter((step) => step.answer.status >= 400),
        ];
        expect(changed.length).toBeGreaterThan(STEPS / 6);
        expect(refused.length).toBeGreaterThan(STEPS / 10);
      });

      it('replaying events gives exactly the wire document of every model and version', async () => {
        const folded = new Map<string, Doc>();
        for await (const { line } of t.ledger.lines(1, await t.ledger.size()))
          for (const change of (JSON.parse(line) as Event).changes) {
            const key = `${change.model_id}/${change.number}`;
            folded.set(key, applyChange(folded.get(key), change));
          }
        const models = await t.db.read.selectFrom('model').selectAll().execute();
        let seen = 0;
        for (const row of models) {
          const model = toModel(row);
          expect(folded.get(`${row.id}/0`)).toEqual(model);
          seen += 1;
          const versions = await t.db.read.selectFrom('version').selectAll().where('model_id', '=', row.id).execute();
          for (const version of versions) {
            seen += 1;
            const doc = folded.get(`${row.id}/${version.number}`);
            // what purging a model takes from its versions, its one event says for all of them
            if (row.purged_at === null) expect({ ...doc, model: row.name }).toEqual(toVersion(version, row.name));
          }
        }
        expect(folded.size).toBe(seen);
      });

      it('the search index is the same as written anew', async () => {
        await t.registry.idle();
        const { there, anew } = await indexThereAndAnew(t.db);
        expect(there).toEqual(anew);
        for (const rows of there) expect(rows.length).toBeGreaterThan(0);
      });

      it('as_of gives what was seen at every recorded moment, one by one and in lists', async () => {
        expect(moments.filter((one) => one.compared !== undefined).length).toBeGreaterThan(moments.length / 2);
        for (const { at, seen, compared: then } of moments) {
          const time = new Date(at).toISOString();
          expect(await seenIn(t, `&as_of=${time}`), time).toEqual(seen);
          expect(await compared(seen, `&as_of=${time}`), time).toEqual(then);
          const live = (seen.versions as { status: string }[]).map(({ status }) => status);
          for (const status of ['production', 'staging'] as const)
            expect(seen[status].length, `${status} ${time}`).toBe(live.filter((one) => one === status).length);
          for (const model of seen.models as { name: string; aliases: Record<string, number> }[]) {
            const path = `/models/${encodeURIComponent(model.name)}`;
            expect((await t.get(`${path}?as_of=${time}`)).json).toEqual(model);
            const own = (seen.versions as { model: string; number: number }[]).filter(
              (version) => version.model === model.name,
            );
            for (const version of own)
              expect((await t.get(`${path}/versions/${version.number}?as_of=${time}`)).json).toEqual(version);
            for (const [alias, number] of Object.entries(model.aliases))
              expect((await t.get(`${path}/versions/@${alias}?as_of=${time}`)).json.number).toBe(number);
          }
        }
      });

      it('a version’s digest is the SHA-256 of its manifest, and sealed bytes are what was uploaded', async () => {
        const { versions } = (await seenIn(t)) as {
          versions: { model: string; number: number; digest: string | null; state: string }[];
        };
        for (const { model, number, digest, state } of versions) {
          const path = `/models/${encodeURIComponent(model)}/versions/${number}`;
          const { bytes, json } = await t.get(`${path}/manifest`);
          expect(digest).toBe(state === 'sealed' ? `sha256:${createHash('sha256').update(bytes).digest('hex')}` : null);
          for (const entry of json) {
            const artifact = await t.get(`${path}/artifacts/${encodeURIComponent(entry.path)}`);
            expect(createHash('sha256').update(artifact.bytes).digest('hex')).toBe(entry.sha256);
          }
        }
      });

      it('A version is for ever: no number was given twice under one name', async () => {
        const given = steps.filter(
          ({ request, answer }) => answer.status === 201 && request.path.endsWith('/versions'),
        );
        const names = given.map(({ answer }) => `${answer.json.model}/${answer.json.number}`);
        expect(new Set(names).size).toBe(names.length);
        const highest = new Map<string, number>();
        for (const { answer } of given) {
          expect(answer.json.number).toBeGreaterThan(highest.get(answer.json.model) ?? 0);
          highest.set(answer.json.model, answer.json.number);
        }
      });

      it('C4 aliases, live lists and counts of a model are those of its versions', async () => {
        const { models, versions } = (await seenIn(t)) as {
          models: Record<string, never>[];
          versions: Record<string, never>[];
        };
        for (const model of models as never as {
          name: string;
          aliases: object;
          live: Record<string, number[]>;
          version_count: number;
          latest_version: number | null;
        }[]) {
          const own = (
            versions as never as { model: string; number: number; aliases: string[]; status: string }[]
          ).filter((version) => version.model === model.name);
          expect(model.version_count).toBe(own.length);
          expect(model.latest_version).toBe(
            own.length === 0 ? null : Math.max(...own.map((version) => version.number)),
          );
          expect(
            Object.fromEntries(own.flatMap((version) => version.aliases.map((alias) => [alias, version.number]))),
          ).toEqual(model.aliases);
          for (const status of ['production', 'staging']) {
            const there = own.filter((version) => version.status === status).map((version) => version.number);
            expect([...(model.live[status] ?? [])].sort()).toEqual(there.sort());
            if (single && status === 'production') expect(there.length).toBeLessThanOrEqual(1);
          }
        }
      });

      it('A6 the ledger verifies against the checkpoint', async () => {
        const lines = (await t.get('/ledger/export')).text.split('\n').slice(0, -1);
        async function* each() {
          yield* lines;
        }
        const report = await verifyLedger(each(), {
          checkpoints: [(await t.get('/ledger/checkpoint')).text],
          vkey: (await t.get('/ledger/key')).text.trim(),
        });
        expect(report).toMatchObject({ ok: true, size: steps.at(-1)?.to });
      });
    });
