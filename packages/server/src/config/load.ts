import { readFileSync } from 'node:fs';
import { findLeaf, flagOf, LEAVES, type Leaf, variablesOf } from './leaves.ts';
import { readValue } from './read-value.ts';
import { crossProblems } from './rules.ts';
import type { Config } from './schema.ts';

const CONFIG_FILE = 'assayer.config.json';

/** Variables of the client commands and of the examples, which are none of the server's. */
const CLIENT_VARIABLES = new Set([
  'ASSAYER_SERVER',
  'ASSAYER_ACTOR',
  'ASSAYER_PYTHON',
  'ASSAYER_MLFLOW2_PYTHON',
  'ASSAYER_MLFLOW3_PYTHON',
]);

export interface ConfigParts {
  /** By setting: `{ port: 0, 'policy.single': ['production'] }`, nested or dotted; text is read as in a variable. */
  flags?: Record<string, unknown>;
  env?: Record<string, string | undefined>;
  /** A file that must be there; without it, `assayer.config.json` in the working directory is read if it is. */
  file?: string | undefined;
}

/** Everything that is wrong with the configuration, each in a sentence. */
export class ConfigProblems extends Error {
  override name = 'ConfigProblems';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`the configuration has ${problems.length === 1 ? 'a problem' : 'problems'}: ${problems.join('; ')}`);
    this.problems = problems;
  }
}

interface Setting {
  leaf: Leaf | undefined;
  /** As the user wrote it: `port in assayer.config.json`, `ASSAYER_PORT`, `--port`. */
  name: string;
  raw: unknown;
  from: 'text' | 'json';
}

/** Defaults, then the file, then the environment, then flags. */
export function loadConfig(parts: ConfigParts): Config {
  return readConfig(parts).config;
}

/** The same, and for every setting that is not the default, where it comes from. */
export function readConfig({ flags = {}, env = {}, file }: ConfigParts): {
  config: Config;
  sources: Record<string, string>;
} {
  const problems: string[] = [];
  const values = new Map(LEAVES.map((leaf) => [leaf.path, structuredClone(leaf.schema.default)]));
  const sources: Record<string, string> = Object.fromEntries(LEAVES.map((leaf) => [leaf.path, 'default']));
  for (const setting of [...fromFile(file, problems), ...fromEnvironment(env), ...fromFlags(flags)]) {
    const { leaf, name, raw, from } = setting;
    if (!leaf) {
      problems.push(`${name}: there is no such setting${suggestion(name)}`);
      continue;
    }
    const read = readValue(leaf, raw, from);
    if (!read.ok) {
      problems.push(`${name}: ${read.problem}`);
      continue;
    }
    values.set(leaf.path, read.value);
    sources[leaf.path] = name;
  }
  const config = unflatten(values);
  problems.push(...crossProblems(config));
  if (problems.length > 0) throw new ConfigProblems(problems);
  return { config, sources };
}

function fromFile(file: string | undefined, problems: string[]): Setting[] {
  const name = file ?? CONFIG_FILE;
  let text: string;
  try {
    text = readFileSync(name, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (file !== undefined || code !== 'ENOENT') problems.push(`${name}: cannot be read (${code})`);
    return [];
  }
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    problems.push(`${name}: not JSON (${(error as Error).message})`);
    return [];
  }
  if (!isRecord(json)) {
    problems.push(`${name}: must hold a JSON object`);
    return [];
  }
  const { $schema: _, ...settings } = json;
  return flatten(settings, '').map(([path, raw]) => ({
    leaf: findLeaf(path),
    name: `${path} in ${name}`,
    raw,
    from: 'json',
  }));
}

function fromEnvironment(env: Record<string, string | undefined>): Setting[] {
  const leaves = new Map(LEAVES.flatMap((leaf) => variablesOf(leaf).map((name) => [name, leaf] as const)));
  return Object.entries(env)
    .filter(([name, raw]) => name.startsWith('ASSAYER_') && raw !== undefined && !CLIENT_VARIABLES.has(name))
    .map(([name, raw]) => ({ leaf: leaves.get(name), name, raw, from: 'text' }));
}

function fromFlags(flags: Record<string, unknown>): Setting[] {
  return flatten(flags, '')
    .filter(([, raw]) => raw !== undefined)
    .map(([path, raw]) => {
      const leaf = findLeaf(path);
      return { leaf, name: leaf ? flagOf(leaf) : path, raw, from: 'text' };
    });
}

function flatten(value: Record<string, unknown>, prefix: string): [string, unknown][] {
  return Object.entries(value).flatMap(([key, inner]) =>
    isRecord(inner) && !findLeaf(prefix + key)
      ? flatten(inner, `${prefix}${key}.`)
      : [[prefix + key, inner] as [string, unknown]],
  );
}

function unflatten(values: ReadonlyMap<string, unknown>): Config {
  const config: Record<string, unknown> = {};
  for (const [path, value] of values) {
    const keys = path.split('.');
    const last = keys.pop()!;
    let at = config;
    for (const key of keys) {
      at[key] ??= {};
      at = at[key] as Record<string, unknown>;
    }
    at[last] = value;
  }
  return config as Config;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The nearest setting, where only its case, separators or a prefix differ. */
function suggestion(name: string): string {
  const bare = (text: string) =>
    text
      .toLowerCase()
      .replace(/ in .*$/s, '')
      .replace(/^assayer_/, '')
      .replace(/[^a-z]/g, '');
  const wanted = bare(name);
  const near = LEAVES.find(({ path }) => bare(path) === wanted || bare(path.split('.').at(-1)!) === wanted);
  return near ? `; did you mean ${name.startsWith('ASSAYER_') ? variablesOf(near)[0] : near.path}?` : '';
}
