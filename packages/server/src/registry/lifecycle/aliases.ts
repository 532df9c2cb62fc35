import type { SubjectChange } from '../../contract/event.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { Model } from '../../contract/model.ts';
import type { Work } from '../batch.ts';
import { assertMatches, type IfMatch } from '../etag.ts';
import { getModel, type ModelRow, toModel, updateModel } from '../models/repository.ts';
import { assertAlias } from '../names.ts';
import { refuse, refuseField } from '../refusals.ts';
import { findNumber, getVersion, toVersion, updateVersion } from '../versions/repository.ts';

/** How an alias is set or taken away. `keepsTime`: to MLflow that is no update, so the time of the last one stays. */
export interface AliasOptions {
  ifMatch?: IfMatch | undefined;
  keepsTime?: boolean;
  /** Whether to take away an alias that is not there is no mistake. */
  ifThere?: boolean;
}

/** Points an alias at a version, wherever it pointed before. */
export async function setAlias(
  work: Work,
  name: string,
  alias: string,
  ref: string,
  { ifMatch, keepsTime }: AliasOptions = {},
): Promise<Model> {
  assertAlias(alias);
  const { model, row } = await getVersion(work.tx, name, ref);
  assertMatches(model.etag, ifMatch);
  const before = toModel(model);
  const old = Object.hasOwn(before.aliases, alias) ? before.aliases[alias] : undefined;
  if (old === row.number) return before;
  if (old === undefined && Object.keys(before.aliases).length >= LIMITS.aliases)
    refuseField('/alias', `is one too many: a model has at most ${LIMITS.aliases} aliases`);
  const aliases = { ...before.aliases, [alias]: row.number };
  const changed = await updateModel(work, model, { aliases }, { keepsTime });
  const of = toVersion(row, model.name).aliases;
  const added = await updateVersion(work, model.name, row, { aliases: [...of, alias].sort() }, { keepsTime });
  const changes = [...changed.changes, ...added.changes, ...(await takeFrom(work, model, alias, old, keepsTime))];
  work.record({
    type: 'alias.set',
    subject: `${model.name}/${row.number}`,
    details: { alias, from: old ?? null },
    changes,
  });
  return changed.model;
}

/** Takes an alias away. */
export async function removeAlias(
  work: Work,
  name: string,
  alias: string,
  { ifMatch, keepsTime, ifThere }: AliasOptions = {},
): Promise<Model> {
  const model = await getModel(work.tx, name);
  assertMatches(model.etag, ifMatch);
  const before = toModel(model);
  const old = Object.hasOwn(before.aliases, alias) ? before.aliases[alias] : undefined;
  if (old === undefined && ifThere) return before;
  if (old === undefined) refuse('alias-not-found', `${name} has no alias ${alias}.`, { model: name, alias });
  const { [alias]: _, ...aliases } = before.aliases;
  const changed = await updateModel(work, model, { aliases }, { keepsTime });
  const changes = [...changed.changes, ...(await takeFrom(work, model, alias, old, keepsTime))];
  work.record({ type: 'alias.removed', subject: `${model.name}/${old}`, details: { alias }, changes });
  return changed.model;
}

async function takeFrom(
  work: Work,
  model: ModelRow,
  alias: string,
  number: number | undefined,
  keepsTime: boolean | undefined,
): Promise<SubjectChange[]> {
  const row = number === undefined ? undefined : await findNumber(work.tx, model.id, number);
  if (!row) return [];
  const aliases = toVersion(row, model.name).aliases.filter((name) => name !== alias);
  return (await updateVersion(work, model.name, row, { aliases }, { keepsTime })).changes;
}
