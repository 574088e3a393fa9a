/** Collects the pieces of a body and joins them when it is complete. */

/**
 * When this many pieces have arrived, they are joined. Otherwise frames of one byte each would take a hundred times the
 * memory that is counted.
 */
const JOINED_AT = 64;

/** The pieces of a body that have arrived. */
export class Pieces {
  #joined: Uint8Array[] = [];
  #recent: Uint8Array[] = [];
  #length = 0;

  /** How many bytes have been added. */
  get length(): number {
    return this.#length;
  }

  add(piece: Uint8Array): void {
    this.#length += piece.length;
    if (this.#recent.push(piece) === JOINED_AT) this.#joined.push(Buffer.concat(this.#recent.splice(0)));
  }

  /** Returns the whole body and removes it from this object. */
  take(): Uint8Array {
    const all = this.#joined.concat(this.#recent);
    this.clear();
    return all.length === 1 ? all[0]! : Buffer.concat(all);
  }

  clear(): void {
    this.#joined = [];
    this.#recent = [];
  }
}
