// Controls, and what makes text look otherwise than it is: bidirectional overrides, line and paragraph separators.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]/gu;
const MARKUP: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** HTML that was put together from escaped text. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A template of markup, in which every value that is not markup itself is escaped. */
export function html(parts: TemplateStringsArray, ...values: unknown[]): Html {
  return new Html(parts.reduce((text, part, i) => text + toMarkup(values[i - 1]) + part));
}

function toMarkup(value: unknown): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(toMarkup).join('');
  return value === undefined || value === null ? '' : toVisible(String(value));
}

function toVisible(text: string): string {
  return text
    .replace(UNSEEN, (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`)
    .replace(/[&<>"']/g, (one) => MARKUP[one] as string);
}
