import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { COMPLETION } from './commands.ts';
import { withExamples } from './run.ts';

/** Adds `completion <shell>`, and the hidden command that the scripts call. All commands must be there already. */
export function addCompletion(program: Command): void {
  tab(program as never, { completionCommandName: COMPLETION.name });
  for (const command of program.commands) {
    if (command.name() === COMPLETION.name)
      withExamples(
        command.summary(COMPLETION.summary),
        'source <(assayer completion bash)',
        'source <(assayer completion zsh)',
        'assayer completion fish > ~/.config/fish/completions/assayer.fish',
      );
  }
}
