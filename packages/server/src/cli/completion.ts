import { script } from '@bomb.sh/tab';
import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { BASH } from './bash-completion.ts';
import { COMPLETION } from './commands.ts';
import { withExamples } from './run.ts';

/** Adds `completion <shell>`, and the hidden command that the scripts call. All commands must be there already. */
export function addCompletion(program: Command): void {
  tab(program as never, { completionCommandName: COMPLETION.name });
  for (const command of program.commands) {
    if (command.name() === COMPLETION.name)
      withExamples(
        command.summary(COMPLETION.summary).action(printScript),
        'source <(assayer completion bash)',
        'source <(assayer completion zsh)',
        'assayer completion fish > ~/.config/fish/completions/assayer.fish',
      );
  }
}

function printScript(shell: 'bash' | 'zsh' | 'fish' | 'powershell'): void {
  // That of the library needs another package, and cannot be read twice.
  if (shell === 'bash') process.stdout.write(`${BASH}\n`);
  else script(shell, 'assayer', 'assayer');
}
