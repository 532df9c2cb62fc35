import '../json-parse.ts';
import { realpathSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ownVersion } from '../version.ts';
import { COMMANDS, COMPLETION } from './commands.ts';
import { EXIT } from './exit.ts';
import { tell } from './run.ts';
import { createOutput } from './terminal/output.ts';

/** Runs one command; sets the exit code of the process and lets it end by itself. */
export async function main(argv: string[]): Promise<void> {
  endQuietlyOnBrokenPipe();
  try {
    const program = await createProgram(argv.slice(2));
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = endOf(error);
  }
}

async function createProgram([asked, about]: readonly string[]): Promise<Command> {
  const program = new Command('assayer')
    .description('A model registry: versions that cannot be changed or lost, and a ledger that anyone can verify.')
    .version(ownVersion(), '-V, --version')
    .enablePositionalOptions()
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  $ assayer serve',
        '  $ assayer push churn model.pkl --metric auc=0.93',
        '  $ assayer promote churn/3 production --reason "better on the holdout"',
        '  $ assayer pull churn/production out/',
        '',
        'Exit codes: 0 done, 1 refused, 2 misused, 3 fault, 130 interrupted.',
      ].join('\n'),
    );
  const completes = asked === COMPLETION.name || asked === COMPLETION.hidden;
  const wanted = asked === 'help' ? about : asked;
  for (const { name, summary, load } of COMMANDS) {
    if (completes || wanted === name) program.addCommand((await load()).command().summary(summary));
    else program.command(name).description(summary).allowUnknownOption();
  }
  if (completes) (await import('./completion.ts')).addCompletion(program);
  else program.command(`${COMPLETION.name} <shell>`).description(COMPLETION.summary);
  prepare(program, 'assayer');
  return program;
}

/** Misuse is an exception with a hint, for every command under it. */
function prepare(command: Command, path: string): void {
  command.exitOverride().showHelpAfterError(`(see "${path} --help")`);
  for (const one of command.commands) prepare(one, `${path} ${one.name()}`);
}

function endOf(error: unknown): number {
  // Commander has told it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.misused;
  return tell(error, createOutput({}));
}

/** `assayer search | head`: whoever reads has had enough. */
function endQuietlyOnBrokenPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit();
      throw error;
    });
  }
}

// Run directly from the sources: `node --watch src/cli/main.ts serve`.
if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) await main(process.argv);
