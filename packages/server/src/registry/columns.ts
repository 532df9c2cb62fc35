/** The columns that differ between two states of a row: what an update has to write. */
export function changedColumns<T extends object>(before: T, after: T): Partial<T> {
  const changed = Object.entries(after).filter(([key, value]) => before[key as keyof T] !== value);
  return Object.fromEntries(changed) as Partial<T>;
}
