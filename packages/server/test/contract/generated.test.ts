import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { Config } from '../../src/config/schema.ts';
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

it('every schema is one: the server compiles them unseen', async () => {
  const found: object[] = [Config];
  const visit = (node: unknown, key = '') => {
    if (typeof node !== 'object' || node === null) return;
    if (key === 'schema') found.push(node);
    else if (key === 'schemas') found.push(...Object.values(node));
    else for (const [name, one] of Object.entries(node)) visit(one, name);
  };
  visit(JSON.parse(await openApiText()));
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  expect(found.length).toBeGreaterThan(200);
  expect(found.filter((schema) => !ajv.validateSchema(schema))).toEqual([]);
  expect(ajv.validateSchema({ type: 'strin' })).toBe(false);
});
