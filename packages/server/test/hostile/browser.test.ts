import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { openServer } from '../../src/main.ts';
import { seed } from './seed.ts';

const SCRIPT = '<script>alert(1)</script>';

describe('what a browser gets', () => {
  let data = '';
  let server: Awaited<ReturnType<typeof openServer>>;
  const get = (path: string, headers: Record<string, string> = {}) => fetch(server.url + path, { headers });

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'assayer-browser-'));
    const flags = { data, port: 0, log_level: 'silent', limits: { reserve_bytes: 0 } };
    server = await openServer(loadConfig({ flags }));
    await seed(server.url);
  });
  afterAll(async () => {
    await server.close();
    await rm(data, { recursive: true, force: true });
  });

  it('B4 every page allows only its own scripts, and no page may frame it', async () => {
    for (const path of ['/', '/docs']) {
      const answer = await get(path);
      const policy = answer.headers.get('content-security-policy') ?? '';
      expect(answer.headers.get('content-type'), path).toMatch(/^text\/html/);
      expect(policy, path).toMatch(/default-src 'none'/);
      expect(policy, path).toMatch(/frame-ancestors 'none'/);
      expect(/script-src [^;]*/.exec(policy)?.[0] ?? '', path).not.toMatch(/unsafe|\*|http|data:/);
      const html = await answer.text();
      expect(html, path).not.toMatch(/<script(?![^>]*\bsrc=)/i);
      expect(html, path).not.toMatch(/\son\w+\s*=|javascript:|(src|href)="(https?:)?\/\//i);
    }
  });

  it('B5 an artifact that is a page is sent as an attachment, sandboxed, under its true name', async () => {
    const at = '/api/v1/models/churn/versions/2/artifacts/x%22%3B%20y%3Dz.html';
    const put = await fetch(server.url + at, {
      method: 'PUT',
      body: new TextEncoder().encode(`<!doctype html>${SCRIPT}`),
    });
    expect(put.status).toBe(201);
    const answer = await get(at, { accept: 'text/html' });
    expect(answer.headers.get('content-disposition')).toBe(
      `attachment; filename="x_; y=z.html"; filename*=UTF-8''x%22%3B%20y%3Dz.html`,
    );
    expect(answer.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    for (const archive of ['tar', 'zip']) {
      const { headers } = await get(`/api/v1/models/churn/versions/2/archive.${archive}`);
      expect(headers.get('content-disposition')).toMatch(/^attachment; /);
      expect(headers.get('content-security-policy')).toMatch(/^sandbox/);
    }
  });

  it('B5 whatever is kept is answered as JSON or as an attachment, never as a page', async () => {
    const model = { name: SCRIPT.replaceAll('/', '!'), description: SCRIPT, tags: { [SCRIPT]: SCRIPT }, card: SCRIPT };
    const made = await fetch(`${server.url}/api/v1/models`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(model),
    });
    expect(made.status).toBe(201);
    for (const path of [
      '/models',
      '/events',
      '/ledger/export',
      '/versions',
      '/trash',
      `/models/${encodeURIComponent(model.name)}`,
    ]) {
      const answer = await get(`/api/v1${path}`, { accept: 'text/html' });
      expect(answer.headers.get('content-type'), path).toMatch(/^application\/(json|jsonl)/);
      expect(answer.headers.get('x-content-type-options'), path).toBe('nosniff');
    }
  });

  it('B6 nothing sets a cookie, and none is read', async () => {
    const { paths } = (await (await get('/openapi.json')).json()) as { paths: Record<string, { get?: object }> };
    const routes = Object.keys(paths).filter((path) => paths[path]?.get && !path.endsWith('/stream'));
    const filled = routes.map((path) =>
      path.replace('{name}', 'churn').replace('{ref}', '1').replace('{path}', 'model.bin'),
    );
    for (const path of ['/', '/docs', '/healthz', '/readyz', '/openapi.json', ...filled]) {
      const headers: Record<string, string> = { cookie: 'session=stolen; csrf=1' };
      const [plain, withCookie] = [await get(path), await get(path, headers)];
      expect(withCookie.headers.getSetCookie(), path).toEqual([]);
      expect(withCookie.status, path).toBe(plain.status);
    }
  });
});
