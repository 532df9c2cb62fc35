import { Command } from 'commander';
import { loadConfig } from '../../config/load.ts';
import { maskSecret } from '../../config/mask.ts';
import { databaseUrl } from '../../config/places.ts';
import { asRefusal, configParts, orMisused, withConfig } from '../config-flags.ts';
import { action, withExamples, withOutput } from '../run.ts';

export function command(): Command {
  const migrate = withOutput(withConfig(new Command('migrate'), 'data', 'database'))
    .description('Bring a database up to this version. Stop the servers first, and have a backup.')
    .action(
      action(async (out, options: Record<string, unknown>) => {
        const config = orMisused(() => loadConfig(configParts(options)));
        const url = databaseUrl(config);
        try {
          const { LONG_STATEMENT_MS, openDatabase } = await import('../../db/open.ts');
          const db = await openDatabase(url, { exclusive: true, connections: 2, statementMs: LONG_STATEMENT_MS });
          try {
            const steps = await import('../../db/migrate.ts');
            const ran = await steps.migrate(db);
            const { finishIndex } = await import('../../registry/backlog.ts');
            await finishIndex(db, out.note);
            out.document({ database: maskSecret(url), ran });
            out.lines(...ran.map((name) => `ran ${name}`), `${maskSecret(url)} is up to date`);
          } finally {
            await db.close();
          }
        } catch (error) {
          throw asRefusal(error, url);
        }
      }),
    );
  return withExamples(
    migrate,
    'assayer migrate --data /var/lib/assayer',
    'assayer migrate --database postgres://assayer@db/assayer',
  );
}
