/** Limits how many bytes of requests and responses are in memory at once. */
import { MAX_STRUCTURE_BYTES } from "@grep11/proto";

/**
 * Counts the bytes that a server keeps in memory, in total and for each principal. All callers without a principal are counted
 * together.
 */
export class BodyBudget {
  readonly #most: number;
  #held = 0;
  readonly #heldFor = new Map<string | undefined, number>();

  /**
   * The budget is at least large enough for two requests of `largest` bytes each, so that one fits into the half that a principal
   * may use.
   */
  constructor(bytes: number, largest: number) {
    this.#most = Math.max(bytes, 2 * largest);
  }

  /**
   * Counts `bytes` more for `principal`. Returns false if that would exceed the total, or the half of it that one principal may
   * use.
   */
  reserve(principal: string | undefined, bytes: number): boolean {
    const own = (this.#heldFor.get(principal) ?? 0) + bytes;
    if (this.#held + bytes > this.#most || own > this.#most / 2) return false;
    this.#held += bytes;
    this.#heldFor.set(principal, own);
    return true;
  }

  /**
   * Counts a response of `response` bytes in place of the `request` bytes that were reserved for `principal`. Returns false and
   * counts neither if that would be too many. A response that is hardly larger than its request is always accepted.
   */
  exchange(principal: string | undefined, request: number, response: number): boolean {
    this.release(principal, request);
    if (this.reserve(principal, response)) return true;
    if (response - request > MAX_STRUCTURE_BYTES) return false;
    this.#held += response;
    this.#heldFor.set(principal, (this.#heldFor.get(principal) ?? 0) + response);
    return true;
  }

  /** Releases `bytes` that were reserved for `principal`. */
  release(principal: string | undefined, bytes: number): void {
    const own = (this.#heldFor.get(principal) ?? 0) - bytes;
    this.#held -= bytes;
    if (own > 0) this.#heldFor.set(principal, own);
    else this.#heldFor.delete(principal);
  }
}
