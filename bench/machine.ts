import { availableParallelism, cpus, release } from 'node:os';
import { canCount, canPin } from './processes.ts';

/** What the figures depend on. */
export const MACHINE = {
  cpu: cpus()[0]?.model,
  cores: availableParallelism(),
  system: `${process.platform} ${release()}`,
  node: process.version,
  pinned: canPin,
};

export const say = (text: string): void => void process.stderr.write(`bench: ${text}\n`);

/** Says what this machine cannot tell. */
export function sayLimits(): void {
  if (!canPin) say('there is no taskset, or but one core: server and load share the cores, figures will vary more');
  if (!canCount) say('this system does not tell the CPU time of other processes: CPU, ratio and memory stay empty');
}
