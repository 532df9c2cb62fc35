import { setTimeout as sleep } from 'node:timers/promises';
import { causeOf, codeOf } from '../causes.ts';

/** How long a command puts up with a server that does not answer. */
export interface Patience {
  /** Tries in all. */
  tries: number;
  /** The first pause; each next one is twice as long. */
  pauseMs: number;
  mostMs: number;
  /** Whether nobody listening is a matter of time (a restart) rather than a wrong address. */
  waitForStart: boolean;
}

export const SHORT: Patience = { tries: 3, pauseMs: 200, mostMs: 1_000, waitForStart: false };
/** For transfers of hours: about a minute. */
export const LONG: Patience = { tries: 9, pauseMs: 250, mostMs: 15_000, waitForStart: true };

/** The connection was lost, or never came about: nothing was answered. */
export class ConnectionLost extends Error {
  override name = 'ConnectionLost';
  readonly code: string | undefined;
  constructor(cause: unknown) {
    const code = codeOf(cause);
    super(code ?? causeOf(cause), { cause });
    this.code = code;
  }
}

const NOBODY = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;
const PASSING = new Set([429, 500, 502, 503, 504]);

/** Runs `attempt` again, with growing pauses, while it loses its connection or is answered with a passing fault. */
export async function withRetries<T extends { status: number; retryAfter?: string | null | undefined }>(
  patience: Patience,
  attempt: (n: number) => Promise<T>,
  onRetry: (why: string) => void = () => {},
): Promise<T> {
  for (let n = 1; ; n++) {
    const pause = Math.min(patience.mostMs, patience.pauseMs * 2 ** (n - 1)) * (0.75 + Math.random() / 2);
    try {
      const answer = await attempt(n);
      if (!PASSING.has(answer.status) || n >= patience.tries) return answer;
      onRetry(`the server answered ${answer.status}`);
      await sleep(Math.max(pause, afterMs(answer.retryAfter)));
    } catch (error) {
      if (!(error instanceof ConnectionLost) || n >= patience.tries) throw error;
      if (!patience.waitForStart && NOBODY.test(error.code ?? '')) throw error;
      onRetry(`the connection was lost (${error.message})`);
      await sleep(pause);
    }
  }
}

function afterMs(retryAfter: string | null | undefined): number {
  return /^\d{1,3}$/.test(retryAfter ?? '') ? Number(retryAfter) * 1000 : 0;
}
