/** How many models and versions a registry of some size holds, and what they are called. */
export interface Shape {
  /** Versions in all. */
  versions: number;
  /** Models of `EACH` versions. */
  models: number;
  /** Versions of the one model that holds many; 0 where there is none. */
  many: number;
}

export const EACH = 10;
/** From a million versions on, one model holds a tenth of them. */
const LARGE = 1_000_000;
/** The model that holds many versions. */
export const MANY = 'click-through-all-markets';

export function shapeOf(versions: number): Shape {
  const many = versions >= LARGE ? versions / 10 : 0;
  return { versions, models: (versions - many) / EACH, many };
}

export const SUBJECTS = [
  'churn',
  'fraud',
  'demand',
  'credit',
  'ranking',
  'pricing',
  'routing',
  'triage',
  'uplift',
  'tagging',
];

/** The name of the model number `i`, from 0. */
export function nameOf(i: number): string {
  return `${SUBJECTS[i % SUBJECTS.length]}-${String(i).padStart(6, '0')}`;
}

/** `10k`, `1M` or a plain number as a count of versions; undefined where it is none. */
export function parseSize(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,9})([kM]?)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const count = Number(digits) * { '': 1, k: 1_000, M: 1_000_000 }[unit as '' | 'k' | 'M'];
  return count >= EACH && count % EACH === 0 && count <= 10_000_000 ? count : undefined;
}

export function formatSize(versions: number): string {
  if (versions % 1_000_000 === 0) return `${versions / 1_000_000}M`;
  return versions % 1_000 === 0 ? `${versions / 1_000}k` : String(versions);
}
