import { Malformed } from '../unreadable.ts';

export type Literal =
  | string
  | number
  | boolean
  | null
  | Literal[]
  | { dict: [Literal, Literal][] }
  | { tuple: Literal[] };

const MAX_DEPTH = 32;

/** The part of Python's literal syntax that numpy writes in a header: dict, list, tuple, text, whole number, True, False, None. */
export function parseLiteral(text: string): Literal {
  let at = 0;

  function fail(): Malformed {
    return new Malformed(`has a header that cannot be read at character ${at}`);
  }

  function blank(): void {
    while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++;
  }

  function take(token: string): boolean {
    blank();
    if (!text.startsWith(token, at)) return false;
    at += token.length;
    return true;
  }

  function next(token: string): boolean {
    blank();
    return text.startsWith(token, at);
  }

  function list(close: string, depth: number): { items: Literal[]; commas: number } {
    const items: Literal[] = [];
    let commas = 0;
    while (!take(close)) {
      if (items.length > commas) throw fail();
      items.push(value(depth));
      if (take(',')) commas++;
    }
    return { items, commas };
  }

  function quoted(quote: string): string {
    let out = '';
    for (; at < text.length; at++) {
      const c = text[at]!;
      if (c === quote) {
        at++;
        return out;
      }
      if (c === '\\') out += text[++at] ?? '';
      else out += c;
    }
    throw fail();
  }

  function value(depth: number): Literal {
    if (depth > MAX_DEPTH) throw fail();
    blank();
    if (take('{')) {
      const pairs: [Literal, Literal][] = [];
      while (!take('}')) {
        const key = value(depth + 1);
        if (!take(':')) throw fail();
        pairs.push([key, value(depth + 1)]);
        if (!take(',') && !next('}')) throw fail();
      }
      return { dict: pairs };
    }
    if (take('[')) return list(']', depth + 1).items;
    if (take('(')) {
      const { items, commas } = list(')', depth + 1);
      return items.length === 1 && commas === 0 ? items[0]! : { tuple: items };
    }
    if (take("'")) return quoted("'");
    if (take('"')) return quoted('"');
    const word = /^(True|False|None|-?\d+)L?/.exec(text.slice(at, at + 40));
    if (!word) throw fail();
    at += word[0].length;
    if (word[1] === 'None') return null;
    if (word[1] === 'True' || word[1] === 'False') return word[1] === 'True';
    return Number(word[1]);
  }

  const result = value(0);
  blank();
  if (at < text.length) throw fail();
  return result;
}
