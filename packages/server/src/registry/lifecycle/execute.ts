import type { SubjectChange } from '../../contract/event.ts';
import type { Check, Promotion } from '../../contract/promotion.ts';
import { toTime } from '../../contract/time.ts';
import type { Status } from '../../contract/version.ts';
import type { Work } from '../batch.ts';
import type { ModelRow } from '../models/repository.ts';
import { toVersion, type VersionRow } from '../versions/repository.ts';
import { listLive, moveVersion } from './move.ts';

/** A move that was allowed: which version goes where, and which leave the status for it. */
export interface Decision {
  type: 'version.promoted' | 'version.rolled-back';
  row: VersionRow;
  to: Status;
  leaving: readonly VersionRow[];
  checks: Check[];
  forced: boolean;
  reason: string | undefined;
}

/** Carries out a promotion or a rollback: all moves in the same transaction, told in one event. */
export async function execute(work: Work, model: ModelRow, decision: Decision): Promise<Promotion> {
  const { type, row, to, leaving, checks, forced, reason } = decision;
  const ending = type === 'version.promoted' ? 'promotion' : 'rollback';
  const left: SubjectChange[] = [];
  for (const other of leaving) left.push(...(await moveVersion(work, model, other, 'archived', ending)).changes);
  const moved =
    row.status === to
      ? { version: toVersion(row, model.name), changes: [] }
      : await moveVersion(work, model, row, to, 'promotion');
  const superseded = leaving.map((other) => other.number);
  // What is there already, alone where it is to be alone, stays there: nothing happened.
  if (moved.changes.length > 0 || left.length > 0)
    work.record({
      type,
      subject: `${model.name}/${row.number}`,
      ...(reason !== undefined && { reason }),
      details: { from: row.status, to, checks, forced, superseded },
      changes: [...moved.changes, ...left, ...(await listLive(work, model))],
    });
  return {
    model: model.name,
    number: row.number,
    from: row.status,
    to,
    state: 'executed',
    reason: reason ?? null,
    forced,
    checks,
    superseded,
    at: toTime(work.at),
    by: work.caller.actor.name,
    version: moved.version,
  };
}
