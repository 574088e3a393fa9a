/** The pieces of a body, joined when it is complete. */

/**
 * Pieces are joined when there are this many: frames of one byte each would otherwise take a hundred times the memory that is
 * counted.
 */
const JOINED_AT = 512;

/** What has arrived of a body. */
export class Pieces {
  #joined: Uint8Array[] = [];
  #recent: Uint8Array[] = [];
  #length = 0;

  /** Bytes that have been added. */
  get length(): number {
    return this.#length;
  }

  add(piece: Uint8Array): void {
    this.#length += piece.length;
    if (this.#recent.push(piece) === JOINED_AT) this.#joined.push(Buffer.concat(this.#recent.splice(0)));
  }

  /** The whole; nothing is kept here. */
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
