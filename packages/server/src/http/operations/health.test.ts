import { describe, expect, it } from 'vitest';
import { type Ailment, createHealth, type Probe } from './health.ts';
import { createLog } from './log.ts';

const sick: Ailment = { detail: 'It is sick.', advice: 'Mend it.', reads: true, cause: new Error('the cause') };

function watching(probes: Record<string, Probe>, probeMs = 1_000) {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  let time = 0;
  return {
    health: createHealth(probes, { probeMs, log, now: () => time }),
    log: () => lines.map((line) => JSON.parse(line)),
    /** So long that the next report is a fresh one. */
    wait() {
      time += 1_000;
    },
  };
}

describe('health', () => {
  it('O1 names the part that fails, what is wrong and what to do, and nothing of the inside', async () => {
    const { health } = watching({ good: async () => undefined, bad: async () => sick });
    expect(await health.report()).toEqual({
      status: 'failing',
      parts: {
        good: { state: 'ok' },
        bad: { state: 'failing', detail: 'It is sick.', advice: 'Mend it.', reads: true },
      },
    });
  });

  it('O1 a probe that throws is a part that fails', async () => {
    const { health, log } = watching({
      bad: async () => {
        throw new Error('secret');
      },
    });
    const report = await health.report();
    expect(report).toMatchObject({ status: 'failing', parts: { bad: { state: 'failing', reads: false } } });
    expect(JSON.stringify(report)).not.toContain('secret');
    expect(log()).toMatchObject([{ level: 'error', msg: 'not ready', part: 'bad', err: { message: 'secret' } }]);
  });

  it('O1 a probe that hangs is a part that fails, and is not run again until it answers', async () => {
    let runs = 0;
    let answer: (ailment: undefined) => void = () => {};
    const { health, wait } = watching(
      {
        hanging: () => {
          runs += 1;
          return new Promise((resolve) => {
            answer = resolve;
          });
        },
      },
      20,
    );
    for (let i = 0; i < 3; i += 1) {
      expect(await health.report()).toMatchObject({ parts: { hanging: { state: 'failing', reads: false } } });
      wait();
    }
    expect(runs).toBe(1);
    const late = health.report();
    answer(undefined);
    expect(await late).toEqual({ status: 'ok', parts: { hanging: { state: 'ok' } } });
  });

  it('many who ask at once or within a second share a look; a change of state is told to the log once', async () => {
    let runs = 0;
    let ailment: Ailment | undefined;
    const { health, log, wait } = watching({
      part: async () => {
        runs += 1;
        return ailment;
      },
    });
    await Promise.all(Array.from({ length: 100 }, () => health.report()));
    expect(runs).toBe(1);
    ailment = sick;
    for (let i = 0; i < 2; i += 1) {
      wait();
      expect((await health.report()).status).toBe('failing');
    }
    ailment = undefined;
    wait();
    expect((await health.report()).status).toBe('ok');
    expect(runs).toBe(4);
    expect(log()).toMatchObject([
      { level: 'error', msg: 'not ready', part: 'part', detail: 'It is sick.', err: { message: 'the cause' } },
      { level: 'info', msg: 'ready again', part: 'part' },
    ]);
  });

  it('R9 says that it is stopping', async () => {
    const { health } = watching({ part: async () => undefined });
    health.stop();
    expect((await health.report()).status).toBe('stopping');
  });
});
