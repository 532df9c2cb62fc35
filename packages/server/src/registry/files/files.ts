import type { Body } from '../../blobs/receive.ts';
import type { Expected } from '../keep-bytes.ts';
import { findFile } from './find.ts';
import { isFolder, listFolder } from './list.ts';
import { type PutParts, putFile } from './put.ts';
import { removeFiles } from './remove.ts';
import { rootOfLoggedModel, rootOfRun, rootOfVersion } from './roots.ts';

/** The files of runs and logged models: a tree of paths over the content store. They can be overwritten. */
export function createFiles(parts: PutParts) {
  const { read, ingest } = parts;
  return {
    put: (path: string, body: Body, expected: Expected = {}) => putFile(parts, path, body, expected),
    /** A file, or undefined. Its bytes are opened as those of artifacts are. */
    find: (path: string) => findFile(read, path),
    isFolder: (path: string) => isFolder(read, path),
    list: (path: string) => listFolder(read, path),
    /** A file, or a folder with all that is in it. */
    remove: (path: string) => removeFiles(ingest, path),
    rootOfRun: (run_id: string) => rootOfRun(read, run_id),
    rootOfLoggedModel: (model_id: string) => rootOfLoggedModel(read, model_id),
    rootOfVersion: (model: string, ref: string) => rootOfVersion(read, model, ref),
  };
}
