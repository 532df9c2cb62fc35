import { Config } from './schema.ts';

/** What is used of a JSON Schema here. */
export interface LeafSchema {
  type?: 'string' | 'integer' | 'boolean' | 'array';
  enum?: string[];
  items?: LeafSchema;
  minimum?: number;
  maximum?: number;
  default?: unknown;
  description?: string;
  /** What a pattern asks for, in words. */
  expects?: string;
}

export interface Leaf {
  /** Dotted: `limits.artifact_bytes`. */
  readonly path: string;
  readonly schema: LeafSchema;
}

type Properties = Record<string, LeafSchema & { properties?: Properties }>;

function leavesOf(properties: Properties, prefix: string): Leaf[] {
  return Object.entries(properties).flatMap(([key, schema]) =>
    schema.properties ? leavesOf(schema.properties, `${prefix}${key}.`) : [{ path: `${prefix}${key}`, schema }],
  );
}

/** Every single setting of the schema. */
export const LEAVES: readonly Leaf[] = leavesOf(Config.properties as unknown as Properties, '');

const BY_PATH = new Map(LEAVES.map((leaf) => [leaf.path, leaf]));
export const findLeaf = (path: string): Leaf | undefined => BY_PATH.get(path);

/** `ASSAYER_LIMITS__ARTIFACT_BYTES`, and the same with single underscores. */
export function variablesOf(leaf: Leaf): string[] {
  const parts = leaf.path.toUpperCase().split('.');
  return [...new Set([`ASSAYER_${parts.join('__')}`, `ASSAYER_${parts.join('_')}`])];
}

/** `--artifact-bytes`: the last part alone, which is unique, except for the one with a name of its own. */
export function flagOf(leaf: Leaf): string {
  if (leaf.path === 'allowed_hosts') return '--allowed-host';
  if (leaf.path === 'allowed_origins') return '--allowed-origin';
  return `--${leaf.path.split('.').at(-1)!.replaceAll('_', '-')}`;
}
