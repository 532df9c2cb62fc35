import type { AliasRule, NewPolicy, PolicyCheck, StatusRule } from '../../contract/policy.ts';
import type { PolicyInForce } from '../../contract/promotion.ts';
import type { Status } from '../../contract/version.ts';

/** What the built-in policy leaves to the operator. */
export interface BuiltInPolicy {
  /** Statuses that one version of a model holds at a time; the earlier one is archived in the same transaction. */
  readonly single: readonly Status[];
}

/** Where a version is to go: into a status, or under an alias. */
export type Target = { status: Status } | { alias: string };

/** A policy as somebody set it. */
export interface SetPolicy {
  version: number;
  doc: NewPolicy;
}

/** The two that may say something of a model, each as it was set last. */
export interface Policies {
  own: SetPolicy | undefined;
  byDefault: SetPolicy | undefined;
}

/** The rule that a target has, with all that it leaves out filled in. */
export interface Rule {
  policy: PolicyInForce;
  mode: 'enforce' | 'warn';
  checks: readonly PolicyCheck[];
  approvals: number;
  /** How long a promotion waits for them, in milliseconds. */
  patience: number;
  /** Whether failed checks of the rule, and its approvals, can be overridden. */
  force: boolean;
  single: boolean;
  rollbackNeedsApprovals: boolean;
  /** Whether nobody ever set a policy that could say something of the model, so that nothing can be waiting. */
  isPlain: boolean;
}

const DAY_MS = 86_400_000;
const PATIENCE_DAYS = 14;

/** The rule in force: the model's own, or else the default's, or else the built-in one. An alias that no rule names is not protected. */
export function ruleFor({ own, byDefault }: Policies, builtIn: BuiltInPolicy, target: Target): Rule | undefined {
  const ofModel = own && ruleIn(own.doc, target);
  if (ofModel) return filled(ofModel, { of: 'model', version: own.version }, builtIn, target);
  const ofDefault = byDefault && ruleIn(byDefault.doc, target);
  if (ofDefault) return filled(ofDefault, { of: 'default', version: byDefault.version }, builtIn, target);
  if ('alias' in target) return undefined;
  const isPlain = !own && !byDefault;
  return { ...filled({}, BUILT_IN, builtIn, target), force: true, isPlain };
}

const BUILT_IN: PolicyInForce = { of: 'built-in', version: 0 };

function ruleIn({ statuses, aliases }: NewPolicy, target: Target): StatusRule | AliasRule | undefined {
  if ('status' in target) return statuses?.[target.status];
  return aliases && Object.hasOwn(aliases, target.alias) ? aliases[target.alias] : undefined;
}

function filled(rule: StatusRule & AliasRule, policy: PolicyInForce, builtIn: BuiltInPolicy, target: Target): Rule {
  return {
    policy,
    mode: rule.mode === 'warn' ? 'warn' : 'enforce',
    checks: rule.checks ?? [],
    approvals: rule.approvals ?? 0,
    patience: Math.round((rule.expires_days ?? PATIENCE_DAYS) * DAY_MS),
    force: rule.force ?? false,
    single: 'status' in target && (rule.single ?? builtIn.single.includes(target.status)),
    rollbackNeedsApprovals: rule.rollback === 'approvals',
    isPlain: false,
  };
}

/** Of an alias that is protected no more. */
export const UNPROTECTED: Rule = filled({}, BUILT_IN, { single: [] }, { alias: '' });

/** Whether somebody set a rule for an alias. */
export function isProtected({ policy }: Pick<Rule, 'policy'>): boolean {
  return policy.of !== 'built-in';
}

/** As it stands in a sentence: `production`, `@champion`. */
export function nameOf(target: Target): string {
  return 'status' in target ? target.status : `@${target.alias}`;
}
