const COLON = 0x3a;
const BACKSLASH = 0x5c;

export const isSpace = (c: number) => c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;

/** The place after the closing quote of the string of JSON that begins at `start`, or after the text. */
export function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 1) return end + 1;
  }
  return text.length;
}

/** Whether the string that ends before `from` is a key. */
export function isColonNext(text: string, from: number): boolean {
  let i = from;
  while (isSpace(text.charCodeAt(i))) i += 1;
  return text.charCodeAt(i) === COLON;
}
