/**
 * MLflow's error codes and the status that each is answered with (`mlflow/exceptions.py`, ERROR_CODE_TO_HTTP_STATUS). One
 * differs: a full disk is 507, not 429, for the client repeats 429 and 503 for minutes, and no disk empties meanwhile.
 */
export const STATUS = {
  INVALID_PARAMETER_VALUE: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  BAD_REQUEST: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_CONFLICT: 409,
  REQUEST_LIMIT_EXCEEDED: 429,
  INTERNAL_ERROR: 500,
  NOT_IMPLEMENTED: 501,
  TEMPORARILY_UNAVAILABLE: 503,
  RESOURCE_EXHAUSTED: 507,
} as const;
export type ErrorCode = keyof typeof STATUS;

/** A refusal in MLflow's own words, of what only its API knows. `message` is what the client's exception says. */
export class MlflowRefused extends Error {
  override name = 'MlflowRefused';
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function refuseParameter(message: string): never {
  throw new MlflowRefused('INVALID_PARAMETER_VALUE', message);
}
