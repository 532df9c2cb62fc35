import type { Log } from './log.ts';
import { within } from './within.ts';

/** What is wrong with a part, and what to do, in sentences that name neither a path nor a secret. */
export interface Ailment {
  detail: string;
  advice: string;
  /** Whether what is there can still be read. */
  reads: boolean;
  /** For the log. */
  cause?: unknown;
}

/** Looks at one part of what must work. Whatever it throws is an ailment too. */
export type Probe = () => Promise<Ailment | undefined>;

export type PartReport = { state: 'ok' } | ({ state: 'failing' } & Omit<Ailment, 'cause'>);

export interface Report {
  status: 'ok' | 'failing' | 'stopping';
  parts: Record<string, PartReport>;
}

export interface Health {
  /** At most a second old, however often it is asked for. */
  report(): Promise<Report>;
  /** From now on the report says so, so that nobody sends more. */
  stop(): void;
}

const FRESH_MS = 1_000;

export interface HealthOptions {
  /** Time that a probe has to answer. */
  probeMs: number;
  log: Log;
  /** Milliseconds of a clock that only goes forward. */
  now?: () => number;
}

/** Watches parts by their probes. A change of state is told to the log, once. */
export function createHealth(
  probes: Readonly<Record<string, Probe>>,
  { probeMs, log, now = () => performance.now() }: HealthOptions,
): Health {
  const running = new Map<string, Promise<Ailment | undefined>>();
  const failing = new Set<string>();
  let latest: { at: number; parts: Promise<Record<string, PartReport>> } | undefined;
  let stopping = false;

  /** A probe that hangs is waited for and not run again: else asking would use up connections and threads. */
  function run(name: string, probe: Probe): Promise<Ailment | undefined> {
    const earlier = running.get(name);
    if (earlier) return earlier;
    const started = probe()
      .catch(unexpected)
      .finally(() => running.delete(name));
    running.set(name, started);
    return started;
  }

  async function look(name: string, probe: Probe): Promise<PartReport> {
    const ailment = await within<Ailment | undefined, Ailment>(run(name, probe), probeMs, {
      detail: `It does not answer within ${probeMs} ms.`,
      advice:
        'Look at what it runs on: a disk, a network or a database that hangs. It goes on by itself when that does.',
      reads: false,
    });
    tell(name, ailment);
    if (!ailment) return { state: 'ok' };
    const { cause: _, ...told } = ailment;
    return { state: 'failing', ...told };
  }

  function tell(part: string, ailment: Ailment | undefined): void {
    if (ailment && !failing.has(part)) {
      failing.add(part);
      const { detail, advice, cause } = ailment;
      log.error({ part, detail, advice, ...(cause !== undefined && { err: cause }) }, 'not ready');
    } else if (!ailment && failing.delete(part)) log.info({ part }, 'ready again');
  }

  async function lookAtAll(): Promise<Record<string, PartReport>> {
    const all = Object.entries(probes).map(async ([name, probe]) => [name, await look(name, probe)] as const);
    return Object.fromEntries(await Promise.all(all));
  }

  return {
    async report() {
      if (!latest || now() - latest.at >= FRESH_MS) latest = { at: now(), parts: lookAtAll() };
      const parts = await latest.parts;
      const sound = Object.values(parts).every(({ state }) => state === 'ok');
      return { status: stopping ? 'stopping' : sound ? 'ok' : 'failing', parts };
    },
    stop() {
      stopping = true;
    },
  };
}

function unexpected(cause: unknown): Ailment {
  return { detail: 'It fails.', advice: 'The log of this server says why.', reads: false, cause };
}
