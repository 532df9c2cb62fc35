import type { Inspection } from '../contract/artifact.ts';
import { isObject, type PlainYaml, readYaml } from './plain-yaml.ts';
import { Malformed, TooMuch } from './unreadable.ts';

type Told = Pick<Inspection, 'format' | 'facts'>;

/** Of lines, and of characters of each. */
const MOST = 2_000;
const LONGEST = 500;

const NAME = /^[A-Za-z0-9][\w.-]*/;
const VERSION = /^(==|>=|<=|~=|!=|<|>) ?[\w.*+!-]+$/;
const EXTRAS = /^[\w., -]*$/;
const MARKER = /^[\w'".<>=!() -]+$/;
/** Of conda: a package with version and build, which may name its channel. */
const CONDA_PACKAGE = /^\w[\w.:<>=!~*+|, -]*$/;
const CHANNEL = /^[\w.-]+$/;
const PYTHON = /^[\d.*<>=, ]+$/;

/** Undefined unless every line names a package, or is empty or a comment. */
export function tellRequirements(text: string): Told | undefined {
  const packages: string[] = [];
  let lines = 0;
  for (const line of text.split(/\r?\n/)) {
    lines += 1;
    const [bare = ''] = line.split(' #', 1);
    const trimmed = bare.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    if (lines > MOST || !isRequirement(trimmed)) return undefined;
    packages.push(trimmed);
  }
  // Words one below the other are names of packages, too: one of them at least has to have a version.
  if (!packages.some((name) => /[<>=]/.test(name))) return undefined;
  return { format: 'requirements', facts: { packages: packages.slice(0, 200) } };
}

/** The environment of a model, of conda or of MLflow's virtualenv; undefined for everything that is not just that. */
export function tellEnvironment(text: string): Told | undefined {
  if (!/^(dependencies|python):/m.test(text)) return undefined;
  let told: PlainYaml;
  try {
    told = readYaml(text);
  } catch (error) {
    if (error instanceof Malformed || error instanceof TooMuch) return undefined;
    throw error;
  }
  if (!isObject(told)) return undefined;
  const { name, channels, python, build_dependencies, dependencies, ...others } = told;
  if (Object.keys(others).length > 0) return undefined;
  const python_env = python !== undefined;
  if (python_env) {
    const sound =
      name === undefined &&
      channels === undefined &&
      typeof python === 'string' &&
      PYTHON.test(python) &&
      all(build_dependencies ?? [], isRequirement) &&
      all(dependencies ?? [], (item) => item === '-r requirements.txt' || isRequirement(item));
    return sound ? { format: 'python-env', facts: { python, ...listed(build_dependencies) } } : undefined;
  }
  const sound =
    build_dependencies === undefined &&
    (name === undefined || (typeof name === 'string' && CHANNEL.test(name))) &&
    all(channels ?? [], (item) => typeof item === 'string' && CHANNEL.test(item)) &&
    all(dependencies ?? null, isCondaPackage);
  return sound ? { format: 'conda-env', facts: { channels: channels ?? [], ...listed(dependencies) } } : undefined;
}

function all(list: PlainYaml, sound: (item: PlainYaml) => boolean): boolean {
  return Array.isArray(list) && list.length <= MOST && list.every(sound);
}

/**
 * A package by its name, with extras, versions and a marker (PEP 508), as `pip freeze` and MLflow write them. Not one
 * from an address, nor an option of pip: these may install anything.
 */
function isRequirement(item: PlainYaml): boolean {
  if (typeof item !== 'string' || item.length > LONGEST) return false;
  const [needed = '', marker] = split(item, ';');
  if (marker !== undefined && !MARKER.test(marker)) return false;
  let rest = needed.slice(NAME.exec(needed)?.[0].length ?? 0);
  if (rest === needed) return false;
  if (rest.startsWith('[')) {
    const [extras = '', after] = split(rest.slice(1), ']');
    if (after === undefined || !EXTRAS.test(extras)) return false;
    rest = after;
  }
  return rest.trim() === '' || rest.split(',').every((version) => VERSION.test(version.trim()));
}

/** At the first such character. */
function split(text: string, at: string): [string, string?] {
  const found = text.indexOf(at);
  return found === -1 ? [text] : [text.slice(0, found), text.slice(found + 1)];
}

/** pip's packages are a list within the list. */
function isCondaPackage(item: PlainYaml): boolean {
  if (isObject(item)) return Object.keys(item).join() === 'pip' && all(item.pip ?? null, isRequirement);
  return typeof item === 'string' && item.length <= LONGEST && CONDA_PACKAGE.test(item);
}

function listed(dependencies: PlainYaml | undefined): { packages: string[] } {
  const items = Array.isArray(dependencies) ? dependencies : [];
  const flat = items.flatMap((item) => (isObject(item) ? item.pip : item) as PlainYaml | PlainYaml[]);
  return { packages: flat.filter((item) => typeof item === 'string').slice(0, 200) };
}
