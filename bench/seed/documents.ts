import type { NewModel } from '../../packages/server/src/contract/model.ts';
import type { NewVersion } from '../../packages/server/src/contract/version.ts';
import { nameOf } from './shape.ts';

export const TEAMS = ['risk', 'growth', 'search', 'supply', 'payments', 'support', 'safety', 'ads', 'maps', 'care'];
const FRAMEWORKS = ['sklearn', 'pytorch', 'xgboost', 'onnx', 'lightgbm'];
const TASKS = ['classification', 'regression', 'ranking', 'forecasting', 'embedding', 'segmentation'];
const WORDS =
  'weekly daily retrained baseline candidate calibrated features customers sessions orders returns regional seasonal holdout gradient boosted deep sparse compact multilingual tabular latency margin threshold drift'.split(
    ' ',
  );

/** Numbers that look random and are the same for the same place: 32 bits of the murmur3 finaliser. */
export function mix(a: number, b = 0): number {
  let h = (Math.imul(a, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const pick = (from: readonly string[], n: number): string => from[n % from.length] as string;
const hex = (length: number, a: number, b: number): string => {
  let text = '';
  for (let i = 0; text.length < length; i += 1)
    text += mix(a + i * 0x51ed, b)
      .toString(16)
      .padStart(8, '0');
  return text.slice(0, length);
};
const sentence = (count: number, a: number, b: number): string =>
  Array.from({ length: count }, (_, i) => pick(WORDS, mix(a, b * 31 + i))).join(' ');

export const ownerOf = (i: number): string => `${pick(TEAMS, mix(i, 7))}-${(mix(i, 8) % 9) + 1}@example.com`;

/** What is known of a model when it is registered. */
export function newModel(i: number, name = nameOf(i)): NewModel {
  return {
    name,
    description: `${sentence(8, i, 1)}.`,
    owner: ownerOf(i),
    tags: { team: pick(TEAMS, mix(i, 2)), task: pick(TASKS, mix(i, 3)) },
    properties: { tier: mix(i, 4) % 4, regulated: mix(i, 5) % 5 === 0 },
    card: `# ${name}\n\n## Intended use\n${sentence(20, i, 6)}.\n\n## Limits\n${sentence(12, i, 9)}.\n`,
  };
}

/** What is known of a version when it is created. `auc` is spread over 0.5 to 1, `loss` over 0 to 1. */
export function newVersion(i: number, number: number): NewVersion {
  return {
    description: `${sentence(6, i, number)}.`,
    tags: { team: pick(TEAMS, mix(i, 2)), market: `m${mix(i, number) % 50}` },
    properties: { rows: mix(i, number + 1), params: { depth: mix(i, number + 2) % 12, eta: 0.1 } },
    framework: pick(FRAMEWORKS, mix(i, number + 3)),
    lineage: {
      run_id: hex(32, i, number),
      git_commit: hex(40, i + 1, number),
      datasets: [{ name: `sales-${mix(i, number) % 400}`, digest: hex(16, i, number + 4) }],
    },
    metrics: {
      auc: 0.5 + (mix(i, number + 5) % 500_000) / 1_000_000,
      loss: (mix(i, number + 6) % 1_000_000) / 1_000_000,
    },
  };
}
