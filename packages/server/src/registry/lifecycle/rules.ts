import type { Verdict } from '../../contract/artifact.ts';
import type { Check } from '../../contract/promotion.ts';
import type { Status } from '../../contract/version.ts';

/** What the rules look at. No clock, no database, no request. */
export interface Evidence {
  state: 'open' | 'sealed';
  verdict: Verdict;
}

/** What the default policy asks: a seal for whatever leaves draft, and a verdict that is not `unsafe` where it goes live. */
export function checksOf(evidence: Evidence, to: Status): Check[] {
  const checks: Check[] = [];
  if (to !== 'draft') checks.push(sealed(evidence));
  if (to === 'staging' || to === 'production') checks.push(notUnsafe(evidence));
  return checks;
}

function sealed({ state }: Evidence): Check {
  if (state === 'sealed') return { check: 'sealed', outcome: 'passed', detail: 'the version is sealed' };
  return {
    check: 'sealed',
    outcome: 'failed',
    detail: 'the version is open: its artifacts can still change',
    remedy: 'seal it with POST /models/{name}/versions/{ref}/seal',
  };
}

function notUnsafe({ verdict }: Evidence): Check {
  if (verdict !== 'unsafe') return { check: 'verdict', outcome: 'passed', detail: `the verdict is ${verdict}` };
  return {
    check: 'verdict',
    outcome: 'failed',
    detail: 'the verdict is unsafe: an artifact imports something that can run code when it is loaded',
    remedy:
      'read the findings at GET /models/{name}/versions/{ref}/artifacts and publish a version without them, or force with a reason',
  };
}

/** A seal is what makes a version itself, so no one can override it. */
export function canForce(failed: readonly Check[]): boolean {
  return failed.every((check) => check.check !== 'sealed');
}

const SEVERITY: readonly Verdict[] = ['clean', 'unknown', 'suspicious', 'malformed', 'unsafe'];

/** The verdict of a version: the worst of its artifacts'; `unknown` where it has none. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 0) return 'unknown';
  return SEVERITY[Math.max(...verdicts.map((verdict) => SEVERITY.indexOf(verdict)))] ?? 'unknown';
}
