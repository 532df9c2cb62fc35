import { paint } from '../terminal/output.ts';

/** `a=1, b=x`; the values of objects as JSON. */
export function mapped(values: Readonly<Record<string, unknown>> | null | undefined): string {
  return Object.entries(values ?? {})
    .map(([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ');
}

export function listed(values: readonly unknown[] | null | undefined): string {
  return (values ?? []).join(', ');
}

/** A time of the server, to the second. */
export function when(time: string): string {
  return time.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}

const COLOURS: Record<string, 'green' | 'yellow' | 'red'> = { clean: 'green', suspicious: 'yellow', unknown: 'yellow' };

export function verdictIn(verdict: string): string {
  return paint(COLOURS[verdict] ?? 'red', verdict);
}
