// Controls, and what makes text look otherwise than it is: bidirectional overrides, line and paragraph separators.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above, but for the newline and the tab
const UNSAFE_BLOCK = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

const escaped = (text: string, unsafe: RegExp) =>
  text.replace(unsafe, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Text of others on one line of a terminal: it cannot move the cursor, colour, or hide anything. */
export function escapeLine(text: string): string {
  return escaped(text.replaceAll('\n', '\\n').replaceAll('\t', '\\t'), UNSAFE);
}

/** The same over several lines. */
export function escapeBlock(text: string): string {
  return escaped(text, UNSAFE_BLOCK);
}

/** JSON whose strings are safe to show; it parses to the same value. */
export function toJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent);
  return indent === undefined ? escaped(text, UNSAFE) : escaped(text, UNSAFE_BLOCK);
}
