import { Ended } from '../exit.ts';

/** One line of the doctor: what was looked at, what was found, and what to do where it is not as it should be. */
export interface Finding {
  check: string;
  ok: boolean;
  detail: string;
  remedy?: string;
}

export const fine = (check: string, detail: string): Finding => ({ check, ok: true, detail });
export const problem = (check: string, detail: string, remedy: string): Finding => ({
  check,
  ok: false,
  detail,
  remedy,
});

/** A check that could not be made is a problem too. */
export async function tried(check: string, remedy: string, make: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await make();
  } catch (error) {
    const advice = error instanceof Ended ? error.lines[0] : undefined;
    return [problem(check, error instanceof Error ? error.message : String(error), advice ?? remedy)];
  }
}
