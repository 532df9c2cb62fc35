import { isDeepStrictEqual } from 'node:util';
import type { Call } from './calls.ts';
import type { Outcome } from './load/job.ts';
import type { Generator, Peer, Target } from './load/start.ts';
import { cpuOf, memoryOf } from './processes.ts';
import type { Shape } from './seed/shape.ts';

/** One call, of one size, on one database, with so many clients. Times of a request are milliseconds, CPU is microseconds. */
export interface Figure {
  call: string;
  database: string;
  versions: number;
  clients: number;
  requestsPerSecond: number;
  p50: number;
  p99: number;
  cpu: number;
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

interface Bench {
  generator: Generator;
  server: Target;
  peer: Peer;
  shape: Shape;
  database: string;
  seconds: number;
  rounds: number;
}

/** Counts the requests of a call over all its runs, so that no write is done twice. */
const sentBefore = new Map<string, number>();

export async function measure(bench: Bench, call: Call, clients: number): Promise<Figure> {
  const { generator, server, peer, shape } = bench;
  const rounds: { own: Round; other: Round }[] = [];
  const run = async (target: Target, ms: number): Promise<Round> => {
    const key = `${call.name} ${target.port}`;
    const from = sentBefore.get(key) ?? 0;
    const before = cpuOf(target.pid);
    const outcome = await generator.run({ port: target.port, call: call.name, shape, clients, ms, from });
    const cpu = (cpuOf(target.pid) - before) / outcome.answers;
    sentBefore.set(key, from + outcome.sent);
    return { ...outcome, cpu };
  };
  await peer.answerWith(await firstAnswer(bench, call));
  const ms = bench.seconds * 1_000;
  const warm = await run(server, ms / 3);
  await run(peer, ms / 3);
  for (let i = 0; i < bench.rounds; i += 1) rounds.push({ own: await run(server, ms), other: await run(peer, ms) });

  const own = rounds.map((round) => round.own);
  const others = rounds.map((round) => round.other);
  const checked = call.readBack ? await readBack(server, call, own.at(-1)?.samples ?? []) : undefined;
  const troubles = [warm, ...own, ...others].flatMap((round) => round.troubles);
  return {
    call: call.name,
    database: bench.database,
    versions: shape.versions,
    clients,
    requestsPerSecond: median(own.map((round) => round.answers / round.seconds)),
    p50: median(own.map((round) => round.p50)),
    p99: median(own.map((round) => round.p99)),
    cpu: median(own.map((round) => round.cpu)),
    peerCpu: median(others.map((round) => round.cpu)),
    ratio: median(rounds.map((round) => round.own.cpu / round.other.cpu)),
    residentBytes: memoryOf(server.pid),
    answers: own.reduce((sum, round) => sum + round.answers, 0),
    errors: [warm, ...own, ...others].reduce((sum, round) => sum + round.errors, 0) + (checked?.wrong.length ?? 0),
    troubles: [...troubles, ...(checked?.wrong ?? [])].slice(0, 5),
    compared: checked?.compared ?? 0,
  };
}

type Round = Outcome & { cpu: number };

/** What the peer is to answer: the bytes of the server's own answer to the first request. */
async function firstAnswer({ server, shape }: Bench, call: Call) {
  const key = `${call.name} ${server.port}`;
  const i = sentBefore.get(key) ?? 0;
  sentBefore.set(key, i + 1);
  const { method, path, body } = call.request(shape, i);
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} was answered with ${answer.status}: ${text}`);
  return { status: answer.status, type: answer.headers.get('content-type') ?? '', body: text };
}

/** Reads again what was answered to writes. What was changed since has a higher etag, and is not compared. */
async function readBack(server: Target, call: Call, samples: string[]): Promise<{ compared: number; wrong: string[] }> {
  const wrong: string[] = [];
  let compared = 0;
  for (const text of samples) {
    const written = JSON.parse(text) as { etag: number };
    const path = call.readBack?.(written) as string;
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
    const read = (await answer.json()) as { etag: number };
    if (answer.ok && read.etag > written.etag) continue;
    compared += 1;
    if (!isDeepStrictEqual(read, written)) wrong.push(`${path} is not what was written: ${JSON.stringify(read)}`);
  }
  if (compared === 0) wrong.push('no sample of what was written could be compared');
  return { compared, wrong };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
