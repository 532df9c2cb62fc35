import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { loadConfig } from '../../config/load.ts';
import { blobFolder, databaseUrl } from '../../config/places.ts';
import type { Config } from '../../config/schema.ts';
import { configParts, orMisused, withConfig } from '../config-flags.ts';
import { type Finding, fine, problem, tried } from '../doctor/checks.ts';
import { freeDisk, nodeVersion, permissions } from '../doctor/machine.ts';
import { EXIT } from '../exit.ts';
import { action, withExamples, withOutput } from '../run.ts';
import { escapeLine } from '../terminal/escape.ts';
import { paint } from '../terminal/output.ts';

export function command(): Command {
  const doctor = withOutput(withConfig(new Command('doctor'), 'data', 'database', 'blobs'))
    .description(
      'Examine an installation on this machine, and say what to do where something is wrong. Changes nothing.',
    )
    .option('--all', 'hash every blob, rather than a sample')
    .action(
      action(async (out, options: Record<string, unknown>) => {
        const config = orMisused(() => loadConfig(configParts(options)));
        const findings = await examine(config, Boolean(options.all));
        out.document({ ok: findings.every((one) => one.ok), findings });
        for (const { check, ok, detail, remedy } of findings) {
          const mark = ok ? paint('green', 'ok     ') : paint('red', 'problem');
          out.lines(`${mark}  ${escapeLine(`${check}: ${detail}`)}`);
          if (remedy) out.lines(`         → ${escapeLine(remedy)}`);
        }
        if (!findings.every((one) => one.ok)) process.exitCode = EXIT.refused;
      }),
    );
  return withExamples(
    doctor,
    'assayer doctor',
    'assayer doctor --data /var/lib/assayer --all',
    'assayer doctor --database postgres://assayer@db/assayer --json',
  );
}

async function examine(config: Config, all: boolean): Promise<Finding[]> {
  const findings: Finding[] = [nodeVersion()];
  const url = databaseUrl(config);
  const blobs = blobFolder(config);
  const file = /^sqlite:(.+)$/.exec(url)?.[1];
  if (existsSync(config.data)) {
    findings.push(await permissions('data folder', config.data), await freeDisk('disk', config.data, config));
  } else findings.push(fine('data folder', `${config.data} is not there yet: "assayer serve" makes it`));
  if (file && existsSync(file)) findings.push(await permissions('database file', file));
  const access = 'Check the address, and who may read it.';
  findings.push(...(await tried('database', access, () => examineDatabase(url, blobs, all))));
  return findings;
}

async function examineDatabase(url: string, blobs: string, all: boolean): Promise<Finding[]> {
  const { databaseFindings, openExisting } = await import('../doctor/database.ts');
  const db = await openExisting(url);
  if (!db) return [fine('database', 'is not there yet: "assayer serve" makes it')];
  try {
    const findings = await databaseFindings(db, url);
    const isCurrent = findings.some((one) => one.check === 'schema' && one.ok && one.detail === 'current');
    if (!isCurrent) return findings;
    const { ledgerFindings } = await import('../doctor/ledger.ts');
    findings.push(...(await tried('ledger', 'Restore a backup.', () => ledgerFindings(db))));
    const { stateFindings } = await import('../doctor/state.ts');
    findings.push(...(await tried('state', 'Restore a backup.', () => stateFindings(db))));
    const { blobFindings } = await import('../doctor/blobs.ts');
    if (existsSync(blobs))
      findings.push(
        await permissions('blob folder', blobs),
        ...(await tried('blobs', 'Check who may read the folder.', () => blobFindings(db, blobs, all))),
      );
    else
      findings.push(
        problem('blobs', `${blobs} is not there`, 'Name the right folder with --blobs, or restore a backup.'),
      );
    return findings;
  } finally {
    await db.close();
  }
}
