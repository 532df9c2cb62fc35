import type { ChartMetric } from '../../contract/chart.ts';
import type { Dialect, Reader } from '../../db/database.ts';
import { parseNamed, saying } from '../compare/named.ts';
import { definitionsOf } from '../evidence/definitions.ts';
import { getVersionRow } from '../versions/find.ts';
import type { VersionRow } from '../versions/repository.ts';

/** What reads of several versions, and rests between them. */
export interface Reading {
  read: Reader;
  dialect: Dialect;
}

/** A version, and what its model is called now. */
export interface Asked {
  model: string;
  row: VersionRow;
}

/** Versions that a query names as `churn/7` or `churn/@champion`, in its order, each once. */
export async function versionsAsked(reader: Reader, names: readonly string[]): Promise<Asked[]> {
  const versions = new Map<number, Asked>();
  for (const [place, name] of names.entries()) {
    const named = parseNamed(name, place);
    const { model, ref } = named;
    const row = await saying(named, place, getVersionRow(reader, model, ref));
    versions.set(row.id, { model, row });
  }
  return [...versions.values()];
}

/** The one version of an address. */
export async function versionAsked(reader: Reader, model: string, ref: string): Promise<Asked> {
  return { model, row: await getVersionRow(reader, model, ref) };
}

/** What metrics mean, in the order of their names. */
export async function chartMetrics(reader: Reader, names: readonly string[]): Promise<ChartMetric[]> {
  const definitions = await definitionsOf(reader, names);
  return names.map((name) => {
    const { unit = null, direction = null } = definitions.get(name) ?? {};
    return { name, unit, direction };
  });
}

export const nameOf = (model: string, number: number): string => `${model} v${number}`;

/** `a`, `a and b`, `a, b and c`; of many the first ones, and how many more. */
export function listed(names: readonly string[], most = 3): string {
  if (names.length > most) return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
