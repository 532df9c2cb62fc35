import type { Config } from './schema.ts';
import { formatDuration, formatSize } from './sizes.ts';

/** Every limit and time-out on one line, for the start. */
export function describeLimits(config: Config): string {
  const words = Object.entries(config.limits).map(([key, value]) => {
    if (key.endsWith('_bytes')) return `${key.slice(0, -6)} ${formatSize(value)}`;
    if (key.endsWith('_ms')) return `${key.slice(0, -3)} ${formatDuration(value)}`;
    return `${key} ${value}`;
  });
  return words.join(', ').replaceAll('_', ' ');
}
