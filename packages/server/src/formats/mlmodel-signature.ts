import type { Signature } from '../contract/artifact.ts';
import { LIMITS } from '../contract/limits.ts';

type Tensors = NonNullable<Signature['inputs']>;
type Json = Record<string, unknown>;

/** MLflow's types of columns (`mlflow/types/schema.py`, DataType) by the names that we have for elements. */
const TYPES: Record<string, string> = {
  double: 'float64',
  float: 'float32',
  long: 'int64',
  integer: 'int32',
  boolean: 'bool',
};

/** The signature of a MLmodel file: JSON texts of inputs, outputs and params. What cannot be read of it is left out. */
export function signatureOf(told: { inputs?: unknown; outputs?: unknown; params?: unknown }): Signature | undefined {
  const signature: Signature = {};
  for (const part of ['inputs', 'outputs', 'params'] as const) {
    const list = listOf(told[part]);
    if (list) signature[part] = list.map(part === 'params' ? toParam : toTensor);
  }
  return Object.keys(signature).length > 0 ? signature : undefined;
}

function listOf(text: unknown): Json[] | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const list: unknown = JSON.parse(text);
    const fits = Array.isArray(list) && list.length > 0 && list.length <= LIMITS.tensors;
    return fits && list.every((item) => isJson(item)) ? list : undefined;
  } catch {
    return undefined;
  }
}

/** A column (`{ type, name, required }`) or a tensor (`{ type: 'tensor', 'tensor-spec': { dtype, shape } }`). */
function toTensor(spec: Json): Tensors[number] {
  const tensor = isJson(spec['tensor-spec']) ? spec['tensor-spec'] : undefined;
  return {
    ...named(spec),
    type: cut(tensor ? String(tensor.dtype ?? 'unknown') : typeText(spec)),
    ...(tensor && shaped(tensor.shape)),
    ...((spec.required === false || spec.optional === true) && { optional: true }),
  };
}

/** A param of inference always has a default, so nobody has to give it. */
function toParam(spec: Json): Tensors[number] {
  return {
    ...named(spec),
    type: cut(typeText({ ...spec, type: spec.type ?? spec.dtype })),
    ...shaped(spec.shape),
    optional: true,
  };
}

function named({ name }: Json): { name?: string } {
  return typeof name === 'string' && name.length <= LIMITS.tensorName ? { name } : {};
}

/** -1 is a dimension of any length. */
function shaped(shape: unknown): Pick<Tensors[number], 'shape'> {
  if (!Array.isArray(shape) || shape.length > LIMITS.dimensions || !shape.every(Number.isSafeInteger)) return {};
  return { shape: shape.map((length: number) => (length < 0 ? null : length)) };
}

/** `float64`, `array<float64>`, `map<string, float64>`, `object{a: int64, b?: string}`. */
function typeText(spec: unknown, depth = 0): string {
  if (depth > 8) return '…';
  if (!isJson(spec)) return typeof spec === 'string' ? (TYPES[spec] ?? spec) : 'unknown';
  const { type, items, values, properties } = spec;
  if (type === 'array') return `array<${typeText(items, depth + 1)}>`;
  if (type === 'map') return `map<string, ${typeText(values, depth + 1)}>`;
  if (type !== 'object' || !isJson(properties)) return typeText(type, depth + 1);
  const members = Object.entries(properties)
    .slice(0, 50)
    .map(([name, of]) => `${name}${isJson(of) && of.required === false ? '?' : ''}: ${typeText(of, depth + 1)}`);
  return `object{${members.join(', ')}}`;
}

function cut(text: string): string {
  if (text.length <= LIMITS.tensorType) return text;
  return `${[...text.slice(0, 2 * LIMITS.tensorType)].slice(0, LIMITS.tensorType - 1).join('')}…`;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
