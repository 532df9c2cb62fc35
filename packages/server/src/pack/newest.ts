/** The last of those that came, and how many there were. */
export class Newest<T> {
  readonly items: T[] = [];
  total = 0;
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  add(item: T): void {
    this.total += 1;
    this.items.push(item);
    // Not one by one: taking the first from an array moves all the others.
    if (this.items.length >= 2 * this.#most) this.items.splice(0, this.items.length - this.#most);
  }

  /** In the order in which they came. */
  get shown(): readonly T[] {
    return this.items.slice(-this.#most);
  }
}
