import { type Dice, garble } from './dice.ts';
import { NAMES, PATHS, REFS, text } from './texts.ts';

/** The body of an operation, as bytes: valid, wrong in a value, wrong in its text, or no JSON at all. */
export function jsonBody(dice: Dice, operation: string, right = valid(dice, operation)): Buffer {
  let json = JSON.stringify(spoiled(dice, right)) ?? '';
  if (dice.odd(0.25)) json = misspelt(dice, json);
  const bytes = Buffer.from(json);
  if (dice.odd(0.05))
    return Buffer.concat([bytes, Buffer.from(dice.one([[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0]]))]);
  if (dice.odd(0.03)) return Buffer.from(json, 'utf16le');
  return dice.odd(0.1) ? garble(dice, bytes) : bytes;
}

function valid(dice: Dice, operation: string): unknown {
  const some = (members: Record<string, () => unknown>) =>
    Object.fromEntries(
      Object.entries(members)
        .filter(() => dice.chance(0.4))
        .map(([key, make]) => [key, make()]),
    );
  const metadata = {
    description: () => dice.one([null, 'one', text(dice, ['two'])]),
    tags: () => dice.one([null, {}, { team: 'growth' }, { [text(dice, ['a'])]: text(dice, ['1']) }, { a: null }]),
    properties: () =>
      dice.one([null, {}, { a: { b: 1 } }, { list: [1, '2', null, { c: true }] }, { big: value(dice) }]),
    card: () => dice.one([null, '# Card', text(dice, ['---\na: 1\n---'])]),
  };
  const lineage = () => ({
    ...some({
      run_id: () => text(dice, ['r1']),
      git_url: () => text(dice, ['file:///etc/passwd', 'http://169.254.169.254/'], 0.3),
      datasets: () => [{ name: 'd', uri: text(dice, ['s3://bucket/../x']) }],
      base: () => ({ model: text(dice, NAMES), version: dice.int(1, 3) }),
    }),
  });
  const number = () => dice.one<unknown>([0.5, -0, 1, 'NaN', 'Infinity', '-Infinity', 1e308, 5e-324]);
  const model = { ...metadata, owner: () => text(dice, ['ada']) };
  const version = {
    ...metadata,
    framework: () => text(dice, ['sklearn']),
    lineage,
    signature: () => ({ inputs: [{ name: 'x', type: 'float32', shape: [null, 'n', 3] }] }),
  };
  const of: Record<string, () => unknown> = {
    registerModel: () => ({ name: text(dice, NAMES, 0.05), ...some(model) }),
    describeModel: () => some(model),
    renameModel: () => ({ name: text(dice, NAMES, 0.1) }),
    rollBack: () => ({ reason: text(dice, ['worse']), ...some({ status: () => dice.one(['production', 'staging']) }) }),
    setAlias: () => ({
      version: dice.one([dice.int(0, 4), text(dice, REFS)]),
      ...some({ reason: () => text(dice, ['r']), force: () => true }),
    }),
    setPolicy: () => policy(dice),
    setDefaultPolicy: () => dice.one([{}, policy(dice)]),
    approvePromotion: () => some({ reason: () => text(dice, ['r']) }),
    rejectPromotion: () => ({ reason: text(dice, ['r']) }),
    cancelPromotion: () => some({ reason: () => text(dice, ['r']) }),
    createVersion: () => ({
      ...some(version),
      ...some({ metrics: () => ({ auc: dice.one([0.5, 'NaN', '-Infinity', 1e308]) }) }),
    }),
    logMetrics: () => ({
      metrics: [1, 2].map((step) => ({
        name: text(dice, ['auc', 'val/loss', '精度']),
        value: number(),
        ...some({ step: () => step, at: () => text(dice, ['2026-01-01T00:00:00Z', '0001-01-01T00:00:00Z']) }),
      })),
    }),
    recordEvaluation: () => ({
      dataset: { name: text(dice, NAMES), digest: text(dice, ['d1', 'd2']) },
      metrics: { accuracy: number(), [text(dice, ['auc'])]: number() },
      ...some({
        n: () => dice.one([1, 100, 2 ** 52]),
        slices: () => [{ slice: text(dice, ['a']), metrics: { accuracy: number() } }],
        at: () => '2026-01-01T00:00:00Z',
        tags: () => ({ [text(dice, ['a'])]: text(dice, ['1']) }),
        curves: () => ({
          confusion: {
            labels: ['a', 'b'],
            counts: dice.one([
              [
                [1, 2],
                [3, 4],
              ],
              [[1, 2]],
            ]),
          },
        }),
      }),
    }),
    defineMetric: () =>
      some({
        unit: () => dice.one([null, text(dice, ['ms'])]),
        direction: () => dice.one([null, 'higher', 'lower']),
        description: () => dice.one([null, text(dice, ['what it means'])]),
      }),
    describeVersion: () => some(version),
    promoteVersion: () => ({
      to: dice.one(REFS.slice(7)),
      ...some({ reason: () => text(dice, ['r']), force: () => true }),
    }),
  };
  return (of[operation] ?? (() => dice.one([undefined, {}, { [text(dice, PATHS)]: 1 }])))();
}

