import { toShown } from './labels.ts';

const NAMED: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** What XML 1.0 (2.2) takes no form of, or hardly: tabs and line ends are its only controls. */
const FORBIDDEN = /[\p{Cc}\p{Cs}\ufffe\uffff]/gu;

/** Text within an element or a quoted attribute. */
export function escapeXml(text: string): string {
  return text
    .replace(FORBIDDEN, (char) => (/[\t\n\r]/.test(char) ? char : '\ufffd'))
    .replace(/[&<>"']/g, (char) => NAMED[char] as string);
}

/** The picture with what it shows in words, for who does not see it: the first thing in it (SVG 2, 5.7). */
export function withWords(svg: string, title: string, description: string): string {
  const end = svg.indexOf('>', svg.indexOf('<svg'));
  const words = `<title>${escapeXml(toShown(title))}</title><desc>${escapeXml(toShown(description))}</desc>`;
  return `${svg.slice(0, end)} role="img">${words}${svg.slice(end + 1)}`;
}
