/** Epoch milliseconds as RFC 3339 in UTC with milliseconds. */
export function toTime(ms: number): string {
  if (ms !== last.ms) last = { ms, text: new Date(ms).toISOString() };
  return last.text;
}

/** Times come in runs: of one change, of one model registered and updated at once. */
let last = { ms: 0, text: new Date(0).toISOString() };

export function fromTime(text: string): number {
  return Date.parse(text);
}
