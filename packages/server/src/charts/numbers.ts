import type { MetricValue } from '../contract/shapes.ts';
import type { Spec } from './spec.ts';

/** MLflow keeps infinities as the largest double: neither can be drawn. */
const LARGEST = Number.MAX_VALUE;

/** What can be drawn of a value: null is a gap. */
export function toDrawn(value: MetricValue | null): number | null {
  return typeof value === 'number' && Math.abs(value) < LARGEST ? value : null;
}

/** A number as it is written in a picture: four digits that count. */
export function toText(value: MetricValue | null): string {
  if (value === null) return '–';
  if (typeof value !== 'number') return value === 'NaN' ? 'NaN' : value.replace('Infinity', '∞');
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e7 || size < 1e-4)) return inPowers(value);
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return Number(value.toPrecision(4)).toLocaleString('en-US', { maximumSignificantDigits: 4 });
}

/** `9.3e-12` */
function inPowers(value: number): string {
  const [digits, power] = value.toExponential(3).split('e');
  return `${Number(digits)}e${Number(power)}`;
}

/**
 * How the numbers of an axis are written (d3-format), where the usual way would take too much room: in powers of ten, with
 * as many digits as it takes to tell neighbours apart.
 */
export function axisFormat(values: readonly number[]): Spec {
  const [least, greatest] = rangeOf(values) ?? [0, 0];
  const size = Math.max(Math.abs(least), Math.abs(greatest));
  if (size === 0 || (size < 1e7 && size >= 1e-3)) return {};
  const span = greatest / 2 - least / 2;
  const digits = span === 0 ? 3 : Math.ceil(Math.log10(size / 2 / span)) + 2;
  return {
    format: `.${Math.max(1, Math.min(12, digits))}~e`,
    labelExpr: "datum.value === 0 ? '0' : replace(datum.label, 'e+', 'e')",
  };
}

export function rangeOf(values: readonly number[]): [least: number, greatest: number] | undefined {
  let range: [number, number] | undefined;
  for (const value of values) {
    if (!range) range = [value, value];
    else if (value < range[0]) range[0] = value;
    else if (value > range[1]) range[1] = value;
  }
  return range;
}

/** Where all values are the same there is no scale by itself: one around it. */
export function domainOf(values: readonly number[], least = 0): [number, number] | undefined {
  const range = rangeOf(values);
  if (!range || range[0] !== range[1]) return undefined;
  const around = Math.max(Math.abs(range[0]) / 10, least);
  return around === 0 ? [-1, 1] : [range[0] - around, range[0] + around];
}
