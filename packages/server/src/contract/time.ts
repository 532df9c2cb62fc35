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

/** RFC 3339, 5.6, and a moment that exists: not the 30th of February. */
export function isTime(text: string): boolean {
  const date = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i.exec(text)?.[1];
  if (date === undefined || !Number.isFinite(Date.parse(text))) return false;
  return new Date(date).toISOString().startsWith(date);
}
