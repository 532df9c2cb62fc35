import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problemOfName } from '../../src/registry/names.ts';
import { databases } from '../support/databases.ts';
import { aName } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';
import { expectProblem } from '../support/problems.ts';

const at = (name: string) => `/models/${encodeURIComponent(name)}`;

for (const [database, open] of Object.entries(databases))
  describe(`names of models on ${database}`, () => {
    const t = useRegistry(open);

    it.each([
      'with space',
      'dots.and-dashes_v1.0',
      '...',
      '..x',
      '모델 모델',
      '模型',
      'модель',
      '🌊🤖',
      '%2F',
      '%252F',
      'a%00b',
      'a%2Fb',
      '100%',
      '%',
      '%zz',
      'quote\'"`',
      'a\\b',
      'a?b#c&d=e;f',
      '<b onclick=alert(1)>',
      '{{7*7}}#{7*7}',
      '-',
      '0',
      'null',
      '__proto__',
      'constructor',
      'versions',
      'latest',
      '@champion',
      'é',
      'Case',
      'case',
      'a+b',
      '\u200b',
      'a\u202eb',
      'x'.repeat(256),
      '🌊'.repeat(256),
    ])('P6 «%s» is stored byte for byte', async (name) => {
      const answer = await t.post('/models', { name });
      expect(answer.status, answer.text).toBe(201);
      expect(answer.json.name).toBe(name);
      expect(answer.headers.location).toBe(`/api/v1${at(name)}`);
      expect((await t.get(at(name))).json).toEqual(answer.json);
      expect((await t.get(`${String(answer.headers.location).slice('/api/v1'.length)}`)).json.name).toBe(name);
      expect((await t.post(`${at(name)}/versions`, {})).json.model).toBe(name);
      expect((await t.get(`${at(name)}/versions/1`)).json.model).toBe(name);
      const { items } = (await t.get(`/events?subject=${encodeURIComponent(name)}`)).json;
      expect(items.map((event: { subject: string }) => event.subject)).toEqual([`${name}/1`, name]);
      expect((await t.del(`${at(name)}?reason=r`)).status).toBe(200);
    });

    it.each([
      ['empty', ''],
      ['a slash', 'a/b'],
      ['a colon', 'a:b'],
      ['a dot', '.'],
      ['two dots', '..'],
      ['white space before', ' a'],
      ['white space after', 'a '],
      ['white space alone', ' '],
      ['no-break space after', 'a\u00a0'],
      ['ideographic space before', '\u3000a'],
      ['byte order mark before', '\ufeffa'],
      ['a tab', 'a\tb'],
      ['a line break', 'a\nb'],
      ['an escape', 'a\u001bb'],
      ['delete', 'a\u007fb'],
      ['a C1 control', 'a\u0085b'],
      ['a line separator', 'a\u2028b'],
      ['257 characters', 'x'.repeat(257)],
      ['257 emoji', '🌊'.repeat(257)],
      ['what grows without bound in NFC', '\u{1d160}'.repeat(256)],
    ])('P3 a name that is or has %s is refused', async (_what, name) => {
      const { errors } = expectProblem(await t.post('/models', { name }), 422, 'invalid');
      expect((errors as { path: string }[])[0]?.path).toBe('/name');
    });

    it('P3 NUL, lone surrogates and broken UTF-8 are 400, in bodies and addresses', async () => {
      for (const text of ['{"name":"a\\u0000b"}', '{"name":"\\ud83c"}', '{"name":"\\udf0a\\ud83c"}'])
        expectProblem(
          await t.ask('POST', '/models', { body: Buffer.from(text), headers: { 'content-type': 'application/json' } }),
          400,
          'malformed',
        );
      const broken = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]);
      expectProblem(
        await t.ask('POST', '/models', { body: broken, headers: { 'content-type': 'application/json' } }),
        400,
        'malformed',
      );
      for (const path of [
        '/models/%00',
        '/models/a%00b',
        '/models/%c0%af',
        '/models/%ed%a0%80',
        '/models/%ff',
        '/models/%',
        '/models/%zz',
        '/models?q=%00',
        '/events?subject=a%00',
        '/versions?filter=%00',
      ])
        expect((await t.get(path)).status, path).toBe(400);
    });

    it.each([
      ['NFC and NFD', 'caf\u00e9', 'cafe\u0301'],
      ['a compatibility-free singleton', '\u212b', '\u00c5'],
      ['Hangul', '\uac00', '\u1100\u1161'],
      ['an encoded space', 'a b', 'a%20b'],
      ['encoded UTF-8', 'é', '%C3%A9'],
      ['hex digits of either case', '%c3%a9', '%C3%A9'],
      ['an encoded percent', '100%', '100%25'],
      ['an encoding beside a stray percent', '50% of a b', '50% of a%20b'],
      ['an encoding of NFD', '\u00e9', 'e%CC%81'],
      ['two encodings of nothing', 'a%FF', 'a%FE'],
    ])('P6 of two names that differ only by %s one is taken', async (_what, one, other) => {
      const stem = aName();
      for (const [first, second] of [
        [`${stem}1${one}`, `${stem}1${other}`],
        [`${stem}2${other}`, `${stem}2${one}`],
      ] as const) {
        expect((await t.post('/models', { name: first })).status).toBe(201);
        const told = expectProblem(await t.post('/models', { name: second }), 409, 'name-taken');
        expect(told.model).toBe(first);
        expect(told.detail).toContain('differs from');
        expectProblem(await t.get(at(second)), 404, 'model-not-found');
      }
    });

    it('P6 letter case distinguishes, and so do names that merely look alike', async () => {
      const stem = aName();
      for (const name of ['a', 'A', 'а', 'ａ', 'a\u200b', 'ﬀ', 'ff', 'ß', 'ss', 'İ', 'i'])
        expect((await t.post('/models', { name: `${stem}${name}` })).status, name).toBe(201);
    });

    it('P6 any text is stored byte for byte or refused', async () => {
      const known = new Set<string>();
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), async (name) => {
          if (known.has(name)) return;
          known.add(name);
          const answer = await t.post('/models', { name });
          if (answer.status === 201) expect((await t.get(at(name))).json.name).toBe(name);
          else expect([400, 409, 422]).toContain(answer.status);
          if (answer.status === 422) expect(problemOfName(name)).toBeDefined();
        }),
        { numRuns: 150 },
      );
    });
  });
