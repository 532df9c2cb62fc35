import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../contract/evaluation.ts';
import type { Metric, MetricDefinition } from '../../contract/metric.ts';
import type { PolicyCheck, StatusRule } from '../../contract/policy.ts';
import type { Version } from '../../contract/version.ts';
import { worstVerdict } from './checks/verdict.ts';
import { type DatasetAsked, type Evidence, keyOfDataset, type Witness } from './evidence.ts';
import { type Rule, ruleFor } from './policy.ts';
import { canForce, checksOf, refusing } from './rules.ts';

const BUILT_IN = { single: [] };
const NONE = { own: undefined, byDefault: undefined };

/** What is looked at, where a test says nothing else. */
interface Seen {
  version?: Partial<Version>;
  metrics?: Record<string, Metric['value']>;
  origin?: Metric['origin'];
  evaluations?: [DatasetAsked, Partial<Evaluation>][];
}

function witness(
  number: number,
  { version, metrics = {}, origin = { of: 'version' }, evaluations = [] }: Seen,
): Witness {
  const doc = { state: 'sealed', verdict: 'clean', tags: {}, properties: {}, lineage: null, signature: null };
  const point = ([name, value]: [string, Metric['value']]): [string, Metric] => [
    name,
    { name, value, step: 0, at: '2026-01-01T00:00:00.000Z', origin },
  ];
  return {
    name: `churn/${number}`,
    href: `/api/v1/models/churn/versions/${number}`,
    version: { ...doc, ...version } as Version,
    metrics: new Map(Object.entries(metrics).map(point)),
    evaluations: new Map(
      evaluations.map(([asked, evaluation], i) => [
        keyOfDataset(asked),
        { id: i + 1, dataset: { digest: 'd1', ...asked }, metrics: {}, ...evaluation } as Evaluation,
      ]),
    ),
  };
}

function evidence(own: Seen, live?: Seen, more: Partial<Evidence> = {}): Evidence {
  return {
    at: Date.parse('2026-03-31T00:00:00.000Z'),
    version: witness(7, own),
    live: live && witness(6, live),
    definitions: new Map(),
    ...more,
  };
}

function ruleOf(rule: StatusRule): Rule {
  const own = { version: 3, doc: { statuses: { draft: rule } } };
  return ruleFor({ own, byDefault: undefined }, BUILT_IN, { status: 'draft' }) as Rule;
}

/** What one check comes to. */
function outcome(check: PolicyCheck, own: Seen, live?: Seen, more?: Partial<Evidence>) {
  const [only, ...others] = checksOf(ruleOf({ checks: [check] }), { status: 'draft' }, evidence(own, live, more));
  expect(others).toEqual([]);
  expect(only?.check).toBe(check.check);
  if (only?.outcome === 'failed') expect(only.remedy).toMatch(/\S/);
  return only?.outcome;
}

describe('the built-in policy', () => {
  const plain = (to: 'draft' | 'staging' | 'production' | 'archived') =>
    ruleFor(NONE, BUILT_IN, { status: to }) as Rule;
  const outcomes = (
    state: 'open' | 'sealed',
    verdict: 'clean' | 'unsafe',
    to: 'draft' | 'staging' | 'production' | 'archived',
  ) =>
    checksOf(plain(to), { status: to }, evidence({ version: { state, verdict } })).map(
      (check) => `${check.check} ${check.outcome}`,
    );

  it('asks a seal of what leaves draft, and a verdict that is not unsafe of what goes live', () => {
    expect(outcomes('open', 'unsafe', 'draft')).toEqual([]);
    expect(outcomes('open', 'unsafe', 'archived')).toEqual(['sealed failed']);
    expect(outcomes('sealed', 'unsafe', 'archived')).toEqual(['sealed passed']);
    for (const to of ['staging', 'production'] as const) {
      expect(outcomes('sealed', 'clean', to)).toEqual(['sealed passed', 'verdict passed']);
      expect(outcomes('open', 'unsafe', to)).toEqual(['sealed failed', 'verdict failed']);
    }
  });

  it('says of every failed check what would make it pass, and lets all but the seal be overridden', () => {
    const rule = plain('production');
    const seen = evidence({ version: { state: 'open', verdict: 'unsafe' } });
    const failed = checksOf(rule, { status: 'production' }, seen);
    for (const check of failed) expect(check.remedy).toMatch(/\S/);
    expect(canForce(rule, failed)).toBe(false);
    expect(
      canForce(
        rule,
        failed.filter((check) => check.check === 'verdict'),
      ),
    ).toBe(true);
  });

  it('protects no alias', () => {
    expect(ruleFor(NONE, BUILT_IN, { alias: 'champion' })).toBeUndefined();
    expect(ruleFor(NONE, BUILT_IN, { alias: 'constructor' })).toBeUndefined();
  });
});

