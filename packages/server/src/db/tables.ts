import type { Generated } from 'kysely';

/**
 * The rows, one interface per table. Times are epoch milliseconds, flags 0 or 1, documents JSON as text; columns are
 * named as on the wire. Text sorts and compares by its UTF-8 bytes on both databases.
 */
export interface Tables {
  installation: InstallationTable;
  model: ModelTable;
  name_use: NameUseTable;
  version: VersionTable;
  artifact: ArtifactTable;
  inspection: InspectionTable;
  condemned: CondemnedTable;
  tenure: TenureTable;
  model_facet: ModelFacetTable;
  version_facet: VersionFacetTable;
  event: EventTable;
  event_subject: EventSubjectTable;
  ledger_head: LedgerHeadTable;
  ledger_tile: LedgerTileTable;
  ledger_checkpoint: LedgerCheckpointTable;
  idempotency: IdempotencyTable;
  backlog: BacklogTable;
  model_state: ModelStateTable;
  event_span: EventSpanTable;
  experiment: ExperimentTable;
  experiment_tag: ExperimentTagTable;
  run: RunTable;
  param: RunEntryTable;
  run_tag: RunEntryTable;
  metric: MetricTable;
  latest_metric: LatestMetricTable;
  dataset: DatasetTable;
  run_dataset: RunDatasetTable;
  run_model: RunModelTable;
  logged_model: LoggedModelTable;
  logged_model_param: LoggedModelEntryTable;
  logged_model_tag: LoggedModelEntryTable;
  logged_model_metric: LoggedModelMetricTable;
  file: FileTable;
  file_upload: FileUploadTable;
  file_part: FilePartTable;
  metric_point: MetricPointTable;
  latest_point: LatestPointTable;
  metric_definition: MetricDefinitionTable;
  evaluated_dataset: EvaluatedDatasetTable;
  evaluation: EvaluationTable;
  standing: StandingTable;
  policy: PolicyTable;
  promotion: PromotionTable;
}

/** One row: what makes this installation itself. All replicas share it. */
export interface InstallationTable {
  id: number;
  /** Origin of the ledger's checkpoints, such as `assayer/0193…`. */
  origin: string;
  /** Ed25519 private key, PKCS8 DER, base64. */
  ledger_key: string;
  /** Key of the page tokens' authentication code, base64. */
  token_key: string;
  created_at: number;
}

export interface ModelTable {
  id: Generated<number>;
  name: string;
  /** The name after NFC and one percent-decoding: no two live models share it. */
  name_key: string;
  description: string | null;
  owner: string | null;
  tags: string;
  properties: string;
  card: string | null;
  /** JSON { alias: number } */
  aliases: string;
  latest_version: number | null;
  version_count: number;
  /** JSON { production: [number], staging: [number] }, the newest promoted first, at most 100 each. */
  live: string;
  /** Highest number ever given in this model, and while it bears its name under that. The next version has one more. */
  last_number: number;
  created_at: number;
  created_by: string;
  updated_at: number;
  etag: number;
  /** JSON { at, by, reason, purge_after } or null */
  deregistered: string | null;
  purge_after: number | null;
  purged_at: number | null;
}

/** Every name that ever stood for a model: the model that bore it last, and the highest number given under it, while it is borne that of before. */
export interface NameUseTable {
  name_key: string;
  last_number: number;
  model_id: number;
}

export interface VersionTable {
  id: Generated<number>;
  model_id: number;
  number: number;
  status: 'draft' | 'staging' | 'production' | 'archived';
  /** Its place in the order in which the model's versions came into this status: see versions/status-order.ts. */
  status_since: number;
  state: 'open' | 'sealed';
  digest: string | null;
  size_bytes: number;
  artifact_count: number;
  verdict: 'clean' | 'suspicious' | 'unsafe' | 'malformed' | 'unknown';
  description: string | null;
  tags: string;
  properties: string;
  card: string | null;
  framework: string | null;
  signature: string | null;
  lineage: string | null;
  /** JSON [alias] */
  aliases: string;
  /** JSON { name: number | "NaN" | "Infinity" | "-Infinity" } */
  metrics: string;
  /** JSON { uri, protected, … }: what the version was made from, see contract/version.ts. */
  source: string | null;
  created_at: number;
  created_by: string;
  updated_at: number;
  etag: number;
  deregistered: string | null;
  purge_after: number | null;
  purged_at: number | null;
}

export interface ArtifactTable {
  id: Generated<number>;
  version_id: number;
  path: string;
  /** The path after NFC and one percent-decoding: unique in its version. */
  path_key: string;
  size_bytes: number;
  sha256: string;
  created_at: number;
}

/** What was read from a blob without running it; one row per digest. */
export interface InspectionTable {
  sha256: string;
  media_type: string;
  format: string;
  facts: string;
  findings: string;
  verdict: 'clean' | 'suspicious' | 'unsafe' | 'malformed' | 'unknown';
  signature: string | null;
  rules_version: string;
  inspected_at: number;
}

