import { judgeImport } from '../pickle/judge.ts';
import { isUnsafeAttribute } from '../pickle/known-unsafe.ts';
import { printable, type Report } from '../report.ts';
import { Malformed, TooMuch } from '../unreadable.ts';

/** What one skops file names: types and functions, and the other members of its archive that it reads. */
export interface SkopsReading {
  protocol: number;
  types: string[];
  /** The members that it reads, by their names. */
  files: Set<string>;
}

type Json = Record<string, unknown>;

/** Protocols whose nodes are followed here (skops/io/_protocol.py); in others a node may mean something else. */
const PROTOCOLS = new Set([1, 2]);

/** What a node becomes when it is loaded (skops/io, NODE_TYPE_MAPPING). */
const LOADERS = new Set(
  (
    'BytearrayNode BytesNode CachedNode ConstructorFromReduceNode DefaultDictNode DictNode DTypeNode FunctionNode ' +
    'JsonNode ListNode LossNode MaskedArrayNode MethodNode NdArrayNode ObjectNode OperatorFuncNode PartialNode ' +
    'QuantileForestNode RandomGeneratorNode RandomStateNode SetNode SliceNode SparseMatrixNode TreeNode TupleNode TypeNode'
  ).split(' '),
);

/** Classes that a file may have called with arguments of its own: they make data of data. */
const CONSTRUCTED = /^(datetime|decimal|fractions|uuid|zoneinfo|numpy|sklearn(\.\w+)+)$/;
const BIT_GENERATORS = new Set(['MT19937', 'PCG64', 'PCG64DXSM', 'Philox', 'SFC64']);

const DEEPEST = 1_000;
const MOST_LISTED = 200;
const WHERE = 'member schema.json';

/** Whether what was parsed is the description that skops writes into its archive. */
export function isSkops(schema: unknown): schema is Json {
  return isJson(schema) && typeof schema.__loader__ === 'string' && 'protocol' in schema;
}

/**
 * Follows every node, whether or not a loader would come to it: each names a class or function that is imported, judged
 * as in a pickle, and some call what they name. Throws `Malformed` and `TooMuch`.
 */
export function readSkops(schema: Json, report: Report): SkopsReading {
  const reading: SkopsReading = { protocol: Number(schema.protocol), types: [], files: new Set() };
  if (!PROTOCOLS.has(schema.protocol as number))
    report.unread('skops.protocol', WHERE, `is of protocol ${String(schema.protocol).slice(0, 20)}, which is not read`);
  const seen = new Set<string>();
  const todo: { value: unknown; depth: number }[] = [{ value: schema, depth: 0 }];
  for (let next = todo.pop(); next; next = todo.pop()) {
    const { value, depth } = next;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > DEEPEST) throw new TooMuch('it is nested too deep');
    if (isJson(value) && typeof value.__loader__ === 'string') readNode(value, value.__loader__, reading, seen, report);
    for (const child of Array.isArray(value) ? value : Object.values(value))
      todo.push({ value: child, depth: depth + 1 });
  }
  return reading;
}

function readNode(node: Json, loader: string, reading: SkopsReading, seen: Set<string>, report: Report): void {
  if (!LOADERS.has(loader)) report.add('suspicious', 'skops.loader', WHERE, `is loaded by ${loader}, which is unknown`);
  const module = textOf(node, '__module__');
  const name = textOf(node, '__class__');
  const full = `${module}.${name}`;
  if (!seen.has(full)) {
    seen.add(full);
    if (reading.types.length < MOST_LISTED) reading.types.push(printable(full, 200));
    const { severity, what } = judgeImport(module, name, 4);
    if (severity !== 'clean') report.add(severity, 'skops.import', WHERE, what);
  }
  if ('file' in node) reading.files.add(textOf(node, 'file'));
  const content = isJson(node.content) ? node.content : {};
  if (loader === 'ConstructorFromReduceNode' && !CONSTRUCTED.test(module))
    report.add('suspicious', 'skops.call', WHERE, `calls ${full} with arguments of its own`);
  if (loader === 'MethodNode') {
    const method = textOf(content, 'func');
    const severity = isUnsafeAttribute(method) ? 'unsafe' : 'suspicious';
    report.add(severity, 'skops.method', WHERE, `takes the method ${method} of ${full}`);
  }
  if (loader === 'OperatorFuncNode' || loader === 'PartialNode')
    report.add('suspicious', 'skops.call', WHERE, `makes a call of ${full}`);
  if (loader === 'RandomGeneratorNode' && !BIT_GENERATORS.has(bitGeneratorOf(content)))
    report.add('suspicious', 'skops.call', WHERE, 'calls what it names in numpy.random');
}

/** Of numpy.random, by its name in the state: the text of a JSON text. */
function bitGeneratorOf({ bit_generator }: Json): string {
  const state =
    isJson(bit_generator) && isJson(bit_generator.content) ? bit_generator.content.bit_generator : undefined;
  const json = isJson(state) ? state.content : undefined;
  return typeof json === 'string' ? json.replace(/^"(\w+)"$/, '$1') : '';
}

function textOf(node: Json, key: string): string {
  const value = node[key];
  if (typeof value === 'string') return value;
  throw new Malformed(`has a node whose ${key} is no text`);
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
