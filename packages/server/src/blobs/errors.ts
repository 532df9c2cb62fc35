/**
 * Everything the blob stores refuse, and the faults that a caller must tell apart. The set is closed: each class has a
 * `kind`, and `isBlobError` narrows to the union. Messages name no path; the system error, if any, is the `cause`.
 */
export class TooLarge extends Error {
  readonly kind = 'too-large';
  readonly limit: number;
  constructor(limit: number) {
    super(`larger than the limit of ${limit} bytes`);
    this.limit = limit;
  }
}

export class DigestMismatch extends Error {
  readonly kind = 'digest-mismatch';
  readonly expected: string;
  readonly actual: string;
  constructor(expected: string, actual: string) {
    super(`expected SHA-256 ${expected}, received ${actual}`);
    this.expected = expected;
    this.actual = actual;
  }
}

export class LengthMismatch extends Error {
  readonly kind = 'length-mismatch';
  readonly expected: number;
  /** How much had arrived when the difference was seen: where more comes than was said, not all of it. */
  readonly actual: number;
  constructor(expected: number, actual: number) {
    super(`expected ${expected} bytes, received ${actual > expected ? 'more' : actual}`);
    this.expected = expected;
    this.actual = actual;
  }
}

export class Aborted extends Error {
  readonly kind = 'aborted';
  constructor(cause: unknown) {
    super('the source broke off before its end', { cause });
  }
}

export class DiskFull extends Error {
  readonly kind = 'disk-full';
  constructor(message = 'no space left where blobs are kept', options?: ErrorOptions) {
    super(message, options);
  }
}

export class BlobMissing extends Error {
  readonly kind = 'blob-missing';
  readonly sha256: string;
  constructor(sha256: string) {
    super(`no blob ${sha256} is kept`);
    this.sha256 = sha256;
  }
}

export class Damaged extends Error {
  readonly kind = 'damaged';
  readonly sha256: string;
  constructor(sha256: string, what: string) {
    super(`blob ${sha256} is damaged: ${what}`);
    this.sha256 = sha256;
  }
}

export class InvalidDigest extends Error {
  readonly kind = 'invalid-digest';
  constructor() {
    super('a SHA-256 digest is 64 lower-case hexadecimal digits');
  }
}

/** A write or fsync failed, so nothing written since the last good fsync can be trusted: read-only until restarted. */
export class StoreSuspect extends Error {
  readonly kind = 'store-suspect';
  constructor(during: string, cause: unknown) {
    super(`the blob store is read-only since a failed ${during}; check the device, then restart`, { cause });
  }
}

/** Permissions, a read-only mount, too many open files: no harm was done, and a later try may succeed. */
export class StoreUnwritable extends Error {
  readonly kind = 'store-unwritable';
  constructor(during: string, cause: unknown) {
    super(`the blob store cannot be written: ${during} failed${codeOf(cause) ? ` (${codeOf(cause)})` : ''}`, { cause });
  }
}

/** A draft was used after it was kept, discarded or broken by a failed write: a mistake of the caller. */
export class DraftClosed extends Error {
  readonly kind = 'draft-closed';
  constructor() {
    super('the draft is no longer open');
  }
}

const CLASSES = [
  TooLarge,
  DigestMismatch,
  LengthMismatch,
  Aborted,
  DiskFull,
  BlobMissing,
  Damaged,
  InvalidDigest,
  StoreSuspect,
  StoreUnwritable,
  DraftClosed,
] as const;

export type BlobError = InstanceType<(typeof CLASSES)[number]>;

export function isBlobError(err: unknown): err is BlobError {
  return CLASSES.some((kind) => err instanceof kind);
}

/** The system's error code (`ENOSPC`), if this is a system error. */
export function codeOf(err: unknown): string | undefined {
  return err instanceof Error && 'code' in err && typeof err.code === 'string' ? err.code : undefined;
}
