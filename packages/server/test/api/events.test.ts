import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/contract/event.ts';
import { verifyCheckpoint } from '../../src/events/checkpoint.ts';
import { leafHash, verifyConsistency, verifyInclusion } from '../../src/events/merkle.ts';
import { verifyConsistencyBetween, verifyLedger } from '../../src/events/verify.ts';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { type Opened, openRegistry, useRegistry } from '../support/open-registry.ts';
import { expectProblem, walk } from '../support/problems.ts';

const bytes = (base64: string) => Buffer.from(base64, 'base64');

/** Reads a live stream until it has `count` events, and leaves. */
async function streamed(
  t: Opened,
  count: number,
  headers: Record<string, string> = {},
  then?: () => Promise<unknown>,
): Promise<Event[]> {
  const { host, port } = await t.listen();
  return new Promise((resolve, reject) => {
    const events: Event[] = [];
    const timer = setTimeout(() => done(new Error(`only ${events.length} of ${count} events came`)), 10_000);
    const request = httpRequest({ host, port, path: '/api/v1/events/stream', headers });
    const done = (error?: Error) => {
      clearTimeout(timer);
      request.destroy();
      if (error) reject(error);
      else resolve(events);
    };
    request.on('error', done);
    request.on('response', (response) => {
      if (response.statusCode !== 200) return done(new Error(`status ${response.statusCode}`));
      let text = '';
      let asked = false;
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
          const [, id, data] = /^id: (\d+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
          text = text.slice(end + 2);
          if (!data) continue;
          const event = JSON.parse(data) as Event;
          expect(Number(id)).toBe(event.seq);
          if (events.length < count) events.push(event);
        }
        if (events.length >= count) done();
        else if (!asked) {
          asked = true;
          void then?.().catch(done);
        }
      });
    });
    request.end();
  });
}

