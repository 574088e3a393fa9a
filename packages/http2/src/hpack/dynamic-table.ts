/** The dynamic table of HPACK (RFC 7541, sections 2.3.2 and 4), as decoder and encoder need it. */

/** What an entry counts besides the bytes of its name and value (section 4.1). */
export const ENTRY_OVERHEAD = 32;

/** The size before SETTINGS_HEADER_TABLE_SIZE and size updates say otherwise (RFC 9113, section 6.5.2). */
export const DEFAULT_TABLE_BYTES = 4096;

/** Entries by their age: index 0 is the latest. */
export class DynamicTable {
  /** Names and values in turn, the oldest first; those before `#first` are evicted. */
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

  /** How many entries were ever added; the entry added as number `n` (from 0) has index `added - 1 - n`. */
  added = 0;

  name(index: number): string | undefined {
    return this.#fields[this.#fields.length - 2 * index - 2];
  }

  value(index: number): string | undefined {
    return this.#fields[this.#fields.length - 2 * index - 1];
  }

  /** Adds an entry as the latest, and evicts as many of the oldest as its size needs. An entry that is too large empties the table. */
  add(name: string, value: string): void {
    this.added += 1;
    this.#fields.push(name, value);
    this.#size += name.length + value.length + ENTRY_OVERHEAD;
    this.#evict();
  }

  /** Changes the size up to which entries are kept. */
  resize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.#evict();
  }

  #evict(): void {
    while (this.#size > this.#maxSize) {
      const name = this.#fields[this.#first]!;
      const value = this.#fields[this.#first + 1]!;
      // Release the strings at once, because the peer chooses how long they are.
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