describe('the rule in force', () => {
  const strict: StatusRule = { approvals: 2, single: true, checks: [{ check: 'has', fields: ['card'] }] };
  const set = (version: number, rule: StatusRule) => ({ version, doc: { statuses: { production: rule } } });

  it('is the model’s own, or else the default’s, or else the built-in one', () => {
    const both = { own: set(4, {}), byDefault: set(2, strict) };
    const target = { status: 'production' as const };
    expect(ruleFor(both, BUILT_IN, target)).toMatchObject({ policy: { of: 'model', version: 4 }, approvals: 0 });
    const byDefault = ruleFor({ ...both, own: { version: 4, doc: {} } }, BUILT_IN, target);
    expect(byDefault).toMatchObject({ policy: { of: 'default', version: 2 }, approvals: 2, single: true });
    expect(ruleFor(both, BUILT_IN, { status: 'staging' })).toMatchObject({ policy: { of: 'built-in', version: 0 } });
  });

  it('is single as the operator says, unless it says otherwise', () => {
    const single = { single: ['production'] as const };
    const target = { status: 'production' as const };
    expect(ruleFor(NONE, single, target)?.single).toBe(true);
    expect(ruleFor({ ...NONE, own: set(1, {}) }, single, target)?.single).toBe(true);
    expect(ruleFor({ ...NONE, own: set(1, { single: false }) }, single, target)?.single).toBe(false);
  });

  it('cannot take away what is always asked, and says it once', () => {
    const rule = ruleFor({ ...NONE, own: set(1, { mode: 'warn', checks: [{ check: 'sealed' }] }) }, BUILT_IN, {
      status: 'production',
    }) as Rule;
    const checks = checksOf(rule, { status: 'production' }, evidence({ version: { state: 'open' } }));
    expect(checks.map(({ check, mode }) => `${check} ${mode}`)).toEqual(['sealed enforce', 'verdict enforce']);
    expect(refusing(checks).map(({ check }) => check)).toEqual(['sealed']);
  });

  it('that only warns refuses nothing of its own', () => {
    const rule = ruleOf({ mode: 'warn', checks: [{ check: 'has', fields: ['card'] }] });
    const checks = checksOf(rule, { status: 'draft' }, evidence({}));
    expect(checks).toMatchObject([{ check: 'has', outcome: 'failed', mode: 'warn' }]);
    expect(refusing(checks)).toEqual([]);
  });

  it('can be overridden only where it says so', () => {
    const failed = [{ check: 'has', outcome: 'failed' as const, detail: '' }];
    expect(canForce(ruleOf({}), failed)).toBe(false);
    expect(canForce(ruleOf({ force: true }), failed)).toBe(true);
    expect(canForce(ruleOf({ force: true }), [{ ...failed[0]!, check: 'sealed' }])).toBe(false);
  });
});

