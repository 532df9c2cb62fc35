import { rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { type Call, callOf } from './calls.ts';
import { startAssayer, startGenerator, startPeer } from './load/start.ts';
import { type Figure, measure } from './measure.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { canPin } from './processes.ts';
import { tableOf, troublesOf } from './report.ts';
import { CACHE, seededSqlite } from './seed/cache.ts';
import { formatSize, shapeOf } from './seed/shape.ts';

const say = (text: string) => void process.stderr.write(`bench: ${text}\n`);

async function bench(options: Options): Promise<Figure[]> {
  if (!canPin) say('there is no taskset, or but one core: server and load share the cores, figures will vary more');
  const generator = startGenerator();
  const peer = await startPeer();
  const figures: Figure[] = [];
  try {
    for (const versions of options.sizes)
      for (const database of options.databases) {
        const data = await seededSqlite(versions, say);
        const profile = ['--cpu-prof', `--cpu-prof-dir=${join(CACHE, 'profiles')}`];
        const server = await startAssayer(['--data', data, '--log-level', 'warn'], options.profile ? profile : []);
        try {
          const { seconds, rounds } = options;
          const at = { generator, peer, server, shape: shapeOf(versions), database, seconds, rounds };
          for (const call of options.calls)
            for (const clients of options.clients) {
              figures.push(await measure(at, callOf(call) as Call, clients));
              say(`${call}, ${database}, ${formatSize(versions)} versions, ${clients} clients`);
            }
        } finally {
          await server.stop();
          await rm(data, { recursive: true, force: true });
        }
      }
  } finally {
    await Promise.all([generator.stop(), peer.stop()]);
  }
  return figures;
}

async function main(): Promise<void> {
  let options: Options | undefined;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    process.exitCode = 2;
    return;
  }
  if (!options) {
    process.stdout.write(HELP);
    return;
  }
  const figures = await bench(options);
  process.stdout.write(`${tableOf(figures)}\n`);
  const machine = { cpu: cpus()[0]?.model, cores: availableParallelism(), node: process.version, pinned: canPin };
  const document = { at: new Date().toISOString(), machine, options, figures };
  if (options.json) await writeFile(options.json, `${JSON.stringify(document, null, 2)}\n`);
  if (options.profile) say(`the profile is in ${join(CACHE, 'profiles')}`);
  for (const trouble of troublesOf(figures)) say(trouble);
  if (figures.some((figure) => figure.errors > 0)) process.exitCode = 1;
}

await main();
