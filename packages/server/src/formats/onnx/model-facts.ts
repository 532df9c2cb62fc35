import type { Signature } from '../../contract/artifact.ts';
import { printable } from '../report.ts';
import type { TypeFacts } from './types.ts';

const MAX_OPERATORS = 200;
const MAX_VALUES = 10_000;
const MAX_EXTERNAL = 1000;
const MAX_ELSEWHERE = 20;
const MAX_NAMES = 2_000_000;

type Value = TypeFacts & { name: string };

/** Domains whose operators every runtime knows, or that the exporters of the large frameworks write. */
const KNOWN_DOMAINS = new Set([
  '',
  'ai.onnx',
  'ai.onnx.ml',
  'ai.onnx.training',
  'ai.onnx.preview',
  'ai.onnx.preview.training',
  'com.microsoft',
  'com.microsoft.nchwc',
]);

/** What one ONNX model tells of itself, collected while it is read. Everything that the file can repeat is bounded. */
export class ModelFacts {
  ir_version = 0;
  producer_name = '';
  producer_version = '';
  domain = '';
  model_version = 0;
  graph_name = '';
  /** Nodes of the main graph; those of subgraphs count among the operators only. */
  nodes = 0;
  functions = 0;
  readonly external = new Set<string>();
  readonly #sets: Record<string, number> = {};
  readonly #operators = new Map<string, number>();
  readonly #domains = new Set<string>();
  readonly #metadata: Record<string, string> = {};
  readonly #initializers = new Set<string>();
  readonly #values: { inputs: Value[]; outputs: Value[] } = { inputs: [], outputs: [] };

  addOperatorSet([domain, version]: [string, string | number]): void {
    if (Object.keys(this.#sets).length < 50) this.#sets[printable(domain, 100) || 'ai.onnx'] = Number(version);
  }

  addMetadata([key, value]: [string, string | number]): void {
    if (Object.keys(this.#metadata).length < 50) this.#metadata[printable(key, 100)] = printable(String(value), 500);
  }

  addOperator(domain: string, type: string): void {
    if (!KNOWN_DOMAINS.has(domain) && this.#domains.size < 50) this.#domains.add(domain);
    const name = printable(domain === '' || domain === 'ai.onnx' ? type : `${domain}.${type}`, 150);
    const count = this.#operators.get(name);
    if (count !== undefined || this.#operators.size < MAX_OPERATORS) this.#operators.set(name, (count ?? 0) + 1);
  }

  addExternal(location: string): void {
    // A place elsewhere is never lost to the bound: there is room of its own for the first of them.
    const room = isPlainName(location) ? MAX_EXTERNAL : MAX_EXTERNAL + MAX_ELSEWHERE;
    if (this.external.size < room) this.external.add(location);
  }

  addInitializer(name: string): void {
    if (this.#initializers.size < MAX_NAMES) this.#initializers.add(name);
  }

  addValue(side: 'inputs' | 'outputs', value: Value): void {
    if (this.#values[side].length < MAX_VALUES)
      this.#values[side].push({ ...value, name: printable(value.name, 1024) });
  }

  customDomains(): Iterable<string> {
    return this.#domains;
  }

  /** Inputs that have a value of their own in the file need not be given, so they are no part of it. */
  signature(): Signature {
    const inputs = this.#values.inputs.filter((v) => !this.#initializers.has(v.name));
    const { outputs } = this.#values;
    return { ...(inputs.length > 0 && { inputs }), ...(outputs.length > 0 && { outputs }) };
  }

  facts(): Record<string, unknown> {
    const operators = [...this.#operators].sort(([, a], [, b]) => b - a);
    return {
      ir_version: this.ir_version,
      opset_import: this.#sets,
      producer_name: printable(this.producer_name, 200),
      producer_version: printable(this.producer_version, 200),
      domain: printable(this.domain, 200),
      model_version: this.model_version,
      graph_name: printable(this.graph_name, 200),
      nodes: this.nodes,
      ...(this.functions > 0 && { functions: this.functions }),
      operators: Object.fromEntries(operators),
      initializers: this.#initializers.size,
      ...(this.external.size > 0 && { external_data: [...this.external].slice(0, 20).map((e) => printable(e, 200)) }),
      ...(Object.keys(this.#metadata).length > 0 && { metadata: this.#metadata }),
    };
  }
}

/** A file beside the model: no folder, no drive, no way up. */
export function isPlainName(location: string): boolean {
  if (location === '.' || location === '..' || /[/\\:]|\p{Cc}/u.test(location)) return false;
  return location.length > 0 && location.length <= 255;
}
