import type { Call, Ground } from '../calls/call.ts';
import type { Outcome } from '../load/job.ts';
import type { Generator, Peer, Target } from '../load/start.ts';
import { cpuOf, memoryOf } from '../processes.ts';
import { ask } from './ask.ts';
import { median } from './median.ts';
import { readBack } from './read-back.ts';

/** Where figures are taken. */
export interface Bench {
  generator: Generator;
  server: Target;
  peer: Peer;
  ground: Ground;
  database: string;
  /** Of the database's own process, where it has one. */
  databasePid: number | undefined;
  seconds: number;
  rounds: number;
}

/** One call with so many clients. Times of a request are milliseconds, CPU is microseconds a request. */
export interface Figure {
  call: string;
  database: string;
  versions: number;
  clients: number;
  requestsPerSecond: number;
  p50: number;
  p99: number;
  cpu: number;
  /** CPU of the database's own processes. */
  databaseCpu: number | undefined;
  /** CPU of bare node:http that answered the same bytes, in turns with the server. */
  peerCpu: number;
  ratio: number;
  residentBytes: number;
  answers: number;
  errors: number;
  troubles: string[];
  /** Samples of what was written that were read back and compared. */
  compared: number;
}

/** No round is to take much longer than this: slow answers are asked for by fewer clients. */
const LONGEST_ROUND_MS = 20_000;

/** Counts the requests of a call to a target over all its runs, so that no write is done twice. */
const sentBefore = new Map<string, number>();

interface Round extends Outcome {
  cpu: number;
  databaseCpu: number | undefined;
}

/** Server and peer in turns; what is told are medians over the rounds. */
export async function measureCall(bench: Bench, call: Call, asked: number): Promise<Figure> {
  const { server, peer, ground } = bench;
  const first = await firstAnswer(bench, call);
  await peer.answerWith(first);
  const clients = Math.max(1, Math.min(asked, Math.floor(LONGEST_ROUND_MS / first.ms)));
  const ms = bench.seconds * 1_000;
  const warm = await run(bench, server, call, clients, ms / 3);
  await run(bench, peer, call, clients, ms / 3);
  const own: Round[] = [];
  const others: Round[] = [];
  for (let i = 0; i < bench.rounds; i += 1) {
    own.push(await run(bench, server, call, clients, ms));
    others.push(await run(bench, peer, call, clients, ms));
  }
  const { compared, wrong } = await readBack(server.port, call, own.at(-1)?.samples ?? []);
  const all = [warm, ...own, ...others];
  const of = (value: (round: Round) => number) => median(own.map(value));
  return {
    call: call.name,
    database: bench.database,
    versions: ground.shape.versions,
    clients,
    requestsPerSecond: of((round) => round.answers / round.seconds),
    p50: of((round) => round.p50),
    p99: of((round) => round.p99),
    cpu: of((round) => round.cpu),
    databaseCpu: bench.databasePid === undefined ? undefined : of((round) => round.databaseCpu as number),
    peerCpu: median(others.map((round) => round.cpu)),
    ratio: median(own.map((round, i) => round.cpu / (others[i] as Round).cpu)),
    residentBytes: memoryOf(server.pid),
    answers: own.reduce((sum, round) => sum + round.answers, 0),
    errors: all.reduce((sum, round) => sum + round.errors, 0) + wrong.length,
    troubles: [...new Set([...all.flatMap((round) => round.troubles), ...wrong])].slice(0, 5),
    compared,
  };
}

async function run(bench: Bench, target: Target, call: Call, clients: number, ms: number): Promise<Round> {
  const { generator, ground, databasePid } = bench;
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

/** What the peer is to answer: the bytes of the server's own answer to a request, which took so many milliseconds. */
async function firstAnswer({ server, ground }: Bench, call: Call) {
  const started = performance.now();
  const { status, type, text } = await ask(server.port, call.request(ground, takeNumbers(call, server, 1)));
  return { status, type, body: text, ms: performance.now() - started };
}

/** The next number of a request, of which so many are taken. */
function takeNumbers(call: Call, target: Target, count: number): number {
  const key = `${call.name} ${target.pid}`;
  const next = sentBefore.get(key) ?? 0;
  sentBefore.set(key, next + count);
  return next;
}
