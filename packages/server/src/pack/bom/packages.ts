import type { Artifact } from '../../contract/artifact.ts';
import type { Shown } from '../page/shown.ts';

/** A package of Python that an environment file names. */
export interface Package {
  ref: string;
  name: string;
  /** Where it is one only. */
  version?: string | undefined;
  purl?: string | undefined;
  /** As it is written, where it leaves a choice. */
  constraint?: string | undefined;
}

const FORMATS = ['requirements', 'conda-env', 'python-env'];
const MOST = 1_000;

/** The packages named by a version's own requirements and environments, each once. */
export function packagesOf(artifacts: readonly Artifact[]): Package[] {
  const found = new Map<string, Package>();
  for (const { format, facts } of artifacts)
    if (FORMATS.includes(format) && Array.isArray(facts.packages))
      for (const text of facts.packages) {
        const one = typeof text === 'string' ? toPackage(text, format) : undefined;
        if (one && found.size < MOST && !found.has(one.ref)) found.set(one.ref, one);
      }
  return [...found.values()];
}

function toPackage(text: string, format: string): Package | undefined {
  const [, written, , rest = ''] = /^([A-Za-z0-9][\w.-]*)(\[[^\]]*\])?([^;]*)/.exec(text) ?? [];
  if (written === undefined) return undefined;
  const constraint = rest.trim();
  const [, exact] = /^={1,3} ?([\w.!+-]+)(=[\w.]+)?$/.exec(constraint) ?? [];
  // Of conda, Python itself is one of the packages.
  if (format === 'conda-env' && /^(python|pip)$/.test(written))
    return { ref: `conda:${written}`, name: written, ...toVersion(exact, constraint) };
  const name = written.toLowerCase().replace(/[-_.]+/g, '-');
  const purl = `pkg:pypi/${name}${exact === undefined ? '' : `@${encodeURIComponent(exact)}`}`;
  return { ref: purl, name, purl, ...toVersion(exact, constraint) };
}

const toVersion = (version: string | undefined, constraint: string) =>
  version === undefined ? (constraint === '' ? {} : { constraint }) : { version };

/** The framework of the version, in the version that MLflow wrote down. */
export function frameworkOf({ version, artifacts }: Shown): { name: string; version?: string | undefined }[] {
  const name = version.framework;
  if (name === null) return [];
  const told = artifacts.shown.find(({ format }) => format === 'mlmodel')?.facts[`${name}_version`];
  return [{ name, ...(typeof told === 'string' && { version: told }) }];
}
