/** What purging takes from a version, as columns. */
export const EMPTIED = {
  description: null,
  tags: '{}',
  properties: '{}',
  card: null,
  framework: null,
  signature: null,
  lineage: null,
  source: null,
  metrics: '{}',
  aliases: '[]',
} as const;

/** The same as it looks on the wire. */
export const EMPTIED_FIELDS = Object.fromEntries(
  Object.entries(EMPTIED).map(([key, value]) => [key, value === null ? null : JSON.parse(value)]),
);
