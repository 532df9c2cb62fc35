import type { Caller } from '../../packages/server/src/contract/actor.ts';
import type { Artifact } from '../../packages/server/src/contract/artifact.ts';
import type { Happening, SubjectChange } from '../../packages/server/src/contract/event.ts';
import { digestOf, manifestOf } from '../../packages/server/src/contract/manifest.ts';
import type { Model } from '../../packages/server/src/contract/model.ts';
import { toTime } from '../../packages/server/src/contract/time.ts';
import type { Status, Version } from '../../packages/server/src/contract/version.ts';
import { changeBetween } from '../../packages/server/src/events/replay.ts';
import { type Rule, ruleFor } from '../../packages/server/src/registry/lifecycle/policy.ts';
import { checksOf } from '../../packages/server/src/registry/lifecycle/rules.ts';
import {
  toColumns as modelColumns,
  placedFacets as placedModel,
} from '../../packages/server/src/registry/models/repository.ts';
import { keyOf } from '../../packages/server/src/registry/names.ts';
import { facetsBetween } from '../../packages/server/src/registry/search/index-text.ts';
import {
  placedFacets as placedVersion,
  toColumns as versionColumns,
} from '../../packages/server/src/registry/versions/repository.ts';
import { placeOfNew } from '../../packages/server/src/registry/versions/status-order.ts';
import type { Batch } from './batch.ts';
import { newModel, newVersion, ownerOf } from './documents.ts';

/** A model while its versions come: `i` is its place among the seeded models. */
export interface Line {
  i: number;
  id: number;
  model: Model;
}

/** What becomes of a version after it is sealed. An open one stays a draft without artifacts. */
export type Fate = 'open' | Status;

interface Parts extends Omit<Batch, 'flush'> {
  /** Artifacts that the store holds; each version has one of them. */
  files: readonly Artifact[];
  tick(): number;
  ids: { model: number; version: number; promotion: number };
}

/**
 * Rows and events as the verbs of the registry would have left them, made from the same parts. That they agree is
 * checked by reconciling every seed with its ledger.
 */
