import { problemOfName } from '../registry/names.ts';
import { parseRef } from '../registry/refs.ts';
import { misused } from './exit.ts';

/** `MODEL/REF` or `MODEL`: a model's name holds no slash, so the first one ends it. */
export interface Subject {
  model: string;
  ref?: string;
}

export function parseSubject(text: string): Subject {
  const slash = text.indexOf('/');
  const model = slash === -1 ? text : text.slice(0, slash);
  const problem = problemOfName(model);
  if (problem) throw misused(`"${model}" cannot be the name of a model: it ${problem}.`);
  if (slash === -1) return { model };
  const ref = text.slice(slash + 1);
  if (!parseRef(ref))
    throw misused(`"${ref}" names no version: write a number, latest, @alias, or a status such as production.`);
  return { model, ref };
}

/** A version is needed. */
export function parseVersion(text: string): Required<Subject> {
  const { model, ref } = parseSubject(text);
  if (ref === undefined) throw misused(`Which version? Write ${model}/7, ${model}/latest or ${model}/@alias.`);
  return { model, ref };
}

/** A model is needed. */
export function parseModel(text: string): string {
  const { model, ref } = parseSubject(text);
  if (ref !== undefined) throw misused(`This is about a model, not one of its versions: write ${model}.`);
  return model;
}

/** `key=value`, the value as text. */
export function parsePair(text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw misused(`"${text}" is not key=value.`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/** `key=value`, the value JSON where it is, otherwise text: `rows=120000`, `cols=["a","b"]`, `team=growth`. */
export function parseProperty(text: string): [string, unknown] {
  const [key, value] = parsePair(text);
  try {
    return [key, JSON.parse(value)];
  } catch {
    return [key, value];
  }
}

const STRANGE: Record<string, 'NaN' | 'Infinity' | '-Infinity'> = {
  nan: 'NaN',
  inf: 'Infinity',
  '+inf': 'Infinity',
  infinity: 'Infinity',
  '-inf': '-Infinity',
  '-infinity': '-Infinity',
};

/** `auc=0.93`; NaN and infinities too. */
export function parseMetric(text: string): [string, number | 'NaN' | 'Infinity' | '-Infinity'] {
  const [key, value] = parsePair(text);
  const strange = STRANGE[value.trim().toLowerCase()];
  if (strange) return [key, strange];
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) throw misused(`The metric ${key} is not a number: "${value}".`);
  return [key, number];
}

/** Pairs as an object; a key given twice is a mistake. */
export function toRecord<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  const record: Record<string, T> = Object.create(null);
  for (const [key, value] of entries) {
    if (key in record) throw misused(`${key} is given twice.`);
    record[key] = value;
  }
  return { ...record };
}

/** A whole number of at least `least`. */
export function parseCount(text: string, least = 1): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < least) throw misused(`"${text}" is not a whole number from ${least}.`);
  return Number(text);
}
