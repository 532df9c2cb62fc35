import { expect } from 'vitest';
import type { ErrorCode } from '../../src/http/mlflow/refused.ts';
import { STATUS } from '../../src/http/mlflow/refused.ts';
import type { Answer } from './open-registry.ts';

/** Asserts that an answer is a refusal in MLflow's form, and that its message is or matches this one. */
export function expectRefused(answer: Answer, code: ErrorCode, message: string | RegExp): void {
  expect({ status: answer.status, ...answer.json }, answer.text).toEqual({
    status: STATUS[code],
    error_code: code,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });
}
