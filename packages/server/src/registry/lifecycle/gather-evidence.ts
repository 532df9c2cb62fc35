import type { Evaluation } from '../../contract/evaluation.ts';
import type { PolicyCheck } from '../../contract/policy.ts';
import type { Reader } from '../../db/database.ts';
import { definitionsOf } from '../evidence/definitions.ts';
import { newestEvaluationOn } from '../evidence/evaluations-of.ts';
import { firstOfEach, metricsOf } from '../evidence/metrics-of.ts';
import { toVersion, type VersionRow } from '../versions/repository.ts';
import { type DatasetAsked, type Evidence, keyOfDataset, type Witness } from './evidence.ts';

interface Asked {
  model: string;
  row: VersionRow;
  live: VersionRow | undefined;
  checks: readonly PolicyCheck[];
  at: number;
}

/** Reads what these checks look at, and nothing else. */
export async function gatherEvidence(reader: Reader, { model, row, live, checks, at }: Asked): Promise<Evidence> {
  const version = await witnessOf(reader, model, row, needsOf(checks));
  const compared = checks.filter((check) => check.check === 'not_worse_than_live');
  const sameDatasets = compared.flatMap(({ dataset }) => {
    const last = dataset && version.evaluations.get(keyOfDataset(dataset));
    return last ? [last.dataset] : [];
  });
  const ofLive = { metrics: compared.some(({ dataset }) => !dataset), datasets: sameDatasets };
  return {
    at,
    version,
    live: live && (await witnessOf(reader, model, live, ofLive)),
    definitions: await definitionsOf(
      reader,
      compared.map(({ metric }) => metric),
    ),
  };
}

interface Needs {
  metrics: boolean;
  datasets: readonly DatasetAsked[];
}

function needsOf(checks: readonly PolicyCheck[]): Needs {
  const datasets = checks.flatMap((check) => ('dataset' in check && check.dataset ? [check.dataset] : []));
  const metrics = checks.some(
    (check) =>
      ((check.check === 'metric' || check.check === 'not_worse_than_live') && !check.dataset) ||
      (check.check === 'has' && check.fields.some((field) => field.startsWith('metrics.'))),
  );
  return { metrics, datasets };
}

async function witnessOf(reader: Reader, model: string, row: VersionRow, needs: Needs): Promise<Witness> {
  const metrics = firstOfEach(needs.metrics ? await metricsOf(reader, row) : []);
  const evaluations = new Map<string, Evaluation>();
  for (const dataset of needs.datasets) {
    const key = keyOfDataset(dataset);
    const newest = evaluations.has(key) ? undefined : await newestEvaluationOn(reader, row.id, dataset);
    if (newest) evaluations.set(key, newest);
  }
  return {
    name: `${model}/${row.number}`,
    href: `/api/v1/models/${encodeURIComponent(model)}/versions/${row.number}`,
    version: toVersion(row, model),
    metrics,
    evaluations,
  };
}
