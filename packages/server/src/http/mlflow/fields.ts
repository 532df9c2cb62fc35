import { refuseParameter } from './refused.ts';

/**
 * The fields of a request as MLflow's server reads them (`mlflow/server/handlers.py`, `_get_request_message`): in snake_case
 * or lowerCamelCase, `null` as absent, unknown ones ignored, with its words where one is missing or of another type.
 */
export class Fields {
  readonly #values: Record<string, unknown>;
  /** Where they stand: empty for the request itself, else such as `metrics[0]`. */
  readonly #at: string;

  constructor(values: Record<string, unknown>, at = '') {
    this.#values = values;
    this.#at = at;
  }

  /** As it was sent; undefined where it was not. */
  raw(name: string): unknown {
    const camel = camelOf(name);
    const own = this.#own(name);
    if (camel === name) return own ?? undefined;
    const other = this.#own(camel);
    if (own !== undefined && other !== undefined)
      refuseParameter(`Request specifies both '${name}' and '${camel}'; provide only one of them.`);
    return own ?? other ?? undefined;
  }

  #own(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined;
  }

  /** Text, or undefined. */
  text(name: string): string | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === 'string') return value;
    return this.#wrong(name, value);
  }

  /** Text that is there and not empty. */
  required(name: string): string {
    return this.text(name) || this.#missing(name);
  }

  /** What was read of a field that has to be there: neither absent nor, of a list, empty. */
  needed<T>(name: string, value: T | undefined): T {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) return this.#missing(name);
    return value;
  }

  /** An int64: a number or decimal text. */
  integer(name: string): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && /^-?\d{1,19}$/.test(value.trim()) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number)) return this.#wrong(name, value);
    if (Math.abs(number) > 2 ** 63) return this.#wrong(name, value);
    return number;
  }

  /** A double: a number, numeric text, or NaN, Infinity and -Infinity as text. */
  double(name: string): number | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === 'number') return value;
    if (typeof value === 'string') {
      if (value === 'NaN') return Number.NaN;
      if (value === 'Infinity' || value === '-Infinity') return Number(value);
      if (/^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/.test(value.trim())) return Number(value);
    }
    return this.#wrong(name, value);
  }

  /** True or false; in a query `true` or `false`. */
  flag(name: string): boolean | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === 'boolean') return value;
    if (value === 'true' || value === 'True') return true;
    if (value === 'false' || value === 'False') return false;
    return this.#wrong(name, value);
  }

  /** A list of texts; empty where it is absent. What stands once in a query is a list of one. */
  texts(name: string): string[] {
    const value = this.raw(name);
    if (value === undefined) return [];
    const list = Array.isArray(value) ? value : typeof value === 'string' ? [value] : this.#wrong(name, value);
    for (const item of list) if (typeof item !== 'string') this.#wrong(name, value);
    return list as string[];
  }

  /** A list of objects, each with its place; empty where it is absent. */
  objects(name: string): Fields[] {
    const value = this.raw(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) return this.#wrong(name, value);
    return value.map((item, i) => {
      if (typeof item !== 'object' || item === null || Array.isArray(item)) return this.#wrong(name, value);
      return new Fields(item as Record<string, unknown>, `${this.#path(name)}[${i}]`);
    });
  }

  /** An object; undefined where it is absent. */
  object(name: string): Fields | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.#wrong(name, value);
    return new Fields(value as Record<string, unknown>, this.#path(name));
  }

  /** Where a field stands, as messages name it: `metrics[0].value`. */
  path(name: string): string {
    return this.#path(name);
  }

  #path(name: string): string {
    return this.#at === '' ? name : `${this.#at}.${name}`;
  }

  #missing(name: string): never {
    refuseParameter(`Missing value for required parameter '${this.#path(name)}'. ${SEE_THE_DOCS}`);
  }

  #wrong(name: string, value: unknown): never {
    const shown = typeof value === 'string' ? value : JSON.stringify(value);
    refuseParameter(
      `Invalid value ${shown.length > 200 ? `${shown.slice(0, 200)}...` : shown} for parameter '${this.#path(name)}' supplied:  Hint: Value was of type '${pythonType(value)}'. ${SEE_THE_DOCS}`,
    );
  }
}

const camels = new Map<string, string>();

/** As many as the code has names of fields. */
function camelOf(name: string): string {
  const known = camels.get(name);
  if (known !== undefined) return known;
  const camel = name.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());
  camels.set(name, camel);
  return camel;
}

const SEE_THE_DOCS = 'See the API docs for more information about request parameters.';

/** As the message names it, for those who know it from Python. */
function pythonType(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return typeof value === 'string' ? 'str' : 'dict';
}
