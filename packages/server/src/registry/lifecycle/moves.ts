import type { SubjectChange } from '../../contract/event.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { Status, Version } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import type { Work } from '../batch.ts';
import { type ModelRow, toModel, updateModel } from '../models/repository.ts';
import { refuseField } from '../refusals.ts';
import { findNumber, toVersion, updateVersion, type VersionRow } from '../versions/repository.ts';
import { endStay, listLive, moveVersion } from './move.ts';
import type { Rule, Target } from './policy.ts';

interface OfVersion {
  model: ModelRow;
  row: VersionRow;
}

/** Whatever a policy may have to allow: a version comes into a status, back into one, or under an alias. */
export type Move = OfVersion &
  (
    | { action: 'promotion'; to: Status; archiveOthers: boolean }
    /** `current`: the one that leaves. `stay`: the earlier stay of the one that returns. */
    | { action: 'rollback'; to: Status; current: number | undefined; stay: number }
    /** `old`: the one that the alias names now. `keepsTime`: to MLflow an alias is no update of a version. */
    | { action: 'alias'; alias: string; old: number | undefined; keepsTime: boolean }
  );

export function targetOf(move: Move): Target {
  return move.action === 'alias' ? { alias: move.alias } : { status: move.to };
}

/** Which versions give way: they leave the status, or lose the alias. */
export async function givingWay(reader: Reader, move: Move, { single }: Pick<Rule, 'single'>): Promise<VersionRow[]> {
  const { row } = move;
  if (move.action !== 'alias' && (single || (move.action === 'promotion' && move.archiveOthers)))
    return othersIn(reader, row, move.to);
  const number = move.action === 'alias' ? move.old : move.action === 'rollback' ? move.current : undefined;
  const other =
    number === undefined || number === row.number ? undefined : await findNumber(reader, row.model_id, number);
  return other ? [other] : [];
}

function othersIn(reader: Reader, row: VersionRow, status: Status): Promise<VersionRow[]> {
  return reader
    .selectFrom('version')
    .selectAll()
    .where('model_id', '=', row.model_id)
    .where('status', '=', status)
    .where('number', '!=', row.number)
    .where('deregistered', 'is', null)
    .orderBy('number')
    .execute();
}

/** Whether all is so already. */
export function isDone(move: Move, leaving: readonly VersionRow[]): boolean {
  if (move.action === 'alias') return move.old === move.row.number;
  return move.row.status === move.to && leaving.length === 0;
}

/** Makes a move, and says what it changed: nothing where all is so already. What is to be recorded is the caller's. */
export async function makeMove(
  work: Work,
  move: Move,
  leaving: readonly VersionRow[],
): Promise<{ version: Version; changes: SubjectChange[] }> {
  if (isDone(move, leaving)) return { version: toVersion(move.row, move.model.name), changes: [] };
  return move.action === 'alias' ? pointAlias(work, move, leaving[0]) : changeStatus(work, move, leaving);
}

async function changeStatus(
  work: Work,
  move: Exclude<Move, { action: 'alias' }>,
  leaving: readonly VersionRow[],
): Promise<{ version: Version; changes: SubjectChange[] }> {
  const { model, row, to } = move;
  const ending = move.action;
  const left: SubjectChange[] = [];
  for (const other of leaving) left.push(...(await moveVersion(work, model, other, 'archived', ending)).changes);
  const moved =
    row.status === to
      ? { version: toVersion(row, model.name), changes: [] }
      : await moveVersion(work, model, row, to, 'promotion');
  // The earlier stay goes on in the new one, so that going back further never comes forward again.
  if (move.action === 'rollback' && row.status !== to) await endStay(work, move.stay, 'rollback');
  return { version: moved.version, changes: [...moved.changes, ...left, ...(await listLive(work, model))] };
}

async function pointAlias(
  work: Work,
  { model, row, alias, old, keepsTime }: Extract<Move, { action: 'alias' }>,
  from: VersionRow | undefined,
): Promise<{ version: Version; changes: SubjectChange[] }> {
  const before = toModel(model).aliases;
  if (old === undefined && Object.keys(before).length >= LIMITS.aliases)
    refuseField('/alias', `is one too many: a model has at most ${LIMITS.aliases} aliases`);
  const changed = await updateModel(work, model, { aliases: { ...before, [alias]: row.number } }, { keepsTime });
  const of = toVersion(row, model.name).aliases;
  const added = await updateVersion(work, model.name, row, { aliases: [...of, alias].sort() }, { keepsTime });
  const taken = from ? await takeAlias(work, model, alias, from, keepsTime) : [];
  return { version: added.version, changes: [...changed.changes, ...added.changes, ...taken] };
}

export async function takeAlias(
  work: Work,
  model: ModelRow,
  alias: string,
  from: VersionRow,
  keepsTime: boolean,
): Promise<SubjectChange[]> {
  const aliases = toVersion(from, model.name).aliases.filter((name) => name !== alias);
  return (await updateVersion(work, model.name, from, { aliases }, { keepsTime })).changes;
}