function policy(dice: Dice): unknown {
  const dataset = { name: text(dice, ['holdout']) };
  const checks = [
    { check: 'sealed' },
    { check: 'verdict', not_worse_than: dice.one(['clean', 'malformed', 'unsafe']) },
    {
      check: 'metric',
      metric: text(dice, ['auc']),
      comparator: dice.one(['>', '!=', '~']),
      value: dice.one([0, 1e308]),
    },
    { check: 'not_worse_than_live', metric: 'auc', dataset, tolerance: dice.one([0, -1, 0.1]) },
    { check: 'has', fields: [text(dice, ['card', 'tags.team', 'properties.a.b', 'properties.', 'card.x'])] },
    { check: 'evaluated_on', dataset, within_days: dice.one([0, 1, 1e9]) },
    { check: text(dice, ['signature_compatible', 'magic']) },
  ];
  const rule = { mode: 'warn', checks: checks.slice(dice.int(0, checks.length)) };
  return { statuses: { [dice.one(REFS.slice(7))]: rule }, aliases: { [text(dice, ['champion', 'latest'])]: rule } };
}

function value(dice: Dice): unknown {
  return dice.one<unknown>([
    ...[null, true, 0, -1, 1.5, 1e300, 5e-324, 2 ** 53, '', 'text', [], {}, [[]], { '': '' }, [1, 'a', null]],
    ...['9'.repeat(400), { constructor: { prototype: 1 } }, text(dice, ['x'], 1)],
  ]);
}

/** Puts something else in the place of one member, takes it away, or adds one. */
function spoiled(dice: Dice, body: unknown): unknown {
  if (!dice.odd(0.4)) return body;
  if (typeof body !== 'object' || body === null || dice.odd(0.1)) return value(dice);
  const members = Object.entries(body);
  const at = dice.int(0, members.length);
  const [key, old] = members[at] ?? [
    text(dice, ['extra', 'etag', 'number', 'model_id', 'verified', 'actor'], 0.5),
    value(dice),
  ];
  const spoilt = dice.one([() => value(dice), () => spoiled(dice, old), () => undefined, () => [old]])();
  return { ...body, [key]: spoilt };
}

/** What only the text of JSON can be: keys twice, numbers out of range, lone surrogates, deep, long, cut. */
function misspelt(dice: Dice, json: string): string {
  const deep = dice.one([10, 63, 64, 65, 1_000, 50_000]);
  const member = (text: string) => json.replace(/^\{(.?)/, (_, next) => `{${text}${next === '}' ? '' : ','}${next}`);
  return dice.one([
    () => member('"name":"churn","name":"fraud"'),
    () => member('"__proto__":{"polluted":true}'),
    () => member('"tags":{"__proto__":"x"}'),
    () =>
      member(
        `"properties":{"n":${dice.one(['1e999', '-1e999', '12345678901234567890', '9'.repeat(5_000), '1E400', '01', '-', '.5', '0x1'])}}`,
      ),
    () =>
      member(
        `"description":"${dice.one(['\\ud800', '\\udfff\\ud800', '\\u0000', '\\u', '\\x41', '\t', '\u0000', '\\'])}"`,
      ),
    () => member(`"properties":${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`),
    () => member(`"properties":{"a":${'['.repeat(deep)}${dice.chance(0.5) ? ']'.repeat(deep) : ''}}`),
    () => member(`"card":"${'x'.repeat(dice.one([10_000, 500_001, 1_048_577]))}"`),
    () => member(`"tags":{${Array.from({ length: dice.one([100, 1_001]) }, (_, i) => `"k${i}":"v"`).join(',')}}`),
    () => json.slice(0, dice.int(0, json.length)),
    () => `\ufeff${json}`,
    () => `${json}${json}`,
    () => `[${json}]`,
    () => json.replaceAll('"', "'"),
    () => `${json}// comment`,
    () => `${' '.repeat(dice.one([100, 1_100_000]))}${json}`,
  ])();
}
