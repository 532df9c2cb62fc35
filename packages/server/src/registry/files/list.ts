import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import { refuse } from '../refusals.ts';
import { versionAt } from './find.ts';
import { placeOf } from './paths.ts';

/** What stands in a folder: a file or another folder, by its own name. */
export interface Child {
  name: string;
  /** Of a file; undefined for a folder. */
  size_bytes?: number;
}

interface Row {
  path: string;
  size_bytes: number;
}
/** Some of the rows from a path on, that one included, and before an end, in order of their bytes. */
type ReadFrom = (from: string, end: string) => Promise<Row[]>;

const ROWS_TOGETHER = 200;
/** Of one folder. */
export const MOST_CHILDREN = 100_000;
/** No path begins after it. */
const LAST = '\u{10ffff}';

const filesFrom = prepareRead<{ from: string; end: string }, Row>((db, param) =>
  db
    .selectFrom('file')
    .select(['path', 'size_bytes'])
    .where('path', '>=', param('from'))
    .where('path', '<', param('end'))
    .orderBy('path')
    .limit(ROWS_TOGETHER),
);
const artifactsFrom = prepareRead<{ version_id: number; from: string; end: string }, Row>((db, param) =>
  db
    .selectFrom('artifact')
    .select(['path', 'size_bytes'])
    .where('version_id', '=', param('version_id'))
    .where('path', '>=', param('from'))
    .where('path', '<', param('end'))
    .orderBy('path')
    .limit(ROWS_TOGETHER),
);

/**
 * The files and folders that stand in a folder, in order of their names' bytes; none where it is a file, or nothing.
 * The empty path is the root, where the trees of versions are not shown.
 */
export async function listFolder(reader: Reader, path: string): Promise<Child[]> {
  const place = path === '' ? ({ of: 'files', path } as const) : placeOf(path);
  if (place.of === 'versions') return [];
  if (place.of === 'files') return childrenOf(place.path, (from, end) => filesFrom(reader, { from, end }));
  const version_id = await versionAt(reader, place);
  return childrenOf(place.path, (from, end) => artifactsFrom(reader, { version_id, from, end }));
}

/** Whether anything stands below a path. */
export async function isFolder(reader: Reader, path: string): Promise<boolean> {
  const place = placeOf(path);
  if (place.of === 'versions') return true;
  const [from, end] = [`${place.path}/`, `${place.path}0`];
  if (place.of === 'files') return (await filesFrom(reader, { from, end })).length > 0;
  const version_id = await versionAt(reader, place);
  return place.path === '' || (await artifactsFrom(reader, { version_id, from, end })).length > 0;
}

/** Reads a folder some rows at a time, and of each folder within it no more than the rows that came along. */
export async function childrenOf(folder: string, read: ReadFrom, together = ROWS_TOGETHER): Promise<Child[]> {
  const children: Child[] = [];
  const start = folder === '' ? '' : `${folder}/`;
  const end = folder === '' ? LAST : `${folder}0`; // '0' follows '/'
  let last: string | undefined;
  let inner: string | undefined;
  for (let from = start; ; ) {
    const rows = await read(from, end);
    for (const { path, size_bytes } of rows) {
      if (path === last || (inner !== undefined && path.startsWith(inner))) continue;
      last = path;
      const slash = path.indexOf('/', start.length);
      if (slash === -1) children.push({ name: path.slice(start.length), size_bytes });
      else {
        inner = path.slice(0, slash + 1);
        children.push({ name: path.slice(start.length, slash) });
      }
    }
    if (children.length > MOST_CHILDREN) refuseFolder(folder);
    const final = rows.at(-1)?.path;
    if (final === undefined || rows.length < together) break;
    from = inner !== undefined && final.startsWith(inner) ? `${inner.slice(0, -1)}0` : final;
  }
  return children.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

function refuseFolder(path: string): never {
  refuse(
    'too-large',
    `More than ${MOST_CHILDREN} files and folders stand in ${path || 'the root'}: list its folders.`,
    {
      limit_bytes: MOST_CHILDREN,
    },
  );
}
