import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { errorsPage, openApiText } from '../support/contract.ts';

const committed = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

it('openapi.json is what the routes say (npm run contract writes it)', async () => {
  expect(await openApiText()).toBe(await committed('../../openapi.json'));
});

it('docs/errors.md is what the refusals say (npm run contract writes it)', async () => {
  expect(errorsPage()).toBe(await committed('../../../../docs/errors.md'));
});

it('schema.ts of the client is what openapi.json says (npm run contract writes it)', async () => {
  const generate = fileURLToPath(new URL('../../../client/scripts/generate.mjs', import.meta.url));
  const { stderr } = await promisify(execFile)(process.execPath, [generate, '--check']);
  expect(stderr).toBe('');
});

it('every operation has an id of its own and says what it answers with', async () => {
  const { paths } = JSON.parse(await openApiText()) as {
    paths: Record<string, Record<string, { operationId: string; responses: object }>>;
  };
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  const ids = operations.map((operation) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const operation of operations) expect(Object.keys(operation.responses)).toContain('400');
});
