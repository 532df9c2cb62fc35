import { MAPS } from './replay.ts';

/** Whether it is known already what a field holds, or one key of a field that is a map. */
export type Known = (field: string, key?: string) => boolean;

/** A model or a version, or a model with all its versions where there is no number. */
interface Subject {
  model_id: number;
  number?: number;
}

/** Lines and values up to so many bytes are read as they are. */
const SHORT_LINE = 16_384;
const SHORT_VALUE = 256;

/** What these details say of the artifacts and their formats stands nowhere else. */
const WITH_FORMATS = ['version.created', 'artifact.attached', 'artifact.detached'];

/**
 * A line of the ledger without the long values that nobody asks for: what stood before the changes, what they made of
 * other subjects, what is known, and long details other than of artifacts. Where they stood there is null, or an empty object for one. A line may
 * be megabytes long, and what is made of it is garbage that is not collected soon.
 */
export function slim(line: string | Buffer, subject: Subject, known: Known = () => false): string {
  if (line.length <= SHORT_LINE) return line.toString();
  const bytes = typeof line === 'string' ? Buffer.from(line) : line;
  const cuts: Place[] = [];
  const cut = (place: Place) => {
    if (place.to - place.from > SHORT_VALUE) cuts.push(place);
  };
  const members = [...membersAt(bytes, 0)];
  const type = members.find(({ key }) => key === 'type');
  const isCut = !type || !WITH_FORMATS.includes(JSON.parse(textAt(bytes, type)));
  for (const member of members) {
    if (member.key === 'details' && isCut) cut(member);
    if (member.key !== 'changes') continue;
    for (const change of itemsAt(bytes, member.from)) {
      const parts = new Map([...membersAt(bytes, change.from)].map((part) => [part.key, part]));
      const read = (key: string) => JSON.parse(textAt(bytes, parts.get(key)!)) as unknown;
      const isOwn = read('model_id') === subject.model_id && read('number') === (subject.number ?? read('number'));
      for (const before of fieldsAt(bytes, parts.get('before')!)) cut(before);
      for (const after of fieldsAt(bytes, parts.get('after')!)) {
        if (!isOwn || known(after.key)) cut(after);
        else if (MAPS.has(after.key))
          for (const entry of fieldsAt(bytes, after)) if (known(after.key, entry.key)) cut(entry);
      }
    }
  }
  return without(
    bytes,
    cuts.sort((a, b) => a.from - b.from),
  );
}

/** In bytes. */
interface Place {
  from: number;
  to: number;
}
interface Member extends Place {
  key: string;
}

const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
const [BRACKET, BRACKET_END, BRACE, BRACE_END] = [0x5b, 0x5d, 0x7b, 0x7d];

const textAt = (line: Buffer, { from, to }: Place) => line.toString('utf8', from, to);

/** The line with null, or an empty object, in these places, in order. */
function without(line: Buffer, cuts: readonly Place[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { from, to } of cuts) {
    parts.push(textAt(line, { from: at, to: from }), line[from] === BRACE ? '{}' : 'null');
    at = to;
  }
  return [...parts, textAt(line, { from: at, to: line.length })].join('');
}

/** The members of what may be no object. */
function fieldsAt(line: Buffer, { from }: Place): Iterable<Member> {
  return line[from] === BRACE ? membersAt(line, from) : [];
}

/** The members of the object that begins here. */
function* membersAt(line: Buffer, start: number): Generator<Member> {
  for (const { from, to } of itemsAt(line, start)) {
    const end = afterString(line, from);
    yield { key: JSON.parse(textAt(line, { from, to: end })), from: end + 1, to };
  }
}

/** What stands between the commas of the array or object that begins here. Lines hold no white space between. */
function* itemsAt(line: Buffer, start: number): Generator<Place> {
  for (let at = start + 1; line[at] !== BRACKET_END && line[at] !== BRACE_END; ) {
    const from = line[at] === COMMA ? at + 1 : at;
    let to = afterValue(line, from);
    if (line[to] === COLON) to = afterValue(line, to + 1);
    yield { from, to };
    at = to;
  }
}

function afterValue(line: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < line.length; ) {
    const byte = line[at]!;
    const isEnd = byte === BRACE_END || byte === BRACKET_END;
    if (depth === 0 && at > start && (isEnd || byte === COMMA || byte === COLON)) return at;
    if (byte === QUOTE) at = afterString(line, at);
    else {
      if (byte === BRACE || byte === BRACKET) depth += 1;
      if (isEnd) depth -= 1;
      at += 1;
    }
    if (depth < 0) break;
  }
  throw new SyntaxError(`A value at byte ${start} of a line of the ledger has no end`);
}

function afterString(line: Buffer, start: number): number {
  for (let end = line.indexOf(QUOTE, start + 1); end !== -1; end = line.indexOf(QUOTE, end + 1)) {
    let slashes = 0;
    while (line[end - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
  throw new SyntaxError(`A string at byte ${start} of a line of the ledger has no end`);
}
