/** RFC 9457, with the members that some refusals have. */
export interface Problem {
  /** `/problems/<kind>` */
  type: string;
  title: string;
  status: number;
  /** A sentence that says what to do next. */
  detail: string;
  request_id?: string;
  errors?: { path: string; message: string }[];
  checks?: { check: string; outcome: 'passed' | 'failed'; detail: string; remedy?: string }[];
  [member: string]: unknown;
}

/** The problem that a request was answered with (the `error` of a call), or undefined where it is none. */
export function problemOf(error: unknown): Problem | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { type, title, status, detail } = error as Record<string, unknown>;
  const isProblem = [type, title, detail].every((one) => typeof one === 'string') && typeof status === 'number';
  return isProblem ? (error as Problem) : undefined;
}
