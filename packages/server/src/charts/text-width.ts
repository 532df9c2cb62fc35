/**
 * How wide text is in a sans-serif type, in pixels, where nothing can be drawn to see. Advance widths of ASCII are those
 * of DejaVu Sans in thousandths of an em: among the types that stand for `sans-serif` it is one of the widest, so that
 * what fits by it fits elsewhere too.
 */
export function textWidth(text: string, size: number, bold = false): number {
  let width = 0;
  for (const char of text) width += widthOf(char.codePointAt(0) as number, char);
  return (width / 1_000) * size * (bold ? 1.12 : 1);
}

const ASCII = [
  318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
  636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863,
  748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635,
  615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636,
  337, 636, 838,
];
// East Asian Wide and Fullwidth, roughly, and what is drawn as an emoji (Unicode annex 11).
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}\u2028\u2029]/u;

function widthOf(code: number, char: string): number {
  if (code >= 32 && code < 127) return ASCII[code - 32] as number;
  if (NO_WIDTH.test(char)) return 0;
  if (WIDE.test(char)) return code > 0xffff ? 1_300 : 1_000;
  return 720;
}
