import type { CreateHasher } from '../blobs/hash.ts';
import type { Body } from '../blobs/receive.ts';
import { openRange, openVerified } from '../blobs/serve.ts';
import type { BlobStore } from '../blobs/store.ts';
import type { Drawer } from '../charts/draw.ts';
import type { Caller } from '../contract/actor.ts';
import type { Artifact } from '../contract/artifact.ts';
import type { ModelPatch, NewModel } from '../contract/model.ts';
import type { NewPolicy } from '../contract/policy.ts';
import type { NewDecision, NewPromotion, NewRejection, NewRollback } from '../contract/promotion.ts';
import type { NewVersion, Status, VersionPatch } from '../contract/version.ts';
import type { Database } from '../db/database.ts';
import { follow } from '../events/follow.ts';
import type { Ledger } from '../events/ledger.ts';
import { seqAt } from '../events/moments.ts';
import { createTail } from '../events/tail.ts';
import type { Inspector } from '../formats/inspector.ts';
import { type EventQuery, listEvents } from './audit.ts';
import { createBacklog } from './backlog.ts';
import { toRefusal } from './blob-refusals.ts';
import { type Batch, createChange } from './change.ts';
import { createCharts } from './charts/charts.ts';
import { type ComparisonAsked, compareVersions } from './compare/compare.ts';
import type { IfMatch } from './etag.ts';
import { createEvidence } from './evidence/evidence.ts';
import { createFiles } from './files/files.ts';
import { isTransient } from './group-commit.ts';
import { createIngest } from './ingest.ts';
import { type JsonDocument, toJsonDocument } from './json-document.ts';
import type { Expected } from './keep-bytes.ts';
import { type AliasOptions, removeAlias, setAlias } from './lifecycle/aliases.ts';
import type { Reasons } from './lifecycle/ask.ts';
import { expirePromotions } from './lifecycle/expire.ts';
import { listPromotions, type PromotionQuery } from './lifecycle/inbox.ts';
import { changePolicy, getPolicy, listPolicies } from './lifecycle/policies.ts';
import type { BuiltInPolicy } from './lifecycle/policy.ts';
import { promoteVersion } from './lifecycle/promote.ts';
import { getPromotion, toPromotion } from './lifecycle/promotions.ts';
import { approvePromotion, cancelPromotion, rejectPromotion } from './lifecycle/review.ts';
import { rollBack } from './lifecycle/rollback.ts';
import { tryOut } from './lifecycle/try-out.ts';
import { type ListQuery, listModels, listModelsJson, listVersions, listVersionsJson } from './lists.ts';
import { type LiveAsked, listLiveJson } from './live.ts';
import { type Deregistration, deregisterModel, purgeModel, restoreModel } from './models/deregister.ts';
import { describeModel } from './models/describe.ts';
import { toModelJson } from './models/json.ts';
import { getListedModel } from './models/listed.ts';
import { registerModel } from './models/register.ts';
import { renameModel } from './models/rename.ts';
import { getModel, toModel } from './models/repository.ts';
import { tagModel } from './models/tag.ts';
import type { PageAsked } from './paging/pages.ts';
import { modelAt, versionAt } from './past-refs.ts';
import { proveConsistency, proveInclusion } from './proofs.ts';
import { reconcile } from './reconcile.ts';
import { Refused } from './refusals.ts';
import { type FilterQuery, pageOfModelRows, pageOfVersionRows } from './row-lists.ts';
import { createTracking } from './runs/tracking.ts';
import { latestOfEach } from './search/latest.ts';
import { mergeTexts } from './search/merge-texts.ts';
import { reprieve, type SweepAsked, sweep } from './sweep.ts';
import { listTrash } from './trash.ts';
import { purgeExpired } from './trash-purge.ts';
import { getArtifact, listArtifacts } from './versions/artifacts.ts';
import { createVersion } from './versions/create.ts';
import { deregisterVersion, purgeVersion, restoreVersion } from './versions/deregister.ts';
import { describeVersion } from './versions/describe.ts';
import { detachArtifact } from './versions/detach.ts';
import { getListedVersion, getVersionPlace, getVersionRow } from './versions/find.ts';
import { toVersionJson } from './versions/json.ts';
import { newestOf, newestOfNamed } from './versions/newest.ts';
import { pageOfArtifacts } from './versions/pages.ts';
import { type NewPinned, pinVersion } from './versions/pin.ts';
import { getVersion, toVersion } from './versions/repository.ts';
import { readManifest, sealVersion } from './versions/seal.ts';
import type { HeldBytes } from './versions/slot.ts';
import { tagVersion } from './versions/tag.ts';
import { attachKnown, type Slot, type UploadLimits, uploadArtifact } from './versions/upload.ts';

