/** How many bytes of requests and responses are in memory at once. */
import { MAX_STRUCTURE_BYTES } from "@grep11/proto";

/** What a server holds of all calls, and of every principal; callers without a principal are one. */
export class BodyBudget {
  readonly #most: number;
  #held = 0;
  readonly #heldFor = new Map<string | undefined, number>();

  /** Room for two requests that count `largest` bytes at least, so that each of them fits into the half of a principal. */
  constructor(bytes: number, largest: number) {
    this.#most = Math.max(bytes, 2 * largest);
  }

  /** Counts `bytes` more for `principal`, or answers false: that would be too many for all, or for him. */
  take(principal: string | undefined, bytes: number): boolean {
    const own = (this.#heldFor.get(principal) ?? 0) + bytes;
    if (this.#held + bytes > this.#most || own > this.#most / 2) return false;
    this.#held += bytes;
    this.#heldFor.set(principal, own);
    return true;
  }

  /**
   * Counts a response of `answer` bytes instead of the `request` bytes that were taken for `principal`. Returns false and counts
   * neither if that would be too many. A response that is hardly larger than its request is always accepted.
   */
  exchange(principal: string | undefined, request: number, answer: number): boolean {
    this.give(principal, request);
    if (this.take(principal, answer)) return true;
    if (answer - request > MAX_STRUCTURE_BYTES) return false;
    this.#held += answer;
    this.#heldFor.set(principal, (this.#heldFor.get(principal) ?? 0) + answer);
    return true;
  }

  /** Counts `bytes` less, which were taken for `principal`. */
  give(principal: string | undefined, bytes: number): void {
    const own = (this.#heldFor.get(principal) ?? 0) - bytes;
    this.#held -= bytes;
    if (own > 0) this.#heldFor.set(principal, own);
    else this.#heldFor.delete(principal);
  }
}
