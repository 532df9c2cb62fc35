const MAX_BYTES = 60 * 1024;

/** Facts are small JSON. Should they be too large all the same, their longest lists are cut until they fit. */
export function boundFacts(facts: Record<string, unknown>): Record<string, unknown> {
  const bounded = { ...facts };
  while (Buffer.byteLength(JSON.stringify(bounded)) > MAX_BYTES) {
    const [longest] = Object.entries(bounded).sort(([, a], [, b]) => weight(b) - weight(a));
    if (!longest) break;
    const [key, value] = longest;
    if (Array.isArray(value) && value.length > 1) bounded[key] = value.slice(0, value.length >> 1);
    else delete bounded[key];
    bounded.cut = true;
  }
  return bounded;
}

function weight(value: unknown): number {
  return JSON.stringify(value)?.length ?? 0;
}
