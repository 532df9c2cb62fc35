import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Signature } from '../../contract/artifact.ts';
import { fitsInto } from './element-types.ts';
import { signatureDiff } from './signature-diff.ts';

type Tensors = NonNullable<Signature['inputs']>;
const age = { name: 'age', type: 'int64' };
const city = { name: 'city', type: 'string' };

/** `kind name breaking?` of each difference. */
const told = (from: Signature | null, to: Signature | null) =>
  signatureDiff(from, to).map(({ side, kind, name, breaking }) => `${breaking ? '!' : '.'} ${side} ${kind} ${name}`);
const inputs = (from: Tensors, to: Tensors) =>
  told({ inputs: from }, { inputs: to }).map((line) => line.replace('inputs ', ''));

describe('what differs between signatures', () => {
  it.each<[what: string, from: Tensors, to: Tensors, differences: string[]]>([
    ['nothing', [age, city], [age, city], []],
    ['the order of named inputs is no difference', [age, city], [city, age], []],
    ['an input removed', [age, city], [age], ['! removed city']],
    ['an input renamed', [age], [{ ...age, name: 'years' }], ['! removed age', '! added years']],
    ['a new required input', [age], [age, city], ['! added city']],
    ['a new optional input', [age], [age, { ...city, optional: true }], ['. added city']],
    ['int64 narrowed', [age], [{ ...age, type: 'int32' }], ['! type age']],
    ['int32 widened', [{ ...age, type: 'int32' }], [age], ['. type age']],
    ['a whole number where digits would be lost', [age], [{ ...age, type: 'float64' }], ['! type age']],
    ['a type of another kind', [age], [{ ...age, type: 'string' }], ['! type age']],
    ['required now', [{ ...age, optional: true }], [age], ['! optional age']],
    ['optional now', [age], [{ ...age, optional: true }], ['. optional age']],
    [
      'a fixed dimension where any length was taken',
      [{ ...age, shape: [null, 4] }],
      [{ ...age, shape: [8, 4] }],
      ['! shape age'],
    ],
    ['any length where it was fixed', [{ ...age, shape: [8, 4] }], [{ ...age, shape: [-1, 4] }], ['. shape age']],
    ['-1 and null are one', [{ ...age, shape: [-1, 4] }], [{ ...age, shape: [null, 4] }], []],
    ['another length', [{ ...age, shape: [null, 4] }], [{ ...age, shape: [null, 5] }], ['! shape age']],
    ['another rank', [{ ...age, shape: [null, 4] }], [{ ...age, shape: [null] }], ['! shape age']],
    ['a shape that was not stated', [age], [{ ...age, shape: [null] }], ['! shape age']],
    ['no shape any more', [{ ...age, shape: [null] }], [age], ['. shape age']],
    ['a symbol for a number', [{ ...age, shape: [4] }], [{ ...age, shape: ['n'] }], ['. shape age']],
    ['two lengths that are one now', [{ ...age, shape: ['n', 'm'] }], [{ ...age, shape: ['n', 'n'] }], ['! shape age']],
    ['the same length twice', [{ ...age, shape: [2, 2] }], [{ ...age, shape: ['n', 'n'] }], ['. shape age']],
    ['unnamed ones by their place', [{ type: 'int64' }], [{ type: 'int32' }], ['! type #1']],
    [
      'unnamed ones in another order',
      [{ type: 'int64' }, { type: 'string' }],
      [{ type: 'string' }, { type: 'int64' }],
      ['! order '],
    ],
    ['one that got a name', [{ type: 'int64' }], [age], ['! removed #1', '! added age']],
    ['two of one name', [age, age], [age, { ...age, type: 'int32' }], ['! type age #2']],
  ])('%s', (_what, from, to, differences) => {
    expect(inputs(from, to)).toEqual(differences);
  });

  it('outputs: whatever differs breaks', () => {
    const score = { name: 'score', type: 'float32', shape: [null] };
    const label = { name: 'label', type: 'int64' };
    const outputs = (from: Tensors, to: Tensors) => told({ outputs: from }, { outputs: to });
    expect(outputs([score], [score])).toEqual([]);
    expect(outputs([score, label], [score])).toEqual(['! outputs removed label']);
    expect(outputs([score], [score, label])).toEqual(['! outputs added label']);
    expect(outputs([score], [{ ...score, type: 'float64' }])).toEqual(['! outputs type score']);
    expect(outputs([score], [{ ...score, shape: [null, 2] }])).toEqual(['! outputs shape score']);
    expect(outputs([score, label], [label, score])).toEqual(['! outputs order ']);
  });

  it('params are like inputs; a side that is not stated is told as such', () => {
    const params = [{ name: 'temperature', type: 'float64', optional: true }];
    expect(told({ inputs: [age], params }, { inputs: [age], params: [] })).toEqual(['! params removed temperature']);
    for (const [from, to] of [
      [undefined, []],
      [[], undefined],
      [[], []],
    ] as const) // none, however it is said
      expect(
        told({ inputs: [age], ...(from && { params: [...from] }) }, { inputs: [age], ...(to && { params: [...to] }) }),
      ).toEqual([]);
    expect(told(null, null)).toEqual([]);
    expect(told(null, { inputs: [age] })).toEqual(['. inputs unstated ']);
    expect(told({ inputs: [age], outputs: [city] }, null)).toEqual(['! inputs unstated ', '! outputs unstated ']);
  });

  it('says what it was and what it is', () => {
    const [type, shape] = signatureDiff(
      { inputs: [{ ...age, shape: [-1, 3] }] },
      { inputs: [{ ...age, type: 'int32', shape: [2, 3] }] },
    );
    expect(type?.detail).toBe('int64 became int32, which is narrower');
    expect(shape?.detail).toBe('[?, 3] became [2, 3], which is narrower');
  });

  const tensor = fc.record(
    {
      name: fc.constantFrom('a', 'b', 'c'),
      type: fc.constantFrom('int32', 'int64', 'float64', 'string', 'array<int32>'),
      shape: fc.array(fc.constantFrom(null, -1, 2, 3, 'n', 'm'), { maxLength: 2 }),
      optional: fc.boolean(),
    },
    { requiredKeys: ['type'] },
  );
  const tensors = fc.array(tensor, { maxLength: 4 });

  it('a signature does not differ from itself, and breaks callers both ways only where neither takes what the other does', () => {
    fc.assert(
      fc.property(tensors, tensors, (from, to) => {
        expect(inputs(from, from)).toEqual([]);
        const [there, back] = [inputs(from, to), inputs(to, from)];
        expect(there.length === 0).toBe(back.length === 0);
        if (there.length > 0) expect([...there, ...back].some((line) => line.startsWith('!'))).toBe(true);
      }),
    );
  });
});

it('a type fits into those that hold all its values exactly', () => {
  for (const [from, to] of [
    ['int8', 'int64'],
    ['uint8', 'int16'],
    ['uint32', 'int64'],
    ['int32', 'float64'],
    ['float32', 'complex128'],
    ['array<int32>', 'array<float64>'],
    ['map<string, array<float32>>', 'map<string, array<float64>>'],
  ] as const)
    expect([fitsInto(from, to), fitsInto(to, from)], `${from} into ${to}`).toEqual([true, false]);
  for (const [from, to] of [
    ['int64', 'float64'],
    ['uint64', 'int64'],
    ['int32', 'float32'],
    ['string', 'binary'],
    ['array<int64>', 'int64'],
    ['array<int64>', 'map<string, int64>'],
  ] as const)
    expect([fitsInto(from, to), fitsInto(to, from)], `${from} into ${to}`).toEqual([false, false]);
});
