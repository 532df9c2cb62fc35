/** Thrown inside formats/ only: the bytes do not follow their format. A reader turns it into a finding. */
export class Malformed extends Error {
  readonly at: number | undefined;

  constructor(what: string, at?: number) {
    super(what);
    this.at = at;
  }
}

/** Thrown inside formats/ only: a bound on work or memory was met, so what follows stays unread. */
export class TooMuch extends Error {}
