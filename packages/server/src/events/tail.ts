import type { Ledger } from './ledger.ts';

/** How long the tail waits before it looks by itself: other replicas commit without poking this one. */
const LOOK_EVERY_MS = 1_000;
/** Pokes that come closer together than this share one look, so that writes do not pay for every stream each time. */
const GATHER_MS = 100;
const MOST_LINES = 1_000;
const MOST_CHARACTERS = 4 * 2 ** 20;
/** A follower is handed the lines that wait in one go: a write per line and stream costs more than all else. */
const CHARACTERS_TOGETHER = 65_536;

export interface Line {
  seq: number;
  line: string;
}

/** The end of the ledger as this process knows it: read once for all followers, and only while there are any. */
export interface Tail {
  /** There may be new lines. */
  poke(): void;
  /** Counts a follower in, until what is answered is called. */
  join(): () => void;
  /** The first line that is held; what lies before it is read from the ledger. */
  first(): number;
  /** Held lines that follow `seen`, as many as go together. */
  after(seen: number): Line[];
  /** Resolves at the next look, or when `signal` is aborted; rejects where the ledger cannot be read. */
  looked(signal: AbortSignal): Promise<void>;
}

export function createTail(ledger: Pick<Ledger, 'size' | 'lines'>): Tail {
  /** Without a gap, up to and with `end`. */
  let held: Line[] = [];
  let end = 0;
  let characters = 0;
  let followers = 0;
  const waiting = new Set<(error?: unknown) => void>();
  let timer: NodeJS.Timeout | undefined;
  let lookedAt = 0;
  let looking = false;
  let poked = false;

  async function read(): Promise<void> {
    const size = await ledger.size();
    if (size <= end) return;
    for await (const { seq, line } of ledger.lines(Math.max(end, size - MOST_LINES) + 1, size)) {
      if (seq !== end + 1) {
        held = [];
        characters = 0;
      }
      held.push({ seq, line });
      end = seq;
      characters += line.length;
      while (held.length > MOST_LINES || characters > MOST_CHARACTERS) characters -= held.shift()?.line.length ?? 0;
    }
  }

  async function look(): Promise<void> {
    looking = true;
    poked = false;
    let failure: unknown;
    await read().catch((error) => {
      failure = error;
    });
    looking = false;
    lookedAt = performance.now();
    if (followers > 0) lookIn(poked ? GATHER_MS : LOOK_EVERY_MS);
    for (const done of waiting) done(failure);
  }

  function lookIn(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(look, ms).unref();
  }

  function poke(): void {
    if (followers === 0 || poked) return;
    poked = true;
    if (!looking) lookIn(Math.max(0, lookedAt + GATHER_MS - performance.now()));
  }

  return {
    poke,
    join() {
      followers += 1;
      if (followers === 1) poke();
      return () => {
        followers -= 1;
        if (followers > 0) return;
        clearTimeout(timer);
        poked = false;
      };
    },
    first: () => end - held.length + 1,
    after(seen) {
      const from = held.length - (end - seen);
      let to = from;
      for (let sum = 0; to < held.length && sum < CHARACTERS_TOGETHER; to += 1) sum += held[to]?.line.length ?? 0;
      return held.slice(from, to);
    },
    looked: (signal) =>
      new Promise((resolve, reject) => {
        const aborted = () => done();
        const done = (error?: unknown) => {
          waiting.delete(done);
          signal.removeEventListener('abort', aborted);
          if (error) reject(error);
          else resolve();
        };
        waiting.add(done);
        signal.addEventListener('abort', aborted);
      }),
  };
}
