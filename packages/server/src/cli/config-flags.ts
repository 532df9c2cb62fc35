import type { Command } from 'commander';
import { flagOf, LEAVES, type Leaf } from '../config/leaves.ts';
import { type ConfigParts, ConfigProblems } from '../config/load.ts';
import { formatSize } from '../config/sizes.ts';
import { Ended, EXIT, misused } from './exit.ts';
import { postgresTrouble } from './postgres-trouble.ts';

/** What flags take whose type does not say it. */
const TAKES: Readonly<Record<string, string>> = {
  host: '<address>',
  data: '<folder>',
  database: '<url>',
  blobs: '<url>',
  allowed_hosts: '<host...>',
  allowed_origins: '<origin...>',
  'policy.single': '<status...>',
  log_level: '<level>',
};

function takesOf({ path, schema }: Leaf): string {
  if (schema.type === 'boolean') return schema.default === true ? '<true|false>' : '';
  if (schema.type !== 'integer') return TAKES[path] ?? `<${schema.enum?.join('|') ?? 'text'}>`;
  if (path.endsWith('_bytes')) return '<size>';
  return path.endsWith('_ms') ? '<ms>' : '<n>';
}

/** Adds `--config` and the flags of these settings, or of all: every setting has a flag. */
export function withConfig(command: Command, ...only: readonly string[]): Command {
  command.option('--config <file>', 'settings as JSON (default: assayer.config.json in the working directory)');
  for (const leaf of LEAVES) {
    if (only.length > 0 && !only.includes(leaf.path)) continue;
    const takes = takesOf(leaf);
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
  for (const leaf of LEAVES) {
    const value = options[camel(flagOf(leaf).slice(2))];
    if (value !== undefined) flags[leaf.path] = value;
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

/** What the database, its folder or a backup refuses, or a database that is away, is told in a sentence. */
export function asRefusal(error: unknown, database: string): unknown {
  if (error instanceof Error && /^(Database|Backup)Refused$/.test(error.name)) {
    const { message } = error;
    return new Ended(EXIT.refused, `${message.charAt(0).toUpperCase()}${message.slice(1)}.`);
  }
  return postgresTrouble(error, database) ?? error;
}

function isTold(value: unknown): boolean {
  return typeof value === 'string' ? value !== '' : typeof value === 'number' || value === true;
}

function lowered(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

function camel(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
