import type { Command } from 'commander';
import { findLeaf, flagOf } from '../config/leaves.ts';
import { type ConfigParts, ConfigProblems } from '../config/load.ts';
import { formatSize } from '../config/sizes.ts';
import { Ended, EXIT, misused } from './exit.ts';
import { postgresTrouble } from './start-trouble.ts';

/** What each flag takes, by setting. Every setting has a flag. */
const FLAGS: readonly (readonly [path: string, takes: string])[] = [
  ['host', '<address>'],
  ['port', '<n>'],
  ['data', '<folder>'],
  ['database', '<url>'],
  ['blobs', '<url>'],
  ['allow_anonymous', ''],
  ['allowed_hosts', '<host...>'],
  ['allowed_origins', '<origin...>'],
  ['policy.single', '<status...>'],
  ['migrate', ''],
  ['log_level', '<level>'],
  ['trash_days', '<n>'],
  ['sweep_hours', '<n>'],
  ['database_connections', '<n>'],
  ['limits.artifact_bytes', '<size>'],
  ['limits.version_bytes', '<size>'],
  ['limits.reserve_bytes', '<size>'],
  ['limits.json_bytes', '<size>'],
  ['limits.header_bytes', '<size>'],
  ['limits.connections', '<n>'],
  ['limits.events_streams', '<n>'],
  ['limits.inspect_ms', '<ms>'],
  ['limits.request_ms', '<ms>'],
  ['limits.idle_ms', '<ms>'],
  ['limits.upload_idle_ms', '<ms>'],
  ['limits.shutdown_ms', '<ms>'],
];

/** Adds `--config` and the flags of these settings, or of all. */
export function withConfig(command: Command, ...only: readonly string[]): Command {
  command.option('--config <file>', 'settings as JSON (default: assayer.config.json in the working directory)');
  for (const [path, takes] of FLAGS) {
    const leaf = findLeaf(path);
    if (!leaf || (only.length > 0 && !only.includes(path))) continue;
    const { description = '', default: standard } = leaf.schema;
    const told = takes === '<size>' ? formatSize(standard as number) : String(standard);
    const words = lowered(description) + (isTold(standard) ? ` (default: ${told})` : '');
    command.option(`${flagOf(leaf)} ${takes}`.trim(), words);
  }
  return command;
}

/** The configuration as the flags, the environment and the file have it. */
export function configParts(options: Record<string, unknown>): ConfigParts {
  const flags: Record<string, unknown> = {};
  for (const [path] of FLAGS) {
    const leaf = findLeaf(path);
    const value = leaf && options[camel(flagOf(leaf).slice(2))];
    if (value !== undefined) flags[path] = value;
  }
  return { flags, env: process.env, file: options.config as string | undefined };
}

/** Problems of the configuration become a misuse, each on a line. */
export function orMisused<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigProblems)) throw error;
    throw misused('The configuration cannot be used:', error.problems);
  }
}

/** What the database or its folder refuses, or a database that is away, is told in a sentence. */
export function asRefusal(error: unknown, database: string): unknown {
  if (error instanceof Error && error.name === 'DatabaseRefused') {
    const { message } = error;
    return new Ended(EXIT.refused, `${message.charAt(0).toUpperCase()}${message.slice(1)}.`);
  }
  return postgresTrouble(error, database) ?? error;
}

function isTold(value: unknown): boolean {
  return typeof value === 'string' ? value !== '' : typeof value === 'number';
}

function lowered(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

function camel(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
