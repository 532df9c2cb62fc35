import type { Command } from 'commander';
import { Ended, EXIT } from './exit.ts';
import { unreachable } from './server/answer.ts';
import { ConnectionLost } from './server/retry.ts';
import { escapeBlock } from './terminal/escape.ts';
import { createOutput, type Output, type OutputOptions, paint } from './terminal/output.ts';

/** `--json` and `--quiet`, which every command has. */
export function withOutput(command: Command): Command {
  return command
    .option('--json', 'machine output: one JSON document, or JSON lines for a list')
    .option('--quiet', 'no remarks and no progress');
}

/** Examples below the options of `--help`. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`);
}

/** The action of a command: its output made, its end told, its exit code set. */
export function action<O extends OutputOptions, A extends unknown[]>(
  body: (out: Output, options: O, ...args: A) => Promise<void>,
): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.at(-1) as Command;
    const options = command.optsWithGlobals() as O & { server?: string };
    const out = createOutput(options);
    try {
      await body(out, options, ...(given.slice(0, -2) as A));
    } catch (error) {
      process.exitCode = tell(error, out, options.server);
    }
  };
}

/** Says how it ended, and gives the exit code. */
export function tell(thrown: unknown, out: Output, server?: string): number {
  const error = thrown instanceof ConnectionLost ? unreachable(server ?? defaultServer(), thrown) : thrown;
  if (error instanceof Ended) {
    if (error.document !== undefined) out.document(error.document);
    const lines = [
      paint('red', escapeBlock(error.message), process.stderr),
      ...error.lines.map((line) => `  ${escapeBlock(line)}`),
    ];
    process.stderr.write(`${lines.join('\n')}\n`);
    return error.code;
  }
  const system = error as NodeJS.ErrnoException;
  if (system instanceof Error && typeof system.code === 'string' && typeof system.syscall === 'string') {
    process.stderr.write(`${escapeBlock(wordsOf(system))}\n`);
    return EXIT.fault;
  }
  const told = error instanceof Error ? (process.env.DEBUG ? error.stack : error.message) : String(error);
  process.stderr.write(`This is a fault of assayer: ${escapeBlock(told ?? '')}\n`);
  return EXIT.fault;
}

const defaultServer = () => process.env.ASSAYER_SERVER ?? 'http://127.0.0.1:5050';

const SYSTEM: Record<string, string> = {
  ENOSPC: 'The disk is full',
  EDQUOT: 'The quota of the disk is used up',
  EACCES: 'Permission is denied',
  EPERM: 'Permission is denied',
  ENOENT: 'There is no such file or folder',
  EROFS: 'The file system is read-only',
  EADDRINUSE: 'The address is in use',
};

function wordsOf({ code = '', path, message }: NodeJS.ErrnoException): string {
  return SYSTEM[code] ? `${SYSTEM[code]}${path ? `: ${path}` : ` (${code})`}.` : message;
}
