import type { Signature } from '../../contract/artifact.ts';
import type { Evaluation, Interval } from '../../contract/evaluation.ts';
import type { Shown } from '../page/shown.ts';
import { type FrontMatter, textsIn } from './front-matter.ts';

const MOST = 1_000;

/** A model card as CycloneDX 1.6 has it (`modelCard` of its JSON schema): what the version and its evaluations say. */
export function modelCardOf(shown: Shown, front: FrontMatter) {
  const { version, evaluations } = shown;
  const [task] = textsIn(front.pipeline_tag);
  const datasets = datasetsOf(shown);
  const metrics = [
    ...Object.entries(version.metrics).map(([type, value]) => ({ type, value: String(value) })),
    ...evaluations.shown.flatMap(metricsOf),
  ].slice(0, MOST);
  return {
    'bom-ref': 'model-card',
    modelParameters: {
      ...(task !== undefined && { task }),
      ...(datasets.length > 0 && { datasets }),
      ...tensorsOf(version.signature),
    },
    ...(metrics.length > 0 && { quantitativeAnalysis: { performanceMetrics: metrics } }),
  };
}

/** What it was trained on and evaluated on, each once. */
function datasetsOf({ version, evaluations }: Shown) {
  const trained = (version.lineage?.datasets ?? []).map((one) => ({ ...one, role: 'named by its lineage' }));
  const evaluated = evaluations.shown.map(({ dataset }) => ({ ...dataset, role: 'evaluated on' }));
  const each = new Map(
    [...trained, ...evaluated].map((one) => [JSON.stringify([one.role, one.name, one.digest]), one]),
  );
  return [...each.values()].slice(0, MOST).map(({ name, digest, role }) => ({
    type: 'dataset',
    name,
    description: role,
    ...(digest !== undefined && { contents: { properties: [{ name: 'assayer:digest', value: digest }] } }),
  }));
}

function metricsOf({ dataset, metrics, intervals, slices }: Evaluation) {
  const of = (values: Evaluation['metrics'], slice: string, known: Record<string, Interval>) =>
    Object.entries(values).map(([type, value]) => {
      const interval = Object.hasOwn(known, type) ? known[type] : undefined;
      const bounds = interval && { lowerBound: String(interval.low), upperBound: String(interval.high) };
      return { type, value: String(value), slice, ...(bounds && { confidenceInterval: bounds }) };
    });
  return [
    ...of(metrics, dataset.name, intervals),
    ...slices.flatMap((one) => of(one.metrics, `${dataset.name}: ${one.slice}`, {})),
  ];
}

function tensorsOf(signature: Signature | null) {
  const told = (list: Signature['inputs']) =>
    (list ?? []).slice(0, MOST).map(({ name, type, shape }) => ({
      format: [name, type, shape && JSON.stringify(shape)].filter((part) => part !== undefined).join(' '),
    }));
  const [inputs, outputs] = [told(signature?.inputs), told(signature?.outputs)];
  return { ...(inputs.length > 0 && { inputs }), ...(outputs.length > 0 && { outputs }) };
}
