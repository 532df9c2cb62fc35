import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { FastifyInstance } from 'fastify';
import { isTime } from '../contract/time.ts';
import { HttpRefused } from './refused.ts';
import { ofKindMeant } from './union-errors.ts';

const MOST_ERRORS = 20;

/** Bodies are taken as they are; what stands in an address is text, and is read as the type that the schema names. */
export function validateWithSchemas(app: FastifyInstance): void {
  const ajv = new Ajv({
    allErrors: true,
    removeAdditional: false,
    useDefaults: true,
    coerceTypes: false,
    strict: false,
    // Held to be schemas by a test, and not at each start.
    meta: false,
    validateSchema: false,
  });
  ajv.addFormat('date-time', isTime);
  app.setValidatorCompiler(({ schema, httpPart }) => {
    if (httpPart === 'headers') return () => true; // each is read where it is used
    let compiled: ValidateFunction | undefined;
    const read = httpPart === 'body' ? (value: unknown) => value : readerOf(schema as AddressSchema);
    return (asked: unknown) => {
      const value = read(asked);
      // Compiled when first asked: all at the start would be a fifth of the start.
      compiled ??= ajv.compile(schema as object);
      const validate = compiled;
      if (validate(value)) return { value };
      return { error: toRefusal(httpPart ?? 'body', validate.errors ?? []) };
    };
  });
}

interface AddressSchema {
  properties?: Record<string, { type?: string }>;
}

const READ = ['integer', 'boolean', 'array'];

/** A list is a parameter that may be repeated. Only the plain spelling is a number or boolean: `0x10`, `1e2`, `+1` and ` 1` stay text, which the schema then refuses. */
function readerOf({ properties = {} }: AddressSchema): (asked: unknown) => unknown {
  const typed = Object.entries(properties).filter(([, { type }]) => READ.includes(type ?? ''));
  return (asked) => {
    const values = asked as Record<string, unknown>;
    for (const [key, { type }] of typed) {
      const text = values[key];
      if (typeof text !== 'string') continue;
      if (type === 'integer' && /^(0|-?[1-9]\d*)$/.test(text)) values[key] = Number(text);
      if (type === 'array') values[key] = [text];
      if (type === 'boolean' && (text === 'true' || text === 'false')) values[key] = text === 'true';
    }
    return values;
  };
}

/** A body that is JSON but not what the schema asks is 422, with every field; an address that is wrong is 400. */
function toRefusal(part: string, errors: readonly ErrorObject[]): HttpRefused {
  const told = new Map<string, { path: string; message: string }>();
  for (const error of ofKindMeant(errors.slice(0, MOST_ERRORS * 50)).slice(0, MOST_ERRORS * 5)) {
    const { path, message } = inWords(error);
    if (message && !told.has(path + message)) told.set(path + message, { path, message });
  }
  const list = [...told.values()].slice(0, MOST_ERRORS);
  const sentence = list.map(({ path, message }) => `${path.replace(/^\//, '') || part} ${message}`).join('; ');
  if (part === 'body') return new HttpRefused(422, 'invalid', `${sentence}.`, { errors: list });
  const where = part === 'querystring' ? 'query' : part;
  return new HttpRefused(400, 'query-invalid', `In the ${where}: ${sentence}.`, { errors: list });
}

function inWords({ keyword, instancePath, params, message, propertyName }: ErrorObject): {
  path: string;
  message: string;
} {
  const at = (key: string) => `${instancePath}/${key}`;
  if (keyword === 'propertyNames') return { path: instancePath, message: '' };
  if (propertyName !== undefined && (keyword === 'minLength' || keyword === 'maxLength'))
    return { path: at(propertyName), message: `is a key that has not 1 to ${params.limit} characters` };
  if (keyword === 'additionalProperties')
    return { path: at(params.additionalProperty), message: 'is not a field here' };
  if (keyword === 'required') return { path: at(params.missingProperty), message: 'is missing' };
  if (keyword === 'enum') return { path: instancePath, message: `must be one of ${params.allowedValues.join(', ')}` };
  if (keyword === 'anyOf' || keyword === 'if') return { path: instancePath, message: '' };
  if (keyword === 'format')
    return { path: instancePath, message: 'must be an RFC 3339 time, such as 2026-03-31T23:59:59Z' };
  return { path: instancePath, message: message ?? 'is not valid' };
}
