import type { ChartVersion } from '../contract/chart.ts';
import { textWidth } from './text-width.ts';

/** Made with the first long label: not every server shows one. */
let graphemes: Intl.Segmenter | undefined;
// Controls, marks that turn the direction of what follows, halves of pairs, and what XML does not take.
const UNSEEN = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;

/** Text of a client as it can be shown on one line: what would not be seen, or would turn its surroundings, is told by a mark. */
export function toShown(text: string): string {
  return text.replace(UNSEEN, (char) => (/[\t\n\r]/.test(char) ? ' ' : '\ufffd'));
}

/** The text in at most so many pixels: what stands in the middle gives way. */
export function shorten(text: string, width: number, size: number, bold = false): string {
  const shown = cutMiddle(toShown(text), width, size, bold);
  return isMistaken(shown) ? `${shown} ` : shown;
}

/**
 * Vega looks texts up in plain objects: in expressions (`vega-expression/src/parser.js`, `legalKeywords`) and in domains
 * (`vega-lite/src/util.ts`, `unique`). What it would find there gets a space that no picture shows.
 */
const isMistaken = (text: string) => text === 'if' || text in Object.prototype;

/** Of text that is longer than any picture is wide, its ends are looked at. */
const MOST = 400;

function cutMiddle(text: string, width: number, size: number, bold: boolean): string {
  const wide = (part: string) => textWidth(part, size, bold);
  if (text.length <= MOST && wide(text) <= width) return text;
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  const segmenter = graphemes;
  const parts = (cut: string) => Array.from(segmenter.segment(cut), ({ segment }) => segment);
  const head = parts(text.slice(0, MOST));
  const tail = text.length <= MOST ? head : parts(text.slice(-MOST));
  const room = width - wide('…');
  let [begin, end, used] = [0, 0, 0];
  // Two of the beginning for each of the end.
  for (;;) {
    const atEnd = end * 2 < begin;
    const next = atEnd ? tail.at(-1 - end) : head[begin];
    if (next === undefined || used + wide(next) > room) break;
    used += wide(next);
    if (atEnd) end += 1;
    else begin += 1;
  }
  return `${head.slice(0, begin).join('')}…${end === 0 ? '' : tail.slice(-end).join('')}`;
}

/** The same labels, those that equal an earlier one told apart. */
export function toDistinct(labels: readonly string[]): string[] {
  const seen = new Set<string>();
  return labels.map((label) => {
    let told = label;
    for (let n = 2; seen.has(told); n += 1) told = `${label} (${n})`;
    seen.add(told);
    return told;
  });
}

/** How versions are called beside each other: by number alone where all are of one model. */
export function versionLabels(versions: readonly ChartVersion[], width: number, size: number): string[] {
  const models = new Set(versions.map(({ model }) => model));
  return versions.map(({ model, number }) => {
    if (models.size <= 1) return `v${number}`;
    const suffix = ` v${number}`;
    return shorten(model, width - textWidth(suffix, size), size) + suffix;
  });
}

/** `churn v7`, in full. */
export const nameOf = ({ model, number }: ChartVersion): string => `${toShown(model)} v${number}`;

/** Words on lines of at most so many pixels; what does not fit on the last line is cut. */
export function wrap(text: string, width: number, size: number, lines: number): string[] {
  const words = toShown(text).split(' ');
  const wrapped: string[] = [];
  let line = '';
  for (const [i, word] of words.entries()) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (textWidth(longer, size) <= width || line === '') line = longer;
    else if (wrapped.length === lines - 1) {
      line = `${line} ${words.slice(i).join(' ')}`;
      break;
    } else {
      wrapped.push(line);
      line = word;
    }
  }
  return [...wrapped, line].map((one) => shorten(one, width, size));
}

/** Whose a picture is, where its legend does not tell: one version, or the model that all are of. */
export function ofVersions(versions: readonly ChartVersion[]): string {
  const [first] = versions;
  if (!first || versions.some(({ model }) => model !== first.model)) return '';
  return versions.every(({ number }) => number === first.number)
    ? nameOf(first)
    : `versions of ${toShown(first.model)}`;
}
