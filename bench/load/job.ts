import type { Ground } from '../calls/call.ts';

/** One call over so many connections for so long, or until told to stop. */
export interface CallJob {
  kind: 'call';
  port: number;
  call: string;
  ground: Ground;
  clients: number;
  ms: number;
  /** Number of the first request, so that no run repeats what another wrote. */
  from: number;
}

/** The body of one artifact, there or back. `salt` makes its bytes unlike those of any other upload. */
export interface TransferJob {
  kind: 'upload' | 'download';
  port: number;
  path: string;
  bytes: number;
  salt: number;
}

export type Job = CallJob | TransferJob;

/** What came of a call. Times are milliseconds. */
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
  /** The last answers of a call that writes, for reading back. */
  samples: Sample[];
}

/** What request number `i` was answered with. */
export interface Sample {
  i: number;
  text: string;
}

export interface Transferred {
  seconds: number;
  /** SHA-256 of the bytes that were sent or received, in hex. */
  sha256: string;
}
