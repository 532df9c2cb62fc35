import type { Shape } from '../seed/shape.ts';

/** What the generator is asked to do: one call over so many connections for so long. */
export interface Job {
  port: number;
  call: string;
  shape: Shape;
  clients: number;
  ms: number;
  /** Number of the first request, so that no run repeats what another wrote. */
  from: number;
}

/** What came of it. Times are milliseconds. */
export interface Outcome {
  answers: number;
  /** Answers that were not 2xx, and connections that broke, with the first of each kind in words. */
  errors: number;
  troubles: string[];
  seconds: number;
  p50: number;
  p99: number;
  /** Requests sent. */
  sent: number;
  /** The last answers, for reading back. */
  samples: string[];
}
