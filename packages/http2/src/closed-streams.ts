/** Remembers how recent streams were closed, to handle frames that still arrive for them (RFC 9113, section 5.1, "closed"). */

/** How many streams are remembered: as many as can be closed during a round trip. */
const REMEMBERED = 256;

/** A bounded record of closed streams. */
export class ClosedStreams {
  readonly #ids = new Uint32Array(REMEMBERED);
  readonly #resetByUs = new Uint8Array(REMEMBERED);
  /** How many bytes of DATA can have been on their way when we reset the stream. */
  readonly #windows = new Int32Array(REMEMBERED);
  #next = 0;

  /** Adds a stream. `window` is how many bytes the peer was still allowed to send. */
  add(id: number, resetByUs: boolean, window: number): void {
    this.#ids[this.#next] = id;
    this.#resetByUs[this.#next] = resetByUs ? 1 : 0;
    this.#windows[this.#next] = resetByUs ? window : 0;
    this.#next = (this.#next + 1) % REMEMBERED;
  }

  /** Takes `bytes` from the window that a stream had when we reset it. Returns false if it had less. */
  takeWindow(id: number, bytes: number): boolean {
    const at = this.#ids.lastIndexOf(id);
    if (at < 0 || this.#windows[at]! < bytes) return false;
    this.#windows[at]! -= bytes;
    return true;
  }

  /**
   * Returns whether we reset the stream, in which case the peer may not know yet that it is closed; undefined if the stream is
   * not remembered.
   */
  wasResetByUs(id: number): boolean | undefined {
    const at = this.#ids.lastIndexOf(id);
    return at < 0 ? undefined : this.#resetByUs[at] === 1;
  }
}
