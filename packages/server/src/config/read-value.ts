import type { TSchema } from 'typebox';
import { fits } from '../contract/fits.ts';
import type { Leaf, LeafSchema } from './leaves.ts';
import { maskSecret } from './mask.ts';
import { formatSize, parseSize } from './sizes.ts';

export type Read = { ok: true; value: unknown } | { ok: false; problem: string };

/** Reads one raw value (text of a flag or variable, or JSON of the file) as its schema asks. */
export function readValue(leaf: Leaf, raw: unknown, from: 'text' | 'json'): Read {
  const value = from === 'text' ? fromText(leaf, raw) : isSize(leaf) && typeof raw === 'string' ? parseSize(raw) : raw;
  if (fits(leaf.schema as TSchema, value)) return { ok: true, value };
  if (leaf.path === 'blobs' && typeof raw === 'string' && raw.startsWith('s3://'))
    return { ok: false, problem: 'S3 is not supported yet; use file:FOLDER' };
  return { ok: false, problem: `must be ${expected(leaf.schema, isSize(leaf))}, not ${show(raw)}` };
}

function isSize(leaf: Leaf): boolean {
  return leaf.path.endsWith('_bytes');
}

function fromText(leaf: Leaf, raw: unknown): unknown {
  const { type } = leaf.schema;
  if (type === 'array') {
    const parts = Array.isArray(raw) ? raw : [raw];
    return parts.flatMap((part) => (typeof part === 'string' ? split(part) : [part]));
  }
  if (typeof raw !== 'string') return raw;
  if (isSize(leaf)) return parseSize(raw);
  if (type === 'integer') return /^\s*-?\d+\s*$/.test(raw) ? Number(raw) : raw;
  if (type === 'boolean') return { true: true, '1': true, false: false, '0': false }[raw.trim().toLowerCase()] ?? raw;
  return raw;
}

function split(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function expected(schema: LeafSchema, size: boolean): string {
  if (schema.expects) return schema.expects;
  if (schema.enum) return `one of ${schema.enum.join(', ')}`;
  if (schema.type === 'array') return `a list, each once, of: ${schema.items?.enum?.join(', ') ?? 'texts'}`;
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'string') return 'a text that is not empty';
  const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = schema;
  if (size) return `a size such as 500MB or 64GiB, from ${formatSize(minimum)} to ${formatSize(maximum)}`;
  return `a whole number from ${minimum} to ${maximum}`;
}

function show(raw: unknown): string {
  const text = JSON.stringify(typeof raw === 'string' ? maskSecret(raw) : raw) ?? String(raw);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
