import { isIPv6 } from 'node:net';
import { Command } from 'commander';
import { loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import type { Report } from '../../http/operations/health.ts';
import { configParts, orMisused, withConfig } from '../config-flags.ts';
import { fault } from '../exit.ts';
import { action, withExamples, withOutput } from '../run.ts';
import { unreachable } from '../server/answer.ts';
import { readServer } from '../server/connect.ts';
import { ConnectionLost } from '../server/retry.ts';

const WAIT_MS = 5_000;

/** Addresses that mean all of this machine's, and where to ask then. */
const ANY: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

export function command(): Command {
  const health = withOutput(withConfig(new Command('health'), 'host', 'port'))
    .description(
      'Ask a server once whether it is ready: exit code 0 where it is, else 3. Where none is named, the one on this ' +
        'machine is asked, where the configuration says that it listens.',
    )
    .option('--server <url>', 'ask this server (default: ASSAYER_SERVER, or the one on this machine)')
    .action(
      action(async (out, options: Record<string, unknown>) => {
        const named = (options.server as string | undefined) ?? process.env.ASSAYER_SERVER;
        const server = readServer(named ?? addressOf(orMisused(() => loadConfig(configParts(options)))));
        const { status, report } = await ask(server);
        if (status !== 200) throw fault(`Assayer at ${server} is not ready.`, whyNot(status, report), report);
        out.document(report);
        if (!out.quiet) out.lines(`Assayer at ${server} is ready`);
      }),
    );
  return withExamples(
    health,
    'assayer health',
    'assayer health --port 8080 --quiet',
    'assayer health --server https://models.example.com',
  );
}

function addressOf({ host, port }: Pick<Config, 'host' | 'port'>): string {
  const at = ANY[host] ?? host;
  return `http://${isIPv6(at) ? `[${at}]` : at}:${port}`;
}

async function ask(server: string): Promise<{ status: number; report: Partial<Report> | undefined }> {
  try {
    const answer = await fetch(`${server}/readyz`, { signal: AbortSignal.timeout(WAIT_MS) });
    const text = await answer.text();
    const isJson = /^application\/json\b/.test(answer.headers.get('content-type') ?? '');
    return { status: answer.status, report: isJson ? JSON.parse(text) : undefined };
  } catch (error) {
    throw unreachable(server, new ConnectionLost(error));
  }
}

/** A sentence for each part that fails. */
function whyNot(status: number, report: Partial<Report> | undefined): string[] {
  if (report?.status === 'stopping') return ['It is stopping.'];
  const failing = Object.entries(report?.parts ?? {}).flatMap(([name, part]) =>
    part.state === 'failing' ? [`${name}: ${part.detail} ${part.advice}`] : [],
  );
  return failing.length > 0 ? failing : [`It answered with status ${status}.`];
}
