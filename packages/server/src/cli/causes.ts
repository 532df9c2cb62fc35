/** The system's code of an error, or of what caused it. */
export function codeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
    if (at instanceof AggregateError && at.errors[0]) return codeOf(at.errors[0]);
  }
  return undefined;
}

/** The words of the innermost cause: those of `fetch` are always "fetch failed". */
export function causeOf(error: unknown): string {
  let at = error;
  while (at instanceof Error && at.cause instanceof Error) at = at.cause;
  if (at instanceof AggregateError && at.errors[0]) return causeOf(at.errors[0]);
  return at instanceof Error ? at.message : String(at);
}
