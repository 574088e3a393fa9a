/** How many bytes of requests and responses are in memory at once. */
import { MAX_STRUCTURE_BYTES } from "@grep11/proto";

/** What a server keeps of all calls, and of each principal; all callers without a principal share one account. */
export class BodyBudget {
  readonly #most: number;
  #held = 0;
  readonly #heldFor = new Map<string | undefined, number>();

  /** At least enough for two requests that count `largest` bytes, so that each of them fits into the half of a principal. */
  constructor(bytes: number, largest: number) {
    this.#most = Math.max(bytes, 2 * largest);
  }

  /** Counts `bytes` more for `principal`; returns false if that would exceed the total or the principal's half of it. */
  reserve(principal: string | undefined, bytes: number): boolean {
    const own = (this.#heldFor.get(principal) ?? 0) + bytes;
    if (this.#held + bytes > this.#most || own > this.#most / 2) return false;
    this.#held += bytes;
    this.#heldFor.set(principal, own);
    return true;
  }

  /**
   * Counts a response of `response` bytes instead of the `request` bytes that were reserved for `principal`. Returns false and
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

  /** Counts `bytes` less, which were reserved for `principal`. */
  release(principal: string | undefined, bytes: number): void {
    const own = (this.#heldFor.get(principal) ?? 0) - bytes;
    this.#held -= bytes;
    if (own > 0) this.#heldFor.set(principal, own);
    else this.#heldFor.delete(principal);
  }
}
