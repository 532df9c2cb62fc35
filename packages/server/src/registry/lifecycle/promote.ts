import type { NewPromotion, Promotion } from '../../contract/promotion.ts';
import type { Status } from '../../contract/version.ts';
import type { Work } from '../batch.ts';
import { assertMatches, type IfMatch } from '../etag.ts';
import { getVersion } from '../versions/repository.ts';
import { ask } from './ask.ts';
import { findStatusRule } from './judge.ts';
import type { BuiltInPolicy } from './policy.ts';

/**
 * Moves a version to another status, or has it wait for approvals. Where the policy keeps the status to one version, or
 * it is asked for, the others leave it for `archived` in the same transaction and the same event. A version that is where
 * it is asked to be stays there, and nothing is recorded.
 */
export async function promoteVersion(
  work: Work,
  builtIn: BuiltInPolicy,
  name: string,
  ref: string,
  asked: NewPromotion & { archiveOthers?: boolean },
  ifMatch?: IfMatch,
): Promise<Promotion> {
  const { model, row } = await getVersion(work.tx, name, ref);
  assertMatches(row.etag, ifMatch);
  const to = asked.to as Status;
  const rule = await findStatusRule(work.tx, builtIn, model, to);
  const archiveOthers = asked.archiveOthers ?? false;
  return ask(work, rule, { action: 'promotion', model, row, to, archiveOthers }, asked);
}