export interface Parts {
  db: Database;
  blobs: BlobStore;
  /** Where bytes are hashed as they come and go; here, if it is left out. */
  createHasher?: CreateHasher;
  inspector: Inspector;
  drawer: Drawer;
  ledger: Ledger;
  policy: BuiltInPolicy;
  limits: UploadLimits;
  trashMs: number;
  now(): number;
  /** Told of bytes that are not what they were: the operator must know. */
  onDamage(error: Error): void;
  /** Told of what a run measured where it could not be recorded: it is tried again where that may help. */
  onUnrecorded?: (error: unknown) => void;
  /** Told of every commit. */
  onBatch?: (batch: Batch) => void;
  /** Changes beyond this many that wait for a commit are refused. */
  mostWaiting?: number;
}

/** What this product can do, on one page. */
export function createRegistry(parts: Parts) {
  const { db, blobs, ledger, policy, limits, trashMs, now } = parts;
  const { read } = db;
  const tail = createTail(ledger);
  const change = createChange({
    db,
    now,
    append: ledger.append,
    onCommit: tail.poke,
    onBatch: parts.onBatch,
    mostWaiting: parts.mostWaiting,
  });
  const backlog = createBacklog(db);
  /** What a change left is done at once, but nobody waits for it; what fails is tried and told of again by a chore. */
  const goOn = async <T>(changed: Promise<T>): Promise<T> => {
    const value = await changed;
    backlog.run().catch(() => {});
    return value;
  };
  const swept = { db, blobs, now };
  const upload = {
    blobs,
    createHasher: parts.createHasher,
    inspector: parts.inspector,
    change,
    read,
    limits,
    reprieve: (sha256: string) => reprieve(swept, sha256),
  };
  const lists = { read, dialect: db.name, tokenKey: ledger.tokenKey };
  const ingest = createIngest(db, { mostWaiting: parts.mostWaiting });

  const evidence = createEvidence({
    ...lists,
    change,
    isPassing: (error) =>
      (error instanceof Refused && (error.kind === 'overloaded' || error.kind === 'disk-full')) ||
      isTransient(db, error),
    onUnrecorded: parts.onUnrecorded ?? (() => {}),
  });
  return {
    models: {
      register: (by: Caller, asked: NewModel) =>
        change(by, (work) => registerModel(work, asked), { name: asked.name, isNew: true, makes: 'model' }),
      get: async (name: string, at?: number) =>
        at === undefined
          ? toModel(await getModel(read, name))
          : (await modelAt(read, name, await seqAt(read, at))).model,
      /** The same as it is answered. */
      getJson: async (name: string, at?: number): Promise<JsonDocument> => {
        if (at !== undefined) return toJsonDocument((await modelAt(read, name, await seqAt(read, at))).model);
        const row = await getModel(read, name);
        return { etag: row.etag, json: toModelJson(row) };
      },
      list: (asked: ListQuery) => listModels(lists, asked),
      listJson: (asked: ListQuery) => listModelsJson(lists, asked),
      describe: (by: Caller, name: string, patch: ModelPatch, ifMatch?: IfMatch) =>
        change(by, (work) => describeModel(work, name, patch, ifMatch), { name }),
      rename: (by: Caller, name: string, to: string) => goOn(change(by, (work) => renameModel(work, name, to))),
      deregister: (by: Caller, name: string, asked: Deregistration, ifMatch?: IfMatch) =>
        change(by, (work) => deregisterModel(work, name, asked, trashMs, ifMatch)),
      restore: (by: Caller, name: string) => change(by, (work) => restoreModel(work, name)),
      purge: (by: Caller, name: string) => goOn(change(by, (work) => purgeModel(work, name))),
      rollBack: (by: Caller, name: string, asked: NewRollback) =>
        change(by, (work) => rollBack(work, policy, name, asked)),
      /** Sets one tag, or takes it away where the value is null. */
      tag: (by: Caller, name: string, key: string, value: string | null) =>
        change(by, (work) => tagModel(work, name, key, value), { name }),
      setAlias: (by: Caller, name: string, alias: string, ref: string, options?: AliasOptions & Reasons) =>
        change(by, (work) => setAlias(work, policy, name, alias, ref, options), {
          name,
          ref,
          alias,
          ruled: true,
        }),
      removeAlias: (by: Caller, name: string, alias: string, options?: AliasOptions) =>
        change(by, (work) => removeAlias(work, name, alias, options), { name, alias }),
    },
    versions: {
      create: (by: Caller, model: string, asked: NewVersion) =>
        change(by, (work) => createVersion(work, model, asked), { name: model, makes: 'version' }),
      /** Creates a version from a source: sealed, with files of its own where the source is kept here. */
      pin: (by: Caller, model: string, asked: NewPinned) => pinVersion(upload, by, model, asked),
      /** Sets one tag, or takes it away where the value is null. */
      tag: (by: Caller, model: string, ref: string, key: string, value: string | null) =>
        change(by, (work) => tagVersion(work, model, ref, key, value), { name: model, ref }),
      get: async (model: string, ref: string, at?: number) => {
        if (at !== undefined) return versionAt(read, model, ref, await seqAt(read, at));
        const found = await getVersion(read, model, ref);
        return toVersion(found.row, found.model.name);
      },
      /** The same as it is answered. */
      getJson: async (model: string, ref: string, at?: number): Promise<JsonDocument> => {
        if (at !== undefined) return toJsonDocument(await versionAt(read, model, ref, await seqAt(read, at)));
        const row = await getVersionRow(read, model, ref);
        return { etag: row.etag, json: toVersionJson(row, model) };
      },
      list: (asked: ListQuery & { model?: string }) => listVersions(lists, asked),
      listJson: (asked: ListQuery & { model?: string }) => listVersionsJson(lists, asked),
      describe: (by: Caller, model: string, ref: string, patch: VersionPatch, ifMatch?: IfMatch) =>
        change(by, (work) => describeVersion(work, model, ref, patch, ifMatch), { name: model, ref }),
      seal: (by: Caller, model: string, ref: string, ifMatch?: IfMatch) =>
        change(by, (work) => sealVersion(work, model, ref, ifMatch), { name: model, ref }),
      manifest: (model: string, ref: string) => readManifest(read, model, ref),
      promote: (
        by: Caller,
        model: string,
        ref: string,
        asked: NewPromotion & { archiveOthers?: boolean },
        ifMatch?: IfMatch,
      ) =>
        change(by, (work) => promoteVersion(work, policy, model, ref, asked, ifMatch), {
          name: model,
          ref,
          ruled: true,
          makes: 'promotion',
        }),
      /** What would become of a promotion, or of an alias that is set, now. */
      tryOut: (model: string, ref: string, target: { to: Status } | { alias: string }) =>
        db.snapshot((at) => tryOut(at, policy, model, ref, target, now())),
      deregister: (by: Caller, model: string, ref: string, asked: Deregistration, ifMatch?: IfMatch) =>
        change(by, (work) => deregisterVersion(work, model, ref, asked, trashMs, ifMatch)),
      restore: (by: Caller, model: string, ref: string) => change(by, (work) => restoreVersion(work, model, ref)),
      purge: (by: Caller, model: string, ref: string) => goOn(change(by, (work) => purgeVersion(work, model, ref))),
    },
    /** Rules: of a model, or the default ones where the name is null. */
    policies: {
      get: async (name: string | null, at?: number) =>
        getPolicy(read, name, at === undefined ? undefined : await seqAt(read, at)),
      change: (by: Caller, name: string | null, asked: NewPolicy, ifMatch?: IfMatch) =>
        change(by, (work) => changePolicy(work, name, asked, ifMatch)),
      list: (name: string | null, asked: PageAsked) => listPolicies(read, ledger.tokenKey, name, asked),
    },
    /** What was asked for, and waits or is over. */
    promotions: {
      list: (asked: PromotionQuery) => listPromotions({ ...lists, now }, asked),
      get: async (id: number) => {
        const { held, model } = await getPromotion(read, id);
        return toPromotion(held, model);
      },
      approve: (by: Caller, id: number, said: NewDecision, ifMatch?: IfMatch) =>
        change(by, (work) => approvePromotion(work, policy, id, said, ifMatch)),
      reject: (by: Caller, id: number, said: NewRejection, ifMatch?: IfMatch) =>
        change(by, (work) => rejectPromotion(work, id, said, ifMatch)),
      cancel: (by: Caller, id: number, said: NewDecision, ifMatch?: IfMatch) =>
        change(by, (work) => cancelPromotion(work, id, said, ifMatch)),
      expire: (signal?: AbortSignal) => expirePromotions(read, change, now, signal),
    },
    artifacts: {
      upload: (by: Caller, slot: Slot, body: Body, expected: Expected, ifMatch?: HeldBytes) =>
        uploadArtifact(upload, by, slot, body, expected, ifMatch),
      attach: (by: Caller, slot: Slot, sha256: string, ifMatch?: HeldBytes) =>
        attachKnown(upload, by, slot, sha256, ifMatch),
      detach: (by: Caller, slot: Slot, ifMatch?: HeldBytes) =>
        change(by, (work) => detachArtifact(work, slot, ifMatch)),
      get: async (slot: Slot) => {
        const { model, row } = await getVersion(read, slot.model, slot.ref);
        return getArtifact(read, model.name, row, slot.path);
      },
      page: (model: string, ref: string, asked: PageAsked) => pageOfArtifacts(lists, model, ref, asked),
      /** Every artifact of a version, in order of path, read in pages. */
      async *all(model: string, ref: string): AsyncGenerator<Artifact> {
        const { row } = await getVersion(read, model, ref);
        for (let after: string | undefined; ; ) {
          const rows = await listArtifacts(read, row.id, { after, most: 500 });
          yield* rows;
          if (rows.length < 500) return;
          after = rows.at(-1)?.path;
        }
      },
      /** The bytes of an artifact, in chunks that are lent: verified while they are sent, or a range of them. */
      open: async (artifact: Pick<Artifact, 'sha256' | 'size_bytes'>, range?: { start: number; end: number }) => {
        const { sha256, size_bytes } = artifact;
        const options = { onDamage: parts.onDamage, createHasher: parts.createHasher };
        return (
          range && !(range.start === 0 && range.end >= size_bytes - 1)
            ? openRange(blobs, sha256, size_bytes, range, options)
            : openVerified(blobs, sha256, size_bytes, options)
        ).catch((error) => {
          throw toRefusal(error);
        });
      },
    },
    /** Rows as they stand: for a door that answers them in a form of its own. */
    rows: {
      model: (name: string) => getModel(read, name),
      version: (model: string, ref: string) => getVersionRow(read, model, ref),
      /** What lists show of them. */
      listedModel: (name: string) => getListedModel(read, name),
      listedVersion: (model: string, ref: string) => getListedVersion(read, model, ref),
      /** What tells where the files of a version are. */
      place: (model: string, ref: string) => getVersionPlace(read, model, ref),
      /** Of a model, the version with the highest number in each status. */
      newest: (model_id: number) => newestOf(read, model_id),
      newestOfNamed: (model: string) => newestOfNamed(read, model),
      /** Of each model, the version with the highest number in each status. */
      latest: (model_ids: readonly number[]) => latestOfEach(read, model_ids),
      models: (asked: FilterQuery) => pageOfModelRows(lists, asked),
      versions: (asked: FilterQuery) => pageOfVersionRows(lists, asked),
    },
    /** What versions are judged by: metrics, evaluations, data sets. */
    evidence,
    charts: createCharts({ ...lists, drawer: parts.drawer, now }),
    /** Versions side by side. */
    compare: (asked: ComparisonAsked) => compareVersions(lists, asked),
    /** What is live, as it is answered. */
    live: (asked: LiveAsked) => listLiveJson(lists, asked),
    /** What is kept of training: experiments, runs, logged models. */
    tracking: createTracking({ ...lists, ingest, trashMs, now }),
    /** The files of runs and logged models. */
    files: createFiles({ ...upload, ingest, now, tokenKey: ledger.tokenKey }),
    trash: {
      list: (asked: PageAsked) => listTrash(lists, asked),
      purgeExpired: (signal?: AbortSignal) => goOn(purgeExpired(read, change, now(), signal)),
      /** Takes away bytes that no version names; yields each that went. */
      sweep: (asked: SweepAsked) => sweep(swept, asked),
    },
    events: {
      list: (asked: EventQuery) => listEvents(lists, asked),
      follow: (after: number, signal: AbortSignal) => follow(ledger, tail, after, signal),
    },
    ledger: {
      vkey: ledger.vkey,
      size: ledger.size,
      checkpoint: ledger.checkpoint,
      lines: ledger.lines,
      reconcile: () => reconcile(read),
      proveInclusion: (seq: number, size?: number) => proveInclusion(ledger, seq, size),
      proveConsistency: (from: number, to?: number) => proveConsistency(ledger, from, to),
    },
    /** What packs of evidence are made from. */
    source: { read, ledger },
    /** Does what earlier changes left. */
    finish: () => backlog.run(),
    /** Makes full texts fast again that many changes were made to. */
    mergeTexts: (signal: AbortSignal) => mergeTexts(db, ingest, signal),
    /** Resolves once no change is under way, and what they left is done. */
    async idle() {
      await change.idle();
      await ingest.idle();
      await backlog.idle();
    },
    /** Resolves once no change is under way. What they left is broken off, and done after the next start. */
    async stop() {
      await evidence.evaluations.close();
      await backlog.stop();
      await change.idle();
      await ingest.idle();
    },
    /** Changes that wait, and since when a commit is under way. */
    pending: () => change.pending(),
  };
}

export type Registry = ReturnType<typeof createRegistry>;
