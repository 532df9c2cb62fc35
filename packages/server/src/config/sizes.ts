const UNITS: Record<string, number> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** `500`, `500MB`, `1.5 GiB` as bytes; undefined where it is not a size. */
export function parseSize(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]{0,3})\s*$/.exec(text);
  const unit = UNITS[match?.[2]?.toUpperCase() ?? '?'];
  return match && unit ? Math.round(Number(match[1]) * unit) : undefined;
}

const TIMES: Record<string, number> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `1.5h`, `7 d`, `0` as milliseconds; undefined where it is not a time. */
export function parseDuration(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)?\s*$/.exec(text);
  const unit = match?.[2] === undefined && Number(match?.[1]) === 0 ? 1 : TIMES[match?.[2] ?? '?'];
  return match && unit ? Math.round(Number(match[1]) * unit) : undefined;
}

/** Bytes in binary units with three digits at most: `64 GiB`, `1.46 MiB`. */
export function formatSize(bytes: number): string {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes;
  let unit = 0;
  while (value >= (unit === 0 ? 1024 : 999.5) && unit < names.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${Number(value.toFixed(digits))} ${names[unit]}`;
}

/** `250 ms`, `45 s`, `1 h 05 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  const two = (n: number) => String(n).padStart(2, '0');
  if (minutes < 60) return seconds % 60 ? `${minutes} min ${two(seconds % 60)} s` : `${minutes} min`;
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min` : `${minutes / 60} h`;
}
