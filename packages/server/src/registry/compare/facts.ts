import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import { MOST } from './bounds.ts';
import { type Cell, toCell } from './values.ts';

/** Formats whose facts say how a model was made, rather than what any file is. */
const TELLING = [
  ...['onnx', 'safetensors', 'pickle', 'joblib', 'torch', 'skops', 'npz'],
  ...['mlmodel', 'requirements', 'conda-env', 'python-env'],
];

/** Of so many files from the first on, in order of path, it is looked whether their facts are telling. */
const FILES_LOOKED_AT = 200;

const tellingFacts = prepareRead<{ version_id: number }, { path: string; facts: string }>((db, param) =>
  db
    .selectFrom(
      db
        .selectFrom('artifact')
        .select(['path', 'sha256'])
        .where('version_id', '=', param('version_id'))
        .orderBy('path')
        .limit(FILES_LOOKED_AT)
        .as('a'),
    )
    .innerJoin('inspection', 'inspection.sha256', 'a.sha256')
    .select(['a.path', 'inspection.facts'])
    .where('inspection.format', 'in', TELLING)
    .orderBy('a.path')
    .limit(MOST.factual),
);

/** What was read from a version's files, by path and name: `model.onnx opset`. */
export async function factsOf(read: Reader, version_id: number): Promise<Map<string, Cell>> {
  const facts = new Map<string, Cell>();
  for (const row of await tellingFacts(read, { version_id }))
    for (const [name, value] of Object.entries(JSON.parse(row.facts) as Record<string, unknown>))
      facts.set(`${row.path} ${name}`, toCell(value));
  return facts;
}
