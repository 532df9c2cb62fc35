/** A header value holds bytes: the UTF-8 of `text`, one character for each. */
export function toHeader(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');
}
