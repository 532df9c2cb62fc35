import { median } from '../../measure/median.ts';
import { readBack } from '../../measure/read-back.ts';
import { clientsFor, firstAnswer, type Round, runRound } from '../../measure/round.ts';
import type { MlflowCall } from '../calls/request.ts';
import { differencesOf } from './differences.ts';
import { type Arena, type Both, ofBoth, SIDES } from './sides.ts';

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
  errors: number;
  troubles: string[];
}

export async function compareCall(arena: Arena, call: MlflowCall, asked: number): Promise<Comparison> {
  const differences = call.readBack ? [] : await differencesOf(arena.sides, call);
  const lanes = await ofBoth(async (name) => ({ ...arena.sides[name], generator: arena.generator }));
  const first = await ofBoth((name) => firstAnswer(lanes[name], lanes[name].target, call));
  const clients = clientsFor(Math.max(first.assayer.ms, first.mlflow.ms), asked);
  const run = (name: keyof Both<unknown>, ms: number) => runRound(lanes[name], lanes[name].target, call, clients, ms);
  const warm = await ofBoth((name) => run(name, (arena.seconds * 1_000) / 3));
  const rounds: Both<Round>[] = [];
  for (let i = 0; i < arena.rounds; i += 1) rounds.push(await ofBoth((name) => run(name, arena.seconds * 1_000)));
  const written = await ofBoth((name) =>
    readBack(lanes[name].target.port, call, lanes[name].ground, rounds.at(-1)?.[name].samples ?? []),
  );
  const costs = await ofBoth(async (name) => ({
    ...costOf(rounds.map((round) => round[name])),
    compared: written[name].compared,
  }));
  const wrong = SIDES.flatMap((name) => [
    ...[warm, ...rounds].flatMap((round) => round[name].troubles.map((words) => `${name}: ${words}`)),
    ...written[name].wrong.map((words) => `${name}: ${words}`),
  ]);
  const failed = [warm, ...rounds].flatMap((round) => SIDES.map((name) => round[name].errors));
  const unlike = SIDES.reduce((sum, name) => sum + written[name].wrong.length, differences.length);
  return {
    call: call.name,
    row: call.row,
    clients,
    ...costs,
    ratio: median(rounds.map((round) => round.mlflow.cpu / round.assayer.cpu)),
    atLeast: call.atLeast,
    errors: failed.reduce((sum, errors) => sum + errors, unlike),
    troubles: [...new Set([...differences, ...wrong])].slice(0, 5),
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
