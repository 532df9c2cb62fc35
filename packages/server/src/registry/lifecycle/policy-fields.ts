import type { NewPolicy, StatusRule } from '../../contract/policy.ts';
import type { Status } from '../../contract/version.ts';
import { problemOfAlias } from '../names.ts';
import { Refused } from '../refusals.ts';

interface FieldProblem {
  path: string;
  message: string;
}

const LIVE: readonly string[] = ['staging', 'production'] satisfies Status[];
/** Of a status that is not live. */
const NOT_THERE: Record<'single' | 'rollback', string> = {
  single: 'makes no sense here: only staging and production can be kept to one version',
  rollback: 'makes no sense here: only staging and production can be rolled back',
};

/** What the schema of a policy cannot say. */
export function problemsOfPolicy({ statuses = {}, aliases = {} }: NewPolicy): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const [status, rule] of Object.entries(statuses) as [string, StatusRule][])
    for (const field of ['single', 'rollback'] as const)
      if (!LIVE.includes(status) && rule[field] !== undefined && rule[field] !== false)
        problems.push({ path: `/statuses/${status}/${field}`, message: NOT_THERE[field] });
  for (const alias of Object.keys(aliases)) {
    const problem = problemOfAlias(alias);
    if (problem) problems.push({ path: `/aliases/${alias}`, message: `is no alias: it ${problem}` });
  }
  return problems;
}

export function assertPolicy(policy: NewPolicy): void {
  const errors = problemsOfPolicy(policy);
  if (errors.length === 0) return;
  const told = errors.map(({ path, message }) => `${path.slice(1)} ${message}`).join('; ');
  throw new Refused('invalid', `${told}.`, { errors });
}
