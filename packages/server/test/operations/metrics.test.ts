import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { openServer } from '../../src/main.ts';
import { postgresDatabase } from '../support/databases.ts';
import { parseMetrics } from '../support/parse-metrics.ts';

const SECRET = 'secret-model';

const places = {
  sqlite: async () => ({ url: '', drop: async () => {} }),
  postgres: postgresDatabase,
};

for (const [name, open] of Object.entries(places))
  describe(`/metrics on ${name}`, () => {
    let folder: string;
    let database: Awaited<ReturnType<typeof open>>;
    let server: Awaited<ReturnType<typeof openServer>>;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'assayer-metrics-'));
      database = await open();
      const flags = { data: folder, port: 0, database: database.url, log_level: 'silent' };
      server = await openServer(loadConfig({ flags }));
    });
    afterAll(async () => {
      await server.close();
      await database.drop();
      await rm(folder, { recursive: true });
    });

    const call = (method: string, path: string, body?: unknown, type = 'application/json') =>
      fetch(server.url + path, {
        method,
        ...(body !== undefined && { headers: { 'content-type': type }, body: body as string }),
      });
    const scrape = async () => {
      const answer = await call('GET', '/metrics');
      expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([
        200,
        'text/plain; version=0.0.4; charset=utf-8',
        'no-store',
      ]);
      return parseMetrics(await answer.text());
    };
    /** How much each of these grew over `body`. */
    const growth = async (body: () => Promise<unknown>) => {
      const before = await scrape();
      await body();
      const after = await scrape();
      return (key: string) => (after.get(key) ?? 0) - (before.get(key) ?? 0);
    };

    it('is what Prometheus can read, whatever is asked for, and names no model, path or address', async () => {
      await call('POST', '/api/v1/models', JSON.stringify({ name: SECRET, tags: { [SECRET]: SECRET } }));
      await call('POST', `/api/v1/models/${SECRET}/versions`, '{}');
      const artifact = `/api/v1/models/${SECRET}/versions/1/artifacts/${SECRET}`;
      expect((await call('PUT', artifact, SECRET, 'application/octet-stream')).status).toBe(201);
      await (await call('GET', artifact)).text();
      await call('GET', `/${SECRET}?${SECRET}`);
      await call('GET', `/api/v1/models/%zz${SECRET}`);
      const samples = await scrape();
      const text = [...samples.keys()].join('\n');
      expect(text).not.toContain(SECRET);
      expect(text).toContain('assayer_build_info{version="');
      expect(samples.get('assayer_ledger_size')).toBe(3);
      expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(2 ** 24);
      expect(samples.get('assayer_disk_free_bytes{of="artifacts"}')).toBeGreaterThan(0);
      expect(samples.has('assayer_disk_free_bytes{of="database"}')).toBe(name === 'sqlite');
      expect(samples.has('assayer_database_connections{state="idle"}')).toBe(name === 'postgres');
    });

    it('counts requests by method, route and class of status', async () => {
      const of = await growth(async () => {
        for (let i = 0; i < 3; i += 1) await call('GET', `/api/v1/models/nobody-${i}`);
        await call('GET', '/api/v1/models');
        await call('HEAD', '/api/v1/models');
        await call('PATCH', '/nowhere');
      });
      const model = 'method="GET",route="/api/v1/models/:name"';
      expect(of(`assayer_http_requests_total{${model},status="4xx"}`)).toBe(3);
      expect(of(`assayer_http_request_seconds_count{${model}}`)).toBe(3);
      expect(of(`assayer_http_received_bytes_total{${model}}`)).toBeGreaterThan(100);
      expect(of(`assayer_http_sent_bytes_total{${model}}`)).toBeGreaterThan(600);
      expect(of('assayer_http_requests_total{method="GET",route="/api/v1/models",status="2xx"}')).toBe(1);
      expect(of('assayer_http_requests_total{method="HEAD",route="/api/v1/models",status="2xx"}')).toBe(1);
      expect(of('assayer_http_requests_total{method="any",route="none",status="4xx"}')).toBe(1);
    });

    it('counts changes, commits, events and inspections, and the bytes of uploads', async () => {
      const of = await growth(async () => {
        await call('POST', '/api/v1/models', JSON.stringify({ name: 'm' }));
        await call('POST', '/api/v1/models', JSON.stringify({ name: 'm' }));
        await call('POST', '/api/v1/models/m/versions', '{}');
        await call('PUT', '/api/v1/models/m/versions/1/artifacts/a', 'x'.repeat(50_000), 'application/octet-stream');
      });
      expect(of('assayer_changes_total{outcome="committed"}')).toBe(3);
      expect(of('assayer_changes_total{outcome="refused"}')).toBe(1);
      expect(of('assayer_commit_seconds_count')).toBe(4);
      expect(of('assayer_commit_changes_sum')).toBe(4);
      expect(of('assayer_events_total')).toBe(3);
      expect(of('assayer_ledger_size')).toBe(3);
      expect(of('assayer_inspections_total{verdict="unknown"}')).toBe(1);
      expect(of('assayer_inspection_seconds_count')).toBe(1);
      const upload = 'method="PUT",route="/api/v1/models/:name/versions/:ref/artifacts/*"';
      const received = of(`assayer_http_received_bytes_total{${upload}}`);
      expect([received > 50_000, received < 51_000]).toEqual([true, true]);
    });

    it('shows live streams while they are open', async () => {
      const stream = 'assayer_http_requests_open{method="GET",route="/api/v1/events/stream"}';
      const leaving = new AbortController();
      const answer = await fetch(`${server.url}/api/v1/events/stream`, { signal: leaving.signal });
      expect(answer.status).toBe(200);
      expect((await scrape()).get(stream)).toBe(1);
      leaving.abort();
      await expect.poll(async () => (await scrape()).get(stream)).toBe(0);
    });
  });

it('metrics: false serves none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assayer-metrics-'));
  const flags = { data: folder, port: 0, metrics: false, log_level: 'silent' };
  const server = await openServer(loadConfig({ flags }));
  expect((await fetch(`${server.url}/metrics`)).status).toBe(404);
  await server.close();
  await rm(folder, { recursive: true });
});
