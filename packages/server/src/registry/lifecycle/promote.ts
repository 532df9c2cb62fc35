import type { Check, NewPromotion, Promotion } from '../../contract/promotion.ts';
import type { Status } from '../../contract/version.ts';
import type { Work } from '../batch.ts';
import { assertMatches, type IfMatch } from '../etag.ts';
import { refuse, refuseField } from '../refusals.ts';
import { getVersion, type VersionRow } from '../versions/repository.ts';
import { execute } from './execute.ts';
import type { Policy } from './policy.ts';
import { canForce, checksOf } from './rules.ts';

/**
 * Moves a version to another status. All checks are run and all failures told at once. Where the policy keeps the
 * status to one version, or it is asked for, the others leave it for `archived` in the same transaction and the same event. A version that
 * is where it is asked to be stays there, and nothing is recorded.
 */
export async function promoteVersion(
  work: Work,
  policy: Policy,
  name: string,
  ref: string,
  asked: NewPromotion & { archiveOthers?: boolean },
  ifMatch?: IfMatch,
): Promise<Promotion> {
  const { model, row } = await getVersion(work.tx, name, ref);
  assertMatches(row.etag, ifMatch);
  const to = asked.to as Status;
  const { checks, forced } = assertAllowed(row, to, asked);
  const leaving = asked.archiveOthers || policy.single.includes(to) ? await othersIn(work, row, to) : [];
  return execute(work, model, { type: 'version.promoted', row, to, leaving, checks, forced, reason: asked.reason });
}

/** Runs the checks; refuses with all of them where one failed and is not overridden. */
export function assertAllowed(
  row: VersionRow,
  to: Status,
  asked: { force?: boolean; reason?: string },
): { checks: Check[]; forced: boolean } {
  if (asked.force && !asked.reason) refuseField('/reason', 'is needed with force: say why the checks are overridden');
  const checks = checksOf(row, to);
  const failed = checks.filter((check) => check.outcome === 'failed');
  if (failed.length === 0) return { checks, forced: false };
  if (asked.force && canForce(failed)) return { checks, forced: true };
  const told = failed.map((check) => `${check.check}: ${check.detail}; ${check.remedy}`).join('. ');
  refuse('check-failed', `The version cannot go to ${to}. ${told}.`, { to, checks });
}

export function othersIn(work: Work, row: VersionRow, status: Status): Promise<VersionRow[]> {
  return work.tx
    .selectFrom('version')
    .selectAll()
    .where('model_id', '=', row.model_id)
    .where('status', '=', status)
    .where('number', '!=', row.number)
    .where('deregistered', 'is', null)
    .orderBy('number')
    .execute();
}
