import type { Model } from '../../contract/model.ts';
import type { Promotion } from '../../contract/promotion.ts';
import { writeTogether } from '../../db/write-together.ts';
import type { Work } from '../batch.ts';
import { assertMatches, type IfMatch } from '../etag.ts';
import { changeModel, getModel, toModel } from '../models/repository.ts';
import { assertAlias } from '../names.ts';
import { refuse } from '../refusals.ts';
import { findNumber, getVersion } from '../versions/repository.ts';
import { ask, type Reasons } from './ask.ts';
import { findRule } from './judge.ts';
import { givingWay, type Move, planMove, takeAlias } from './moves.ts';
import type { BuiltInPolicy } from './policy.ts';

/** How an alias is set or taken away. `keepsTime`: to MLflow that is no update, so the time of the last one stays. */
export interface AliasOptions {
  ifMatch?: IfMatch | undefined;
  keepsTime?: boolean;
  /** Whether to take away an alias that is not there is no mistake. */
  ifThere?: boolean;
}

/** What became of it: the model as it is now, or the promotion that waits where the alias is protected. */
export type AliasSet = { model: Model; waiting?: undefined } | { waiting: Promotion };

/** Points an alias at a version, wherever it pointed before. A protected one has to meet its rule. */
export async function setAlias(
  work: Work,
  builtIn: BuiltInPolicy,
  name: string,
  alias: string,
  ref: string,
  { ifMatch, keepsTime = false, ...asked }: AliasOptions & Reasons = {},
): Promise<AliasSet> {
  assertAlias(alias);
  const { model, row } = await getVersion(work.tx, name, ref);
  assertMatches(model.etag, ifMatch);
  const old = oldOf(toModel(model), alias);
  if (old === row.number) return { model: toModel(model) };
  const move: Move = { action: 'alias', model, row, alias, old, keepsTime };
  const rule = await findRule(work.tx, builtIn, model, { alias });
  if (rule) {
    const promotion = await ask(work, rule, move, asked);
    return promotion.state === 'waiting' ? { waiting: promotion } : { model: toModel(await getModel(work.tx, name)) };
  }
  const moved = await planMove(work, move, await givingWay(work.tx, move, { single: false }));
  await writeTogether(work.tx, moved.writes);
  const details = { alias, from: old ?? null };
  work.record({ type: 'alias.set', subject: `${model.name}/${row.number}`, details, changes: moved.changes });
  return { model: moved.model };
}

/** The version that an alias of a model names. */
export function oldOf({ aliases }: Pick<Model, 'aliases'>, alias: string): number | undefined {
  return Object.hasOwn(aliases, alias) ? aliases[alias] : undefined;
}

/** Takes an alias away. */
export async function removeAlias(
  work: Work,
  name: string,
  alias: string,
  { ifMatch, keepsTime = false, ifThere }: AliasOptions = {},
): Promise<Model> {
  const model = await getModel(work.tx, name);
  assertMatches(model.etag, ifMatch);
  const before = toModel(model);
  const old = oldOf(before, alias);
  if (old === undefined && ifThere) return before;
  if (old === undefined) refuse('alias-not-found', `${name} has no alias ${alias}.`, { model: name, alias });
  const { [alias]: _, ...aliases } = before.aliases;
  const from = await findNumber(work.tx, model.id, old);
  const changed = changeModel(work, model, { aliases }, { keepsTime });
  const taken = from ? takeAlias(work, model, alias, from, keepsTime) : { changes: [], writes: [] };
  await writeTogether(work.tx, [...changed.writes, ...taken.writes]);
  const changes = [...changed.changes, ...taken.changes];
  work.record({ type: 'alias.removed', subject: `${model.name}/${old}`, details: { alias }, changes });
  return changed.model;
}
