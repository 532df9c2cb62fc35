import { type Carried, carryFile } from '../../measure/carry.ts';
import { median } from '../../measure/median.ts';
import { FILES } from '../calls/request.ts';
import { type Arena, type Both, ofBoth } from './sides.ts';

/** An artifact through the proxy, to or from both in turns. */
export interface Transfer extends Both<Carried> {
  transfer: 'upload' | 'download';
  bytes: number;
  errors: number;
  troubles: string[];
}

export async function compareTransfers(arena: Arena, bytes: number): Promise<Transfer[]> {
  const uploads: Both<Carried>[] = [];
  const downloads: Both<Carried>[] = [];
  for (let round = 0; round < arena.rounds; round += 1) {
    const paths = await ofBoth(async (name) => {
      const run = arena.sides[name].ground.runs?.[0];
      return `${FILES}/0/${run}/artifacts/round-${round}/weights.bin`;
    });
    const carry = (kind: 'upload' | 'download') =>
      ofBoth((name) => carryFile(arena.generator, arena.sides[name].target, kind, paths[name], bytes));
    uploads.push(await carry('upload'));
    downloads.push(await carry('download'));
  }
  const troubles = downloads.flatMap((down, round) =>
    (['assayer', 'mlflow'] as const)
      .filter((name) => down[name].sha256 !== uploads[round]?.[name].sha256)
      .map((name) => `${name}: what was downloaded is not what was uploaded`),
  );
  return [
    { transfer: 'upload', bytes, ...middlesOf(uploads), errors: 0, troubles: [] },
    { transfer: 'download', bytes, ...middlesOf(downloads), errors: troubles.length, troubles },
  ];
}

const middlesOf = (rounds: readonly Both<Carried>[]): Both<Carried> => ({
  assayer: middleOf(rounds.map(({ assayer }) => assayer)),
  mlflow: middleOf(rounds.map(({ mlflow }) => mlflow)),
});

/** Medians of the times, and the worst of the memory. */
function middleOf(rounds: readonly Carried[]): Carried {
  return {
    ...(rounds[0] as Carried),
    seconds: median(rounds.map(({ seconds }) => seconds)),
    cpuSeconds: median(rounds.map(({ cpuSeconds }) => cpuSeconds)),
    growthBytes: Math.max(...rounds.map(({ growthBytes }) => growthBytes)),
  };
}
