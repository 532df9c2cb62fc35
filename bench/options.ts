import { parseArgs } from 'node:util';
import { CALLS, callOf } from './calls/calls.ts';
import { countOf, readEach, readFlag, secondsOf } from './flags.ts';
import { parseSize } from './seed/shape.ts';

export interface Options {
  sizes: number[];
  databases: ('sqlite' | 'postgres')[];
  clients: number[];
  calls: string[];
  /** Size of the artifact that goes up and down; 0 for none. */
  transferBytes: number;
  seconds: number;
  rounds: number;
  logLevel: string;
  json: string | undefined;
  profile: boolean;
  /** Whether seeds stay for later runs, at the cost of a copy. */
  keep: boolean;
}

const DATABASES = ['sqlite', 'postgres'] as const;
const TRANSFER = 'transfer';
const NAMES = [...CALLS.map((call) => call.name), TRANSFER];
const MIB = 2 ** 20;

export const HELP = `usage: npm run bench -- [options]

Measures the server beside bare node:http that answers the same bytes. Seeds by itself, and keeps seeds in bench/.cache.

  --sizes 10k,1M          versions in the registry (default 10k)
  --databases sqlite      where rows live: ${DATABASES.join(', ')} (default sqlite)
  --clients 1,32          connections, each with one request under way (default 1,32)
  --calls a,b             of ${NAMES.join(', ').replace(/(.{70,90}), /g, '$1,\n                          ')}
                          (default all)
  --transfer-mib 1024     size of the artifact of "${TRANSFER}" (default 1024)
  --seconds 3             length of one round (default 3)
  --rounds 3              rounds; targets alternate, medians are told (default 3)
  --log-level warn        of the server; with info it writes lines for every request (default warn)
  --json FILE             writes the figures there too
  --profile               CPU profiles of the server, left in bench/.cache/profiles (for Chrome's or VS Code's viewer)
  --no-copy               spends the seed, where the disk has no room for a copy
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
      calls: { type: 'string', default: NAMES.join(',') },
      'transfer-mib': { type: 'string', default: '1024' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      'log-level': { type: 'string', default: 'warn' },
      json: { type: 'string' },
      profile: { type: 'boolean', default: false },
      'no-copy': { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const named = readEach(
    '--calls',
    values.calls,
    (text) => NAMES.find((name) => name === text),
    `of ${NAMES.join(', ')}`,
  );
  const mib = readFlag('--transfer-mib', values['transfer-mib'], countOf(65_536), 'a number from 1 to 65536');
  return {
    sizes: readEach('--sizes', values.sizes, parseSize, 'a multiple of 10 such as 10k, 100k or 1M'),
    databases: readEach(
      '--databases',
      values.databases,
      (text) => DATABASES.find((one) => one === text),
      DATABASES.join(' or '),
    ),
    clients: readEach('--clients', values.clients, countOf(1_000), 'a number from 1 to 1000'),
    calls: named.filter((name) => callOf(name)),
    transferBytes: named.includes(TRANSFER) ? mib * MIB : 0,
    seconds: readFlag(
      '--seconds',
      values.seconds ?? (values.quick ? '0.5' : '3'),
      secondsOf,
      'a number from 0.05 to 600',
    ),
    rounds: readFlag('--rounds', values.rounds ?? (values.quick ? '1' : '3'), countOf(100), 'a number from 1 to 100'),
    logLevel: values['log-level'],
    json: values.json,
    profile: values.profile,
    keep: !values['no-copy'],
  };
}
