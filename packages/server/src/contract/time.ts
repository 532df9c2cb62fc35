/** Epoch milliseconds as RFC 3339 in UTC with milliseconds. */
export function toTime(ms: number): string {
  return new Date(ms).toISOString();
}

export function fromTime(text: string): number {
  return Date.parse(text);
}
