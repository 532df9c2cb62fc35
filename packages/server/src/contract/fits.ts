import { Ajv, type ValidateFunction } from 'ajv';
import type { TSchema } from 'typebox';
import { isTime } from './time.ts';

// Our own schemas are held to be schemas by a test: doing that at each start would be a tenth of it.
const ajv = new Ajv({ strict: false, meta: false, validateSchema: false });
ajv.addFormat('date-time', isTime);
const compiled = new WeakMap<TSchema, ValidateFunction>();

/** Where (a JSON pointer) and why a value is not as its schema asks; undefined where it is. The value is left as it is. */
export function misfitOf(schema: TSchema, value: unknown): { path: string; message: string } | undefined {
  const known = compiled.get(schema);
  const validate = known ?? ajv.compile(schema);
  if (!known) compiled.set(schema, validate);
  if (validate(value)) return undefined;
  const [error] = validate.errors ?? [];
  return { path: error?.instancePath ?? '', message: error?.message ?? 'is not valid' };
}

export const fits = (schema: TSchema, value: unknown): boolean => misfitOf(schema, value) === undefined;
