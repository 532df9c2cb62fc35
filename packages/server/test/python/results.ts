import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, CONFORMANCE } from './clients.ts';

/** What `conformance/main.py --results` writes. */
export interface Results {
  mlflow: string;
  capabilities: Row[];
}

export interface Row {
  id: string;
  title: string;
  outcome: 'passed' | 'failed';
  error: string | null;
  /** The endpoints that were called, and the statuses that they answered. */
  endpoints: Record<string, number[]>;
  /** Reasons of `differences.json` that the capability showed. */
  differences: string[];
}

export interface Endpoint {
  class: 'SERVICE' | 'A' | 'B' | 'C';
  method: string;
  path: string;
  /** Why it is not supported, where it is not. */
  why?: string;
}

export interface Difference {
  says: string;
  /** The endpoints at which it shows. */
  at: string[];
}

export const SURFACE = read<Endpoint[]>('surface.json');
export const DIFFERENCES = read<Record<string, Difference>>('differences.json');

function read<T>(file: string): T {
  return JSON.parse(readFileSync(join(CONFORMANCE, file), 'utf8')) as T;
}

/** The capabilities that a client shows, as the sources of the suite declare them: known before Python has run. */
export function capabilitiesOf({ major }: Client): { id: string; title: string }[] {
  const declared = /^@capability\(\s*"([^"]+)",\s*"([^"]+)"(.*?)\)\ndef /gms;
  return readdirSync(CONFORMANCE)
    .filter((file) => file.endsWith('.py'))
    .flatMap((file) => [...readFileSync(join(CONFORMANCE, file), 'utf8').matchAll(declared)])
    .filter(([, , , more]) => !more?.includes('clients=') || more.includes(`clients=(${major},)`))
    .map(([, id, title]) => ({ id: id as string, title: title as string }));
}

/** The endpoints that passing capabilities of a client were answered by with success. `raw` are the plain requests. */
export function answered({ capabilities }: Results, raw: 'raw' | 'client'): Set<string> {
  return new Set(
    capabilities
      .filter(({ id, outcome }) => outcome === 'passed' && id.startsWith('wire-') === (raw === 'raw'))
      .flatMap(({ endpoints }) => Object.entries(endpoints))
      .filter(([, statuses]) => statuses.some((status) => status >= 200 && status < 300))
      .map(([endpoint]) => endpoint),
  );
}

/** `METHOD path`, as the suite names it. */
export function nameOf({ method, path }: Endpoint): string {
  return `${method} ${path}`;
}
