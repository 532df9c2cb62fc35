import type { Verdict } from '../targets.ts';
import type { Comparison } from './measure/compare-call.ts';
import type { Start } from './measure/starts.ts';
import type { Transfer } from './measure/transfers.ts';
import type { Report } from './report.ts';

/** What Assayer and the MLflow it is held against are called among the starts. */
export const ASSAYER = 'assayer serve';
export const MLFLOW = 'mlflow server';

const GROWTH_BYTES = 64 * 2 ** 20;

/** Every target that the figures at hand can be held against. */
export function verdictsOf({ starts, transfers, comparisons }: Report): Verdict[] {
  return [...comparisons.flatMap(ofCall), ...transfers.flatMap(ofTransfer), ...ofStarts(starts)];
}

function ofCall({ row, ratio, atLeast }: Comparison): Verdict[] {
  if (atLeast === undefined || Number.isNaN(ratio)) return [];
  const target = `${row}: at least ${atLeast} times less CPU`;
  return [{ target, measured: `${ratio.toFixed(0)} times`, hit: ratio >= atLeast }];
}

function ofTransfer({ transfer, assayer, mlflow }: Transfer): Verdict[] {
  const most = transfer === 'upload' ? 1 : 0.5;
  const target = transfer === 'upload' ? 'no more CPU than MLflow' : 'at most half the CPU of MLflow';
  const grown = `${(assayer.growthBytes / 2 ** 20).toFixed(0)} MiB`;
  return [
    atMost(`${transfer}: ${target}`, assayer.cpuSeconds / mlflow.cpuSeconds, most),
    {
      target: `${transfer}: memory grows by less than 64 MiB`,
      measured: grown,
      hit: assayer.growthBytes < GROWTH_BYTES,
    },
  ];
}

function ofStarts(starts: readonly Start[]): Verdict[] {
  const own = starts.find(({ server }) => server === ASSAYER);
  const other = starts.find(({ server }) => server === MLFLOW);
  if (!own || !other) return [];
  return [
    atMost('from start to ready in a tenth of the CPU', own.cpuSeconds / other.cpuSeconds, 0.1),
    atMost('idle in a quarter of the memory (RSS)', own.residentBytes / other.residentBytes, 0.25),
    atMost('idle in a quarter of the memory (PSS)', own.shareBytes / other.shareBytes, 0.25),
  ];
}

function atMost(target: string, share: number, most: number): Verdict {
  return { target, measured: `${share.toFixed(3)} of MLflow's`, hit: share <= most };
}
