/** Reads the text of a flag; undefined where it is none of what is meant. */
export type Parse<T> = (text: string) => T | undefined;

/** A list with commas. Throws in words what is wrong. */
export function readEach<T>(flag: string, text: string, parse: Parse<T>, expects: string): T[] {
  return text.split(',').map((part) => readFlag(flag, part.trim(), parse, expects));
}

export function readFlag<T>(flag: string, text: string, parse: Parse<T>, expects: string): T {
  const value = parse(text);
  if (value === undefined) throw new Error(`${flag}: "${text}" must be ${expects}`);
  return value;
}

export function countOf(most: number): Parse<number> {
  return (text) => (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= most ? Number(text) : undefined);
}

export function secondsOf(text: string): number | undefined {
  const seconds = Number(text);
  return seconds >= 0.05 && seconds <= 600 ? seconds : undefined;
}
