import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { aName } from '../support/make.ts';
import { type Opened, useRegistry } from '../support/open-registry.ts';

const create = (t: Opened, body: Record<string, unknown>) => t.mlflow('POST', '/registered-models/create', body);
const get = (t: Opened, name: string) => t.mlflow('GET', '/registered-models/get', { name });

for (const [database, open] of Object.entries(databases))
  describe(`registered models of MLflow on ${database}`, () => {
    const t = useRegistry(open);

    it('are created with tags and description, and read back', async () => {
      t.clock.set('2026-03-01T10:00:00.000Z');
      const name = aName();
      const tags = [
        { key: 'team', value: 'growth' },
        { key: 'twice', value: 'first' },
        { key: 'twice', value: 'last' },
        { key: 'empty', value: '' },
      ];
      const made = await create(t, { name, description: 'churn in 30 days', tags });
      const at = Date.parse('2026-03-01T10:00:00.000Z');
      expect(made.status, made.text).toBe(200);
      expect(made.json).toEqual({
        registered_model: {
          name,
          creation_timestamp: at,
          last_updated_timestamp: at,
          description: 'churn in 30 days',
          tags: [
            { key: 'team', value: 'growth' },
            { key: 'twice', value: 'last' },
            { key: 'empty', value: '' },
          ],
        },
      });
      expect((await get(t, name)).json).toEqual(made.json);
    });
  });
