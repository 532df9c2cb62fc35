/** Rows by a column of theirs. */
export function groupedBy<K extends string, T extends Record<K, string | number>>(
  column: K,
  rows: readonly T[],
): Map<T[K], T[]> {
  const groups = new Map<T[K], T[]>();
  for (const row of rows) {
    const group = groups.get(row[column]);
    if (group) group.push(row);
    else groups.set(row[column], [row]);
  }
  return groups;
}
