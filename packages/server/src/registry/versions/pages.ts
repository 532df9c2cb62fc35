import type { Artifact } from '../../contract/artifact.ts';
import type { Reader } from '../../db/database.ts';
import { type Page, type PageAsked, pageOf } from '../paging/pages.ts';
import { listArtifacts } from './artifacts.ts';
import { getVersion } from './repository.ts';

/** A page of a version's artifacts, in order of their paths' bytes. */
export async function pageOfArtifacts(
  parts: { read: Reader; tokenKey: Uint8Array },
  model: string,
  ref: string,
  asked: PageAsked,
): Promise<Page<Artifact>> {
  const { row } = await getVersion(parts.read, model, ref);
  return pageOf(
    parts.tokenKey,
    `artifacts ${row.id}`,
    asked,
    (after, most) => listArtifacts(parts.read, row.id, { after: after?.[0] as string | undefined, most }),
    (artifact) => [artifact.path],
  );
}
