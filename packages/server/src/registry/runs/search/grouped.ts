/** Rows by a column of theirs, which is left out of them. */
export function groupedBy<K extends string, T extends Record<K, string | number>>(
  column: K,
  rows: readonly T[],
): Map<T[K], Omit<T, K>[]> {
  const groups = new Map<T[K], Omit<T, K>[]>();
  for (const { [column]: owner, ...row } of rows) {
    const group = groups.get(owner as T[K]);
    if (group) group.push(row as Omit<T, K>);
    else groups.set(owner as T[K], [row as Omit<T, K>]);
  }
  return groups;
}
