import { isBlobError } from '../../blobs/errors.ts';
import type { CreateHasher } from '../../blobs/hash.ts';
import { type Body, receive } from '../../blobs/receive.ts';
import type { BlobStore } from '../../blobs/store.ts';
import type { Caller } from '../../contract/actor.ts';
import type { Artifact, Inspection } from '../../contract/artifact.ts';
import type { Reader } from '../../db/database.ts';
import type { Inspector } from '../../formats/inspector.ts';
import { RULES_VERSION } from '../../formats/rules-version.ts';
import { toRefusal } from '../blob-refusals.ts';
import type { Change } from '../change.ts';
import { assertPath } from '../names.ts';
import { refuse } from '../refusals.ts';
import { Condemned } from '../sweep.ts';
import { attachArtifact } from './attach.ts';
import { getVersion } from './repository.ts';
import { assertSlot, type HeldBytes } from './slot.ts';

export interface UploadParts {
  blobs: BlobStore;
  createHasher?: CreateHasher | undefined;
  inspector: Inspector;
  change: Change;
  read: Reader;
  limits: UploadLimits;
  /** Takes bytes off the list of the sweep, and says whether they are there. */
  reprieve(sha256: string): Promise<boolean>;
}

export interface UploadLimits {
  artifact_bytes: number;
  version_bytes: number;
  reserve_bytes: number;
}

/** Where an artifact goes. */
export interface Slot {
  model: string;
  ref: string;
  path: string;
}

/** What the sender says of the bytes that are coming. */
export interface Expected {
  sha256?: string;
  size?: number;
}

/**
 * Bytes first, row second: receive into a draft (counted, hashed, limited), inspect, keep (fsync, rename), then one
 * short transaction. A refusal on the way leaves nothing that anyone can see.
 */
export async function uploadArtifact(
  parts: UploadParts,
  caller: Caller,
  slot: Slot,
  body: Body,
  expected: Expected,
  ifMatch?: HeldBytes,
): Promise<{ artifact: Artifact; created: boolean }> {
  assertPath(slot.path);
  const { model, row } = await getVersion(parts.read, slot.model, slot.ref);
  const { limits } = parts;
  // What was answered to this key before is answered again, whatever became of the slot.
  const repeats = caller.idempotency !== undefined;
  if (!repeats) await assertSlot(parts.read, model.name, row, slot.path);
  const room = repeats ? limits.version_bytes : limits.version_bytes - row.size_bytes;
  const maxBytes = Math.max(0, Math.min(limits.artifact_bytes, room));
  try {
    const options = { maxBytes, expected, reserveBytes: limits.reserve_bytes, createHasher: parts.createHasher };
    const { draft, sha256, size } = await receive(parts.blobs, body, options);
    try {
      const inspection =
        (await earlierInspection(parts.read, sha256)) ?? (await parts.inspector.inspectFile(draft.file, slot.path));
      await draft.keep(sha256);
      const number = String(row.number); // what the ref named when the upload began
      const bytes = { sha256, size_bytes: size, inspection };
      const attached = await nameBytes(parts, sha256, () =>
        parts.change(boundTo(caller, slot.path, sha256), (work) =>
          attachArtifact(work, slot.model, number, slot.path, bytes, limits.version_bytes, ifMatch),
        ),
      );
      return attached ?? refuse('upload-cut', 'The bytes were swept away before they were named. Send them again.', {});
    } finally {
      await draft.discard();
    }
  } catch (error) {
    throw isBlobError(error) ? toRefusal(error) : error;
  }
}

/** An idempotency key stands for the bytes that came too. */
function boundTo(caller: Caller, path: string, sha256: string): Caller {
  const { idempotency } = caller;
  if (!idempotency) return caller;
  return { ...caller, idempotency: { ...idempotency, fingerprint: `${idempotency.fingerprint} ${sha256} ${path}` } };
}

/** Attaches bytes that the store already has, so that nobody sends them twice. */
export async function attachKnown(
  parts: UploadParts,
  caller: Caller,
  slot: Slot,
  sha256: string,
  ifMatch?: HeldBytes,
): Promise<{ artifact: Artifact; created: boolean }> {
  assertPath(slot.path);
  const inspection = await earlierInspection(parts.read, sha256);
  const size = await parts.blobs.size(sha256);
  if (size === undefined || !inspection) return refuseUnknown(sha256);
  const bytes = { sha256, size_bytes: size, inspection };
  const attached = await nameBytes(parts, sha256, () =>
    parts.change(caller, (work) =>
      attachArtifact(work, slot.model, slot.ref, slot.path, bytes, parts.limits.version_bytes, ifMatch),
    ),
  );
  return attached ?? refuseUnknown(sha256);
}

function refuseUnknown(sha256: string): never {
  refuse('blob-not-found', `The store has no bytes with the digest sha256:${sha256}. Upload them.`, { sha256 });
}

const TRIES = 5;

/** Runs a change that names bytes. Where the sweep has marked them it runs again, if they are there; undefined where they are gone. */
async function nameBytes<T>(parts: UploadParts, sha256: string, change: () => Promise<T>): Promise<T | undefined> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    try {
      return await change();
    } catch (error) {
      if (!(error instanceof Condemned)) throw error;
      if (!(await parts.reprieve(sha256))) return undefined;
    }
  }
  return undefined;
}

/** What these bytes were found to be before, unless by other rules, or by an inspection that did not come to its end. */
async function earlierInspection(reader: Reader, sha256: string): Promise<Inspection | undefined> {
  const row = await reader.selectFrom('inspection').selectAll().where('sha256', '=', sha256).executeTakeFirst();
  if (!row || row.rules_version !== RULES_VERSION || row.findings.includes('"inspection.')) return undefined;
  return {
    format: row.format,
    media_type: row.media_type,
    facts: JSON.parse(row.facts),
    findings: JSON.parse(row.findings),
    verdict: row.verdict,
    rules_version: row.rules_version,
    ...(row.signature !== null && { signature: JSON.parse(row.signature) }),
  };
}
