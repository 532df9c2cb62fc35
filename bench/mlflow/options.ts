import { parseArgs } from 'node:util';
import { countOf, readEach, readFlag, secondsOf } from '../flags.ts';
import { parseSize } from '../seed/shape.ts';
import { MLFLOW_CALLS } from './calls/calls.ts';
import type { MlflowCall } from './calls/request.ts';
import { findPython } from './start-mlflow.ts';

export interface Options {
  python: string;
  versions: number;
  clients: number;
  calls: MlflowCall[];
  /** Whether starts are measured, too. */
  starts: boolean;
  /** Size of the artifact that goes up and down; 0 for none. */
  transferBytes: number;
  seconds: number;
  rounds: number;
  json: string | undefined;
  profile: boolean;
}

const START = 'start';
const TRANSFER = 'transfer';
const NAMES = [START, TRANSFER, ...MLFLOW_CALLS.map((call) => call.name)];

export const HELP = `usage: npm run bench:mlflow -- [options]

Measures mlflow server and Assayer with the same calls of MLflow's REST API, in turns. Fills both by itself; what MLflow
then holds is kept in bench/.cache.

  --python FILE           the Python that has MLflow (default $ASSAYER_MLFLOW3_PYTHON, then .venv-mlflow3/bin/python)
  --size 10k              versions in the registry, ten of each model (default 10k)
  --clients 16            connections, each with one request under way (default 16)
  --calls a,b             of ${NAMES.join(', ').replace(/(.{70,90}), /g, '$1,\n                          ')}
                          (default all)
  --transfer-mib 1024     size of the artifact of "${TRANSFER}" (default 1024)
  --seconds 3             length of one round (default 3)
  --rounds 3              rounds; the two alternate, medians are told (default 3)
  --json FILE             writes the figures there too
  --profile               a CPU profile of Assayer, left in bench/.cache/profiles
  --help

Ends with 1 where an answer of Assayer was not 2xx, where what was written could not be read back the same, or where the
two do not answer the same. What MLflow fails at is told, and whether targets are hit: that depends on the machine.
`;

/** Undefined where help is asked for. Throws what is wrong in words. */
export function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      python: { type: 'string' },
      size: { type: 'string', default: '10k' },
      clients: { type: 'string', default: '16' },
      calls: { type: 'string', default: NAMES.join(',') },
      'transfer-mib': { type: 'string', default: '1024' },
      seconds: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '3' },
      json: { type: 'string' },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const python = findPython(values.python);
  if (python === undefined) throw new Error('--python must name a Python that has MLflow: there is no .venv-mlflow3');
  const named = readEach(
    '--calls',
    values.calls,
    (text) => NAMES.find((name) => name === text),
    `of ${NAMES.join(', ')}`,
  );
  const mib = readFlag('--transfer-mib', values['transfer-mib'], countOf(65_536), 'a number from 1 to 65536');
  return {
    python,
    versions: readFlag('--size', values.size, parseSize, 'a multiple of 10 such as 1k or 10k'),
    clients: readFlag('--clients', values.clients, countOf(1_000), 'a number from 1 to 1000'),
    calls: MLFLOW_CALLS.filter((call) => named.includes(call.name)),
    starts: named.includes(START),
    transferBytes: named.includes(TRANSFER) ? mib * 2 ** 20 : 0,
    seconds: readFlag('--seconds', values.seconds, secondsOf, 'a number from 0.05 to 600'),
    rounds: readFlag('--rounds', values.rounds, countOf(100), 'a number from 1 to 100'),
    json: values.json,
    profile: values.profile,
  };
}