for (const [database, open] of Object.entries(databases)) {
  describe(`events on ${database}`, () => {
    const t = useRegistry(open);
    const events = async (query: string) => (await t.get(`/events?page_size=1000&${query}`)).json.items as Event[];
    const types = async (query: string) => (await events(query)).map((event) => event.type);

    it('every verb says what it did, of what, who, when and why, with before and after', async () => {
      t.clock.set('2026-03-01T10:00:00.000Z');
      const name = aName();
      const ask = (method: string, path: string, body?: unknown) => t.ask(method, path, { body, actor: 'ada' });
      await ask('POST', '/models', { name, tags: { a: '1', b: '2' } });
      await ask('PATCH', `/models/${name}`, { tags: { a: '9', b: null, c: '3' }, description: 'd' });
      await ask('POST', `/models/${name}/versions`, {});
      await ask('PATCH', `/models/${name}/versions/1`, { framework: 'x' });
      await ask('PUT', `/models/${name}/versions/1/artifacts/f`, Buffer.from('x'));
      await ask('PUT', `/models/${name}/versions/1/artifacts/g`, Buffer.from('y'));
      await ask('DELETE', `/models/${name}/versions/1/artifacts/g`);
      await ask('POST', `/models/${name}/versions/1/seal`);
      await ask('PUT', `/models/${name}/aliases/champion`, { version: 1 });
      await ask('DELETE', `/models/${name}/aliases/champion`);
      await ask('POST', `/models/${name}/versions/1/promotions`, { to: 'production', reason: 'better' });
      await ask('POST', `/models/${name}/versions`, {});
      await ask('POST', `/models/${name}/versions/2/seal`);
      await ask('POST', `/models/${name}/versions/2/promotions`, { to: 'production' });
      await ask('POST', `/models/${name}/rollback`, { reason: 'worse' });
      await ask('DELETE', `/models/${name}/versions/2?reason=bad`);
      await ask('POST', `/models/${name}/versions/2/restore`);
      await ask('DELETE', `/models/${name}/versions/2?reason=bad`);
      await ask('POST', `/models/${name}/versions/2/purge`);
      await ask('POST', `/models/${name}/rename`, { name: `${name}-x` });
      await ask('DELETE', `/models/${name}-x?reason=old&force=true`);
      await ask('POST', `/models/${name}-x/restore`);
      await ask('DELETE', `/models/${name}-x?reason=old&force=true`);
      await ask('POST', `/models/${name}-x/purge`);
      t.clock.run();
      const all = await events(`subject=${name}&order=asc`);
      expect(all.map((event) => event.type)).toEqual([
        'model.registered',
        'model.updated',
        'version.created',
        'version.updated',
        'artifact.attached',
        'artifact.attached',
        'artifact.detached',
        'version.sealed',
        'alias.set',
        'alias.removed',
        'version.promoted',
        'version.created',
        'version.sealed',
        'version.promoted',
        'version.rolled-back',
        'version.deregistered',
        'version.restored',
        'version.deregistered',
        'version.purged',
        'model.renamed',
        'model.deregistered',
        'model.restored',
        'model.deregistered',
        'model.purged',
      ]);
      for (const event of all) {
        expect(event).toMatchObject({ actor: 'ada', verified: false, at: '2026-03-01T10:00:00.000Z' });
        expect(event.request_id).toMatch(/^[0-9a-f-]{36}$/);
        expect(event.prev).toMatch(/^[0-9a-f]{64}$/);
      }
      expect(all[1]?.changes).toEqual([
        {
          model_id: expect.any(Number),
          number: 0,
          before: { description: null, tags: { a: '1', b: '2', c: null }, etag: 1 },
          after: { description: 'd', tags: { a: '9', b: null, c: '3' }, etag: 2 },
        },
      ]);
      expect(all[10]).toMatchObject({
        subject: `${name}/1`,
        reason: 'better',
        details: { from: 'draft', to: 'production', forced: false, superseded: [] },
      });
      expect(all[14]).toMatchObject({ subject: `${name}/1`, reason: 'worse', details: { superseded: [2] } });
      expect(all[15]).toMatchObject({ subject: `${name}/2`, reason: 'bad' });
      expect(all[19]).toMatchObject({ subject: `${name}-x`, details: { from: name } });
      expect(await types(`subject=${name}/2&order=asc`)).toEqual(expect.arrayContaining(['version.purged']));
      expect(await types(`subject=${name}/2`)).not.toContain('model.renamed');
      expect((await events(`subject=${name}-x`)).map((event) => event.seq).reverse()).toEqual(
        all.map((event) => event.seq),
      );
    });

    it('are filtered by actor, type, time and subject, together', async () => {
      const stem = aName();
      for (const [i, actor] of ['a', 'b', 'a', 'c'].entries()) {
        t.clock.set(`2025-06-0${i + 1}T00:00:00.000Z`);
        await t.ask('POST', '/models', { body: { name: `${stem}-${i}` }, actor: `${stem}-${actor}` });
        await t.ask('PATCH', `/models/${stem}-${i}`, { body: { owner: 'o' }, actor: `${stem}-${actor}` });
      }
      t.clock.run();
      const subjects = async (query: string) =>
        (await events(`order=asc&${query}`)).map(
          (event) => `${event.type.slice(6)} ${event.subject.slice(stem.length + 1)}`,
        );
      expect(await subjects(`actor=${stem}-a`)).toEqual(['registered 0', 'updated 0', 'registered 2', 'updated 2']);
      expect(await subjects(`actor=${stem}-a&type=model.updated`)).toEqual(['updated 0', 'updated 2']);
      expect(await subjects('from=2025-06-02T00:00:00Z&to=2025-06-03T00:00:00Z')).toEqual([
        'registered 1',
        'updated 1',
        'registered 2',
        'updated 2',
      ]);
      expect(await subjects('from=2025-06-04T00:00:00Z&to=2025-06-04T00:00:00Z&type=model.registered')).toEqual([
        'registered 3',
      ]);
      expect(await subjects(`subject=${stem}-1&type=model.registered`)).toEqual(['registered 1']);
      expect(await subjects(`actor=${stem}`)).toEqual([]);
      expect(await subjects('subject=nobody')).toEqual([]);
      expect(await subjects(`subject=${stem}-1/1`)).toEqual([]);
      for (const query of [
        'type=model.exploded',
        'from=yesterday',
        'order=up',
        'x=1',
        `actor=${'a'.repeat(257)}`,
        `subject=${'s'.repeat(300)}`,
      ])
        expectProblem(await t.get(`/events?${query}`), 400, 'query-invalid');
    });

    it('of a model that is gone can still be asked for, with those of its versions', async () => {
      const { model } = await make.version(t);
      await t.del(`/models/${model}?reason=r`);
      expect(await types(`subject=${model}`)).toEqual(['model.deregistered', 'version.created', 'model.registered']);
      await t.post(`/models/${model}/purge`);
      expect(await types(`subject=${model}/1`)).toEqual(['version.created']);
      const renamed = (await make.version(t)).model;
      await t.post(`/models/${renamed}/rename`, { name: `${renamed}-x` });
      expect(await types(`subject=${renamed}`)).toEqual(['model.renamed', 'version.created', 'model.registered']);
    });

    it('of every model that bore a name are told under it, each version under the number it was called by', async () => {
      const name = aName();
      const version = async (model: string) => (await t.post(`/models/${model}/versions`, {})).json.number as number;
      await t.post('/models', { name });
      expect(await version(name)).toBe(1);
      await t.post(`/models/${name}/rename`, { name: `${name}-first` });
      expect(await version(`${name}-first`)).toBe(2);
      await t.post('/models', { name });
      expect(await version(name)).toBe(2);
      await t.del(`/models/${name}?reason=r`);
      await t.post('/models', { name });
      expect(await version(name)).toBe(3);
      const told = (await events(`subject=${name}&order=asc`)).map((event) => `${event.type} ${event.subject}`);
      expect(told).toEqual([
        `model.registered ${name}`,
        `version.created ${name}/1`,
        `model.renamed ${name}-first`,
        `version.created ${name}-first/2`,
        `model.registered ${name}`,
        `version.created ${name}/2`,
        `model.deregistered ${name}`,
        `model.registered ${name}`,
        `version.created ${name}/3`,
      ]);
      const paged = await walk<Event>(t.get, `/events?subject=${name}&order=asc`, 2);
      expect(paged.map((event) => `${event.type} ${event.subject}`)).toEqual(told);
      expect(await types(`subject=${name}&type=model.registered`)).toHaveLength(3);
      for (const number of [1, 2, 3])
        expect((await events(`subject=${name}/${number}`)).map((event) => event.subject)).toEqual([
          `${name}/${number}`,
        ]);
      expect(await types(`subject=${name}-first/2`)).toEqual(['version.created']);
      expect(await types(`subject=${name}-first/1`)).toEqual(['version.created']);
    });
  });

  describe(`many events on ${database}`, () => {
    const t = useRegistry(open);

    it('of several bearers of one name are told in order, once each, whatever is asked besides', async () => {
      const name = aName();
      for (let bearer = 0; bearer < 3; bearer += 1) {
        await t.post('/models', { name });
        for (let i = 0; i < 60; i += 1)
          await t.ask(i % 3 ? 'PATCH' : 'POST', `/models/${name}${i % 3 ? '' : '/versions'}`, {
            body: { description: `${i}` },
            actor: i % 2 ? 'ada' : 'bo',
          });
        await t.post('/models', { name: `${name}-${bearer}` });
        if (bearer === 1) await t.post(`/models/${name}/rename`, { name: `${name}-x` });
        else await t.del(`/models/${name}?reason=r&force=true`);
      }
      const all = await walk<Event>(t.get, '/events?order=asc', 1_000);
      const own = all.filter(({ subject }) => !/-\d$/.test(subject));
      expect(own.length).toBe(186);
      for (const [query, page_size, matches] of [
        ['', 7, () => true],
        ['&type=version.created', 1_000, ({ type }) => type === 'version.created'],
        ['&type=version.created', 9, ({ type }) => type === 'version.created'],
        ['&actor=bo&type=model.updated', 5, ({ actor, type }) => actor === 'bo' && type === 'model.updated'],
      ] as [string, number, (event: Event) => boolean][]) {
        const expected = own.filter(matches).map(({ seq }) => seq);
        expect(expected.length).toBeGreaterThan(10);
        const asked = async (order: string) =>
          (await walk<Event>(t.get, `/events?subject=${name}&order=${order}${query}`, page_size)).map(({ seq }) => seq);
        expect(await asked('asc'), query).toEqual(expected);
        expect(await asked('desc'), query).toEqual(expected.reverse());
      }
    });
  });

  describe(`the ledger on ${database}`, () => {
    const t = useRegistry(open);
    const vkey = async () => (await t.get('/ledger/key')).text.trim();
    const checkpoint = async () => (await t.get('/ledger/checkpoint')).text;

    it('of nothing has a checkpoint too, and an empty export', async () => {
      const note = verifyCheckpoint(await checkpoint(), await vkey());
      expect(note).toMatchObject({ ok: true, size: 0 });
      expect((await t.get('/ledger/export')).text).toBe('');
      expectProblem(await t.get('/ledger/proofs/inclusion?seq=1'), 404, 'event-not-found');
      expect((await t.get('/ledger/proofs/consistency?from=0')).json).toMatchObject({ from: 0, to: 0, proof: [] });
    });

    it('A6 proves inclusion and consistency of every size, as RFC 6962 says', async () => {
      const notes: string[] = [];
      const { name } = await make.model(t);
      for (let i = 0; i < 12; i += 1) {
        notes.push(await checkpoint());
        await t.patch(`/models/${name}`, { description: `${i}` });
      }
      const lines = (await t.get('/ledger/export')).text.split('\n').slice(0, -1);
      const last = verifyCheckpoint(await checkpoint(), await vkey());
      if (!last.ok) throw new Error(last.detail);
      for (let seq = 1; seq <= lines.length; seq += 1)
        for (const size of [seq, Math.min(seq + 3, lines.length), lines.length]) {
          const { json } = await t.get(`/ledger/proofs/inclusion?seq=${seq}&size=${size}`);
          expect(json).toMatchObject({ seq, size });
          expect(bytes(json.leaf)).toEqual(Buffer.from(leafHash(lines[seq - 1] as string)));
          const proof = {
            leaf: bytes(json.leaf),
            index: seq - 1,
            size,
            proof: json.proof.map(bytes),
            root: bytes(json.root),
          };
          expect(verifyInclusion(proof)).toBe(true);
        }
      for (let to = 0; to <= lines.length; to += 1)
        for (let from = 0; from <= to; from += 3) {
          const { json } = await t.get(`/ledger/proofs/consistency?from=${from}&to=${to}`);
          expect(
            verifyConsistency({
              from,
              to,
              fromRoot: bytes(json.from_root),
              toRoot: bytes(json.to_root),
              proof: json.proof.map(bytes),
            }),
          ).toBe(true);
        }
      for (const [i, older] of notes.entries()) {
        const { json } = await t.get(`/ledger/proofs/consistency?from=${i + 1}`);
        expect(verifyConsistencyBetween(older, await checkpoint(), json.proof.map(bytes), await vkey())).toMatchObject({
          ok: true,
        });
      }
      expect(Buffer.from(last.root)).toEqual(
        bytes((await t.get(`/ledger/proofs/consistency?from=1&to=${lines.length}`)).json.to_root),
      );
    });

    it('refuses what lies outside of it', async () => {
      const size = await t.registry.ledger.size();
      for (const path of [
        `inclusion?seq=${size + 1}`,
        `inclusion?seq=1&size=${size + 1}`,
        `inclusion?seq=5&size=4`,
        `consistency?from=${size + 1}`,
        `consistency?from=1&to=${size + 1}`,
        'consistency?from=3&to=2',
      ])
        expectProblem(await t.get(`/ledger/proofs/${path}`), 404, 'event-not-found');
      for (const path of [
        'inclusion',
        'inclusion?seq=0',
        'inclusion?seq=-1',
        'inclusion?seq=x',
        'inclusion?seq=1&size=0',
        'inclusion?seq=1.5',
        'inclusion?seq=99999999999999999999',
        'consistency',
        'consistency?from=-1',
      ])
        expectProblem(await t.get(`/ledger/proofs/${path}`), 400, 'query-invalid');
    });

    it('exports every event as a line whose bytes are the leaf; parts of it too', async () => {
      const answer = await t.get('/ledger/export');
      expect(answer.headers['content-type']).toMatch(/^application\/jsonl/);
      const lines = answer.text.split('\n').slice(0, -1);
      expect(lines.map((line) => JSON.parse(line).seq)).toEqual(lines.map((_, i) => i + 1));
      expect((await t.get('/ledger/export?from=3&to=5')).text).toBe(`${lines.slice(2, 5).join('\n')}\n`);
      expect((await t.get('/ledger/export?from=5&to=3')).text).toBe('');
      expect((await t.get(`/ledger/export?from=${lines.length}&to=999999`)).text).toBe(`${lines.at(-1)}\n`);
      expectProblem(await t.get('/ledger/export?from=0'), 400, 'query-invalid');
      const listed = (await t.get('/events?order=asc&page_size=1000')).json.items;
      expect(lines.map((line) => JSON.parse(line))).toEqual(listed);
    });

    it('A4 an export in which one byte was changed, or a line removed, is found out', async () => {
      const lines = (await t.get('/ledger/export')).text.split('\n').slice(0, -1);
      const verify = async (edited: string[]) => {
        async function* each() {
          yield* edited;
        }
        return verifyLedger(each(), { checkpoints: [await checkpoint()], vkey: await vkey() });
      };
      expect((await verify(lines)).ok).toBe(true);
      expect(
        (await verify(lines.map((line, i) => (i === 4 ? line.replace('anonymous', 'anonymouz') : line)))).problems,
      ).toMatchObject([{ kind: 'changed', seq: 5 }]);
      expect((await verify(lines.filter((_, i) => i !== 6))).problems).toMatchObject([{ kind: 'missing', seq: 7 }]);
      expect((await verify(lines.slice(0, -1))).ok).toBe(false);
    });

    it('A4 events and checkpoints cannot be written by any request', async () => {
      for (const method of ['PUT', 'POST', 'PATCH', 'DELETE'])
        for (const path of [
          '/events',
          '/events/1',
          '/events/stream',
          '/ledger/checkpoint',
          '/ledger/export',
          '/ledger/key',
        ])
          expect([404, 405]).toContain((await t.ask(method, path)).status);
    });
  });

  describe(`the event stream on ${database}`, () => {
    const t = useRegistry(open, { http: { eventStreams: 3 } });

    it('sends events as they happen', async () => {
      const names = [aName(), aName()];
      const events = await streamed(t, 2, {}, async () => {
        for (const name of names) await make.model(t, { name });
      });
      expect(events.map((event) => event.subject)).toEqual(names);
    });

    it('Last-Event-ID resumes without a gap, while more come in', async () => {
      const { name } = await make.model(t);
      const start = await t.registry.ledger.size();
      for (let i = 0; i < 30; i += 1) await t.patch(`/models/${name}`, { description: `${i}` });
      let last = start;
      const seen: number[] = [];
      const writing = (async () => {
        for (let i = 30; i < 90; i += 1) await t.patch(`/models/${name}`, { description: `${i}` });
      })();
      for (const count of [7, 1, 20, 32, 30]) {
        const events = await streamed(t, count, { 'last-event-id': String(last) });
        seen.push(...events.map((event) => event.seq));
        last = seen.at(-1) as number;
      }
      await writing;
      expect(seen).toEqual(Array.from({ length: 90 }, (_, i) => start + 1 + i));
    });

    it('from 0 sends all there is; each as it stands in the ledger', async () => {
      const size = await t.registry.ledger.size();
      const events = await streamed(t, size, { 'last-event-id': '0' });
      const lines = (await t.get('/ledger/export')).text.split('\n').slice(0, -1);
      expect(events).toEqual(lines.map((line) => JSON.parse(line)));
    });

    it('an id that cannot be one is a 400', async () => {
      for (const id of ['x', '-1', '1.5', '01', '99999999999999999999', '999999999'])
        expectProblem(await t.get('/events/stream', { 'last-event-id': id }), 400, 'query-invalid');
      expect((await t.ask('HEAD', '/events/stream')).status).toBe(405);
    });

    it('R1 only so many are open at once; those that left make room', async () => {
      const { url } = await t.listen();
      const open = async () => {
        const cut = new AbortController();
        const response = await fetch(`${url}/api/v1/events/stream`, { signal: cut.signal });
        return { status: response.status, retry: response.headers.get('retry-after'), cut };
      };
      await new Promise((resolve) => setTimeout(resolve, 300)); // those of the tests before are gone
      const streams = [await open(), await open(), await open()];
      expect(streams.map((stream) => stream.status)).toEqual([200, 200, 200]);
      expect(await open()).toMatchObject({ status: 503, retry: '1' });
      streams[0]?.cut.abort();
      await new Promise((resolve) => setTimeout(resolve, 300));
      const again = await open();
      expect(again.status).toBe(200);
      for (const stream of [...streams.slice(1), again]) stream.cut.abort();
    });

    it('R9 ends when the server stops', async () => {
      const other = await openRegistry(open);
      const { url } = await other.listen();
      const response = await fetch(`${url}/api/v1/events/stream`);
      const ended = response.text();
      const began = performance.now();
      await other.close();
      expect(await ended).toContain(': ready');
      expect(performance.now() - began).toBeLessThan(3_000);
    });
  });
}
