import { writeFile } from 'node:fs/promises';
import { MACHINE, say, sayLimits } from '../machine.ts';
import { compare } from './compare.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { peerTroublesOf, tablesOf, troublesOf } from './report.ts';
import { verdictsOf } from './targets.ts';

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
  sayLimits();
  const { mlflow, ...report } = await compare(options);
  process.stdout.write(`${tablesOf(report)}\n`);
  const { calls, ...rest } = options;
  const document = {
    at: new Date().toISOString(),
    machine: { ...MACHINE, mlflow },
    options: { ...rest, calls: calls.map(({ name }) => name) },
    ...report,
    verdicts: verdictsOf(report),
  };
  if (options.json) await writeFile(options.json, `${JSON.stringify(document, null, 2)}\n`);
  for (const words of peerTroublesOf(report)) say(words);
  const troubles = troublesOf(report);
  for (const words of troubles) say(words);
  if (troubles.length > 0) process.exitCode = 1;
}

await main();
