import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CACHE } from './installation/cache.ts';
import { type Cluster, openCluster } from './installation/cluster.ts';
import { openInstallation } from './installation/open.ts';
import { startGenerator, startPeer } from './load/start.ts';
import { MACHINE, say, sayLimits } from './machine.ts';
import { syncsPerSecond } from './measure/disk.ts';
import { measureInstallation, type Report } from './measure/installation.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { tablesOf, troublesOf } from './report.ts';
import { verdictsOf } from './targets.ts';

async function bench(options: Options): Promise<Report & { syncs: number }> {
  sayLimits();
  const syncs = await syncsPerSecond(CACHE);
  say(`the disk takes ${syncs.toFixed(0)} commits a second, one after the other`);
  const generator = startGenerator();
  const readers = startGenerator();
  const peer = await startPeer();
  const report: Report = { starts: [], figures: [], hauls: [] };
  let cluster: Cluster | undefined;
  try {
    if (options.databases.includes('postgres')) cluster = await openCluster();
    for (const versions of options.sizes)
      for (const database of options.databases) {
        const of = database === 'postgres' ? cluster : undefined;
        const installation = await openInstallation({ versions, cluster: of, keep: options.keep, say });
        const files = { log: join(CACHE, 'server.log'), profiles: join(CACHE, 'profiles') };
        const parts = { generator, readers, peer, database, databasePid: of?.pid, versions, ...files, say };
        try {
          const { starts, figures, hauls } = await measureInstallation(installation, options, parts);
          report.starts.push(...starts);
          report.figures.push(...figures);
          report.hauls.push(...hauls);
        } finally {
          await installation.remove();
        }
      }
  } finally {
    await Promise.all([generator.stop(), readers.stop(), peer.stop(), cluster?.stop()]);
  }
  return { ...report, syncs };
}

async function main(): Promise<void> {
  let options: Options | undefined;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    say((error as Error).message);
    process.exitCode = 2;
    return;
  }
  if (!options) {
    process.stdout.write(HELP);
    return;
  }
  const { syncs, ...report } = await bench(options);
  process.stdout.write(`${tablesOf(report)}\n`);
  const document = {
    at: new Date().toISOString(),
    machine: { ...MACHINE, syncs },
    options,
    ...report,
    verdicts: verdictsOf(report),
  };
  if (options.json) await writeFile(options.json, `${JSON.stringify(document, null, 2)}\n`);
  if (options.profile) say(`the profiles are in ${join(CACHE, 'profiles')}`);
  const troubles = troublesOf(report);
  for (const words of troubles) say(words);
  if (troubles.length > 0) process.exitCode = 1;
}

await main();
