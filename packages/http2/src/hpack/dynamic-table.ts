/** The dynamic table of HPACK (RFC 7541, sections 2.3.2 and 4). The decoder and the encoder use it. */

/** The size of an entry is the length of its name and value, plus this many bytes (section 4.1). */
export const ENTRY_OVERHEAD = 32;

/**
 * The size of the table in bytes, unless SETTINGS_HEADER_TABLE_SIZE or a size update changes it (RFC 9113, section
 * 6.5.2).
 */
export const DEFAULT_TABLE_BYTES = 4096;

/** The dynamic table. Index 0 is the entry that was added last, and older entries have higher indices. */
export class DynamicTable {
  /**
   * Alternating names and values, beginning with the oldest entry. The elements before index `#first` have been
   * evicted.
   */
  #fields: string[] = [];
  #first = 0;
  #size = 0;
  #maxSize = DEFAULT_TABLE_BYTES;
  readonly #onEvict: ((name: string, value: string) => void) | undefined;

  constructor(onEvict?: (name: string, value: string) => void) {
    this.#onEvict = onEvict;
  }

  get length(): number {
    return (this.#fields.length - this.#first) / 2;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  /**
   * How many entries have been added, including evicted ones. Entry number `n`, counted from 0, has index `added - 1 -
   * n`.
   */
  added = 0;

  name(index: number): string | undefined {
    return this.#fields[this.#fields.length - 2 * index - 2];
  }

  value(index: number): string | undefined {
    return this.#fields[this.#fields.length - 2 * index - 1];
  }

  /**
   * Adds an entry with index 0. The oldest entries are evicted until the new one fits. An entry that is larger than the
   * table only empties the table.
   */
  add(name: string, value: string): void {
    this.added += 1;
    this.#fields.push(name, value);
    this.#size += name.length + value.length + ENTRY_OVERHEAD;
    this.#evict();
  }

  /** Changes the maximum size of the table, in bytes. */
  resize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.#evict();
  }

  #evict(): void {
    while (this.#size > this.#maxSize) {
      const name = this.#fields[this.#first]!;
      const value = this.#fields[this.#first + 1]!;
      // Releases the strings at once, because the peer chooses how much memory they take.
      this.#fields[this.#first++] = "";
      this.#fields[this.#first++] = "";
      this.#size -= name.length + value.length + ENTRY_OVERHEAD;
      this.#onEvict?.(name, value);
    }
    if (this.#first > 64 && this.#first * 2 > this.#fields.length) {
      this.#fields = this.#fields.slice(this.#first);
      this.#first = 0;
    }
  }
}