export function createHistory({ add, files, record, index, tick, ids }: Parts) {
  function tell(i: number, at: number, happening: Happening): void {
    const caller: Caller = { actor: { name: ownerOf(i), verified: false }, request_id: `seed-${at}` };
    record({ at, caller, happening });
  }

  function register(i: number, name?: string): Line {
    const at = tick();
    const asked = newModel(i, name);
    const model = {
      ...asked,
      aliases: {},
      latest_version: null,
      version_count: 0,
      live: { production: [], staging: [] },
      created_at: toTime(at),
      created_by: ownerOf(i),
      updated_at: toTime(at),
      etag: 1,
      deregistered: null,
    } as unknown as Model;
    ids.model += 1;
    const line = { i, id: ids.model, model };
    tell(i, at, { type: 'model.registered', subject: model.name, changes: [born(line, model)] });
    return line;
  }

  /** The next version of a model, from its creation to where its fate leads. */
  function addVersion(line: Line, fate: Fate): void {
    const number = (line.model.latest_version ?? 0) + 1;
    const subject = `${line.model.name}/${number}`;
    const of = { model_id: line.id, number };
    ids.version += 1;
    const at = tick();
    let version = created(line, number, at);
    const listed = changeModel(line, { latest_version: number, version_count: number }, at);
    tell(line.i, at, { type: 'version.created', subject, changes: [born({ id: line.id, number }, version), listed] });
    let since = placeOfNew(number);
    let formats: string[] = [];
    if (fate !== 'open') {
      const file = files[number % files.length] as Artifact;
      formats = [file.format];
      version = attach(line, of, subject, version, file);
      version = seal(line, of, subject, version, file);
      if (fate !== 'draft') {
        since = tick();
        version = promote(line, of, subject, version, fate, since);
      }
      if (fate === 'production') version = setAlias(line, of, subject, version, 'champion');
    }
    const { id: model_id } = line;
    add('version', {
      id: ids.version,
      ...versionColumns(version),
      model_id,
      status_since: since,
      purged_at: null,
    });
    const facets = facetsBetween([], placedVersion(model_id, version, formats));
    index({ noun: 'version', id: ids.version, entry: 'new', facets, text: { ...version, name: version.model } });
  }

  function attach(line: Line, of: Of, subject: string, before: Version, file: Artifact): Version {
    const at = tick();
    const { path, sha256, size_bytes, format, verdict, rules_version } = file;
    const [version, change] = changed(of, before, { size_bytes, artifact_count: 1, verdict }, at);
    const details = { path, sha256, size_bytes, format, verdict, rules_version };
    tell(line.i, at, { type: 'artifact.attached', subject, details, changes: [change] });
    const row = { version_id: ids.version, path, path_key: keyOf(path), size_bytes, sha256, created_at: at };
    add('artifact', row);
    return version;
  }

  function seal(line: Line, of: Of, subject: string, before: Version, file: Artifact): Version {
    const at = tick();
    const digest = digestOf(manifestOf([file]));
    const [version, change] = changed(of, before, { state: 'sealed', digest }, at);
    tell(line.i, at, { type: 'version.sealed', subject, details: { digest }, changes: [change] });
    return version;
  }

  function promote(line: Line, of: Of, subject: string, before: Version, to: Status, at: number): Version {
    const [version, change] = changed(of, before, { status: to }, at);
    const changes = [change];
    if (to === 'production' || to === 'staging') {
      const stay = { model_id: of.model_id, number: of.number, status: to, since: at, until: null, ended_by: null };
      add('tenure', stay);
      const { live } = line.model;
      changes.push(changeModel(line, { live: { ...live, [to]: [of.number, ...live[to]].slice(0, 100) } }, at));
    }
    const { policy, checks } = looked(subject, version, to, at);
    ids.promotion += 1;
    const told = { checks, forced: false, superseded: [], promotion: ids.promotion, policy, approvals_needed: 0 };
    tell(line.i, at, {
      type: 'version.promoted',
      subject,
      details: { from: before.status, to, ...told },
      changes,
    });
    const by = ownerOf(line.i);
    const doc = JSON.stringify({
      action: 'promotion',
      ...{ from: before.status, to, alias: null, reason: null, forced: false, policy, checks },
      ...{ approvals_needed: 0, approvals: [], superseded: [], by, closed: { at: toTime(at), by, reason: null } },
    });
    const row = { id: ids.promotion, ...of, target: to, state: 'executed', etag: 1, doc };
    add('promotion', { ...row, requested_at: at, expires_at: null });
    return version;
  }

  function setAlias(line: Line, of: Of, subject: string, before: Version, alias: string): Version {
    const at = tick();
    const listed = changeModel(line, { aliases: { ...line.model.aliases, [alias]: of.number } }, at);
    const [version, change] = changed(of, before, { aliases: [alias] }, at);
    tell(line.i, at, { type: 'alias.set', subject, details: { alias, from: null }, changes: [listed, change] });
    return version;
  }

  /** The rows of a model, once all its versions are there. */
  function finish({ id, model }: Line): void {
    const last_number = model.latest_version ?? 0;
    add('model', { id, ...modelColumns(model), last_number, purged_at: null });
    add('name_use', { name_key: keyOf(model.name), last_number, model_id: id });
    index({ noun: 'model', id, entry: 'new', facets: facetsBetween([], placedModel(model)), text: model });
  }

  return { register, addVersion, finish };
}

/** What the built-in policy says of a promotion. */
function looked(name: string, version: Version, to: Status, at: number) {
  const target = { status: to };
  const rule = ruleFor({ own: undefined, byDefault: undefined }, { single: [] }, target) as Rule;
  const [model = '', number = ''] = name.split('/');
  const href = `/api/v1/models/${encodeURIComponent(model)}/versions/${number}`;
  const witness = { name, href, version, metrics: new Map(), evaluations: new Map() };
  const checks = checksOf(rule, target, { at, version: witness, live: undefined, definitions: new Map() });
  return { policy: rule.policy, checks };
}

type Of = { model_id: number; number: number };

function created({ i, model }: Line, number: number, at: number): Version {
  return {
    ...newVersion(i, number),
    model: model.name,
    number,
    status: 'draft',
    state: 'open',
    digest: null,
    size_bytes: 0,
    artifact_count: 0,
    verdict: 'unknown',
    card: null,
    signature: null,
    aliases: [],
    created_at: toTime(at),
    created_by: ownerOf(i),
    updated_at: toTime(at),
    etag: 1,
    deregistered: null,
  } as unknown as Version;
}

function born({ id, number = 0 }: { id: number; number?: number }, document: Model | Version): SubjectChange {
  return changeBetween({ model_id: id, number }, null, document) as SubjectChange;
}

function changed<T extends Model | Version>(of: Of, before: T, patch: Partial<T>, at: number): [T, SubjectChange] {
  const after: T = { ...before, ...patch, etag: before.etag + 1, updated_at: toTime(at) };
  return [after, changeBetween(of, before, after) as SubjectChange];
}

function changeModel(line: Line, patch: Partial<Model>, at: number): SubjectChange {
  const [model, change] = changed({ model_id: line.id, number: 0 }, line.model, patch, at);
  line.model = model;
  return change;
}
