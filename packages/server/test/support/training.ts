import { expect } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import type { Answer, Opened } from './open-registry.ts';

/** Experiments and runs as the MLflow API makes them. */

export const INVALID = 'INVALID_PARAMETER_VALUE';
export const ABSENT = 'RESOURCE_DOES_NOT_EXIST';

let made = 0;

/** The id of a new experiment. */
export async function anExperiment(t: Opened, name = `experiment ${++made}`): Promise<string> {
  return ok(await t.mlflow('POST', '/experiments/create', { name })).experiment_id;
}

/** The id of a new run. */
export async function aRun(t: Opened, more: Record<string, unknown> = {}): Promise<string> {
  return ok(await t.mlflow('POST', '/runs/create', { experiment_id: '0', ...more })).run.info.run_id;
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever was answered
export async function getRun(t: Opened, run_id: string): Promise<any> {
  return ok(await t.mlflow('GET', '/runs/get', { run_id })).run;
}

/** Values of all points of a run, and of those that are of no run any more. */
export async function pointsOf({ read }: Database, run_id: string): Promise<number[]> {
  const rows = await read
    .selectFrom('metric')
    .leftJoin('latest_metric as of', 'of.id', 'metric.series')
    .select('metric.value')
    .where((eb) => eb.or([eb('of.run_id', '=', run_id), eb('of.id', 'is', null)]))
    .execute();
  return rows.map(({ value }) => value);
}

/** The tags or params of a run as a map. */
export function entriesIn(list: { key: string; value: unknown }[] = []): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, value]));
}

export function ok(answer: Answer): Answer['json'] {
  expect([answer.status, answer.text]).toEqual([200, answer.text]);
  return answer.json;
}

/** That it was refused, with this code and these words. */
export function refused(answer: Answer, code: string, words: string | RegExp): void {
  const status = code === ABSENT ? 404 : 400;
  expect([answer.status, answer.json?.error_code, answer.text]).toEqual([status, code, answer.text]);
  expect(answer.json.message).toMatch(words);
}
