import type { Evidence, Witness } from '../evidence.ts';
import { failed, type Outcome, passed } from './outcome.ts';

/** Each field is there, and is not empty. */
export function has({ version: witness }: Evidence, fields: readonly string[]): Outcome {
  const { name, href } = witness;
  const facts = fields.map((field) => ({ what: `${field} of ${name}`, value: told(valueAt(witness, field)), href }));
  const missing = fields.filter((field) => isEmpty(valueAt(witness, field)));
  if (missing.length === 0) return passed(`it has ${fields.join(', ')}`, facts);
  return failed(`it has no ${missing.join(', no ')}`, remedyOf(missing, href), facts);
}

/** Metrics are logged, everything else is described. */
function remedyOf(missing: readonly string[], href: string): string {
  const logged = missing.filter((field) => field.startsWith('metrics.'));
  const described = missing.filter((field) => !field.startsWith('metrics.'));
  const remedies = [
    ...(described.length > 0 ? [`add ${described.join(', ')}: PATCH ${href}`] : []),
    ...(logged.length > 0 ? [`log ${logged.join(', ')}: POST ${href}/metrics`] : []),
  ];
  return remedies.join(', and ');
}

/**
 * The value at a dotted path. Keys may hold dots themselves: at each level the longest key that the rest of the path
 * begins with is taken. Tags and metrics have no levels: the whole rest is the key.
 */
export function valueAt({ version, metrics }: Pick<Witness, 'version' | 'metrics'>, path: string): unknown {
  const dot = path.indexOf('.');
  const field = dot === -1 ? path : path.slice(0, dot);
  const rest = path.slice(dot + 1);
  switch (field) {
    case 'tags':
      return own(version.tags, rest);
    case 'metrics':
      return metrics.get(rest)?.value;
    case 'properties':
      return within(version.properties, rest);
    case 'lineage':
      return within(version.lineage, rest);
    default:
      return own(version, path);
  }
}

function within(value: unknown, path: string): unknown {
  const direct = own(value, path);
  if (direct !== undefined) return direct;
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const inner = own(value, path.slice(0, dot));
    if (inner !== undefined) return within(inner, path.slice(dot + 1));
  }
  return undefined;
}

function own(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value === 'string') return value.trim() === '';
  return typeof value === 'object' && Object.keys(value).length === 0;
}

const LONGEST = 200;

/** A value as a fact tells it: not all of a card. */
function told(value: unknown): unknown {
  if (value === undefined) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.length <= LONGEST) return value;
  return `${text.slice(0, LONGEST).toWellFormed()}…`;
}
