/** What is cut: the characters of a token, the tokens and bytes of a field, the characters of a field that are read. */
const TOKEN = 64;
const TOKENS = 5_000;
const BYTES = 160_000;
const READ = 200_000;

/** Marks that are accents: Latin, Greek and Cyrillic fold to their letters. Vowel signs of other scripts are letters' equals and stay. */
const ACCENTS = /[\u0300-\u036F\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20FF]/gu;
/** A run of letters, digits and marks, joined by `_` and `-`. The classes are disjoint: matching is linear. */
const COMPOUND = /[\p{L}\p{N}\p{M}]+(?:[_-]+[\p{L}\p{N}\p{M}]+)*/gu;
/** Scripts that are written without spaces, and Hangul, whose words are compounds: these go by pairs of characters. */
const DENSE =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]+|[^\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]+/gu;
const IS_DENSE =
  /^[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u;
/** Beyond small letters and digits of ASCII. */
const BEYOND_PLAIN = /[^a-z\d]/;
const BEYOND_SIMPLE = /[A-Z_-]|[^\t\n\r -~]/;
const HUMPS = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;

/** A run within a compound: pairs of a dense script, or a word with the pieces of its camelCase. */
export type Run = { pairs: string[]; characters: string[] } | { word: string; humps: string[] };
/** `whole` is the compound without its joints (`snakecase`), where it has any and is not of a dense script. */
export interface Compound {
  whole: string | undefined;
  runs: Run[];
}

/** Nothing is folded in plain ASCII, which most text is. */
const BEYOND_ASCII = /[^\t\n\r -~]/;

/** Compatibility forms, accents and final sigma folded; letter case stays, since camelCase is yet to be split. */
function fold(text: string): string {
  const read = text.slice(0, READ);
  if (!BEYOND_ASCII.test(read)) return read;
  return read.toWellFormed().normalize('NFKD').replace(ACCENTS, '').normalize('NFC').replaceAll('ς', 'σ');
}

function lower(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text.toLowerCase().slice(0, TOKEN);
  const folded = text.toLowerCase().normalize('NFKD').replace(ACCENTS, '').normalize('NFC').replaceAll('ς', 'σ');
  return [...folded].slice(0, TOKEN).join('');
}

export function* compoundsOf(text: string): Generator<Compound> {
  for (const [compound] of fold(text).matchAll(COMPOUND)) {
    const segments = compound.split(/[_-]+/u);
    const runs = segments.flatMap(runsOf);
    const plain = runs.length > 1 && runs.every((run) => 'word' in run);
    yield { whole: plain ? lower(segments.join('')) : undefined, runs };
  }
}

/** Most segments are a word of ASCII without humps: for these the expressions cost more than all the rest. */
function runsOf(segment: string): Run[] {
  if (!BEYOND_PLAIN.test(segment)) {
    const word = segment.slice(0, TOKEN);
    return [{ word, humps: [word] }];
  }
  return [...segment.matchAll(DENSE)].map(([run]) => runOf(run));
}

function runOf(run: string): Run {
  if (!IS_DENSE.test(run)) return { word: lower(run), humps: run.split(HUMPS).map(lower) };
  const characters = [...lower2(run)];
  return { characters, pairs: characters.slice(1).map((character, i) => characters[i]! + character) };
}

/** Dense scripts hardly have letter case, but a run of them is not to be cut. */
function lower2(run: string): string {
  return run.toLowerCase();
}

/** The distinct tokens of a field, in order of appearance. Every character of a dense run begins a token. */
export function tokensOf(text: string): string[] {
  const tokens = new Set<string>();
  let bytes = 0;
  for (const token of BEYOND_SIMPLE.test(text) ? tokensIn(text) : simpleTokensIn(text)) {
    if (tokens.has(token) || token === '') continue;
    bytes += Buffer.byteLength(token);
    if (tokens.size >= TOKENS || bytes > BYTES) break;
    tokens.add(token);
  }
  return [...tokens];
}

function* tokensIn(text: string): Generator<string> {
  for (const { whole, runs } of compoundsOf(text)) {
    for (const run of runs) yield* 'word' in run ? [run.word, ...run.humps] : [...run.pairs, run.characters.at(-1)!];
    if (whole !== undefined) yield whole;
  }
}

/** The same where each word is a compound of its own: small letters of ASCII and digits, and nothing that joins them. */
function simpleTokensIn(text: string): string[] {
  return text
    .slice(0, READ)
    .split(/[^a-z\d]+/)
    .map((word) => word.slice(0, TOKEN));
}

/** What is searched of a model, or of a version under its model's name. */
export interface TextFields {
  name: string;
  tags: Record<string, string>;
  description: string | null;
  card: string | null;
}

export interface TextTokens {
  name: string[];
  tags: string[];
  description: string[];
  card: string[];
}

export function textRow(fields: TextFields): TextTokens {
  const tags = Object.entries(fields.tags).map(([key, value]) => `${key} ${value}`);
  return {
    name: tokensOf(fields.name),
    tags: tokensOf(tags.sort().join(' ')),
    description: tokensOf(fields.description ?? ''),
    card: tokensOf(fields.card ?? ''),
  };
}
