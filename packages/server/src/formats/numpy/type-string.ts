/** Bytes of one element of a type that numpy writes as text, such as `<f8`, `|S5` or `<U3`; undefined for others. */
export function itemSizeOf(text: string): number | undefined {
  const parts = /^[<>|=]?([biufcOSUVMma?])(\d{1,9})?(\[[^\]]*\])?$/.exec(text);
  if (!parts) return undefined;
  const [, letter = '', digits, unit] = parts;
  if (unit !== undefined && letter !== 'M' && letter !== 'm') return undefined;
  const n = digits === undefined ? undefined : Number(digits);
  switch (letter) {
    case '?':
      return n === undefined ? 1 : undefined;
    case 'b':
      return n === undefined || n === 1 ? 1 : undefined;
    case 'i':
    case 'u':
      return n === 1 || n === 2 || n === 4 || n === 8 ? n : undefined;
    case 'f':
      return n === 2 || n === 4 || n === 8 || n === 12 || n === 16 ? n : undefined;
    case 'c':
      return n === 8 || n === 16 || n === 24 || n === 32 ? n : undefined;
    case 'O':
      return n === undefined || n === 8 || n === 4 ? 8 : undefined;
    case 'M':
    case 'm':
      return n === undefined || n === 8 ? 8 : undefined;
    case 'U':
      return (n ?? 0) * 4;
    default:
      return n ?? 0;
  }
}