/** Bytes that the sweep may take away at any time, or took (`removed_at`), see registry/sweep.ts. */
export interface CondemnedTable {
  sha256: string;
  at: number;
  removed_at: number | null;
}

/** One stay of a version in a status; rollback reads the earlier ones. */
export interface TenureTable {
  id: Generated<number>;
  model_id: number;
  number: number;
  status: string;
  since: number;
  until: number | null;
  ended_by: 'promotion' | 'rollback' | 'deregistration' | null;
}

/**
 * What is searched. `key` is the filter's key (`tags.team`, `properties.a.b`, `metrics.auc`, `alias`, `format`,
 * `lineage.run_id`); a list gives several rows. `head` is the first 64 characters of `text` (indexed),
 * `folded` the text in lower case (for ILIKE), `num` the number where the value is a finite or infinite number, or 0 and
 * 1 for booleans. The other columns are the subject's own, for the order of lists.
 */
interface Facet {
  key: string;
  head: string | null;
  text: string | null;
  folded: string | null;
  num: number | null;
}
export interface ModelFacetTable extends Facet {
  model_id: number;
  name: string;
}
export interface VersionFacetTable extends Facet {
  version_id: number;
  model_id: number;
  number: number;
}

/** One change. `line` is the leaf of the ledger, byte for byte; the other columns are indexes into it. */
export interface EventTable {
  seq: number;
  at: number;
  type: string;
  actor: string;
  subject: string;
  request_id: string;
  line: string;
  leaf: Buffer;
}

/** Which subjects an event changed: number 0 is the model itself, and -1 the model with all its versions (events/subjects.ts). */
export interface EventSubjectTable {
  model_id: number;
  number: number;
  seq: number;
}

export interface LedgerHeadTable {
  id: number;
  size: number;
  /** The hashes of the right edge, see events/merkle.ts. */
  frontier: Buffer;
  /** Leaf hash of the newest event. */
  last_leaf: Buffer;
}

/** Interior nodes of every eighth level, see events/tiles.ts. */
export interface LedgerTileTable {
  level: number;
  position: number;
  hash: Buffer;
}

export interface LedgerCheckpointTable {
  size: number;
  note: string;
  at: number;
}

export interface IdempotencyTable {
  actor: string;
  key: string;
  fingerprint: string;
  answer: string;
  at: number;
}

/** What changes left to be done bit by bit: see registry/backlog.ts. */
export interface BacklogTable {
  kind: 'index models' | 'index versions' | 'purge' | 'purge evidence' | 'rename';
  /** The model it is about (of `purge evidence` the version); 0 is all of them. */
  model_id: number;
  /** The id, or the version's number, up to which it is done. */
  after: number;
}

/** A model as it was after some of its changes; what the ledger tells too, but not as soon. */
export interface ModelStateTable {
  model_id: number;
  /** The model's, which counts its changes. */
  etag: number;
  /** JSON, as on the wire */
  doc: string;
}

/** When 256 events came (level 1), or those of 256 spans of the level below: see events/moments.ts. */
export interface EventSpanTable {
  level: number;
  span: number;
  least_at: number;
  greatest_at: number;
}

/** A line of runs. Names are unique among all, the deleted ones too. */
export interface ExperimentTable {
  id: Generated<number>;
  name: string;
  artifact_location: string;
  lifecycle_stage: 'active' | 'deleted';
  creation_time: number;
  last_update_time: number;
}

export interface ExperimentTagTable {
  experiment_id: number;
  key: string;
  value: string;
}

export interface RunTable {
  /** 32 hexadecimal digits. */
  run_id: string;
  experiment_id: number;
  run_name: string;
  user_id: string;
  status: 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';
  start_time: number;
  end_time: number | null;
  artifact_uri: string;
  /** `purged`: nobody sees it any more, and what is left of it is being removed. */
  lifecycle_stage: 'active' | 'deleted' | 'purged';
  deleted_at: number | null;
}

/** A param or a tag of a run. */
export interface RunEntryTable {
  run_id: string;
  key: string;
  value: string;
}

/** One point of a metric of a run. NaN is the value 0 with `is_nan`; infinities are ±the largest double. */
export interface MetricTable {
  /** The `id` of its latest point. */
  series: number;
  timestamp: number;
  step: number;
  value: number;
  is_nan: number;
}

/** The latest point of each metric of a run, and so which metrics it has. */
export interface LatestMetricTable extends Omit<MetricTable, 'series'> {
  id: Generated<number>;
  run_id: string;
  key: string;
}

/** A data set that runs of an experiment read, once for each name and digest. */
export interface DatasetTable {
  id: Generated<number>;
  experiment_id: number;
  name: string;
  digest: string;
  source_type: string;
  source: string;
  schema: string | null;
  profile: string | null;
}

