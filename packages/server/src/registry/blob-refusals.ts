import type { BlobError } from '../blobs/errors.ts';
import { Refused } from './refusals.ts';

/** What a store's refusal means to the one who sends. Anything else stays a fault. */
export function toRefusal(error: BlobError): Error {
  switch (error.kind) {
    case 'too-large':
      return new Refused(
        'too-large',
        `The artifact is larger than the ${error.limit} bytes that may still be added here.`,
        {
          limit_bytes: error.limit,
        },
      );
    case 'digest-mismatch':
      return new Refused(
        'digest-mismatch',
        'The bytes that arrived do not have the digest that was announced. Send them again.',
        {
          expected: error.expected,
          actual: error.actual,
        },
      );
    case 'length-mismatch':
    case 'aborted':
      return new Refused('upload-cut', 'The upload ended before its end. Nothing was kept; send it again.', {});
    case 'disk-full':
      return new Refused(
        'disk-full',
        'The disk is full, or nearly so. Nothing was kept; ask the operator for space.',
        {},
      );
    case 'store-suspect':
    case 'store-unwritable':
      return new Refused(
        'store-suspect',
        'The artifact store cannot be written at present. Reads go on; tell the operator.',
        {},
      );
    case 'damaged':
    case 'blob-missing':
      return new Refused('blob-damaged', 'The stored bytes are damaged and are not served. Tell the operator.', {
        sha256: error.sha256,
      });
    case 'invalid-digest':
    case 'draft-closed':
      return error;
  }
}
