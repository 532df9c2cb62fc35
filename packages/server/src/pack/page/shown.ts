import type { Artifact } from '../../contract/artifact.ts';
import type { Evaluation } from '../../contract/evaluation.ts';
import type { Metric } from '../../contract/metric.ts';
import type { Model } from '../../contract/model.ts';
import type { Version } from '../../contract/version.ts';
import type { PackManifest } from '../format.ts';
import type { Line } from '../story.ts';
import type { Edit, Step } from '../told.ts';

/** The newest of a list, and how long it is. */
export interface Some<T> {
  readonly shown: readonly T[];
  readonly total: number;
}

/** What the page and the bill of materials are made from: nothing that is not in the other files of the pack. */
export interface Shown {
  version: Version;
  model: Model;
  ledger: PackManifest['ledger'];
  assayer: string;
  linked: readonly Metric[];
  artifacts: Some<Artifact>;
  evaluations: Some<Evaluation>;
  steps: Some<Step>;
  edits: Some<Edit>;
  events: Some<Line>;
  left_out: readonly string[];
}
