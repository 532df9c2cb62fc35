import type { AliasRule, Policy, PolicyCheck, StatusRule } from '../../contract/policy.ts';
import { when } from './words.ts';

export type PolicyLike = Policy;

/** A policy for people: a line for each target, and one for each of its checks. */
export function policyLines({
  model,
  version,
  statuses = {},
  aliases = {},
  updated_at,
  updated_by,
}: PolicyLike): string[] {
  const whose = model === null ? 'default policy' : `policy of ${model}`;
  if (version === 0) return [`${whose}: nobody has set it${model === null ? '' : ', the default one holds'}`];
  const rules: [string, StatusRule & AliasRule][] = [
    ...Object.entries(statuses),
    ...Object.entries(aliases).map(([alias, rule]): [string, AliasRule] => [`@${alias}`, rule]),
  ];
  return [
    `${whose}, version ${version}, by ${updated_by} at ${when(updated_at ?? '')}`,
    ...(rules.length === 0 ? ['  no rules'] : []),
    ...rules.flatMap(([target, rule]) => [
      `  ${target}: ${termsOf(rule).join(', ')}`,
      ...(rule.checks ?? []).map((check) => `    ${told(check)}`),
    ]),
  ];
}

function termsOf({ mode = 'enforce', approvals = 0, single, force, rollback }: StatusRule): string[] {
  return [
    mode,
    ...(approvals > 0 ? [`${approvals} ${approvals === 1 ? 'approval' : 'approvals'}`] : []),
    ...(single === undefined ? [] : [single ? 'one version at a time' : 'several versions at a time']),
    ...(force ? ['can be forced'] : []),
    ...(rollback === 'approvals' ? ['rollback needs the approvals too'] : []),
  ];
}

function told({ check, ...terms }: PolicyCheck): string {
  const words = Object.entries(terms).map(
    ([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [check, ...words].join(' ');
}
