/** Collects the pieces of a body and joins them when it is complete. */

/**
 * After this many pieces, they are joined if they are small. Otherwise frames of one byte each would take a hundred
 * times the memory that is counted.
 */
const JOINED_AT = 64;
/** Pieces that have fewer bytes than this on average are small. Joining larger ones would only copy a body twice. */
const SMALL_BYTES = 1_024;

/** The pieces of a body that have arrived. */
export class Pieces {
  #earlier: Uint8Array[] = [];
  #recent: Uint8Array[] = [];
  #length = 0;
  /** The length at which the recent pieces begin. */
  #recentFrom = 0;

  /** How many bytes have been added. */
  get length(): number {
    return this.#length;
  }

  add(piece: Uint8Array): void {
    this.#length += piece.length;
    if (this.#recent.push(piece) < JOINED_AT) return;
    const pieces = this.#recent.splice(0);
    if (this.#length - this.#recentFrom < JOINED_AT * SMALL_BYTES) this.#earlier.push(Buffer.concat(pieces));
    else this.#earlier.push(...pieces);
    this.#recentFrom = this.#length;
  }

  /** Returns the whole body and removes it from this object. */
  take(): Uint8Array {
    const all = this.#earlier.concat(this.#recent);
    this.clear();
    return all.length === 1 ? all[0]! : Buffer.concat(all);
  }

  clear(): void {
    this.#earlier = [];
    this.#recent = [];
  }
}
