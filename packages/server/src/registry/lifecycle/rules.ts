import type { PolicyCheck } from '../../contract/policy.ts';
import type { Check } from '../../contract/promotion.ts';
import { evaluatedOn } from './checks/evaluated-on.ts';
import { has } from './checks/has.ts';
import { metric } from './checks/metric.ts';
import { notWorseThanLive } from './checks/not-worse-than-live.ts';
import type { Outcome } from './checks/outcome.ts';
import { sealed } from './checks/sealed.ts';
import { signatureCompatible } from './checks/signature-compatible.ts';
import { notUnsafe, notWorseThan } from './checks/verdict.ts';
import type { Evidence } from './evidence.ts';
import { isProtected, type Rule, type Target } from './policy.ts';

/**
 * Every check of a promotion, in order. First what no policy can take away: a seal for whatever leaves draft or comes
 * under a protected alias, and a verdict that is not `unsafe` where it goes live; then those of the rule in force.
 */
export function checksOf(rule: Rule, target: Target, evidence: Evidence): Check[] {
  const to = 'status' in target ? target.status : undefined;
  const checks: Check[] = [];
  const isBound = to === undefined ? isProtected(rule) : to !== 'draft';
  if (isBound) checks.push({ check: 'sealed', ...sealed(evidence), mode: 'enforce' });
  if (to === 'staging' || to === 'production')
    checks.push({ check: 'verdict', ...notUnsafe(evidence, canOverride(rule)), mode: 'enforce' });
  const ofRule = rule.checks.filter(({ check }) => check !== 'sealed' || checks[0]?.check !== 'sealed');
  return [
    ...checks,
    ...ofRule.map((check) => ({ check: check.check, ...outcomeOf(check, evidence), mode: rule.mode })),
  ];
}

function outcomeOf(check: PolicyCheck, evidence: Evidence): Outcome {
  switch (check.check) {
    case 'sealed':
      return sealed(evidence);
    case 'verdict':
      return notWorseThan(evidence, check.not_worse_than);
    case 'metric':
      return metric(evidence, check);
    case 'not_worse_than_live':
      return notWorseThanLive(evidence, check);
    case 'signature_compatible':
      return signatureCompatible(evidence);
    case 'has':
      return has(evidence, check.fields);
    case 'evaluated_on':
      return evaluatedOn(evidence, check);
  }
}

/** Those that refuse. */
export function refusing(checks: readonly Check[]): Check[] {
  return checks.filter(({ outcome, mode }) => outcome === 'failed' && mode !== 'warn');
}

/**
 * Whether failed checks can be overridden with force and a reason. A rule that only warns enforces nothing of its own, so
 * what is left is as it is without any rule.
 */
function canOverride({ force, mode }: Rule): boolean {
  return force || mode === 'warn';
}

/** The same of those that failed. A seal is what makes a version itself, so no one can override it. */
export function canForce(rule: Rule, failed: readonly Check[]): boolean {
  return canOverride(rule) && failed.every((check) => check.check !== 'sealed');
}
