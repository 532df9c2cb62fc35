import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';

describe.each(Object.entries(databases))('what is answered on %s', (_, open) => {
  const t = useRegistry(open);
  /** Two that are the same where the index looks first. */
  const [long, longer] = [`${'a'.repeat(64)}-one`, `${'a'.repeat(64)}-two`];

  it('is the document of whatever a ref names, found in one statement or by the long way', async () => {
    const model = aName('Ключ "%41"');
    await make.model(t, {
      name: model,
      description: 'says "no" \\ 🙂',
      tags: { 'a b': '\n' },
      properties: { x: [1.5] },
    });
    await make.version(t, { model, status: 'production', aliases: [long] });
    await make.version(t, { model, status: 'production', aliases: [longer, 'champion'] });
    await make.version(t, { model, status: 'staging' });
    await make.version(t, { model, status: 'archived' });
    await make.version(t, { model, status: 'archived' });
    await make.version(t, { model, metrics: { auc: 0.5, loss: 'NaN' }, lineage: { run_id: '8' } });
    await make.version(t, { model });
    await t.del(`/models/${encodeURIComponent(model)}/versions/7?reason=old`);
    const named = { 1: 1, 6: 6, latest: 6, '@champion': 2, production: 2, staging: 3, archived: 5, draft: 6 };
    for (const [ref, number] of [...Object.entries(named), [`@${long}`, 1], [`@${longer}`, 2]] as const) {
      const version = await t.registry.versions.get(model, ref);
      expect(version.number, ref).toBe(number);
      const { etag, json } = await t.registry.versions.getJson(model, ref);
      expect(json).toBe(JSON.stringify(version));
      expect(etag).toBe(version.etag);
    }
    expect((await t.registry.models.getJson(model)).json).toBe(JSON.stringify(await t.registry.models.get(model)));
  });

  it('is a page of the same documents, now and at a moment', async () => {
    const before = t.clock.now();
    const page = { page_size: 3 };
    for (const at of [undefined, before]) {
      const asked = { ...page, at };
      expect(await t.registry.versions.listJson(asked)).toBe(JSON.stringify(await t.registry.versions.list(asked)));
      expect(await t.registry.models.listJson(asked)).toBe(JSON.stringify(await t.registry.models.list(asked)));
    }
  });

  it('is a refusal where a ref names nothing, and after a rename', async () => {
    const { model } = await make.version(t);
    const refused = async (name: string, ref: string) =>
      t.registry.versions.getJson(name, ref).then(
        () => 'found',
        (error) => error.kind,
      );
    for (const ref of ['2', 'production', 'staging', 'archived', 'v1', '@', '0'])
      expect(await refused(model, ref), ref).toBe('version-not-found');
    expect(await refused(model, '@champion')).toBe('alias-not-found');
    await t.registry.models.rename({ actor: { name: 'ada', verified: false }, request_id: 'r' }, model, `${model}-2`);
    expect(await refused(model, '1')).toBe('model-not-found');
    expect(JSON.parse((await t.registry.versions.getJson(`${model}-2`, '1')).json).model).toBe(`${model}-2`);
  });
});
