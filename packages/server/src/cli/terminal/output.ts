import { styleText } from 'node:util';
import { escapeBlock, toJson } from './escape.ts';

export interface OutputOptions {
  json?: boolean | undefined;
  quiet?: boolean | undefined;
}

/** Where a command writes: results to stdout, everything else to stderr. */
export interface Output {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Lines of the result, for people. Must be escaped where they hold text of others. */
  lines(...lines: readonly string[]): void;
  /** The result as one JSON document; nothing without `--json`. */
  document(value: unknown): void;
  /** One JSON line of a list; nothing without `--json`. */
  item(value: unknown): void;
  /** A remark beside the result: on stderr, unless `--quiet`. */
  note(line: string): void;
}

export function createOutput({ json = false, quiet = false }: OutputOptions): Output {
  return {
    json,
    quiet,
    lines(...lines) {
      if (!json) process.stdout.write(lines.map((line) => `${line}\n`).join(''));
    },
    document(value) {
      if (json) process.stdout.write(`${toJson(value, 2)}\n`);
    },
    item(value) {
      if (json) process.stdout.write(`${toJson(value)}\n`);
    },
    note(line) {
      if (!quiet) process.stderr.write(`${escapeBlock(line)}\n`);
    },
  };
}

type Colour = 'red' | 'green' | 'yellow' | 'bold' | 'dim';

/** Coloured where stdout is a terminal and NO_COLOR is not set. */
export function paint(colour: Colour, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(colour, text, { stream });
}
