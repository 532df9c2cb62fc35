import { LIMITS } from '../contract/limits.ts';
import { refuse, refuseField } from './refusals.ts';

/** The rules of names, aliases and artifact paths, as pure functions. What they accept is stored byte for byte. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u;

/** What most names are, at which nothing is wrong but that they may be too long. */
const PLAIN = /^\w[\w.-]*$/;

/** Why `name` cannot be a model's name, or undefined where it can. */
export function problemOfName(name: string): string | undefined {
  if (PLAIN.test(name) && name.length <= LIMITS.name) return undefined;
  if (name.length === 0) return 'must not be empty';
  if (charactersOf(name) > LIMITS.name) return `must have at most ${LIMITS.name} characters`;
  if (!name.isWellFormed()) return 'must be well-formed Unicode (it holds half a surrogate pair)';
  if (CONTROL.test(name)) return 'must not hold control characters';
  if (/[/:]/.test(name)) return 'must not hold / or :';
  if (name !== name.trim()) return 'must not begin or end with white space';
  if (name === '.' || name === '..') return 'must not be . or ..';
  if (Buffer.byteLength(keyOf(name)) > LIMITS.keyBytes) return 'must not grow so much in Unicode NFC';
  return undefined;
}

export function assertName(name: string, field = '/name'): void {
  const problem = problemOfName(name);
  if (problem) refuseField(field, problem);
}

/** Why a metric or a data set cannot be called so, or undefined: it stands in addresses, of which `.` and `..` vanish. */
export function problemOfLabel(label: string): string | undefined {
  if (label === '.' || label === '..') return 'must not be . or ..';
  return CONTROL.test(label) ? 'must not hold control characters' : undefined;
}

/**
 * Why a metric cannot be called so, or undefined: of names that read as paths those stand for themselves that lead nowhere
 * else, as MLflow has it (`mlflow/utils/validation.py`, `path_not_unique`), however they are written.
 */
export function problemOfMetricName(name: string): string | undefined {
  const [segments, decoded] = [name, keyOf(name)].map((text) => text.replaceAll('\\', '/').split('/'));
  if (segments!.includes('') || decoded![0] === '' || decoded!.some((segment) => segment === '.' || segment === '..'))
    return 'must not hold ., .. or nothing between slashes, as a path that leads elsewhere';
  if (/^[a-z]:$/i.test(decoded![0]!) && decoded!.length > 1) return 'must not begin with a drive letter';
  return problemOfLabel(name);
}

export function assertMetricName(name: string, field: string): void {
  const problem = problemOfMetricName(name);
  if (problem) refuseField(field, problem);
}

/** Why a data set cannot have such a name or digest, or undefined where it can. */
export function problemOfDatasetText(text: string): string | undefined {
  if (Buffer.byteLength(text) > LIMITS.datasetBytes) return `must have at most ${LIMITS.datasetBytes} bytes`;
  return problemOfLabel(text);
}

/**
 * What two names share when a client, proxy or file system may take one for the other: NFC and one percent-decoding.
 * No two live models (nor two paths of a version) share it. Letter case distinguishes.
 */
export function keyOf(name: string): string {
  return decodedOnce(name).normalize('NFC');
}

/** As lenient as the decoders of clients and proxies: what is no encoding of anything stands for itself, and so does NUL. */
function decodedOnce(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    const decoded = Buffer.from(run.replaceAll('%', ''), 'hex').toString();
    return decoded.includes('\u0000') ? run : decoded;
  });
}

/** Bytes that are in no UTF-8, overlong forms and halves of surrogate pairs: a careless reader may take them for another character. */
const NEVER_TEXT = /%(?:c[01]|f[5-9a-f]|e0%[89]|ed%[ab]|f0%8|f4%[9ab])/i;

const RESERVED = ['latest'];

