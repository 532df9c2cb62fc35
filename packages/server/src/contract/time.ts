const DAY_MS = 86_400_000;

/** The day of the last time that was written: times come in runs, of one change and of what was made on one day. */
let last = { day: Number.NaN, date: '' };
let lastRead = { text: '', ms: Number.NaN };

/** Epoch milliseconds as RFC 3339 in UTC with milliseconds: as `toISOString` has it, in a tenth of the time. */
export function toTime(ms: number): string {
  const day = Math.floor(ms / DAY_MS);
  if (day !== last.day) last = { day, date: new Date(day * DAY_MS).toISOString().slice(0, -'00:00:00.000Z'.length) };
  const rest = ms - day * DAY_MS;
  const seconds = Math.floor(rest / 1_000);
  const minutes = Math.floor(seconds / 60);
  const clock = `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds % 60)}`;
  const thousandths = rest % 1_000;
  return `${last.date}${clock}.${thousandths < 100 ? '0' : ''}${two(thousandths)}Z`;
}

const two = (n: number): string => (n < 10 ? `0${n}` : String(n));

export function fromTime(text: string): number {
  if (text !== lastRead.text) lastRead = { text, ms: Date.parse(text) };
  return lastRead.ms;
}

/** RFC 3339, 5.6, and a moment that exists: not the 30th of February. */
export function isTime(text: string): boolean {
  const date = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i.exec(text)?.[1];
  if (date === undefined || !Number.isFinite(Date.parse(text))) return false;
  return new Date(date).toISOString().startsWith(date);
}
