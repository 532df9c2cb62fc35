import type { Spec } from './spec.ts';
import { textWidth } from './text-width.ts';
import { COLOURS, type Look, SIZE, type Theme } from './theme.ts';

/** Colours are few: the next round of series has the same ones with other dashes. */
const DASHES = [
  [1, 0],
  [7, 3],
  [2, 3],
] as const;

const ROW = 17;
/** Pixels of a legend's entry beside its label. */
export const SYMBOL = 44;
/** What a legend below may stand in from the left. */
const INSET = 70;

/** What a label of a legend may take. */
export const labelRoom = ({ width }: Look): number => Math.min(170, width - INSET - SYMBOL - 20);

/** Colour and dashes by the field `series`, with one legend for both. */
export function seriesEncoding(labels: readonly string[], theme: Theme, legend: Spec | null): Spec {
  const { series } = COLOURS[theme];
  const field = { field: 'series', type: 'nominal', title: null, sort: null, legend };
  return {
    color: { ...field, scale: { domain: labels, range: labels.map((_, i) => series[i % series.length] as string) } },
    strokeDash: {
      ...field,
      scale: { domain: labels, range: labels.map((_, i) => DASHES[Math.floor(i / series.length) % DASHES.length]!) },
    },
  };
}

/** At the right where there is room, else below; a picture that has too little room for it grows. */
export function placeLegend(labels: readonly string[], look: Look): { legend: Spec | null; look: Look; below: number } {
  if (labels.length <= 1) return { legend: null, look, below: 0 };
  const widest = Math.max(...labels.map((label) => textWidth(label, SIZE.label)));
  const shape = { symbolType: 'stroke', symbolSize: 260 };
  if (look.width >= 560 && widest + SYMBOL < look.width / 3)
    return {
      below: 0,
      legend: { ...shape, orient: 'right' },
      look: { ...look, height: Math.max(look.height, labels.length * ROW + 110) },
    };
  const columns = Math.max(1, Math.min(labels.length, Math.floor((look.width - INSET - 20) / (widest + SYMBOL + 4))));
  const below = Math.ceil(labels.length / columns) * ROW + 24;
  return {
    below,
    legend: { ...shape, orient: 'bottom', columns, columnPadding: 12 },
    look: { ...look, height: Math.max(look.height, below + 240) },
  };
}
