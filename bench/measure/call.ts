import type { Call } from '../calls/call.ts';
import type { Peer, Target } from '../load/start.ts';
import { memoryOf } from '../processes.ts';
import { median } from './median.ts';
import { readBack } from './read-back.ts';
import { clientsFor, firstAnswer, type Lane, type Round, runRound } from './round.ts';

/** Where figures are taken. */
export interface Bench extends Lane {
  server: Target;
  peer: Peer;
  database: string;
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

/** Server and peer in turns; what is told are medians over the rounds. */
export async function measureCall(bench: Bench, call: Call, asked: number): Promise<Figure> {
  const { server, peer, ground } = bench;
  const first = await firstAnswer(bench, server, call);
  await peer.answerWith(first);
  const clients = clientsFor(first.ms, asked);
  const ms = bench.seconds * 1_000;
  const warm = await runRound(bench, server, call, clients, ms);
  await runRound(bench, peer, call, clients, ms);
  const own: Round[] = [];
  const others: Round[] = [];
  for (let i = 0; i < bench.rounds; i += 1) {
    own.push(await runRound(bench, server, call, clients, ms));
    others.push(await runRound(bench, peer, call, clients, ms));
  }
  const { compared, wrong } = await readBack(server.port, call, ground, own.at(-1)?.samples ?? []);
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
