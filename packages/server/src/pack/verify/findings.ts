import { Unreadable } from '../items.ts';

/** One thing that was verified, or was found not to be so. */
export interface Finding {
  check: string;
  outcome: 'passed' | 'failed';
  detail: string;
}

/** Of one check more failures are counted, not told. */
const MOST_TOLD = 20;

/** What was found, check by check. */
export class Findings {
  readonly list: Finding[] = [];
  readonly notes: string[] = [];

  get ok(): boolean {
    return this.list.every(({ outcome }) => outcome === 'passed');
  }

  /** Runs one check: it passed where it told of no failure. What cannot be read is one. Answers whether it passed. */
  async check(
    check: string,
    passed: string,
    body: (fail: (detail: string) => void) => Promise<void> | void,
  ): Promise<boolean> {
    let failures = 0;
    const fail = (detail: string) => {
      failures += 1;
      if (failures <= MOST_TOLD) this.list.push({ check, outcome: 'failed', detail });
    };
    try {
      await body(fail);
    } catch (error) {
      if (error instanceof Unreadable || error instanceof SyntaxError) fail(`it ${error.message}`);
      else if (error instanceof TypeError || error instanceof RangeError)
        fail(`it is not of the right form: ${error.message}`);
      else throw error;
    }
    if (failures > MOST_TOLD) this.list.push({ check, outcome: 'failed', detail: `and ${failures - MOST_TOLD} more` });
    if (failures === 0) this.list.push({ check, outcome: 'passed', detail: passed });
    return failures === 0;
  }
}

/** Reads JSON of a file. */
export function parsed(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unreadable(`is not JSON: ${name}`);
  }
}
