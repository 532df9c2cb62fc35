import { INT, STR, type Value } from './values.ts';

/** A name may be this long; a longer text is kept as unknown text, and a name taken from it is one that cannot be known. */
export const MAX_NAME = 1024;

/** A whole number in Python's text form, base 10: what PUT, GET and LONG take. Undefined where Python would refuse. */
export function pythonInt(text: string): number | undefined {
  // C stops at a NUL; white space around, one underscore between digits and a sign are allowed.
  const trimmed = text.split('\0', 1)[0]!.trim();
  if (!/^[+-]?\d+(_\d+)*$/.test(trimmed)) return undefined;
  return Number(trimmed.replaceAll('_', ''));
}

/** The argument of INT and LONG: base is told by the prefix, as int(text, 0) does. */
export function numberValue(text: string, cut: boolean): Value | undefined {
  const trimmed = text.split('\0', 1)[0]!.trim().replace(/L$/, '');
  if (cut) return /^[+-]?[\dA-Fa-fxXoObB_]+$/.test(trimmed) ? INT : undefined;
  if (/^[+-]?0[xob]/i.test(trimmed)) return /^[+-]?0(x[\da-f]+|o[0-7]+|b[01]+)$/i.test(trimmed) ? INT : undefined;
  // C reads a leading zero as octal where Python refuses: the value cannot be known.
  if (/^[+-]?0\d/.test(trimmed)) return INT;
  const n = pythonInt(trimmed);
  if (n === undefined) return undefined;
  return Number.isSafeInteger(n) ? n : INT;
}

export function isFloat(text: string): boolean {
  return /^[+-]?(\d[\d_]*(\.[\d_]*)?(e[+-]?\d+)?|\.\d[\d_]*(e[+-]?\d+)?|inf(inity)?|nan)$/i.test(text.trim());
}

const ESCAPES: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** The argument of STRING: a quoted, escaped byte string, read as ASCII text unless told otherwise. */
export function quotedValue(text: string, cut: boolean): Value | undefined {
  const quote = text[0];
  if (quote !== "'" && quote !== '"') return undefined;
  if (cut) return STR;
  if (text.length < 2 || text.at(-1) !== quote) return undefined;
  const plain = text.slice(1, -1).replace(/\\([0-7]{1,3}|x[\da-fA-F]{2}|[\\'"abfnrtv])/g, (_, e: string) => {
    if (/^[0-7]/.test(e)) return String.fromCharCode(Number.parseInt(e, 8) & 255);
    if (e[0] === 'x') return String.fromCharCode(Number.parseInt(e.slice(1), 16));
    return ESCAPES[e] ?? e;
  });
  return asciiValue(plain);
}

/** The argument of UNICODE: raw-unicode-escape. A backslash before anything but u or U stands for itself, with what follows. */
export function rawUnicodeValue(text: string, cut: boolean): Value {
  if (cut) return STR;
  return text.replace(/\\(u[\da-fA-F]{4}|U[\da-fA-F]{8}|[^uU]|$)/g, (whole, e: string) => {
    if (e.length < 5) return whole;
    const code = Number.parseInt(e.slice(1), 16);
    return code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code);
  });
}

/** Bytes that the unpickler reads as ASCII; anything else depends on an option of the loader. */
export function asciiValue(latin1: string): Value {
  return /^\p{ASCII}*$/u.test(latin1) ? latin1 : STR;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

export function utf8Text(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}
