import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { useRegistry } from '../support/open-registry.ts';

for (const [database, open] of Object.entries(databases))
  describe(`what of MLflow is not here, on ${database}`, () => {
    const t = useRegistry(open);
    const at = (path: string) => `http://localhost${path}`;

    it.each([
      ['POST', '/api/3.0/mlflow/traces', 'traces'],
      ['GET', '/api/3.0/mlflow/traces/tr-1', 'traces'],
      ['POST', '/api/3.0/mlflow/traces/search', 'traces'],
      ['POST', '/api/3.0/mlflow/traces/tr-1/assessments', 'traces'],
      ['POST', '/api/2.0/mlflow/traces', 'traces'],
      ['PATCH', '/api/2.0/mlflow/traces/1/tags', 'traces'],
      ['POST', '/api/2.0/mlflow/traces/link-to-run', 'traces'],
      ['POST', '/api/2.0/mlflow/webhooks', 'webhooks'],
      ['GET', '/api/2.0/mlflow/webhooks', 'webhooks'],
      ['DELETE', '/api/2.0/mlflow/webhooks/1', 'webhooks'],
      ['POST', '/api/3.0/mlflow/datasets/create', 'evaluation datasets'],
      ['GET', '/api/3.0/mlflow/scorers/list', 'scorers'],
      ['PUT', '/ajax-api/3.0/mlflow/scorers/online-config', 'scorers'],
      ['GET', '/api/3.0/mlflow/gateway/endpoints/list', 'the AI gateway'],
      ['POST', '/graphql', 'GraphQL'],
      ['POST', '/v1/traces', 'traces'],
    ] as const)('%s %s is 501, which the client does not repeat', async (method, path, feature) => {
      const answer = await t.ask(method, at(path), method === 'GET' ? {} : { body: { name: 'x' } });
      expect(answer.status).toBe(501);
      expect(answer.json).toEqual({
        error_code: 'NOT_IMPLEMENTED',
        message: expect.stringContaining(`but not ${feature}.`),
      });
    });

    it('whatever the body is, it is not read', async () => {
      for (const [type, body] of [
        ['application/x-protobuf', Buffer.alloc(5_000_000, 1)],
        ['application/json', Buffer.from('{')],
      ] as const)
        expect((await t.ask('POST', at('/v1/traces'), { body, headers: { 'content-type': type } })).status).toBe(501);
    });

    it('workspaces, and what MLflow has not either, are not found, in its form', async () => {
      for (const path of ['/api/3.0/mlflow/workspaces', '/api/2.0/mlflow/nothing', '/api/3.0/mlflow/tracesx'])
        expect(await t.ask('GET', at(path))).toMatchObject({ status: 404, json: { error_code: 'ENDPOINT_NOT_FOUND' } });
    });

    it('hosts and origins are guarded here, too', async () => {
      const answer = await t.ask('POST', at('/v1/traces'), { headers: { host: 'evil.example' } });
      expect(answer.status).toBe(403);
    });
  });