export interface RunDatasetTable {
  run_id: string;
  dataset_id: number;
  /** JSON [{ key, value }] */
  tags: string;
}

/** A logged model that went into a run, or came out of it. */
export interface RunModelTable {
  run_id: string;
  role: 'input' | 'output';
  model_id: string;
  step: number;
}

export interface LoggedModelTable {
  /** `m-` and 32 hexadecimal digits. */
  model_id: string;
  experiment_id: number;
  name: string;
  artifact_location: string;
  creation_time: number;
  last_update_time: number;
  status: 'LOGGED_MODEL_PENDING' | 'LOGGED_MODEL_READY' | 'LOGGED_MODEL_UPLOAD_FAILED';
  /** Empty where it was not told, and so is the run. */
  model_type: string;
  source_run_id: string;
  deleted_at: number | null;
}

/** A param or a tag of a logged model. */
export interface LoggedModelEntryTable {
  model_id: string;
  key: string;
  value: string;
}

export interface LoggedModelMetricTable {
  model_id: string;
  key: string;
  timestamp: number;
  step: number;
  value: number;
  is_nan: number;
  /** Empty where there was none, and so are the data set's name and digest. */
  run_id: string;
  dataset_name: string;
  dataset_digest: string;
}

/** A file of a run or a logged model. It can be overwritten: what a version pinned of it stays the version's own. */
export interface FileTable {
  /** From the root of all files, such as `0/<run>/artifacts/model/MLmodel`. */
  path: string;
  /** The path after NFC and one percent-decoding, where that is another text: no two paths share it. */
  path_key: string | null;
  size_bytes: number;
  sha256: string;
  updated_at: number;
}

/** An upload in parts, until it expires. */
export interface FileUploadTable {
  /** 32 hexadecimal digits. */
  upload_id: string;
  /** Of the file that it is to become. */
  path: string;
  /** How many parts there are to be. */
  parts: number;
  expires_at: number;
  /** Of the whole, once it is there. */
  sha256: string | null;
}

/** A part that came. Its bytes are a blob like any other. */
export interface FilePartTable {
  upload_id: string;
  /** From 1 on. */
  part_number: number;
  sha256: string;
  size_bytes: number;
}

/** One point of a metric of a version. NaN is the value 0 with `is_nan`; infinities are themselves. */
export interface MetricPointTable {
  version_id: number;
  name: string;
  step: number;
  at: number;
  value: number;
  is_nan: number;
}

/** The latest point of each metric of a version that has points, and how many these are. */
export interface LatestPointTable extends MetricPointTable {
  points: number;
}

/** What a metric means, where somebody said so: see contract/metric.ts for those that are built in. */
export interface MetricDefinitionTable {
  name: string;
  unit: string | null;
  direction: 'higher' | 'lower' | null;
  description: string | null;
  updated_at: number;
  updated_by: string;
  etag: number;
}

/** A data set that versions were evaluated on, once for each name and digest. */
export interface EvaluatedDatasetTable {
  id: Generated<number>;
  name: string;
  digest: string;
  evaluation_count: number;
  /** Versions that were evaluated on it. */
  version_count: number;
  first_at: number;
  last_at: number;
  /** Greatest of the digest of a name on which an evaluation was recorded last, whenever it says that it was made. */
  recency: number;
}

/** Never changed once it is there; its ids are in the order of the ledger. */
export interface EvaluationTable {
  id: Generated<number>;
  version_id: number;
  model_id: number;
  number: number;
  /** Of the version as it was evaluated; null while it was open. */
  version_digest: string | null;
  dataset_id: number;
  n: number | null;
  evaluator: string | null;
  /** When it was evaluated, and when that was recorded. */
  at: number;
  recorded_at: number;
  recorded_by: string;
  /** JSON, as in contract/evaluation.ts, and so are the next ones. */
  metrics: string;
  intervals: string;
  slices: string;
  curves: string | null;
  tags: string;
  source: string | null;
}

/** The value of a metric in a version's newest evaluation on a data set that has it. */
export interface StandingTable {
  dataset_id: number;
  metric: string;
  version_id: number;
  model_id: number;
  evaluation_id: number;
  value: number;
  is_nan: number;
}

/** A policy as it was set: version 1, 2, 3 … of the default (model 0) or of a model's own. */
export interface PolicyTable {
  id: Generated<number>;
  model_id: number;
  version: number;
  /** JSON, as in contract/policy.ts */
  doc: string;
  at: number;
  by: string;
}

/** A promotion that was asked for, whatever came of it. */
export interface PromotionTable {
  id: Generated<number>;
  model_id: number;
  number: number;
  /** A status, `@` and an alias, or `rollback ` and a status. */
  target: string;
  state: 'waiting' | 'executed' | 'rejected' | 'cancelled' | 'expired' | 'refused';
  etag: number;
  /** JSON, as in contract/promotion.ts, without model, version and what stands in columns. */
  doc: string;
  requested_at: number;
  expires_at: number | null;
}
