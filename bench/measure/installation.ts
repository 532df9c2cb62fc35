import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from '../calls/call.ts';
import { callOf } from '../calls/calls.ts';
import type { Installation } from '../installation/open.ts';
import { type Generator, type Peer, startAssayer } from '../load/start.ts';
import type { Options } from '../options.ts';
import { memoryOf } from '../processes.ts';
import { formatSize, shapeOf } from '../seed/shape.ts';
import { type Bench, type Figure, measureCall } from './call.ts';
import type { Haul } from './haul.ts';
import { measureTransfers } from './transfer.ts';
import { walk } from './walk.ts';

/** A server that has just started on an installation. */
export interface Start {
  database: string;
  versions: number;
  seconds: number;
  /** Resident memory, a moment after it was ready. */
  residentBytes: number;
}

export interface Report {
  starts: Start[];
  figures: Figure[];
  hauls: Haul[];
}

interface Parts {
  generator: Generator;
  readers: Generator;
  peer: Peer;
  database: string;
  databasePid: number | undefined;
  versions: number;
  /** Files that are left behind. */
  log: string;
  profiles: string;
  say(text: string): void;
}

/** Everything that was asked for, on one installation. */
export async function measureInstallation(installation: Installation, options: Options, parts: Parts): Promise<Report> {
  const { database, versions, say } = parts;
  const profile = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${parts.profiles}`] : [];
  const started = performance.now();
  const server = await startAssayer([...installation.args, '--log-level', options.logLevel], parts.log, profile);
  const seconds = (performance.now() - started) / 1_000;
  await sleep(1_000);
  const start: Start = { database, versions, seconds, residentBytes: memoryOf(server.pid) };
  const report: Report = { starts: [start], figures: [], hauls: [] };
  try {
    const bench: Bench = { ...parts, ...options, server, ground: { shape: shapeOf(versions) } };
    const calls = options.calls.map((name) => callOf(name) as Call);
    if (calls.some((call) => call.needsWalk)) {
      const { haul, deepToken } = await walk(bench);
      report.hauls.push(haul);
      bench.ground.deepToken = deepToken;
    }
    if (options.transferBytes > 0)
      report.hauls.push(...(await measureTransfers(bench, parts.readers, options.transferBytes)));
    for (const call of calls)
      for (const clients of options.clients) {
        if (call.needsMany && bench.ground.shape.many === 0) continue;
        const figure = await measureCall(bench, call, clients);
        const cpu = `${figure.cpu.toFixed(0)} µs, ${figure.ratio.toFixed(1)} times node:http`;
        say(`${call.name}, ${database}, ${formatSize(versions)} versions, ${figure.clients} clients: ${cpu}`);
        report.figures.push(figure);
        if (figure.clients < clients) break;
      }
    return report;
  } finally {
    await server.stop();
  }
}
