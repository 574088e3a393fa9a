/**
 * Remembers how recent streams were closed, because frames may still arrive for them (RFC 9113, section 5.1, "closed").
 */

/** How many streams are remembered. It should cover the streams that close during one round trip. */
const REMEMBERED = 256;

/** A record of the streams that were closed last. */
export class ClosedStreams {
  readonly #ids = new Uint32Array(REMEMBERED);
  readonly #resetByUs = new Uint8Array(REMEMBERED);
  /** How many bytes of DATA the peer may have sent before it learned that we had reset the stream. */
  readonly #windows = new Int32Array(REMEMBERED);
  #next = 0;

  /** Adds a closed stream. `window` is how many bytes the peer was still allowed to send when it was closed. */
  add(id: number, resetByUs: boolean, window: number): void {
    this.#ids[this.#next] = id;
    this.#resetByUs[this.#next] = resetByUs ? 1 : 0;
    this.#windows[this.#next] = resetByUs ? window : 0;
    this.#next = (this.#next + 1) % REMEMBERED;
  }

  /** Takes `bytes` from the window that a stream had when we reset it. Returns false if the window is too small. */
  takeWindow(id: number, bytes: number): boolean {
    const at = this.#ids.lastIndexOf(id);
    if (at < 0 || this.#windows[at]! < bytes) return false;
    this.#windows[at]! -= bytes;
    return true;
  }

  /**
   * Returns whether we reset the stream. If so, the peer may not know yet that it is closed. Returns undefined if the
   * stream is not remembered.
   */
  wasResetByUs(id: number): boolean | undefined {
    const at = this.#ids.lastIndexOf(id);
    return at < 0 ? undefined : this.#resetByUs[at] === 1;
  }
}
