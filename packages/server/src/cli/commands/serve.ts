import { Command } from 'commander';
import { describeLimits } from '../../config/describe.ts';
import { loadConfig } from '../../config/load.ts';
import { maskSecret } from '../../config/mask.ts';
import { databaseUrl } from '../../config/places.ts';
import { isLoopback } from '../../config/rules.ts';
import type { Config } from '../../config/schema.ts';
import { asRefusal, configParts, orMisused, withConfig } from '../config-flags.ts';
import { listenTrouble } from '../listen-trouble.ts';
import { action, withExamples, withOutput } from '../run.ts';
import { nextSignal, stop } from '../signals.ts';
import { type Output, paint } from '../terminal/output.ts';
import { collectOldGenerationSooner } from '../v8/old-generation.ts';
import { holdOptimizing, letOptimize } from '../v8/optimizing.ts';
import { holdYoungGeneration, letYoungGenerationGrow } from '../v8/young-generation.ts';

export function command(): Command {
  const serve = withOutput(withConfig(new Command('serve')))
    .description('Start the server. Everything is kept in the data folder unless it is configured otherwise.')
    .action(action(run));
  return withExamples(
    serve,
    'assayer serve',
    'assayer serve --port 8080 --data /var/lib/assayer --single production',
    'assayer serve --host 0.0.0.0 --allow-anonymous --allowed-host models.example.com',
    'assayer serve --database postgres://assayer@db/assayer --migrate',
  );
}

async function run(out: Output, options: Record<string, unknown>): Promise<void> {
  const config = orMisused(() => loadConfig(configParts(options)));
  const server = await open(config).catch((error) => {
    throw listenTrouble(error, config) ?? asRefusal(error, databaseUrl(config));
  });
  const signalled = nextSignal();
  out.document({
    url: server.url,
    data: config.data,
    database: maskSecret(databaseUrl(config)),
    limits: config.limits,
  });
  warn(out, config);
  out.lines(`Assayer is ready at ${server.url}`);
  out.note(`Everything is kept in ${config.database ? `${maskSecret(config.database)} and ` : ''}${config.data}.`);
  if (config.log_level === 'debug' || config.log_level === 'info') out.note(`Limits: ${describeLimits(config)}.`);
  await signalled;
  out.note('Stopping: requests under way may end. A second signal stops at once.');
  await stop(config.limits.shutdown_delay_ms + config.limits.shutdown_ms, () => server.close());
}

/** Loads and opens everything. What that leaves behind is collected, grows no heap, and is not optimized. */
async function open(config: Config): Promise<{ url: string; close(): Promise<void> }> {
  holdYoungGeneration();
  holdOptimizing();
  collectOldGenerationSooner();
  try {
    const { openServer } = await import('../../main.ts');
    return await openServer(config);
  } finally {
    letYoungGenerationGrow();
    letOptimize();
  }
}

/** Also with `--quiet`: nobody should learn this later. */
function warn(out: Output, config: Config): void {
  if (isLoopback(config.host)) return;
  const words =
    'Warning: there is no access control. Whoever reaches this port can read, register, promote and delete every model.';
  process.stderr.write(`${paint('yellow', words, process.stderr)}\n`);
  if (config.allowed_hosts.length === 0)
    out.note('Only requests for loopback names and this host are served: name others with --allowed-host.');
}
