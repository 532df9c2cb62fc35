import type { Model } from '../../contract/model.ts';
import { fromTime } from '../../contract/time.ts';
import type { Version } from '../../contract/version.ts';
import { type FacetRow, facetsOfModel, facetsOfVersion } from './facets.ts';
import { placeOf } from './keys.ts';

/** A version as it looks on the wire, with what it is searched by besides. */
export interface VersionSubject {
  version: Version;
  formats: readonly string[];
  /** The model's owner. */
  owner: string | null;
}
/** A model as it looks on the wire. `versions` is asked only for keys of versions. */
export interface ModelSubject {
  model: Model;
  versions: () => Iterable<VersionSubject>;
}
export type Subject = ModelSubject | VersionSubject;

/** A value as a facet has it: text, a number, or both for a boolean. */
export type Value = Pick<FacetRow, 'text' | 'num'>;

const kept = new WeakMap<Subject, Map<string, Value[]>>();

/** The values of a key that lives in the subject itself. */
export function valuesOf(subject: Subject, key: string): readonly Value[] {
  const values = kept.get(subject) ?? collect(subject);
  kept.set(subject, values);
  return values.get(key) ?? [];
}

function collect(subject: Subject): Map<string, Value[]> {
  const values = new Map<string, Value[]>();
  const add = (key: string, value: Value) => {
    const found = values.get(key);
    if (found) found.push(value);
    else values.set(key, [value]);
  };
  const noun = 'model' in subject ? 'model' : 'version';
  const facets = 'model' in subject ? facetsOfModel(subject.model) : facetsOfVersion(subject.version, subject.formats);
  for (const facet of facets) if (placeOf(noun, facet.key)?.column === undefined) add(facet.key, facet);
  const columns = 'model' in subject ? columnsOfModel(subject.model) : columnsOfVersion(subject);
  for (const [key, value] of Object.entries(columns)) {
    if (typeof value === 'number') add(key, { text: null, num: value });
    else if (value !== null) add(key, { text: value, num: null });
  }
  return values;
}

function columnsOfModel(model: Model): Record<string, string | number | null> {
  const { name, owner, latest_version, version_count } = model;
  return { name, owner, latest_version, version_count, ...timesOf(model) };
}

function columnsOfVersion({ version, owner }: VersionSubject): Record<string, string | number | null> {
  const { number, status, state, verdict, digest, size_bytes, artifact_count, framework } = version;
  const own = { number, status, state, verdict, digest, size_bytes, artifact_count, framework };
  return { ...own, name: version.model, owner, ...timesOf(version) };
}

function timesOf(subject: Model | Version) {
  return { created_at: fromTime(subject.created_at), updated_at: fromTime(subject.updated_at) };
}
