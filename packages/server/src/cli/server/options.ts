import type { Command } from 'commander';
import { withOutput } from '../run.ts';
import type { OutputOptions } from '../terminal/output.ts';
import { type ServerOptions, withActor, withServer } from './connect.ts';

/** Options of every command that talks to a server. */
export type Common = ServerOptions & OutputOptions;

export function withCommon(command: Command): Command {
  return withOutput(withActor(withServer(command)));
}
