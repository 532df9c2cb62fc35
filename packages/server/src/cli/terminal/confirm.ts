import { createInterface } from 'node:readline/promises';
import { misused } from '../exit.ts';
import { escapeLine } from './escape.ts';

/** Asks on the terminal; without one, `--yes` must have said it. */
export async function confirm(question: string, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw misused('This asks before it goes on, and there is no terminal to ask on: repeat with --yes.');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${escapeLine(question)} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
