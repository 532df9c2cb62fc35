import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CACHE, runOf } from '../installation/cache.ts';
import { type Generator, startAssayer, startGenerator, type Target } from '../load/start.ts';
import { say } from '../machine.ts';
import { shapeOf } from '../seed/shape.ts';
import { compareCall } from './measure/compare-call.ts';
import { type Arena, type Both, ofBoth } from './measure/sides.ts';
import { measureStart } from './measure/starts.ts';
import { compareTransfers } from './measure/transfers.ts';
import { openMlflow } from './open.ts';
import type { Options } from './options.ts';
import type { Report } from './report.ts';
import { seedThrough, startRuns, TOGETHER } from './seed/seed.ts';
import { startMlflow } from './start-mlflow.ts';
import { ASSAYER, MLFLOW } from './targets.ts';

/** Everything that was asked for, with the version of MLflow. */
export async function compare(options: Options): Promise<Report & { mlflow: string }> {
  const shape = shapeOf(options.versions);
  const { folder, version, remove } = await openMlflow(options.python, shape, logOf('mlflow'));
  const data = join(CACHE, runOf('assayer'));
  const assayer = (nodeArgs: string[]) =>
    startAssayer(['--data', data, '--log-level', 'warn'], logOf('server'), nodeArgs);
  const mlflow = (withJobs: boolean) => startMlflow({ python: options.python, folder, log: logOf('mlflow'), withJobs });
  const report: Report = { starts: [], comparisons: [], transfers: [] };
  const running: (Target | Generator)[] = [];
  const start = async (name: string, begin: () => Promise<Target>) => {
    const [target, figures] = await measureStart(name, begin);
    running.push(target);
    if (options.starts) report.starts.push(figures);
    return target;
  };
  try {
    const fresh = await assayer([]);
    await seedThrough(fresh.port, shape, TOGETHER.assayer).finally(() => fresh.stop());
    // As it comes it has processes for background jobs, too, which nothing here needs.
    if (options.starts) await (await start(`${MLFLOW}, jobs on`, () => mlflow(true))).stop();
    const profile = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${join(CACHE, 'profiles')}`] : [];
    const targets: Both<Target> = {
      assayer: await start(ASSAYER, () => assayer(profile)),
      mlflow: await start(MLFLOW, () => mlflow(false)),
    };
    const generator = startGenerator();
    running.push(generator);
    const sides = await ofBoth(async (name) => {
      const runs = await startRuns(targets[name].port);
      return { target: targets[name], ground: { shape, runs } };
    });
    await measure(options, { ...options, generator, sides }, report);
  } finally {
    await Promise.all(running.map((one) => one.stop()));
    await Promise.all([remove(), rm(data, { recursive: true, force: true })]);
  }
  return { ...report, mlflow: version };
}

const logOf = (name: string): string => join(CACHE, `${name}.log`);

async function measure(options: Options, arena: Arena, report: Report): Promise<void> {
  if (options.transferBytes > 0) report.transfers.push(...(await compareTransfers(arena, options.transferBytes)));
  for (const call of options.calls) {
    const comparison = await compareCall(arena, call, options.clients);
    const { assayer, mlflow, ratio } = comparison;
    say(`${call.row}: ${assayer.cpu.toFixed(0)} µs, MLflow ${mlflow.cpu.toFixed(0)} µs, ${ratio.toFixed(1)} times`);
    report.comparisons.push(comparison);
  }
}
