import { endOfString, isColonNext, isSpace } from './json-text.ts';

/*
 * In Node.js 24 and 26, `JSON.parse` gives back another key than was written, where an object seen before, with the same keys
 * up to there, had a key with a backslash in it: after `{"\\": 1}` it reads `{"\n": 1}` as `{"\\": 1}`. V8 compares the key that it
 * expects with as many characters as the next one has, but with these as they are written, before `\n` is made of them
 * (`JsonParser::MakeString`). Whoever sends such a key would change the keys of others, in what they send and in what is stored.
 *
 * This module mends `JSON.parse` where the engine has the flaw, for our code and the packages that it uses: an object that has
 * a key with an escape is put together here. It is the first import of the program and of each thread that reads JSON.
 */
const native = JSON.parse;

type Reviver = Parameters<typeof JSON.parse>[1];
type Container = unknown[] | Record<string, unknown>;

export function parseMended(text: string, reviver?: Reviver): unknown {
  const json = typeof text === 'string' ? text : String(text);
  if (!hasEscapedKey(json)) return native(json, reviver);
  native(json); // says what is wrong where it is no JSON
  const value = put(json);
  return reviver ? revive({ '': value }, '', reviver) : value;
}

/** Whether the engine takes one key for another. It learns keys by what it reads: this one nobody else has before. */
export function hasFlaw(parse: typeof JSON.parse = native): boolean {
  for (let i = 0; i < 10; i += 1) parse('{"assayer: is a key read as it is written?":1,"\\\\":2}');
  return !('\n' in (parse('{"assayer: is a key read as it is written?":1,"\\n":2}') as object));
}

if (hasFlaw()) JSON.parse = parseMended;

const QUOTE = 0x22;
const COLON = 0x3a;

function hasEscapedKey(text: string): boolean {
  let slash = text.indexOf('\\');
  if (slash === -1) return false;
  for (let start = text.indexOf('"'); start !== -1 && slash !== -1; ) {
    const end = endOfString(text, start);
    if (slash < start) slash = text.indexOf('\\', start);
    if (slash !== -1 && slash < end && isColonNext(text, end)) return true;
    start = text.indexOf('"', end);
  }
  return false;
}

/** The value of a text that is JSON, however deep it is nested. */
function put(text: string): unknown {
  const root: unknown[] = [];
  const open: Container[] = [root];
  let key = '';
  const place = (value: unknown) => {
    const into = open.at(-1) as Container;
    if (Array.isArray(into)) into.push(value);
    // An assignment would set the prototype.
    else if (key === '__proto__')
      Object.defineProperty(into, key, { value, writable: true, enumerable: true, configurable: true });
    else into[key] = value;
  };
  for (let i = 0; i < text.length; ) {
    const c = text.charCodeAt(i);
    if (c === 0x7b || c === 0x5b) {
      const container: Container = c === 0x7b ? {} : [];
      place(container);
      open.push(container);
      i += 1;
    } else if (c === 0x7d || c === 0x5d) {
      open.pop();
      i += 1;
    } else if (c === COLON || c === 0x2c || isSpace(c)) i += 1;
    else if (c === QUOTE) {
      const end = endOfString(text, i);
      const string = native(text.slice(i, end)) as string;
      if (isColonNext(text, end)) key = string;
      else place(string);
      i = end;
    } else {
      let end = i + 1;
      while (end < text.length && !',]} \n\r\t'.includes(text.charAt(end))) end += 1;
      place(native(text.slice(i, end)));
      i = end;
    }
  }
  return root[0];
}

/** ECMAScript, InternalizeJSONProperty. */
function revive(holder: Container, name: string, reviver: NonNullable<Reviver>): unknown {
  const value = (holder as Record<string, unknown>)[name];
  if (typeof value === 'object' && value !== null)
    for (const key of Object.keys(value)) {
      const revived = revive(value as Container, key, reviver);
      if (revived === undefined) Reflect.deleteProperty(value, key);
      else Reflect.defineProperty(value, key, { value: revived, writable: true, enumerable: true, configurable: true });
    }
  return reviver.call(holder, name, value);
}
