import { createRequire } from 'node:module';
import type { DocumentOptions, ParsedNode, ParseOptions, SchemaOptions } from 'yaml';
import { Malformed, TooMuch } from './unreadable.ts';

/** YAML as data: scalars as they are written, an unquoted null as null. Objects have no prototype. */
export type PlainYaml = string | null | PlainYaml[] | { [key: string]: PlainYaml };

/** A Python object that a document asks its reader to make: what safe readers refuse, and others run. */
export class PythonTag extends Malformed {}

const MOST_TOKENS = 20_000;
const DEEPEST = 64;
/** Aliases make much of little: this many nodes are read, an alias's each time anew. */
const MOST_NODES = 100_000;

/** No type but text is told from how a scalar looks: readers of YAML 1.1 and 1.2 tell different ones. */
const OPTIONS: ParseOptions & DocumentOptions & SchemaOptions = {
  schema: 'failsafe',
  version: '1.2',
  strict: true,
  uniqueKeys: true,
  merge: false,
  prettyErrors: false,
  // Silent, it would take the first of several documents.
  logLevel: 'error',
};

/** Loaded with the first file that needs it. */
let loaded: typeof import('yaml') | undefined;
function yaml(): typeof import('yaml') {
  loaded ??= createRequire(import.meta.url)('yaml') as typeof import('yaml');
  return loaded;
}

/** Reads one document, bounded in work and memory. Throws `Malformed`, or `TooMuch`, where it cannot be read. */
export function readYaml(text: string): PlainYaml {
  // Breaks of lines to some readers and not to others: a comment of ours may be a line of theirs.
  if (/[\u0085\u2028\u2029]|\r(?!\n)/.test(text)) throw new Malformed('has line breaks that readers take differently');
  assertFew(text);
  const document = yaml().parseDocument(text, OPTIONS);
  const [error] = document.errors;
  if (error) throw new Malformed(`is not YAML: ${error.message.split('\n', 1)[0]}`, error.pos[0]);
  return toPlain(document.contents);
}

/** Before anything is built: the parser's memory goes with the number of tokens. */
function assertFew(text: string): void {
  let tokens = 0;
  let depth = 0;
  for (const token of new (yaml().Lexer)().lex(text)) {
    tokens += 1;
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    if (tokens > MOST_TOKENS) throw new TooMuch('it has too many parts');
    if (depth > DEEPEST) throw new Malformed('is nested too deep');
  }
}

function toPlain(root: ParsedNode | null): PlainYaml {
  const { isAlias, isMap, isScalar, isSeq } = yaml();
  const anchors = new Map<string, ParsedNode>();
  let nodes = 0;

  function visit(node: unknown, depth: number): PlainYaml {
    nodes += 1;
    if (nodes > MOST_NODES) throw new Malformed('has aliases that make too much of it');
    if (depth > DEEPEST) throw new Malformed('is nested too deep');
    if (node === null || node === undefined) return null;
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (!target) throw new Malformed('has an alias of nothing');
      return visit(target, depth + 1);
    }
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) throw new Malformed('holds what is no data');
    checkTag(node.tag);
    if (node.anchor) anchors.set(node.anchor, node as ParsedNode);
    if (isScalar(node)) {
      const value = String(node.value ?? '');
      return node.type === 'PLAIN' && /^(|~|null|Null|NULL)$/.test(value) ? null : value;
    }
    if (isSeq(node)) return node.items.map((item) => visit(item, depth + 1));
    const object: { [key: string]: PlainYaml } = Object.create(null);
    for (const { key, value } of node.items) {
      const name = visit(key, depth + 1);
      if (typeof name !== 'string' || name === '<<' || name in object)
        throw new Malformed('has keys that readers take differently');
      object[name] = visit(value, depth + 1);
    }
    return object;
  }
  return visit(root, 0);
}

function checkTag(tag: string | undefined): void {
  if (tag === undefined || tag === '!' || /^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)$/.test(tag)) return;
  if (/^tag:yaml\.org,2002:python\//.test(tag)) throw new PythonTag(`asks for a Python object: ${tag.slice(22, 122)}`);
  throw new Malformed(`has the tag ${tag.slice(0, 100)}, which readers take differently`);
}

export function isObject(value: unknown): value is { [key: string]: PlainYaml } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
