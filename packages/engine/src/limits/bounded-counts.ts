/**
 * Counts of many names in a table of fixed size, after Misra and Gries ("Finding repeated elements", 1982). When a new name
 * comes and the table is full, every count goes down by one and the new name is not counted; names whose count reaches zero are removed.
 *
 * So a count is never too high, and too low by at most n / (size + 1) after n calls of `add`: each time that all counts go
 * down, size + 1 of the n are used up. To lower the count of one name by one, an attacker has to add size + 1 others.
 */
export class BoundedCounts {
  readonly #size: number;
  readonly #counts = new Map<string, number>();

  /** `size`: most names that are counted at a time. */
  constructor(size: number) {
    this.#size = size;
  }

  /** At most how often `name` was added since the last `clear`. */
  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** How many names have a count. */
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

  /** Takes time for the whole table, but takes away as many counts as it looks at: no more than were added. */
  #lowerAll(): void {
    for (const [name, count] of this.#counts) {
      if (count > 1) this.#counts.set(name, count - 1);
      else this.#counts.delete(name);
    }
  }
}
