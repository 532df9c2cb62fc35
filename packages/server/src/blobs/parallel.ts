/** Runs `work` over all items, at most `width` at once. The first failure stops what has not begun, and is thrown once the rest ended. */
export async function inParallel<T>(
  width: number,
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator =
    Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : (items[Symbol.iterator]() as Iterator<T>);
  let failed: { error: unknown } | undefined;
  // An async iterator is asked by one at a time.
  let turn: Promise<unknown> = Promise.resolve();
  const next = (): Promise<IteratorResult<T>> => {
    const mine = turn.then(() => (failed ? { done: true as const, value: undefined } : iterator.next()));
    turn = mine.catch(() => {});
    return mine as Promise<IteratorResult<T>>;
  };
  async function run() {
    try {
      for (let one = await next(); !one.done && !failed; one = await next()) await work(one.value);
    } catch (error) {
      failed ??= { error };
    }
  }
  await Promise.all(Array.from({ length: width }, run));
  if (failed) throw failed.error;
}
