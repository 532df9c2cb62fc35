import type { Check } from '../../contract/promotion.ts';
import type { Status } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import type { ModelRow } from '../models/repository.ts';
import { findNumber, type VersionRow } from '../versions/repository.ts';
import { liveNumbers } from '../versions/status-order.ts';
import { gatherEvidence } from './gather-evidence.ts';
import { type Move, targetOf } from './moves.ts';
import { policiesOf } from './policies.ts';
import { type BuiltInPolicy, type Rule, ruleFor, type Target } from './policy.ts';
import { targetKeyOf } from './promotions.ts';
import { canForce, checksOf, refusing } from './rules.ts';

/** What the policy in force says of a move. */
export interface Judgement {
  rule: Rule;
  checks: Check[];
  /** Of these, the ones that refuse it. */
  refusing: Check[];
  /** Whether force and a reason would let it through at once. */
  can_force: boolean;
  approvals_needed: number;
}

/** The rule that is in force for a target of a model; undefined for an alias that is not protected. */
export async function findRule(
  reader: Reader,
  builtIn: BuiltInPolicy,
  model: Pick<ModelRow, 'id'>,
  target: Target,
): Promise<Rule | undefined> {
  return ruleFor(await policiesOf(reader, model.id), builtIn, target);
}

/** The same for a status, which always has one. */
export async function findStatusRule(
  reader: Reader,
  builtIn: BuiltInPolicy,
  model: Pick<ModelRow, 'id'>,
  status: Status,
): Promise<Rule> {
  return (await findRule(reader, builtIn, model, { status })) as Rule;
}

/** Runs every check of a rule on a move, as things stand. */
export async function judge(reader: Reader, rule: Rule, move: Move, at: number): Promise<Judgement> {
  const { model, row } = move;
  const isHeldAgainstLive = rule.checks.some(({ check }) => HELD_AGAINST_LIVE.includes(check));
  const live = isHeldAgainstLive ? await liveBeside(reader, move) : undefined;
  const evidence = await gatherEvidence(reader, { model: model.name, row, live, checks: rule.checks, at });
  const checks = checksOf(rule, targetOf(move), evidence);
  const failed = refusing(checks);
  const isFree = move.action === 'rollback' && !rule.rollbackNeedsApprovals;
  const approvals_needed = isFree ? 0 : rule.approvals;
  return {
    rule,
    checks,
    refusing: failed,
    can_force: canForce(rule, failed) && (approvals_needed === 0 || rule.force),
    approvals_needed,
  };
}

const HELD_AGAINST_LIVE = ['not_worse_than_live', 'signature_compatible'];

/**
 * The version that one is held against: the other one that was promoted last to the status, whether or not it is there
 * still, or the one that the alias names, or named last by a rule where it was taken away. What a rollback takes away is no measure, neither for what it puts back nor later.
 */
async function liveBeside(reader: Reader, move: Move): Promise<VersionRow | undefined> {
  const { model, row } = move;
  if (move.action === 'alias')
    return move.old === undefined ? lastNamed(reader, row, targetKeyOf(move)) : findNumber(reader, model.id, move.old);
  if (move.action === 'promotion' && (move.to === 'staging' || move.to === 'production'))
    return lastPromoted(reader, row, move.to);
  const without = [row.number, ...(move.action === 'rollback' ? [move.current] : [])];
  const number = (await liveNumbers(reader, model.id, move.to, without.length + 1)).find(
    (one) => !without.includes(one),
  );
  return number === undefined ? undefined : findNumber(reader, model.id, number);
}

/** Also one in the trash, as long as something of it is left: else whoever takes it away would clear the way. */
function lastPromoted(
  reader: Reader,
  { model_id, number }: VersionRow,
  status: Status,
): Promise<VersionRow | undefined> {
  return reader
    .selectFrom('tenure')
    .innerJoin('version', (join) =>
      join.onRef('version.model_id', '=', 'tenure.model_id').onRef('version.number', '=', 'tenure.number'),
    )
    .selectAll('version')
    .where('tenure.model_id', '=', model_id)
    .where('tenure.status', '=', status)
    .where('tenure.number', '!=', number)
    .where('version.purged_at', 'is', null)
    .where((eb) => eb.or([eb('tenure.ended_by', 'is', null), eb('tenure.ended_by', '!=', 'rollback')]))
    .orderBy('tenure.id', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** What a promotion put under an alias, of these the one asked for last: a protected alias is set by them alone. */
function lastNamed(reader: Reader, { model_id, number }: VersionRow, target: string): Promise<VersionRow | undefined> {
  return reader
    .selectFrom('promotion')
    .innerJoin('version', (join) =>
      join.onRef('version.model_id', '=', 'promotion.model_id').onRef('version.number', '=', 'promotion.number'),
    )
    .selectAll('version')
    .where('promotion.model_id', '=', model_id)
    .where('promotion.target', '=', target)
    .where('promotion.state', '=', 'executed')
    .where('promotion.number', '!=', number)
    .where('version.purged_at', 'is', null)
    .orderBy('promotion.id', 'desc')
    .limit(1)
    .executeTakeFirst();
}
