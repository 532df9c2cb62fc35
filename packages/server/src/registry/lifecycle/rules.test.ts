import { describe, expect, it } from 'vitest';
import { canForce, checksOf, worstVerdict } from './rules.ts';

describe('the default policy', () => {
  const outcomes = (
    state: 'open' | 'sealed',
    verdict: 'clean' | 'unsafe',
    to: 'draft' | 'staging' | 'production' | 'archived',
  ) => checksOf({ state, verdict }, to).map((check) => `${check.check} ${check.outcome}`);

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
    const failed = checksOf({ state: 'open', verdict: 'unsafe' }, 'production');
    for (const check of failed) expect(check.remedy).toMatch(/\S/);
    expect(canForce(failed)).toBe(false);
    expect(canForce(failed.filter((check) => check.check === 'verdict'))).toBe(true);
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
