import { describe, expect, it } from 'vitest';
import { describeLimits } from './describe.ts';
import { loadConfig } from './load.ts';
import { maskSecret, maskSecrets } from './mask.ts';
import type { Config } from './schema.ts';
import { formatDuration, formatSize, parseDuration, parseSize } from './sizes.ts';

const LIMITS = Object.keys(loadConfig({}).limits) as (keyof Config['limits'])[];

describe('maskSecret', () => {
  it.each([
    ['postgres://u:hunter2@h:5432/db', 'postgres://u:***@h:5432/db'],
    ['postgres://u:hun/t@er2@h/db?sslmode=require', 'postgres://u:***@h/db?sslmode=require'],
    ['postgres://u:hun?ter2@h/db', 'postgres://u:***@h/db'],
    ['postgres://h/db?user=u&password=hunter2&x=1', 'postgres://h/db?user=u&password=***&x=1'],
    ['postgres://u@h/db', 'postgres://u@h/db'],
    ['sqlite:/var/lib/assayer.db', 'sqlite:/var/lib/assayer.db'],
  ])('%s', (text, masked) => {
    expect(maskSecret(text)).toBe(masked);
  });

  it('leaves the rest of a configuration', () => {
    const config = loadConfig({ flags: { database: 'postgres://u:hunter2@h/db' } });
    expect(maskSecrets(config)).toEqual({ ...config, database: 'postgres://u:***@h/db' });
  });
});

describe('sizes', () => {
  it.each([
    ['64GiB', 64 * 2 ** 30],
    ['500MB', 5e8],
    ['12', 12],
    ['1.5 KiB', 1536],
    ['', undefined],
    ['-1', undefined],
    ['1 parsec', undefined],
    ['GiB', undefined],
  ])('%s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1000 B'],
    [1023 * 1024, '1 MiB'],
    [1536, '1.5 KiB'],
    [64 * 2 ** 30, '64 GiB'],
    [1e15, '909 TiB'],
  ])('%d bytes', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
  it.each([
    [250, '250 ms'],
    [45_000, '45 s'],
    [300_000, '5 min'],
    [125_000, '2 min 05 s'],
    [3_900_000, '1 h 05 min'],
  ])('%d ms', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
  it.each([
    ['0', 0],
    ['250 ms', 250],
    ['90s', 90_000],
    ['1.5h', 5_400_000],
    ['7 d', 604_800_000],
    ['90', undefined],
    ['-1h', undefined],
    ['1 week', undefined],
  ])('%s as a time', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });
  it('O5: every limit is in the line of the start', () => {
    const line = describeLimits(loadConfig({}));
    expect(line).toMatch(/^artifact 64 GiB, version 256 GiB,.*upload idle 60 s/);
    for (const limit of LIMITS)
      expect(line).toMatch(new RegExp(`\\b${limit.replace(/_(bytes|ms)$/, '').replaceAll('_', ' ')} \\d`));
  });
  it('O5: every limit can be set by file, variable and flag', () => {
    for (const limit of LIMITS) {
      const path = `limits.${limit}`;
      const asked = (loadConfig({}).limits[limit] + 1).toString();
      const env = { [`ASSAYER_LIMITS__${limit.toUpperCase()}`]: asked };
      expect(loadConfig({ env }).limits[limit], limit).toBe(Number(asked));
      expect(loadConfig({ flags: { [path]: asked } }).limits[limit], limit).toBe(Number(asked));
    }
  });
});
