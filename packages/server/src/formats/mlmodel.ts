import type { Inspection } from '../contract/artifact.ts';
import { signatureOf } from './mlmodel-signature.ts';
import { judgeImport } from './pickle/judge.ts';
import { isObject, type PlainYaml, PythonTag, readYaml } from './plain-yaml.ts';
import { printable, type Report } from './report.ts';
import { Malformed, TooMuch } from './unreadable.ts';

type Told = Pick<Inspection, 'format' | 'facts' | 'signature'>;
type Mapping = { [key: string]: PlainYaml };

/** A MLmodel file is at most this long; a longer one is not read. */
export const MLMODEL_BYTES = 1_048_576;

/** One of these stands beside `flavors` in whatever MLflow wrote (`mlflow/models/model.py`, Model.to_dict). */
const BESIDE = ['mlflow_version', 'model_uuid', 'model_id', 'artifact_path', 'run_id', 'utc_time_created', 'signature'];
const FLAVORS_LINE = /^flavors:/m;
const BESIDE_LINE = /^(mlflow_version|model_uuid|model_id|artifact_path|run_id|utc_time_created|signature):/m;

/** What MLflow's own flavors load with (their `loader_module`). They read the files named beside, which are inspected. */
const LOADERS = new Set(
  (
    'catboost diffusers dspy fastai gluon h2o johnsnowlabs keras langchain lightgbm llama_index mleap onnx openai paddle ' +
    'pmdarima prophet promptflow pyfunc.model pyfunc.loaders.chat_agent pyfunc.loaders.chat_model ' +
    'pyfunc.loaders.responses_agent pytorch sentence_transformers shap sklearn spacy spark statsmodels tensorflow ' +
    'transformers xgboost'
  )
    .split(' ')
    .map((name) => `mlflow.${name}`),
);

/** Members of a flavor that name a file or folder below that of the MLmodel. */
const PATHS = new Set(
  'code conda data env model_data model_path path pickled_model python_model virtualenv'.split(' '),
);

/** Whether a text may be the description that MLflow writes beside a model: lines that begin with its keys. */
export function looksLikeMlmodel(text: string): boolean {
  return FLAVORS_LINE.test(text) && BESIDE_LINE.test(text);
}

/** The same of what was read: a mapping of `flavors` and one of the keys beside. */
export function isMlmodel(value: unknown): value is Mapping & { flavors: Mapping } {
  return isObject(value) && isObject(value.flavors) && BESIDE.some((key) => key in value);
}

/** Reads a text that looks like a MLmodel; undefined where it reads as something else. */
export function inspectMlmodel(text: string, report: Report): Told | undefined {
  try {
    const told = readYaml(text);
    return isMlmodel(told) ? tellMlmodel(told, report) : undefined;
  } catch (error) {
    if (error instanceof PythonTag) report.add('unsafe', 'mlmodel.tag', 'file', error.message);
    else if (error instanceof Malformed)
      report.add('malformed', 'mlmodel.malformed', error.at === undefined ? 'file' : `byte ${error.at}`, error.message);
    else if (error instanceof TooMuch)
      report.unread('mlmodel.not-read', 'file', `not read to the end: ${error.message}`);
    else throw error;
    return { format: 'mlmodel', facts: {} };
  }
}

/** Facts and findings of a MLmodel that was read. */
export function tellMlmodel(told: Mapping & { flavors: Mapping }, report: Report): Told {
  const flavors = Object.keys(told.flavors);
  const python = objectIn(told.flavors, 'python_function');
  const framework = flavors.find((name) => name !== 'python_function') ?? flavors[0];
  const own = framework === undefined ? {} : objectIn(told.flavors, framework);
  for (const name of flavors) checkFlavor(name, objectIn(told.flavors, name), report);
  const facts: Record<string, unknown> = {
    flavors: flavors.slice(0, 50).map((name) => printable(name, 200)),
    framework,
    ...pick(told, ['mlflow_version', 'model_uuid', 'model_id', 'run_id', 'artifact_path', 'utc_time_created']),
    ...pick(told, ['model_size_bytes']),
    ...pick(python, ['python_version', 'loader_module', 'cloudpickle_version']),
    ...pick(own, ['serialization_format', `${framework}_version`]),
    pickled: isPickled(python, own),
    has_input_example: isObject(told.saved_input_example_info),
  };
  const signature = isObject(told.signature) ? signatureOf(told.signature) : undefined;
  return { format: 'mlmodel', facts: JSON.parse(JSON.stringify(facts)), ...(signature && { signature }) };
}

/** What a loader does beside reading files that are inspected themselves. */
function checkFlavor(name: string, flavor: Mapping, report: Report): void {
  const where = `flavor ${printable(name, 100)}`;
  const { loader_module, code, model_code_path, skops_trusted_types } = flavor;
  if (name === 'python_function' && !(typeof loader_module === 'string' && LOADERS.has(loader_module)))
    report.add('suspicious', 'mlmodel.loader', where, `is loaded by ${text(loader_module) ?? 'an unknown module'}`);
  for (const path of [code, model_code_path])
    if (path !== undefined && path !== null)
      report.add('suspicious', 'mlmodel.code', where, `runs the code in ${text(path)} when it is loaded`);
  checkPaths(flavor, where, report);
  for (const type of Array.isArray(skops_trusted_types) ? skops_trusted_types.slice(0, 1_000) : []) {
    const full = text(type) ?? '';
    const dot = full.lastIndexOf('.');
    const { severity } = judgeImport(full.slice(0, Math.max(dot, 0)), full.slice(dot + 1), 4);
    if (severity !== 'clean') report.add(severity, 'mlmodel.trusts', where, `has its loader trust ${full}`);
  }
}

/** MLflow joins these to the folder of the MLmodel. */
function checkPaths(value: PlainYaml, where: string, report: Report, name = ''): void {
  if (Array.isArray(value)) for (const item of value) checkPaths(item, where, report, name);
  else if (isObject(value)) for (const [key, item] of Object.entries(value)) checkPaths(item, where, report, key);
  else if (PATHS.has(name) && value !== null && leavesFolder(value))
    report.add('suspicious', 'mlmodel.path', where, `names a file outside of its folder: ${value}`);
}

function leavesFolder(path: string): boolean {
  const parts = path.split(/[/\\]/);
  return parts[0] === '' || parts.includes('..') || /^[A-Za-z][\w+.-]*:/.test(path);
}

/** Whether the model itself is a pickle, as far as its flavors tell. */
function isPickled(python: Mapping, own: Mapping): boolean {
  const format = own.serialization_format;
  return format === 'pickle' || format === 'cloudpickle' || typeof python.python_model === 'string';
}

function objectIn(from: Mapping, key: string): Mapping {
  const value = from[key];
  return isObject(value) ? value : {};
}

function pick(from: Mapping, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    keys.flatMap((key) => (typeof from[key] === 'string' ? [[key, printable(from[key], 300)]] : [])),
  );
}

function text(value: PlainYaml | undefined): string | undefined {
  return value === undefined || value === null
    ? undefined
    : typeof value === 'string'
      ? value
      : JSON.stringify(value).slice(0, 300);
}
