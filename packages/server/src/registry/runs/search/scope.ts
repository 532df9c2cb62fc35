import { sql } from 'kysely';
import type { Dialect } from '../../../db/database.ts';
import { all, type Sql } from '../../paging/sql.ts';
import type { Noun } from './nouns.ts';

export type Stage = 'active' | 'deleted';

/** Of which experiments, and in which stages; of any where they are left out. */
export interface Scope {
  experiments?: readonly number[] | undefined;
  stages?: readonly Stage[] | undefined;
}

/** Rows that one index has together: in order of time for each range, which is an experiment in a stage. */
export interface Ground {
  /** That a row is of one of the ranges. */
  within: Sql[];
  ranges: Sql[];
}

/** How many ranges are walked beside each other. */
const TOGETHER = 64;

/** The ranges of a scope, some together. */
export function groundsOf(noun: Noun, dialect: Dialect, scope: Scope): Ground[] {
  const { stages = [] } = scope;
  const ofStages = stages.length === 0 ? [[]] : stages.map((stage) => [sql`${stageOf(noun)} = ${stage}`]);
  if (scope.experiments === undefined) return [{ within: withinStages(noun, stages), ranges: ofStages.map(all) }];
  const size = Math.floor(TOGETHER / ofStages.length);
  const grounds: Ground[] = [];
  for (let i = 0; i < scope.experiments.length; i += size) {
    const some = scope.experiments.slice(i, i + size);
    const ranges = some.flatMap((id) => ofStages.map((stage) => all([sql`${experimentOf(noun)} = ${id}`, ...stage])));
    grounds.push({ within: [isOneOf(experimentOf(noun), some, dialect), ...withinStages(noun, stages)], ranges });
  }
  return grounds;
}

/** That a row is in a scope, where it was found by an index of something else. */
export function inScope(noun: Noun, dialect: Dialect, { experiments, stages = [] }: Scope): Sql[] {
  const of = experiments && isOneOf(sql`+${experimentOf(noun)}`, experiments, dialect);
  return [...(of ? [of] : []), ...withinStages(noun, stages)];
}

function withinStages(noun: Noun, stages: readonly Stage[]): Sql[] {
  const [one, ...more] = stages;
  if (one === undefined) return [];
  return [more.length === 0 ? sql`${stageOf(noun)} = ${one}` : sql`${stageOf(noun)} in (${sql.join([...stages])})`];
}

function isOneOf(column: Sql, ids: readonly number[], dialect: Dialect): Sql {
  if (ids.length === 1) return sql`${column} = ${ids[0]}`;
  if (dialect === 'postgres') return sql`${column} = any(cast(${ids} as bigint[]))`;
  return sql`${column} in (select value from json_each(${JSON.stringify(ids)}))`;
}

const stageOf = ({ table }: Noun) => sql.ref(`${table}.lifecycle_stage`);
const experimentOf = ({ table }: Noun) => sql.ref(`${table}.experiment_id`);
