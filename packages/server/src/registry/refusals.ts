import type { Check, PolicyInForce, PromotionState } from '../contract/promotion.ts';
import type { Deregistered } from '../contract/shapes.ts';

/**
 * Every way in which the registry says no, with what it tells the caller. Each door maps all of them through a total
 * record, so that a new refusal does not compile until every dialect knows it. Whatever else is thrown is a fault.
 */
export interface Refusals {
  invalid: { errors: { path: string; message: string }[] };
  'name-taken': { model: string };
  'name-retired': { model: string; last_number: number };
  'model-not-found': { model: string; renamed_to?: string; deregistered?: Deregistered };
  'version-not-found': { model: string; ref: string; deregistered?: Deregistered; digest?: string | null };
  'alias-not-found': { model: string; alias: string };
  'artifact-not-found': { model: string; number: number; path: string };
  'blob-not-found': { sha256: string };
  'path-invalid': { path: string };
  'path-taken': { path: string; by: string };
  'version-sealed': { model: string; number: number };
  'version-open': { model: string; number: number };
  'in-production': { model: string; versions: number[] };
  'not-in-trash': { model: string; number?: number };
  'nothing-to-roll-back': { model: string; to: string };
  'stale-write': { expected: string; actual: number | string | null };
  /** `to`: a status, or `@` and an alias. `can_force`: whether force and a reason would override them. */
  'check-failed': { checks: Check[]; to: string; can_force: boolean; policy: PolicyInForce };
  'promotion-not-found': { promotion: number };
  'promotion-closed': { promotion: number; state: PromotionState };
  'own-promotion': { promotion: number; by: string };
  'digest-mismatch': { expected: string; actual: string };
  'upload-cut': Record<never, never>;
  'upload-not-found': { upload_id: string };
  'too-large': { limit_bytes: number };
  'disk-full': Record<never, never>;
  'store-suspect': Record<never, never>;
  'blob-damaged': { sha256: string };
  'filter-invalid': { column: number };
  'sort-invalid': Record<never, never>;
  'query-invalid': { parameter: string };
  'page-token-invalid': Record<never, never>;
  'idempotency-key-reused': { key: string };
  'event-not-found': { seq: number; size: number };
  'experiment-not-found': { experiment_id: string } | { name: string };
  'experiment-taken': { name: string };
  'experiment-deleted': { experiment_id: string };
  'run-not-found': { run_id: string };
  'run-deleted': { run_id: string };
  'run-not-deleted': { run_id: string };
  'param-set': { run_id: string; key: string };
  'logged-model-not-found': { model_id: string };
  'tag-not-found': { key: string };
  'metric-not-found': { model: string; number: number; metric: string };
  'metric-definition-not-found': { name: string };
  'evaluation-not-found': { id: number };
  'dataset-not-found': { name: string; digest?: string };
  overloaded: Record<never, never>;
}
export type RefusalKind = keyof Refusals;

/** A refusal as it is thrown. `message` is a sentence that says what to do next. */
export class Refused<K extends RefusalKind = RefusalKind> extends Error {
  override name = 'Refused';
  readonly kind: K;
  readonly members: Refusals[K];
  constructor(kind: K, message: string, members: Refusals[K]) {
    super(message);
    this.kind = kind;
    this.members = members;
  }
}

export function refuse<K extends RefusalKind>(kind: K, message: string, members: Refusals[K]): never {
  throw new Refused(kind, message, members);
}

/** A field of the body that is well-formed JSON but not acceptable. */
export function refuseField(path: string, message: string): never {
  throw new Refused('invalid', `${path.replace(/^\//, '')} ${message}.`, { errors: [{ path, message }] });
}
