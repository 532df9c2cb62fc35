/** What a command answers the shell. */
export const EXIT = { done: 0, refused: 1, misused: 2, fault: 3 } as const;

/**
 * A command that ends otherwise than done, in words for a person: the message, and lines below it. `document` is what
 * `--json` prints instead.
 */
export class Ended extends Error {
  override name = 'Ended';
  readonly code: number;
  readonly lines: readonly string[];
  readonly document: unknown;
  constructor(code: number, message: string, lines: readonly string[] = [], document?: unknown) {
    super(message);
    this.code = code;
    this.lines = lines;
    this.document = document;
  }
}

/** The registry, or this program on its behalf, says no. */
export const refused = (message: string, lines?: readonly string[], document?: unknown) =>
  new Ended(EXIT.refused, message, lines, document);
/** The command line does not make sense. */
export const misused = (message: string, lines?: readonly string[]) => new Ended(EXIT.misused, message, lines);
/** Something that should work does not: the network, the disk, the server. */
export const fault = (message: string, lines?: readonly string[], document?: unknown) =>
  new Ended(EXIT.fault, message, lines, document);
