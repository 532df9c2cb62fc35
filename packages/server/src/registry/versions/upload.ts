import type { Body } from '../../blobs/receive.ts';
import type { Caller } from '../../contract/actor.ts';
import type { Artifact } from '../../contract/artifact.ts';
import type { Change } from '../change.ts';
import { type Expected, earlierInspection, type KeepParts, keepBytes, nameBytes } from '../keep-bytes.ts';
import { assertPath } from '../names.ts';
import { refuse } from '../refusals.ts';
import { attachArtifact } from './attach.ts';
import { getVersion } from './repository.ts';
import { assertSlot, type HeldBytes } from './slot.ts';

export interface UploadParts extends KeepParts {
  change: Change;
  limits: UploadLimits;
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

/** Attaches what is sent. What cannot be attached is refused before its bytes are taken, where that is known. */
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
  const number = String(row.number); // what the ref named when the upload began
  return keepBytes(parts, body, { path: slot.path, maxBytes, expected }, (bytes) =>
    parts.change(boundTo(caller, slot.path, bytes.sha256), (work) =>
      attachArtifact(work, slot.model, number, slot.path, bytes, limits.version_bytes, ifMatch),
    ),
  );
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
