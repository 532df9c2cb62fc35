import { Signature } from '../../contract/artifact.ts';
import { fits } from '../../contract/fits.ts';
import { LIMITS } from '../../contract/limits.ts';
import { digestOf, manifestOf } from '../../contract/manifest.ts';
import type { Version } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { InspectionTable } from '../../db/tables.ts';
import { worstVerdict } from '../lifecycle/checks/verdict.ts';
import { keyOf } from '../names.ts';
import { refuse, refuseField } from '../refusals.ts';
import { Condemned } from '../sweep.ts';
import type { Resolved } from './resolve.ts';

/** A file with what was read from it, and whether the sweep may be taking it away. */
interface Leaf extends Pick<InspectionTable, 'format' | 'verdict'> {
  path: string;
  size_bytes: number;
  sha256: string;
  /** Whether it states inputs and outputs. */
  signed: number | boolean;
  condemned: string | null;
  /** When its bytes came. */
  written_at: number;
}

/** What a version comes to hold, and what it is because of it. */
export interface Tree {
  artifacts: { path: string; path_key: string; size_bytes: number; sha256: string }[];
  formats: string[];
  /** When the last of the files came; 0 where there is none. */
  written_at: number;
  version: Pick<Version, 'digest' | 'size_bytes' | 'artifact_count' | 'verdict' | 'framework' | 'signature'>;
}

/** What a source holds that is elsewhere, or empty. */
const NO_FILES: Tree = {
  artifacts: [],
  formats: [],
  written_at: 0,
  version: {
    digest: digestOf(manifestOf([])),
    size_bytes: 0,
    artifact_count: 0,
    verdict: worstVerdict([]),
    framework: null,
    signature: null,
  },
};

/** Reads the files of a source as they are now. Nothing of their bytes is read: all of them were inspected as they came. */
export async function readTree(reader: Reader, files: Resolved['files'], limitBytes: number): Promise<Tree> {
  const leaves = files === undefined ? [] : await leavesOf(reader, files);
  if (leaves.length === 0) return NO_FILES;
  if (leaves.length > LIMITS.artifactsOfVersion)
    refuse(
      'too-large',
      `A version holds at most ${LIMITS.artifactsOfVersion} files. Pack small files into an archive.`,
      {
        limit_bytes: limitBytes,
      },
    );
  const artifacts = leaves.map(({ path, size_bytes, sha256 }) => ({ path, path_key: keyOf(path), size_bytes, sha256 }));
  assertDistinct(artifacts);
  const size_bytes = leaves.reduce((sum, leaf) => sum + leaf.size_bytes, 0);
  if (size_bytes > limitBytes)
    refuse(
      'too-large',
      `A version holds at most ${limitBytes} bytes here. Ask the operator to raise limits.version_bytes.`,
      {
        limit_bytes: limitBytes,
      },
    );
  const marked = leaves.find((leaf) => leaf.condemned !== null);
  if (marked) throw new Condemned(marked.sha256);
  const version = {
    digest: digestOf(manifestOf(artifacts)),
    size_bytes,
    artifact_count: leaves.length,
    verdict: worstVerdict(leaves.map((leaf) => leaf.verdict)),
    ...(await described(reader, leaves)),
  };
  const formats = [...new Set(leaves.map(({ format }) => format))].sort();
  return { artifacts, formats, written_at: leaves.reduce((last, leaf) => Math.max(last, leaf.written_at), 0), version };
}

/** Two paths that a client or a file system may take for one another cannot stand in one version. */
function assertDistinct(artifacts: Tree['artifacts']): void {
  const seen = new Map<string, string>();
  for (const { path, path_key } of artifacts) {
    const other = seen.get(path_key);
    if (other !== undefined)
      refuseField('/source', `has two files, ${other} and ${path}, that read the same: rename one of them`);
    seen.set(path_key, path);
  }
}

const MLMODEL = 'MLmodel';

