import { shorten, toShown } from './labels.ts';
import { textWidth } from './text-width.ts';
import { escapeXml } from './xml.ts';

export interface Badge {
  /** The name of the model. */
  label: string;
  /** Where it stands, such as `production v7`. */
  message: string;
  tone: 'production' | 'staging' | 'draft' | 'archived' | 'none';
}

/** Each at 4.5 to 1 or more beside white (WCAG 2.2, 1.4.3). */
const TONES: Record<Badge['tone'], string> = {
  production: '#00704f',
  staging: '#8a5a00',
  draft: '#0067a3',
  archived: '#59636e',
  none: '#59636e',
};
const GROUND = '#3b424a';
const SIZE = 11;
const HEIGHT = 20;
const EDGE = 7;
const WIDEST = 260;

/** A badge for a README: written here, since two words on two grounds need no library. */
export function badgeSvg({ label, message, tone }: Badge): string {
  const told = shorten(label, WIDEST, SIZE);
  const left = Math.ceil(textWidth(told, SIZE)) + 2 * EDGE;
  const right = Math.ceil(textWidth(message, SIZE)) + 2 * EDGE;
  const width = left + right;
  const text = (content: string, from: number, room: number) =>
    `<text x="${from + EDGE}" y="14" textLength="${room - 2 * EDGE}" lengthAdjust="spacingAndGlyphs">${escapeXml(content)}</text>`;
  const whole = escapeXml(`${toShown(label)}: ${message}`);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}" role="img">` +
    `<title>${whole}</title><desc>Where the model stands: ${whole}</desc>` +
    `<rect width="${width}" height="${HEIGHT}" rx="3" fill="${GROUND}"/>` +
    `<path d="M${left} 0h${right - 3}a3 3 0 0 1 3 3v${HEIGHT - 6}a3 3 0 0 1 -3 3h-${right - 3}z" fill="${TONES[tone]}"/>` +
    `<g fill="#fff" font-family="sans-serif" font-size="${SIZE}">${text(told, 0, left)}${text(message, left, right)}</g></svg>\n`
  );
}