describe('checks', () => {
  it('verdict: not worse than', () => {
    const worst = (not_worse_than: 'clean' | 'unknown' | 'suspicious' | 'malformed', verdict: Version['verdict']) =>
      outcome({ check: 'verdict', not_worse_than }, { version: { verdict } });
    expect(worst('clean', 'clean')).toBe('passed');
    expect(worst('clean', 'unknown')).toBe('failed');
    expect(worst('suspicious', 'unknown')).toBe('passed');
    expect(worst('suspicious', 'malformed')).toBe('failed');
    expect(worst('malformed', 'unsafe')).toBe('failed');
  });

  it.each([
    ['>', 0.9, [0.91, 'Infinity'], [0.9, 'NaN', '-Infinity']],
    ['>=', 0.9, [0.9], [0.89, 'NaN']],
    ['<', 0.9, [0.89, '-Infinity'], [0.9, 'NaN', 'Infinity']],
    ['<=', 0.9, [0.9], [0.91, 'NaN']],
    ['=', 0.9, [0.9], [0.91, 'NaN']],
    ['!=', 0.9, [0.91], [0.9, 'NaN']],
  ] as const)('metric: %s %d', (comparator, value, good, bad) => {
    const check: PolicyCheck = { check: 'metric', metric: 'auc', comparator, value };
    for (const auc of good) expect(outcome(check, { metrics: { auc } }), String(auc)).toBe('passed');
    for (const auc of bad) expect(outcome(check, { metrics: { auc } }), String(auc)).toBe('failed');
    expect(outcome(check, {})).toBe('failed');
  });

  it('metric: on a data set, of the evaluation alone', () => {
    const dataset = { name: 'holdout' };
    const check: PolicyCheck = { check: 'metric', metric: 'auc', comparator: '>', value: 0.9, dataset };
    expect(outcome(check, { metrics: { auc: 0.99 } })).toBe('failed');
    expect(outcome(check, { metrics: { auc: 0.99 }, evaluations: [[dataset, { metrics: { f1: 1 } }]] })).toBe('failed');
    expect(outcome(check, { evaluations: [[dataset, { metrics: { auc: 0.95 } }]] })).toBe('passed');
    expect(outcome(check, { evaluations: [[dataset, { metrics: { auc: 0.85 } }]] })).toBe('failed');
  });

  describe('not worse than live', () => {
    const check: PolicyCheck = { check: 'not_worse_than_live', metric: 'auc', direction: 'higher' };
    const auc = (value: Metric['value']) => ({ metrics: { auc: value } });

    it('passes where nothing is live', () => expect(outcome(check, {})).toBe('passed'));

    it('goes by the direction of the check, or else of the definition', () => {
      expect(outcome(check, auc(0.8), auc(0.7))).toBe('passed');
      expect(outcome(check, auc(0.7), auc(0.7))).toBe('passed');
      expect(outcome(check, auc(0.69), auc(0.7))).toBe('failed');
      const unsaid: PolicyCheck = { check: 'not_worse_than_live', metric: 'auc' };
      expect(outcome(unsaid, auc(0.8), auc(0.7))).toBe('failed');
      const lower = new Map([['auc', { direction: 'lower' } as MetricDefinition]]);
      expect(outcome(unsaid, auc(0.8), auc(0.7), { definitions: lower })).toBe('failed');
      expect(outcome(unsaid, auc(0.6), auc(0.7), { definitions: lower })).toBe('passed');
      expect(outcome(check, auc(0.8), auc(0.7), { definitions: lower })).toBe('passed');
    });

    it('allows the tolerance, in decimals', () => {
      const within = (tolerance: number, mine: number, theirs: number, direction: 'higher' | 'lower' = 'lower') =>
        outcome({ check: 'not_worse_than_live', metric: 'auc', direction, tolerance }, auc(mine), auc(theirs));
      expect(within(0.1, 0.8, 0.7)).toBe('passed'); // 0.8 - 0.7 is a little more than 0.1
      expect(within(0.1, 0.3, 0.2)).toBe('passed');
      expect(within(0.1, 0.31, 0.2)).toBe('failed');
      expect(within(0.1, 0.59, 0.7, 'higher')).toBe('failed');
      expect(within(0, 0.1 + 0.2, 0.3)).toBe('failed');
    });

    it('fails where a value is missing or NaN; infinities are compared', () => {
      expect(outcome(check, {}, auc(0.7))).toBe('failed');
      expect(outcome(check, auc(0.7), {})).toBe('failed');
      expect(outcome(check, auc('NaN'), auc(0.7))).toBe('failed');
      expect(outcome(check, auc(0.7), auc('NaN'))).toBe('failed');
      expect(outcome(check, auc('Infinity'), auc('Infinity'))).toBe('passed');
      expect(outcome(check, auc(1), auc('Infinity'))).toBe('failed');
      expect(outcome(check, auc(1), auc('-Infinity'))).toBe('passed');
    });

    it('counts what was evaluated since it was sealed', () => {
      const dataset = { name: 'holdout' };
      const seen = (version_digest: string | null): Seen => ({
        version: { digest: 'sha256:1' },
        evaluations: [[dataset, { version_digest, metrics: { auc: 0.8 } }]],
      });
      expect(outcome({ ...check, dataset }, seen('sha256:1'), { metrics: {} })).toBe('failed'); // not the live one
      expect(outcome({ check: 'evaluated_on', dataset }, seen('sha256:1'))).toBe('passed');
      expect(outcome({ check: 'evaluated_on', dataset }, seen(null))).toBe('failed');
      const open: Seen = { ...seen(null), version: { state: 'open', digest: null } };
      expect(outcome({ check: 'evaluated_on', dataset }, open)).toBe('failed');
      const above: PolicyCheck = { check: 'metric', metric: 'auc', comparator: '>', value: 0.5, dataset };
      expect(outcome(above, seen('sha256:1'))).toBe('passed');
      expect(outcome(above, seen(null))).toBe('failed');
    });

    it('holds like against like: the live one counts on the digest that this one was evaluated on', () => {
      const dataset = { name: 'holdout' };
      const on: PolicyCheck = { ...check, dataset };
      const own: Seen = {
        evaluations: [[dataset, { dataset: { name: 'holdout', digest: 'd2' }, metrics: { auc: 0.8 } }]],
      };
      const live = (digest: string, value: number): Seen => ({
        evaluations: [[{ name: 'holdout', digest }, { metrics: { auc: value } }]],
      });
      expect(outcome(on, own, live('d2', 0.7))).toBe('passed');
      expect(outcome(on, own, live('d2', 0.9))).toBe('failed');
      expect(outcome(on, own, live('d1', 0.1))).toBe('failed');
    });
  });

  it('has: each field, none of them empty', () => {
    const has = (version: Partial<Version>, ...fields: string[]) => outcome({ check: 'has', fields }, { version });
    expect(has({ card: '# Card' }, 'card')).toBe('passed');
    expect(has({ card: ' \n' }, 'card')).toBe('failed');
    expect(has({}, 'card')).toBe('failed');
    expect(has({ tags: { 'team.name': 'x' } }, 'tags.team.name')).toBe('passed');
    expect(has({ tags: {} }, 'tags.constructor')).toBe('failed');
    expect(has({ properties: { risk: { tier: 2 } } }, 'properties.risk.tier')).toBe('passed');
    expect(has({ properties: { 'risk.tier': 2 } }, 'properties.risk.tier')).toBe('passed');
    expect(has({ properties: { 'a.b': { c: 1 } } }, 'properties.a.b.c')).toBe('passed');
    expect(has({ properties: { a: false } }, 'properties.a')).toBe('passed');
    expect(has({ properties: { a: [] } }, 'properties.a')).toBe('failed');
    expect(has({ lineage: { base: { model: 'm', version: 1 } } }, 'lineage.base.model')).toBe('passed');
    expect(has({ lineage: { git_commit: 'c' } }, 'lineage.git_commit', 'lineage.run_id')).toBe('failed');
    expect(outcome({ check: 'has', fields: ['metrics.auc'] }, { metrics: { auc: 'NaN' } })).toBe('passed');
    const fields = ruleOf({ checks: [{ check: 'has', fields: ['card', 'metrics.auc', 'tags.team'] }] });
    expect(checksOf(fields, { status: 'draft' }, evidence({}))[0]?.remedy).toBe(
      'add card, tags.team: PATCH /api/v1/models/churn/versions/7, and log metrics.auc: POST /api/v1/models/churn/versions/7/metrics',
    );
  });

  it('evaluated on: within days, and no trick with a time in the future', () => {
    const dataset = { name: 'holdout' };
    const at = (at: string, recorded_at: string, within_days?: number) =>
      outcome(
        { check: 'evaluated_on', dataset, ...(within_days !== undefined && { within_days }) },
        { evaluations: [[dataset, { at, recorded_at }]] },
      );
    expect(outcome({ check: 'evaluated_on', dataset }, {})).toBe('failed');
    expect(at('2020-01-01T00:00:00.000Z', '2020-01-01T00:00:00.000Z')).toBe('passed');
    expect(at('2026-03-01T00:00:00.000Z', '2026-03-30T00:00:00.000Z', 30)).toBe('passed');
    expect(at('2026-02-28T23:59:59.999Z', '2026-03-30T00:00:00.000Z', 30)).toBe('failed');
    expect(at('2030-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z', 30)).toBe('failed');
  });

  it('tells where each value was read', () => {
    const rule = ruleOf({ checks: [{ check: 'metric', metric: 'a/b', comparator: '>', value: 1 }] });
    const [check] = checksOf(rule, { status: 'draft' }, evidence({ metrics: { 'a/b': 2 } }));
    expect(check?.evidence).toEqual([
      { what: 'a/b of churn/7', value: 2, href: '/api/v1/models/churn/versions/7/metrics/a%2Fb' },
    ]);
    const linked = evidence({ metrics: { 'a/b': 2 }, origin: { of: 'run', id: 'r1' } });
    const [other] = checksOf(rule, { status: 'draft' }, linked);
    expect(other?.detail).toBe('a/b of churn/7 (linked from run r1) is 2, and has to be > 1');
  });
});

it('S6 the worst verdict counts, unread is worse than clean, and nothing at all is unknown', () => {
  expect(worstVerdict([])).toBe('unknown');
  expect(worstVerdict(['clean', 'clean'])).toBe('clean');
  expect(worstVerdict(['clean', 'unknown'])).toBe('unknown');
  expect(worstVerdict(['unknown', 'suspicious'])).toBe('suspicious');
  expect(worstVerdict(['malformed', 'suspicious'])).toBe('malformed');
  expect(worstVerdict(['malformed', 'unsafe', 'clean'])).toBe('unsafe');
});