/** Framework and signature: as the file MLmodel says, or else the first file that states inputs and outputs. */
async function described(reader: Reader, leaves: readonly Leaf[]): Promise<Pick<Version, 'framework' | 'signature'>> {
  const mlmodel = leaves.find(({ path, format }) => path === MLMODEL && format === 'mlmodel');
  const said = mlmodel && (await inspected(reader, { sha256: mlmodel.sha256 }))[0];
  const framework = said ? frameworkOf(JSON.parse(said.facts)) : null;
  const own = signatureOf(said?.signature);
  if (own) return { framework, signature: own };
  for (const leaf of leaves.filter(({ signed }) => signed).slice(0, 10)) {
    const signature = signatureOf((await inspected(reader, { sha256: leaf.sha256 }))[0]?.signature);
    if (signature) return { framework, signature };
  }
  return { framework, signature: null };
}

/** Of the flavors of a model, the one that trained it: python_function wraps the others. */
function frameworkOf({ flavors }: { flavors?: unknown }): string | null {
  const names = Array.isArray(flavors) ? flavors.filter((name) => typeof name === 'string' && name !== '') : [];
  const [first = null] = [...names.filter((name) => name !== 'python_function'), ...names] as string[];
  return first !== null && [...first].length > LIMITS.framework ? null : first;
}

/** A file can state more than a signature may hold: what does not fit stays out. */
function signatureOf(json: string | null | undefined): Signature | null {
  const signature = json ? JSON.parse(json) : null;
  return signature && fits(Signature, signature) ? signature : null;
}

const inspected = prepareRead<{ sha256: string }, Pick<InspectionTable, 'facts' | 'signature'>>((db, param) =>
  db.selectFrom('inspection').select(['facts', 'signature']).where('sha256', '=', param('sha256')),
);

/** The files of a source, by their paths within it. A path that is a file itself holds that file alone. */
async function leavesOf(reader: Reader, files: NonNullable<Resolved['files']>): Promise<Leaf[]> {
  if ('of' in files) return ofVersion(reader, { version_id: files.of.id });
  for (const below of files.below) {
    const inside = await ofFolder(reader, { from: `${below}/`, end: `${below}0` }); // '0' follows '/'
    if (inside.length > 0) return inside.map((leaf) => ({ ...leaf, path: leaf.path.slice(below.length + 1) }));
    const alone = await ofFile(reader, { path: below });
    if (alone.length > 0)
      return alone.map((leaf) => ({ ...leaf, path: leaf.path.slice(leaf.path.lastIndexOf('/') + 1) }));
  }
  return [];
}

const MOST = LIMITS.artifactsOfVersion + 1;

const ofFolder = prepareRead<{ from: string; end: string }, Leaf>((db, param) =>
  leavesFrom(db, 'file')
    .where('named.path', '>=', param('from'))
    .where('named.path', '<', param('end'))
    .orderBy('named.path')
    .limit(MOST),
);
const ofFile = prepareRead<{ path: string }, Leaf>((db, param) =>
  leavesFrom(db, 'file').where('named.path', '=', param('path')),
);
const ofVersion = prepareRead<{ version_id: number }, Leaf>((db, param) =>
  leavesFrom(db, 'artifact')
    .where('named.version_id' as 'named.path', '=', param('version_id') as never)
    .orderBy('named.path')
    .limit(MOST),
);

function leavesFrom(db: Reader, table: 'file' | 'artifact') {
  return db
    .selectFrom(`${table} as named` as 'file as named')
    .innerJoin('inspection', 'inspection.sha256', 'named.sha256')
    .leftJoin('condemned', 'condemned.sha256', 'named.sha256')
    .select(['named.path', 'named.size_bytes', 'named.sha256', 'inspection.format', 'inspection.verdict'])
    .select((eb) => [eb('inspection.signature', 'is not', null).as('signed'), 'condemned.sha256 as condemned'])
    .select(
      `named.${table === 'file' ? 'updated_at' : 'created_at'} as written_at` as 'named.updated_at as written_at',
    );
}
