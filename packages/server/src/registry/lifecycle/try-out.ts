import type { DryRun } from '../../contract/promotion.ts';
import type { Status } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import { toModel } from '../models/repository.ts';
import { assertAlias } from '../names.ts';
import { getVersion } from '../versions/repository.ts';
import { oldOf } from './aliases.ts';
import { findRule, judge } from './judge.ts';
import { givingWay, type Move, targetOf } from './moves.ts';
import { type BuiltInPolicy, UNPROTECTED } from './policy.ts';

/** What would become of a promotion, or of an alias that is set, now. Nothing is changed. */
export async function tryOut(
  reader: Reader,
  builtIn: BuiltInPolicy,
  name: string,
  ref: string,
  target: { to: Status } | { alias: string },
  at: number,
): Promise<DryRun> {
  if ('alias' in target) assertAlias(target.alias);
  const { model, row } = await getVersion(reader, name, ref);
  const move: Move =
    'alias' in target
      ? { action: 'alias', model, row, alias: target.alias, old: oldOf(toModel(model), target.alias), keepsTime: false }
      : { action: 'promotion', model, row, to: target.to, archiveOthers: false };
  const rule = (await findRule(reader, builtIn, model, targetOf(move))) ?? UNPROTECTED;
  const { checks, refusing, approvals_needed, can_force } = await judge(reader, rule, move, at);
  const outcome = approvals_needed > 0 ? 'waiting' : 'allowed';
  return {
    model: model.name,
    number: row.number,
    to: 'to' in target ? target.to : null,
    alias: 'alias' in target ? target.alias : null,
    outcome: refusing.length > 0 ? 'refused' : outcome,
    policy: rule.policy,
    approvals_needed,
    can_force,
    checks,
    superseded: (await givingWay(reader, move, rule)).map(({ number }) => number),
  };
}