/** MLflow's rule (`mlflow/utils/validation.py`, `_validate_model_alias_name`): word characters and dashes, not `latest`, not `v1`. */
export function problemOfAlias(alias: string): string | undefined {
  if (alias.length === 0) return 'must not be empty';
  if (charactersOf(alias) > LIMITS.alias) return `must have at most ${LIMITS.alias} characters`;
  if (!/^[\p{L}\p{M}\p{N}\p{Pc}-]+$/u.test(alias)) return 'may hold letters, digits, underscores and dashes';
  if (/^v\d+$/i.test(alias)) return 'must not look like a version number (v1, v2 …)';
  if (RESERVED.includes(alias.toLowerCase())) return `must not be ${alias}, which is reserved`;
  return undefined;
}

export function assertAlias(alias: string): void {
  const problem = problemOfAlias(alias);
  if (problem) refuseField('/alias', problem);
}

const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$/i;

/**
 * A segment without the numbers in the name of a picture that MLflow's client gives it up to 2.22, which encode nothing:
 * `key%step%17%timestamp%1795974934599%j4b0….png` (`mlflow/tracking/client.py`, `log_image`).
 */
function withoutImageNumbers(segment: string): string {
  const parts = segment.split('%');
  const at = parts.indexOf('step', 1);
  const [step, timestamp, time, rest] = at === -1 ? [] : parts.slice(at + 1, at + 5);
  const isImage = timestamp === 'timestamp' && /^-?\d+$/.test(step ?? '') && /^\d+$/.test(time ?? '');
  return isImage && /^[g-z]/.test(rest ?? '') ? [...parts.slice(0, at), ...parts.slice(at + 4)].join('%') : segment;
}

/** Why `path` cannot be an artifact's path, or undefined. Relative, `/` as separator, no segment that any file system reads otherwise. */
export function problemOfPath(path: string): string | undefined {
  if (path.length === 0) return 'must not be empty';
  if (!path.isWellFormed()) return 'must be well-formed Unicode';
  if (Buffer.byteLength(path) > LIMITS.pathBytes) return `must have at most ${LIMITS.pathBytes} bytes`;
  if (CONTROL.test(path)) return 'must not hold control characters';
  if (path.includes('\\')) return 'must use / as separator, not a backslash';
  if (path.startsWith('/')) return 'must be relative';
  if (Buffer.byteLength(keyOf(path)) > LIMITS.keyBytes) return 'must not grow so much in Unicode NFC';
  for (const segment of path.split('/')) {
    if (segment === '') return 'must not hold an empty segment';
    if (segment === '.' || segment === '..' || keyOf(segment) === '.' || keyOf(segment) === '..')
      return 'must not hold . or .. as a segment';
    if (Buffer.byteLength(segment) > LIMITS.segmentBytes)
      return `must have segments of at most ${LIMITS.segmentBytes} bytes`;
    if (NEVER_TEXT.test(segment) || NEVER_TEXT.test(keyOf(segment)))
      return 'must not hold an encoding that is not UTF-8';
    if (keyOf(segment).includes('/')) return 'must not hold an encoded /';
    if (keyOf(segment).includes('\\')) return 'must not hold an encoded backslash';
    if (CONTROL.test(keyOf(withoutImageNumbers(segment))) || segment.includes('%00'))
      return 'must not hold encoded control characters';
    if (/[. ]$/.test(keyOf(segment))) return 'must not hold a segment that ends with a dot or a space';
    if (DEVICE.test(segment)) return `must not hold the reserved name ${segment}`;
    if (/^[a-z]:/i.test(segment)) return 'must not begin with a drive letter';
  }
  return undefined;
}

export function assertPath(path: string): void {
  const problem = problemOfPath(path);
  if (problem) refuse('path-invalid', `The artifact path ${problem}.`, { path });
}

/** Every folder above a path: `a/b/c` gives `a` and `a/b`. */
export function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let i = path.indexOf('/'); i !== -1; i = path.indexOf('/', i + 1)) folders.push(path.slice(0, i));
  return folders;
}

/** Code points: what people and JSON Schema count. */
export function charactersOf(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
