import type { Call, Ground } from '../calls/call.ts';
import type { Outcome } from '../load/job.ts';
import type { Generator, Target } from '../load/start.ts';
import { cpuOf } from '../processes.ts';
import { ask } from './ask.ts';

/** What a call is sent by, and to. */
export interface Lane {
  generator: Generator;
  ground: Ground;
  /** Of the database's own process, where it has one. */
  databasePid?: number | undefined;
}

/** What came of a call for a while, with the CPU microseconds of each request. */
export interface Round extends Outcome {
  cpu: number;
  databaseCpu: number | undefined;
}

/** No round is to take much longer than this: slow answers are asked for by fewer clients. */
const LONGEST_ROUND_MS = 20_000;

/** Counts the requests of a call to a target over all its runs, so that no write is done twice. */
const sentBefore = new Map<string, number>();

export async function runRound(lane: Lane, target: Target, call: Call, clients: number, ms: number): Promise<Round> {
  const { generator, ground, databasePid } = lane;
  const from = takeNumbers(call, target, 0);
  const before = cpuOf(target.pid);
  const databaseBefore = databasePid && cpuOf(databasePid);
  const outcome = await generator.call({ kind: 'call', port: target.port, call: call.name, ground, clients, ms, from });
  takeNumbers(call, target, outcome.sent);
  return {
    ...outcome,
    cpu: (cpuOf(target.pid) - before) / outcome.answers,
    databaseCpu: databasePid && (cpuOf(databasePid) - (databaseBefore as number)) / outcome.answers,
  };
}

/** The answer to a request, which took so many milliseconds. */
export async function firstAnswer({ ground }: Lane, target: Target, call: Call) {
  const started = performance.now();
  const { status, type, text } = await ask(target.port, call.request(ground, takeNumbers(call, target, 1)));
  return { status, type, body: text, ms: performance.now() - started };
}

/** How many of the clients that were asked for, where an answer takes so many milliseconds. */
export const clientsFor = (ms: number, asked: number): number =>
  Math.max(1, Math.min(asked, Math.floor(LONGEST_ROUND_MS / ms)));

/** The next number of a request, of which so many are taken. */
function takeNumbers(call: Call, target: Target, count: number): number {
  const key = `${call.name} ${target.pid}`;
  const next = sentBefore.get(key) ?? 0;
  sentBefore.set(key, next + count);
  return next;
}
