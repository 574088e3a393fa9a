/**
 * Counts many names in a table of fixed size, after Misra and Gries ("Finding repeated elements", 1982). When a new name
 * arrives and the table is full, every count is lowered by one and the new name is not counted; names whose count reaches
 * zero are removed. So a count is never too high. After n calls of `add` it is too low by at most n / (size + 1), because
 * each time all counts are lowered, that cancels size + 1 of the n calls. To lower the count of one name by one, an attacker
 * has to add size + 1 other names.
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

  /** Returns how many names have a count. */
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

  /** Visits the whole table, but removes one count per entry, so that its total cost is at most that of all `add` calls. */
  #lowerAll(): void {
    for (const [name, count] of this.#counts) {
      if (count > 1) this.#counts.set(name, count - 1);
      else this.#counts.delete(name);
    }
  }
}
