import { median } from '../../measure/median.ts';
import { readBack } from '../../measure/read-back.ts';
import { clientsFor, firstAnswer, type Round, runRound } from '../../measure/round.ts';
import type { MlflowCall } from '../calls/request.ts';
import { differencesOf } from './differences.ts';
import { type Arena, type Both, ofBoth } from './sides.ts';

/** What a request costs. CPU is microseconds of all the server's processes, times are milliseconds. */
export interface Cost {
  cpu: number;
  p50: number;
  p99: number;
  requestsPerSecond: number;
  answers: number;
  /** Samples of what was written that were read back and compared. */
  compared: number;
}

/** One call to both, in turns. */
export interface Comparison extends Both<Cost> {
  call: string;
  row: string;
  clients: number;
  /** How many times the CPU of Assayer MLflow takes. */
  ratio: number;
  /** What is promised of it. */
  atLeast: number | undefined;
  /** Of Assayer's answers, those that are not 2xx, unlike MLflow's, or not what was written. */
  errors: number;
  troubles: string[];
  /** The same of MLflow alone, whose database is locked now and then. */
  peerErrors: number;
  peerTroubles: string[];
}

export async function compareCall(arena: Arena, call: MlflowCall, asked: number): Promise<Comparison> {
  const differences = call.readBack ? [] : await differencesOf(arena.sides, call);
  const lanes = await ofBoth(async (name) => ({ ...arena.sides[name], generator: arena.generator }));
  const first = await ofBoth((name) => firstAnswer(lanes[name], lanes[name].target, call));
  const clients = clientsFor(Math.max(first.assayer.ms, first.mlflow.ms), asked);
  const run = (name: keyof Both<unknown>, ms: number) => runRound(lanes[name], lanes[name].target, call, clients, ms);
  const warm = await ofBoth((name) => run(name, arena.seconds * 1_000));
  const rounds: Both<Round>[] = [];
  for (let i = 0; i < arena.rounds; i += 1) rounds.push(await ofBoth((name) => run(name, arena.seconds * 1_000)));
  const written = await ofBoth((name) =>
    readBack(lanes[name].target.port, call, lanes[name].ground, rounds.at(-1)?.[name].samples ?? []),
  );
  const costs = await ofBoth(async (name) => ({
    ...costOf(rounds.map((round) => round[name])),
    compared: written[name].compared,
  }));
  const troublesOf = (name: keyof Both<unknown>) => {
    const all = [warm, ...rounds].map((round) => round[name]);
    const { wrong } = written[name];
    const errors = all.reduce((sum, round) => sum + round.errors, wrong.length);
    return { errors, troubles: [...new Set([...all.flatMap((round) => round.troubles), ...wrong])].slice(0, 5) };
  };
  const own = troublesOf('assayer');
  const peer = troublesOf('mlflow');
  return {
    call: call.name,
    row: call.row,
    clients,
    ...costs,
    ratio: median(rounds.map((round) => round.mlflow.cpu / round.assayer.cpu)),
    atLeast: call.atLeast,
    errors: own.errors + differences.length,
    troubles: [...differences, ...own.troubles],
    peerErrors: peer.errors,
    peerTroubles: peer.troubles,
  };
}

function costOf(rounds: readonly Round[]): Omit<Cost, 'compared'> {
  const of = (value: (round: Round) => number) => median(rounds.map(value));
  return {
    cpu: of((round) => round.cpu),
    p50: of((round) => round.p50),
    p99: of((round) => round.p99),
    requestsPerSecond: of((round) => round.answers / round.seconds),
    answers: rounds.reduce((sum, round) => sum + round.answers, 0),
  };
}
