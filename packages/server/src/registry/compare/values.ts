import { createHash } from 'node:crypto';
import type { ComparedValues } from '../../contract/comparison.ts';
import { compareText } from '../search/order.ts';
import { MOST } from './bounds.ts';

/** A value as it is shown, and what it is told from others by. */
export interface Cell {
  shown: unknown;
  key: string;
}
export type Cells = ReadonlyMap<string, Cell>;

/** Two values are the same as JSON, whatever the order of keys. Long ones are cut, and told apart by their digests. */
export function toCell(value: unknown): Cell {
  const key = JSON.stringify(sorted(value)) ?? 'null';
  if (key.length <= MOST.shown) return { shown: value, key };
  const text = typeof value === 'string' ? value : key;
  const start = [...text.slice(0, 2 * MOST.shown)].slice(0, MOST.shown).join('');
  return { shown: `${start}…`, key: createHash('sha256').update(key).digest('base64') };
}

export function toCells(values: Readonly<Record<string, unknown>>): Map<string, Cell> {
  return new Map(Object.entries(values).map(([name, value]) => [name, toCell(value)]));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => compareText(a, b));
  return Object.fromEntries(entries.map(([key, of]) => [key, sorted(of)]));
}

/** What differs first, then what is the same, each by name. */
export function compareValues(of: readonly Cells[]): ComparedValues {
  const rows = namesIn(of).map((name) => {
    const cells = of.map((one) => one.get(name));
    return { name, cells, same: cells.every((cell) => cell !== undefined && cell.key === cells[0]!.key) };
  });
  const { different, items } = differentFirst(rows, MOST.values);
  return {
    total: rows.length,
    different,
    items: items.map(({ name, cells, same }) => ({ name, values: cells.map((cell) => cell?.shown ?? null), same })),
  };
}

export function namesIn(maps: readonly ReadonlyMap<string, unknown>[]): string[] {
  return [...new Set(maps.flatMap((map) => [...map.keys()]))].sort(compareText);
}

export function differentFirst<T extends { same: boolean }>(
  rows: readonly T[],
  most: number,
): { different: number; items: T[] } {
  const different = rows.filter(({ same }) => !same);
  return { different: different.length, items: [...different, ...rows.filter(({ same }) => same)].slice(0, most) };
}
