/**
 * Counts many names in a table of fixed size (Misra and Gries, "Finding repeated elements", 1982). If a new name is added when
 * the table is full, every count is lowered by one instead, and names whose count reaches zero are removed. So a count is
 * never too high. After n calls of `add` it is too low by at most n / (size + 1), because lowering cancels size + 1 calls.
 */
export class BoundedCounts {
  readonly #size: number;
  readonly #counts = new Map<string, number>();

  /** `size` is the maximum number of names that are counted at a time. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Returns a lower bound of how often `name` was added since the last `clear`. */
  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  get names(): number {
    return this.#counts.size;
  }

  add(name: string): void {
    const count = this.#counts.get(name);
    if (count !== undefined || this.#counts.size < this.#size) this.#counts.set(name, (count ?? 0) + 1);
    else this.#lowerAll();
  }

  clear(): void {
    this.#counts.clear();
  }

  /** Visits the whole table, but removes a count per entry, so that all visits together cost no more than the `add` calls. */
  #lowerAll(): void {
    for (const [name, count] of this.#counts) {
      if (count > 1) this.#counts.set(name, count - 1);
      else this.#counts.delete(name);
    }
  }
}
