/**
 * Types into which every value of a type fits exactly: callers that give the one can be served by the other. As NumPy's
 * safe casts, but for those that lose digits (int64 to float64), which MLflow refuses too (`mlflow/models/utils.py`,
 * `_enforce_mlflow_datatype`).
 */
const NEXT: Record<string, readonly string[]> = {
  bool: ['int8', 'uint8'],
  int8: ['int16', 'float16'],
  int16: ['int32', 'float32'],
  int32: ['int64', 'float64'],
  uint8: ['uint16', 'int16', 'float16'],
  uint16: ['uint32', 'int32', 'float32'],
  uint32: ['uint64', 'int64', 'float64'],
  float16: ['float32'],
  bfloat16: ['float32'],
  float32: ['float64', 'complex64'],
  float64: ['complex128'],
  complex64: ['complex128'],
};

/** `array<…>` and `map<string, …>`, as mlmodel-signature.ts writes them. */
const HOLDERS = ['array<', 'map<string, '];

/** Whether every value of the one type is one of the other. */
export function fitsInto(from: string, to: string): boolean {
  if (from === to) return true;
  for (const holder of HOLDERS)
    if ([from, to].every((type) => type.startsWith(holder) && type.endsWith('>')))
      return fitsInto(from.slice(holder.length, -1), to.slice(holder.length, -1));
  return (NEXT[from] ?? []).some((wider) => fitsInto(wider, to));
}
