/**
 * How much of a suite is run: `FAULTS_SHARE` of the whole (from 0 to 1), as `npm run test:faults` sets it; without it the
 * little that `npm test` has time for.
 */
const SHARE = process.env.FAULTS_SHARE === undefined ? undefined : Number(process.env.FAULTS_SHARE);

export function rounds(whole: number, inEveryTest: number): number {
  return SHARE === undefined ? inEveryTest : Math.max(inEveryTest, Math.round(whole * SHARE));
}

const END = Date.now() + Number(process.env.FAULTS_MINUTES ?? 24 * 60) * 60_000;

/** Whether there is time for another round: from `FAULTS_MINUTES` after its start on, a file of tests ends with the rounds it has. */
export const isTimeLeft = (): boolean => Date.now() < END;

/** So many of the numbers 1 to `last`, evenly spread, both ends among them. */
export function spread(last: number, count: number): number[] {
  if (count >= last) return Array.from({ length: last }, (_, i) => i + 1);
  const step = (last - 1) / Math.max(count - 1, 1);
  return [...new Set(Array.from({ length: count }, (_, i) => 1 + Math.round(i * step)))];
}

/** A line of figures for whoever reads the run. */
export function told(text: string): void {
  process.stdout.write(`${text}\n`);
}
