import type { Body } from '../../blobs/receive.ts';
import type { Expected } from '../keep-bytes.ts';
import { completeUpload, type PartSent } from './complete.ts';
import { findFile } from './find.ts';
import { isFolder, listFolder } from './list.ts';
import { isSigned, putPart, signPart } from './parts.ts';
import { type PutParts, putFile } from './put.ts';
import { removeFiles } from './remove.ts';
import { rootOfLoggedModel, rootOfRun, rootOfVersion } from './roots.ts';
import { abortUpload, beginUpload } from './uploads.ts';

export interface FilesParts extends PutParts {
  /** Key of what a client is given to bring back. */
  tokenKey: Uint8Array;
}

/** The files of runs and logged models: a tree of paths over the content store. They can be overwritten. */
export function createFiles(parts: FilesParts) {
  const { read, ingest } = parts;
  return {
    put: (path: string, body: Body, expected: Expected = {}) => putFile(parts, path, body, expected),
    /** A file, or undefined. Its bytes are opened as those of artifacts are. */
    find: (path: string) => findFile(read, path),
    isFolder: (path: string) => isFolder(read, path),
    list: (path: string) => listFolder(read, path),
    /** A file, or a folder with all that is in it. */
    remove: (path: string) => removeFiles(ingest, path),
    /** Uploads in parts. */
    uploads: {
      /** The address of each part is to bear `sign`. */
      begin: (path: string, count: number) => beginUpload(parts, path, count),
      sign: (upload_id: string, part_number: number, expires_at: number) =>
        signPart(parts.tokenKey, upload_id, part_number, expires_at),
      isSigned: (upload_id: string, part_number: number, expires_at: number, signature: string) =>
        expires_at > parts.now() && isSigned(parts.tokenKey, upload_id, part_number, expires_at, signature),
      put: (upload_id: string, part_number: number, body: Body, expected: Expected = {}) =>
        putPart(parts, upload_id, part_number, body, expected),
      complete: (upload_id: string, path: string, sent: readonly PartSent[]) =>
        completeUpload(parts, upload_id, path, sent),
      abort: (upload_id: string) => abortUpload(ingest, upload_id),
    },
    rootOfRun: (run_id: string) => rootOfRun(read, run_id),
    rootOfLoggedModel: (model_id: string) => rootOfLoggedModel(read, model_id),
    rootOfVersion: (model: string, ref: string) => rootOfVersion(read, model, ref),
  };
}
