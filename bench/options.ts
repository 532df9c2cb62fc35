import { parseArgs } from 'node:util';
import { CALLS, callOf } from './calls.ts';
import { formatSize, parseSize } from './seed/shape.ts';

export interface Options {
  sizes: number[];
  databases: 'sqlite'[];
  clients: number[];
  calls: string[];
  seconds: number;
  rounds: number;
  json: string | undefined;
  profile: boolean;
}

const DATABASES = ['sqlite'] as const;

export const HELP = `usage: npm run bench -- [options]

Measures the server beside bare node:http that answers the same bytes. Seeds by itself, and keeps seeds in bench/.cache.

  --sizes 10k,1M          versions in the registry (default 10k)
  --databases sqlite      where rows live: ${DATABASES.join(', ')} (default sqlite)
  --clients 1,32          connections, each with one request under way (default 1,32)
  --calls a,b             ${CALLS.map((call) => call.name).join(', ')} (default all)
  --seconds 3             length of one round (default 3)
  --rounds 3              rounds; targets alternate, medians are told (default 3)
  --json FILE             writes the figures there too
  --profile               CPU profiles of the server, left in bench/.cache/profiles (for Chrome's or VS Code's viewer)
  --quick                 one round of half a second: shows that it works, not how fast
  --help

Ends with 1 where an answer was not 2xx, or where what was written could not be read back the same.
`;

/** Undefined where help is asked for. Throws what is wrong in words. */
export function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      sizes: { type: 'string', default: '10k' },
      databases: { type: 'string', default: 'sqlite' },
      clients: { type: 'string', default: '1,32' },
      calls: { type: 'string' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'string' },
      profile: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    sizes: each('--sizes', values.sizes, parseSize, `a multiple of 10 such as 10k, ${formatSize(100_000)} or 1M`),
    databases: each('--databases', values.databases, (text) => DATABASES.find((one) => one === text), 'sqlite'),
    clients: each('--clients', values.clients, countOf(1_000), 'a number from 1 to 1000'),
    calls: values.calls
      ? each('--calls', values.calls, (text) => callOf(text)?.name, CALLS.map((call) => call.name).join(', '))
      : CALLS.map((call) => call.name),
    seconds: read('--seconds', values.seconds ?? (values.quick ? '0.5' : '3'), secondsOf, 'from 0.05 to 600'),
    rounds: read('--rounds', values.rounds ?? (values.quick ? '1' : '3'), countOf(100), 'a number from 1 to 100'),
    json: values.json,
    profile: values.profile,
  };
}

type Parse<T> = (text: string) => T | undefined;

function each<T>(flag: string, text: string, parse: Parse<T>, expects: string): T[] {
  return text.split(',').map((part) => read(flag, part, parse, expects));
}

function read<T>(flag: string, text: string, parse: Parse<T>, expects: string): T {
  const value = parse(text.trim());
  if (value === undefined) throw new Error(`${flag}: "${text}" must be ${expects}`);
  return value;
}

function countOf(most: number): Parse<number> {
  return (text) => (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= most ? Number(text) : undefined);
}

function secondsOf(text: string): number | undefined {
  const seconds = Number(text);
  return seconds >= 0.05 && seconds <= 600 ? seconds : undefined;
}
