import { LIMITS } from '../../contract/limits.ts';
import type { Model } from '../../contract/model.ts';
import type { Status, Version } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import { prepareRead, type Write } from '../../db/prepared.ts';
import { writeTogether } from '../../db/write-together.ts';
import type { Work } from '../batch.ts';
import type { Changed } from '../changed.ts';
import { changeModel, type ModelRow, toModel } from '../models/repository.ts';
import { refuseField } from '../refusals.ts';
import { changeVersion, findNumber, toVersion, type VersionRow } from '../versions/repository.ts';
import { liveLists } from '../versions/status-order.ts';
import { endStay, isLive, liveAfter, moveVersion, toLive } from './move.ts';
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
  const { row, model } = move;
  if (move.action !== 'alias' && (single || (move.action === 'promotion' && move.archiveOthers))) {
    const { to } = move;
    if (isLive(to) && toLive(model)[to].every((number) => number === row.number)) return [];
    return othersIn(reader, { model_id: row.model_id, number: row.number, status: to });
  }
  const number = move.action === 'alias' ? move.old : move.action === 'rollback' ? move.current : undefined;
  const other =
    number === undefined || number === row.number ? undefined : await findNumber(reader, row.model_id, number);
  return other ? [other] : [];
}

const othersIn = prepareRead<Pick<VersionRow, 'model_id' | 'status' | 'number'>, VersionRow>((db, param) =>
  db
    .selectFrom('version')
    .selectAll()
    .where('model_id', '=', param('model_id'))
    .where('status', '=', param('status'))
    .where('number', '!=', param('number'))
    .where('deregistered', 'is', null)
    .orderBy('number'),
);

/** Whether all is so already. */
export function isDone(move: Move, leaving: readonly VersionRow[]): boolean {
  if (move.action === 'alias') return move.old === move.row.number;
  return move.row.status === move.to && leaving.length === 0;
}

/**
 * Works out a move: what it changes, and what is still to be written for it, which is the caller's; nothing where all is so
 * already. What its own reads have to see, as where several versions leave, is written here.
 */
export async function planMove(work: Work, move: Move, leaving: readonly VersionRow[]): Promise<Moved> {
  const { model, row } = move;
  if (isDone(move, leaving))
    return { model: toModel(model), version: toVersion(row, model.name), changes: [], writes: [] };
  return move.action === 'alias' ? pointAlias(work, move, leaving[0]) : changeStatus(work, move, leaving);
}

type Moved = Changed & { model: Model; version: Version };

async function changeStatus(
  work: Work,
  move: Exclude<Move, { action: 'alias' }>,
  leaving: readonly VersionRow[],
): Promise<Moved> {
  const { model, row, to } = move;
  const left = leaving.map((other) => moveVersion(work, model, other, 'archived', move.action));
  // Of several that come into one status each is later than the one before.
  for (const { writes } of left.slice(0, -1)) await writeTogether(work.tx, writes);
  const comes = row.status !== to;
  const moved = comes
    ? moveVersion(work, model, row, to, 'promotion')
    : { version: toVersion(row, model.name), changes: [], writes: [] };
  // The earlier stay goes on in the new one, so that going back further never comes forward again.
  const stay = move.action === 'rollback' && comes ? [endStay(work, move.stay, 'rollback')] : [];
  const writes = [...(left.at(-1)?.writes ?? []), ...moved.writes, ...stay];
  const live = liveAfter(model, leaving, row, to) ?? (await writtenLive(work, model, writes.splice(0)));
  const listed = changeModel(work, model, { live });
  return {
    model: listed.model,
    version: moved.version,
    changes: [...moved.changes, ...left.flatMap(({ changes }) => changes), ...listed.changes],
    writes: [...writes, ...listed.writes],
  };
}

/** The lists as they are to be read once this is written. */
async function writtenLive(work: Work, model: ModelRow, writes: readonly Write[]): ReturnType<typeof liveLists> {
  await writeTogether(work.tx, writes);
  return liveLists(work.tx, model.id);
}

function pointAlias(
  work: Work,
  { model, row, alias, old, keepsTime }: Extract<Move, { action: 'alias' }>,
  from: VersionRow | undefined,
): Moved {
  const before = toModel(model).aliases;
  if (old === undefined && Object.keys(before).length >= LIMITS.aliases)
    refuseField('/alias', `is one too many: a model has at most ${LIMITS.aliases} aliases`);
  const changed = changeModel(work, model, { aliases: { ...before, [alias]: row.number } }, { keepsTime });
  const of = toVersion(row, model.name).aliases;
  const added = changeVersion(work, model.name, row, { aliases: [...of, alias].sort() }, { keepsTime });
  const taken = from ? [takeAlias(work, model, alias, from, keepsTime)] : [];
  const all = [changed, added, ...taken];
  return {
    model: changed.model,
    version: added.version,
    changes: all.flatMap(({ changes }) => changes),
    writes: all.flatMap(({ writes }) => writes),
  };
}

export function takeAlias(work: Work, model: ModelRow, alias: string, from: VersionRow, keepsTime: boolean): Changed {
  const aliases = toVersion(from, model.name).aliases.filter((name) => name !== alias);
  return changeVersion(work, model.name, from, { aliases }, { keepsTime });
}
