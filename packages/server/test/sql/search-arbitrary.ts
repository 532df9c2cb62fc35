import fc from 'fast-check';
import {
  COMPARATORS,
  type Filter,
  type Noun,
  PATTERNS,
  propertyKey,
  type Scalar,
} from '../../src/registry/search/filter.ts';

/** Words that the documents of the tests hold too, so that filters hit. */
export const WORDS = [
  'churn',
  'Churn',
  'CHURN model',
  'a*b[c]?',
  'Модель',
  'модель',
  '模型',
  '😀 ok',
  '\uFF5E~',
  'e\u0301te',
  'İstanbul',
  'straße',
  'line\nbreak',
  '100%',
  'a_b',
  "it's",
  'back\\slash',
  '',
  'x'.repeat(64),
  'x'.repeat(70),
  `${'x'.repeat(64)}y`,
  'true',
] as const;
export const NUMBERS = [-1.5, 0, 1, 2, 3, 7, 0.25, 1e300, 2 ** 53, 1_700_000_000_000] as const;
export const TAGS = ['team', 'odd key', 'a.b', 'q"uote', 'ключ'] as const;
export const PATHS = [['a'], ['a', 'b'], ['a.b'], ['flag'], ['list'], ['deep', 'x y', '键']] as const;
export const METRICS = ['auc', 'val/loss'] as const;

const text = fc.constantFrom(...WORDS);
const number = fc.constantFrom(...NUMBERS);
const pattern = fc
  .oneof(
    fc.array(
      fc.oneof(
        { weight: 2, arbitrary: fc.constantFrom('%', '_') },
        text.map((word) => word.slice(0, 3)),
      ),
      {
        minLength: 1,
        maxLength: 5,
      },
    ),
    text.map((word) => [word.replace(/[A-Zа-я]/gu, '_'), '%']),
  )
  .map((pieces) => pieces.join('').toWellFormed());

const KEYS = {
  text: ['name', 'owner', 'description', 'created_by', 'alias', 'framework', 'format', 'digest', 'lineage.run_id']
    .concat(['lineage.datasets', 'lineage.base'])
    .concat(TAGS.map((tag) => `tags.${tag}`)),
  number: ['number', 'size_bytes', 'artifact_count', 'created_at', 'updated_at'].concat(
    METRICS.map((name) => `metrics.${name}`),
  ),
  any: PATHS.map((path) => propertyKey(path)),
};
const ENUMS: [string, string[]][] = [
  ['status', ['draft', 'staging', 'production', 'archived']],
  ['verdict', ['clean', 'unsafe', 'unknown']],
  ['state', ['open', 'sealed']],
];

const ONE = { minLength: 1, maxLength: 1 };

function comparisons(keys: readonly string[], value: fc.Arbitrary<Scalar>): fc.Arbitrary<Filter> {
  const key = fc.constantFrom(...keys);
  const ordered = value.filter((one) => typeof one !== 'boolean');
  return fc.oneof(
    fc.record({ op: fc.constantFrom(...COMPARATORS), key, values: fc.array(ordered, ONE) }),
    fc.record({ op: fc.constantFrom('=' as const, '!=' as const), key, values: fc.array(value, ONE) }),
    fc.record({
      op: fc.constantFrom('IN' as const, 'NOT IN' as const),
      key,
      values: fc.array(value, { minLength: 1, maxLength: 4 }),
    }),
    fc.record({
      op: fc.constantFrom('IS NULL' as const, 'IS NOT NULL' as const),
      key,
      values: fc.constant<Scalar[]>([]),
    }),
  );
}

function patterns(keys: readonly string[]): fc.Arbitrary<Filter> {
  return fc.record({ op: fc.constantFrom(...PATTERNS), key: fc.constantFrom(...keys), values: fc.array(pattern, ONE) });
}

function equals(keys: readonly string[], values: readonly Scalar[]): fc.Arbitrary<Filter> {
  const value = fc.array(fc.constantFrom(...values), ONE);
  return fc.record({ op: fc.constant('=' as const), key: fc.constantFrom(...keys), values: value });
}

const LONG = WORDS.filter((word) => word.length >= 64);
/** What one document may satisfy by two rows of the index: by values with one beginning, or of several types. */
export const twins: fc.Arbitrary<Filter> = fc.oneof(
  equals(['alias', 'lineage.datasets', 'lineage.base'], LONG),
  equals(['properties.list'], [...LONG, 'churn', 'true', true, 1]),
);

/** Any filter of a noun, over the keys and values of the tests' documents. */
export function filters(noun: Noun): fc.Arbitrary<Filter> {
  const numbers = noun === 'model' ? [...KEYS.number, 'latest_version', 'version_count'] : KEYS.number;
  const leaf = fc.oneof(
    comparisons(KEYS.text, text),
    comparisons(numbers, number),
    comparisons(KEYS.any, fc.oneof(text, number, fc.boolean())),
    twins,
    ...ENUMS.map(([key, values]) => comparisons([key], fc.constantFrom(...values))),
    patterns([...KEYS.text, ...KEYS.any, 'status', 'verdict']),
  );
  return fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      leaf,
      fc.record({
        op: fc.constantFrom('AND' as const, 'OR' as const),
        parts: fc.array(tie('filter'), { minLength: 2, maxLength: 3 }),
      }),
      fc.record({ op: fc.constant('NOT' as const), part: tie('filter') }),
    ),
  })).filter;
}
